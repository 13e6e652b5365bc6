"""Failing rows of a table or query, in a table of the same database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.quality.expectations import Expectation, Profile
from airflow_gov_provider.domain.quality.quarantine import Kept, Quarantine, Stamp
from airflow_gov_provider.exceptions import ArgumentInvalid, SourceInvalid, SourceUnavailable
from airflow_gov_provider.profiling.conditions import table_name
from airflow_gov_provider.profiling.engines import postgres, sqlite
from airflow_gov_provider.profiling.engines.engine import Engine, StatementFailed
from airflow_gov_provider.profiling.failures import reason
from airflow_gov_provider.profiling.places.source import QuerySource, TableSource
from airflow_gov_provider.profiling.quarantine import writing
from airflow_gov_provider.profiling.quarantine.rows import (
    Failing,
    failing_rows,
    kept,
    of_run,
    run_columns,
)

_SCHEMA = """
SELECT n.nspname FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = pg_catalog.to_regclass(%s)
"""
_DIALECTS: Mapping[str, tuple[Any, Callable[[Any], AbstractContextManager[None]]]] = {
    "sqlite": (sqlite.SQLiteEngine, writing.in_sqlite),
    "postgres": (postgres.PostgresEngine, writing.in_postgres),
}


def quarantine_table(
    connection: Any,
    dialect: str,
    source: TableSource | QuerySource,
    expectations: Sequence[Expectation],
    profile: Profile,
    *,
    spec: Quarantine,
    stamp: Stamp,
) -> Kept:
    """Write the rows that fail, in place of what an earlier try of this task wrote.

    One transaction: either this run's rows are those of this try, or nothing has changed.

    :param connection: as in ``profile_table``, with the right to write.
    :raises SourceInvalid: if the table cannot be made or written, or lacks a column.
    :raises SourceUnavailable: if the database cannot be reached.
    :raises ArgumentInvalid: for a connection inside a transaction, or the data's own table.
    """
    if dialect not in _DIALECTS:
        raise ArgumentInvalid(f"quarantine: expected PostgreSQL or SQLite, found {dialect}")
    make_engine, transaction = _DIALECTS[dialect]
    schema = source.schema if isinstance(source, TableSource) else None
    own_schema, name = table_name(spec.to)
    target = TableSource(schema=own_schema, table=name)
    if isinstance(source, TableSource) and (own_schema or schema, name) == (schema, source.table):
        raise ArgumentInvalid(f"quarantine: {spec.to!r} is the table that is checked; name another")
    try:
        with transaction(connection):
            engine = make_engine(connection, schema=schema)
            relation = engine.open(source)
            failing = failing_rows(engine, relation, expectations, profile, spec=spec, stamp=stamp)
            rows = _replaced(connection, engine, target, failing, stamp)
            return kept(
                engine,
                failing,
                relation.columns,
                written=_as_expression(target),
                of_this_run=of_run(stamp),
                rows=rows,
                place=_place(connection, dialect, target) if rows else "",
                limit=spec.limit,
            )
    except StatementFailed as error:
        raise SourceInvalid(
            f"quarantine: the failing rows cannot be written to {target}: {error}"
        ) from None


def _replaced(
    connection: Any, engine: Engine, target: TableSource, failing: Failing, stamp: Stamp
) -> int:
    """Take this run's earlier rows away, and write those of this try; how many there are now."""
    table = _as_expression(target)
    dialect = engine.dialect.name
    there = _columns(engine, target)
    if failing.rows is None and there is None:
        return 0
    if there is None and failing.rows is not None:
        made = exp.Create(this=table.copy(), kind="TABLE", expression=failing.none)
        _execute(connection, made.sql(dialect=dialect))
    missing = [name for name in failing.columns if there is not None and name not in there]
    if missing and failing.rows is not None:
        raise SourceInvalid(
            f"quarantine: the table {target} lacks the column {missing[0]!r}; add it, or name a "
            "table that is not there yet"
        )
    if there is None or set(run_columns(stamp)) <= set(there):
        _execute(connection, exp.delete(table.copy()).where(of_run(stamp)).sql(dialect=dialect))
    if failing.rows is None:
        return 0
    insert = exp.Insert(
        this=exp.Schema(
            this=table.copy(),
            expressions=[exp.to_identifier(name, quoted=True) for name in failing.columns],
        ),
        expression=failing.rows,
    )
    return _execute(connection, insert.sql(dialect=dialect))


def _columns(engine: Engine, target: TableSource) -> Sequence[str] | None:
    try:
        return list(engine.open(target).columns)  # type: ignore[attr-defined]
    except SourceInvalid:
        return None


def _execute(connection: Any, sql: str) -> int:
    """How many rows a statement has written.

    :raises StatementFailed: if the database refuses it; nothing of a row is in the message.
    """
    cursor = connection.cursor()
    try:
        cursor.execute(sql)
        return int(cursor.rowcount)
    except connection.Error as error:
        if getattr(connection, "closed", False):
            raise SourceUnavailable(f"the database went away: {reason(error)}") from None
        raise StatementFailed(reason(error)) from None
    finally:
        cursor.close()


def _place(connection: Any, dialect: str, target: TableSource) -> str:
    """The table with its schema, which the search path has chosen where the name has none."""
    if target.schema is not None:
        return str(target)
    if dialect == "sqlite":
        return str(replace(target, schema="main"))
    quoted = '"' + target.table.replace('"', '""') + '"'
    cursor = connection.cursor()
    try:
        cursor.execute(_SCHEMA, (quoted,))
        (schema,) = cursor.fetchone()
    finally:
        cursor.close()
    return str(replace(target, schema=schema))


def _as_expression(target: TableSource) -> exp.Table:
    schema = exp.to_identifier(target.schema, quoted=True) if target.schema else None
    return exp.Table(this=exp.to_identifier(target.table, quoted=True), db=schema)
