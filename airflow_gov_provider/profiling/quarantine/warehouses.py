"""Failing rows of a table or query of a warehouse, in a table of the same warehouse.

The warehouse writes them itself. What it does as one differs, and is said of each in
``docs/warehouses.md``; everywhere a further try first takes away what the one before has written.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.quality.expectations import Expectation, Profile
from airflow_gov_provider.domain.quality.quarantine import Kept, Quarantine, Stamp
from airflow_gov_provider.exceptions import ArgumentInvalid, SourceInvalid, SourceUnavailable
from airflow_gov_provider.profiling.columns import Columns
from airflow_gov_provider.profiling.engines.engine import StatementFailed
from airflow_gov_provider.profiling.places.source import QuerySource, TableSource
from airflow_gov_provider.profiling.quarantine.rows import (
    Failing,
    failing_rows,
    kept,
    of_run,
    run_columns,
)
from airflow_gov_provider.profiling.warehouses.base import Warehouse, path_of
from airflow_gov_provider.profiling.warehouses.engine import WarehouseEngine, session
from airflow_gov_provider.profiling.warehouses.writing import Rewrite, identifier, literal


def quarantine_in_warehouse(
    connection: Any,
    warehouse: Warehouse,
    source: TableSource | QuerySource,
    expectations: Sequence[Expectation],
    profile: Profile,
    *,
    spec: Quarantine,
    stamp: Stamp,
) -> Kept:
    """Write the rows that fail, in place of what an earlier try of this task wrote.

    The name of the quarantine may have a schema and a catalog; without them it lies beside the
    table that is checked.

    :param connection: as in ``profile_table``, with the right to write and to create tables.
    :raises SourceInvalid: if the table cannot be made or written, or lacks a column.
    :raises SourceUnavailable: if the warehouse cannot be reached.
    :raises ArgumentInvalid: for the data's own table.
    """
    schema = source.schema if isinstance(source, TableSource) else None
    with session(connection, warehouse=warehouse):
        engine = WarehouseEngine(connection, warehouse=warehouse, schema=schema)
        relation = engine.open(source)
        path = path_of(spec.to)
        path = [*engine.beside[: max(0, len(engine.beside) - len(path) + 1)], *path]
        _refuse_own_table(warehouse, source, path, spec)
        target = _Target(connection, warehouse, path, stamp)
        try:
            failing = failing_rows(engine, relation, expectations, profile, spec=spec, stamp=stamp)
            rows = target.rewrite(engine, failing)
            return kept(
                engine,
                failing,
                relation.columns,
                written=target.table,
                of_this_run=of_run(stamp),
                rows=rows,
                place=".".join(path),
                limit=spec.limit,
            )
        except StatementFailed as error:
            raise SourceInvalid(
                f"quarantine: the failing rows cannot be written to {spec.to}: {error}"
            ) from None


class _Target:
    """The table that rows are put aside in."""

    def __init__(
        self, connection: Any, warehouse: Warehouse, path: Sequence[str], stamp: Stamp
    ) -> None:
        # An engine knows the columns of what it has opened; these are not those of the data.
        self._engine = WarehouseEngine(connection, warehouse=warehouse)
        self._warehouse, self._path, self._stamp = warehouse, path, stamp
        self.table = warehouse.table(path)

    def rewrite(self, reader: WarehouseEngine, failing: Failing) -> int:
        """Let the table have the failing rows for this run; how many it has then.

        :param reader: has opened the data.
        :raises SourceInvalid: if the table lacks a column.
        """
        there = self._engine.there(self._path)
        if failing.rows is None:
            if there is not None and not self._lacking(there, [*run_columns(self._stamp)]):
                self._engine.send(self._warehouse.emptying(self._of(there)))
            return 0
        if there is None:
            self._create(reader, failing)
            there = self._engine.there(self._path) or {}
        if missing := self._lacking(there, failing.columns):
            raise SourceInvalid(
                f"quarantine: the table {'.'.join(self._path)} lacks the column {missing[0]!r}; "
                "add it, or name a table that is not there yet"
            )
        rows = reader.compiled(self._in_order(failing, there))
        self._send_all(self._warehouse.replacing(self._of(there), rows))
        count = exp.select(exp.Count(this=exp.Star())).from_(self.table.copy())
        ((found,),) = self._engine.fetch(count.where(of_run(self._stamp)))
        return int(found)

    def _create(self, reader: WarehouseEngine, failing: Failing) -> None:
        run = [identifier(name, self._warehouse.name) for name in run_columns(self._stamp)]
        none = reader.compiled(failing.none)
        self._engine.send(self._warehouse.created(self._sql(), none, run=run))

    def _lacking(self, there: Columns, wanted: Sequence[str]) -> list[str]:
        return [name for name in wanted if self._ours(name, there) is None]

    def _ours(self, name: str, names: Columns | Sequence[str]) -> str | None:
        """The one of the names that means this one."""
        if name in list(names):
            return name
        alike = [each for each in names if self._warehouse.same_name(name, each)]
        return alike[0] if len(alike) == 1 else None

    def _in_order(self, failing: Failing, there: Columns) -> exp.Select:
        """The rows with all columns of the table, in its order; those of others are empty."""
        assert failing.rows is not None  # noqa: S101 - asked before
        own = {self._ours(name, there): name for name in failing.columns}
        selected: list[exp.Expr] = []
        for name in there:
            mine = own.get(name)
            value = exp.column(exp.to_identifier(mine, quoted=True)) if mine else exp.null()
            selected.append(exp.alias_(value, name, quoted=True))
        return exp.select(*selected).from_(failing.rows.copy().subquery("governance_rows"))

    def _of(self, there: Columns) -> Rewrite:
        dialect = self._warehouse.name
        return Rewrite(
            table=self._sql(),
            columns=[identifier(name, dialect) for name in there],
            run={
                identifier(name, dialect): literal(value, dialect)
                for name, value in run_columns(self._stamp).items()
            },
        )

    def _sql(self) -> str:
        return self.table.sql(dialect=self._warehouse.name)

    def _send_all(self, statements: Sequence[str]) -> None:
        begin, commit, undo = self._warehouse.transaction or ("", "", "")
        try:
            for statement in (begin, *statements, commit):
                if statement:
                    self._engine.send(statement)
        except (StatementFailed, SourceUnavailable):
            with suppress(StatementFailed, SourceUnavailable):
                if undo:
                    self._engine.send(undo)
            raise


def _refuse_own_table(
    warehouse: Warehouse, source: TableSource | QuerySource, path: Sequence[str], spec: Quarantine
) -> None:
    if not isinstance(source, TableSource):
        return
    own = [*(path_of(source.schema) if source.schema else ()), source.table]
    alike = [a == b or warehouse.same_name(a, b) for a, b in zip(path, own, strict=False)]
    if len(own) == len(path) and all(alike):
        raise ArgumentInvalid(f"quarantine: {spec.to!r} is the table that is checked; name another")
