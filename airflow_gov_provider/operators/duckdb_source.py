"""Tables of a DuckDB database file, for gates and fairness checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_gov_provider.domain.quality.expectations import Expectation, Profile
from airflow_gov_provider.domain.quality.quarantine import Kept, Quarantine, Stamp
from airflow_gov_provider.profiling.places.source import source_of

if TYPE_CHECKING:
    from airflow_gov_provider.profiling.places.resources import Resources

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class DuckDBFile:
    """One table of a database file, or the rows of one SELECT over its tables.

    DuckDB locks the file against writers while it is read, so all statements see one state.
    """

    path: str
    table: str | None
    query: str | None
    resources: Resources

    def profile(self, expectations: Sequence[Expectation]) -> Profile:
        """Measure the table.

        :raises SourceInvalid: if there is no such file or table, or the query is no single SELECT.
        :raises SourceUnavailable: if another process writes the file just now.
        """
        from airflow_gov_provider.profiling.measure import measure

        def measured(engine: Any, relation: Any, name: str) -> Profile:
            return measure(engine, relation, expectations, source=name, beside=[engine.twin()])

        return self.look(measured)

    def look(self, work: Callable[..., T]) -> T:
        """As ``profile``, for a look of any other kind."""
        from airflow_gov_provider.profiling.places.look import in_duckdb

        source = source_of(table=self.table, query=self.query)
        return in_duckdb(Path(self.path), source, work, resources=self.resources)

    def put_aside(
        self,
        expectations: Sequence[Expectation],
        profile: Profile,
        *,
        spec: Quarantine,
        stamp: Stamp,
    ) -> Kept:
        """Into a directory: the database itself is only read."""
        from airflow_gov_provider.profiling.engines import duck_tables
        from airflow_gov_provider.profiling.quarantine.files import quarantine_to_file

        source = source_of(table=self.table, query=self.query)

        @contextmanager
        def opens(partial: Path) -> Iterator[Any]:
            path = Path(self.path)
            with duck_tables.opened(path, resources=self.resources, also=[partial]) as engine:
                yield engine, engine.open_source(source)

        return quarantine_to_file(opens, expectations, profile, spec=spec, stamp=stamp)

    def described(self) -> dict[str, Any]:
        return {"kind": "duckdb", "path": self.path, "table": self.table, "query": self.query}
