"""Failing rows of what DuckDB reads, as one Parquet file for every run of a task."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from sqlglot import exp

from airflow_gov_provider.domain.evidence import Origin
from airflow_gov_provider.domain.quality.expectations import Expectation, Profile
from airflow_gov_provider.domain.quality.quarantine import Kept, Quarantine, Stamp
from airflow_gov_provider.exceptions import SourceError, SourceUnavailable
from airflow_gov_provider.profiling.engines.duck import DuckDBEngine, opened, restrict
from airflow_gov_provider.profiling.engines.engine import Relation, StatementFailed
from airflow_gov_provider.profiling.places import locations
from airflow_gov_provider.profiling.places.digests import digest_of_files
from airflow_gov_provider.profiling.places.files import references_of
from airflow_gov_provider.profiling.places.resources import Resources
from airflow_gov_provider.profiling.quarantine.rows import Failing, failing_rows, kept

Opens = Callable[[Path], AbstractContextManager[tuple[DuckDBEngine, Relation]]]


def quarantine_files(
    path: str,
    expectations: Sequence[Expectation],
    profile: Profile,
    *,
    spec: Quarantine,
    stamp: Stamp,
    resources: Resources | None = None,
) -> Kept:
    """Write the rows of files that fail; see ``quarantine_to_file``.

    :param resources: what it may use of the machine.
    """
    files = locations.find(path)
    references = references_of(expectations, directory=files.paths[0].parent)
    readable = [*files.paths]
    for found in references.values():
        readable += [] if isinstance(found, SourceError) else found.paths
    allowed = resources or Resources()

    @contextmanager
    def opens(partial: Path) -> Iterator[tuple[DuckDBEngine, Relation]]:
        with opened(allowed) as connection:
            restrict(connection, readable=[*readable, partial])
            engine = DuckDBEngine(connection, references=references, memory=allowed.memory)
            yield engine, engine.open(files)

    return quarantine_to_file(opens, expectations, profile, spec=spec, stamp=stamp)


def quarantine_to_file(
    opens: Opens,
    expectations: Sequence[Expectation],
    profile: Profile,
    *,
    spec: Quarantine,
    stamp: Stamp,
) -> Kept:
    """Write the rows that fail to this run's file, in place of what an earlier try wrote there.

    The file appears whole or not at all. Where no row fails there is none.

    :param opens: the data as a table of an engine that may write the file it is given.
    :raises SourceInvalid: if the data has a column with a name of ours.
    :raises SourceUnavailable: if the data cannot be read again, or the file cannot be written.
    """
    target = place_of(spec.to, stamp.origin)
    partial = target.with_name(f".{target.name}.{uuid4().hex}.partial").absolute()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with opens(partial) as (engine, relation):
            failing = failing_rows(engine, relation, expectations, profile, spec=spec, stamp=stamp)
            written = _written(engine, relation, failing, partial=partial, target=target, spec=spec)
        if not written.rows:
            target.unlink(missing_ok=True)
            return written
        digest = digest_of_files([partial])
        partial.replace(target)
        return replace(written, sha256=digest)
    except OSError as error:
        raise SourceUnavailable(
            f"quarantine: nothing can be written below {spec.to} ({error.strerror}); "
            "name a directory that the worker may write to"
        ) from error
    finally:
        with suppress(OSError):  # it was moved, or never came to be
            partial.unlink()


def place_of(directory: str, origin: Origin) -> Path:
    """``<directory>/<dag>/<task>/<run>.parquet``, with the map index where there is one."""
    mapped = "" if origin.map_index < 0 else f".{origin.map_index}"
    parts = [quote(each, safe="+ ") for each in (origin.dag_id, origin.task_id, origin.run_id)]
    dag, task, run = (part.replace(".", "%2E") if part.strip(".") == "" else part for part in parts)
    return Path(directory) / dag / task / f"{run}{mapped}.parquet"


def _written(
    engine: DuckDBEngine,
    relation: Relation,
    failing: Failing,
    *,
    partial: Path,
    target: Path,
    spec: Quarantine,
) -> Kept:
    try:
        rows = 0 if failing.rows is None else engine.write(failing.rows, partial)
    except StatementFailed as error:
        raise SourceUnavailable(
            f"quarantine: the failing rows cannot be written to {spec.to} ({error})"
        ) from None
    return kept(
        engine,
        failing,
        relation.columns,
        written=exp.Anonymous(this="read_parquet", expressions=[exp.Literal.string(str(partial))]),
        of_this_run=exp.true(),
        rows=rows,
        place=str(target.absolute()),
        limit=spec.limit,
    )
