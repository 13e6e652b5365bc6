"""SQLite: the functions it lacks, and one snapshot of the caller's connection."""

from __future__ import annotations

import math
import re
import sqlite3
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from sqlglot import exp

from airflow_gov_provider.domain.expectations import Reference
from airflow_gov_provider.exceptions import ArgumentInvalid, SourceInvalid
from airflow_gov_provider.profiling import conditions, patterns, repeats
from airflow_gov_provider.profiling.columns import Column, Family, sqlite_family
from airflow_gov_provider.profiling.dialects import SQLite
from airflow_gov_provider.profiling.engine import Relation, Row, StatementFailed
from airflow_gov_provider.profiling.failures import Unmeasurable, reason
from airflow_gov_provider.profiling.source import QuerySource, TableSource

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001


class SQLiteEngine:
    def __init__(self, connection: sqlite3.Connection, *, schema: str | None) -> None:
        """:param schema: where the tables of references are looked for."""
        self.dialect = SQLite()
        self.statements = 0
        self._connection, self._schema = connection, schema

    def open(self, source: TableSource | QuerySource) -> Relation:
        """
        :raises SourceInvalid: if there is no such table, or the query is not one SELECT.
        """
        if isinstance(source, TableSource):
            return self._table(source)
        table = exp.alias_(conditions.query(source.sql, dialect="sqlite"), "source", table=True)
        return self._with_observed_types(table)

    def fetch(self, query: exp.Query) -> list[Row]:
        self.statements += 1
        return self._fetch(query.sql(dialect="sqlite"))

    def reference(self, reference: Reference) -> Relation:
        schema, table = conditions.table_name(reference.table)
        try:
            return self._table(TableSource(schema=schema or self._schema, table=table))
        except SourceInvalid as error:
            raise Unmeasurable(f"the referenced data: {error}") from None

    def repeated(
        self, relation: Relation, keys: Sequence[str], where: exp.Expression, total: int
    ) -> int:
        del total  # only needed where there is a shorter way than grouping
        columns = [relation.columns[key] for key in keys]
        ((rows,),) = self.fetch(repeats.repeated_rows(relation, columns, where))
        return int(rows)

    def _table(self, source: TableSource) -> Relation:
        prefix = f"{_quoted(source.schema)}." if source.schema else ""
        try:
            rows = self._fetch(f"PRAGMA {prefix}table_xinfo({_quoted(source.table)})")
        except StatementFailed as error:
            raise SourceInvalid(f"table {source} cannot be read: {error}") from None
        # hidden = 1 marks columns of virtual tables that SELECT * does not show.
        columns = {row[1]: _column(row[1], row[2] or "") for row in rows if row[6] != 1}
        if not columns:
            raise SourceInvalid(f"there is no table {source}; check its name and the database")
        return Relation(table=_table_expression(source), columns=columns)

    def _with_observed_types(self, table: exp.Expression) -> Relation:
        """A query's columns have no declared type, so the values are asked."""
        try:
            cursor = self._connection.execute(
                exp.select("*").from_(table).limit(0).sql(dialect="sqlite")
            )
        except sqlite3.Error as error:
            raise SourceInvalid(f"the query of the source fails: {reason(error)}") from None
        names = [entry[0] for entry in cursor.description]
        if len(set(names)) != len(names):
            raise SourceInvalid("two columns of the query have the same name; give each its own")
        kinds = [exp.alias_(_stored_types(name), f"m_{index}") for index, name in enumerate(names)]
        (row,) = self.fetch(exp.select(*kinds).from_(table))
        columns = {name: _observed(name, kind) for name, kind in zip(names, row, strict=True)}
        return Relation(table=table, columns=columns)

    def _fetch(self, sql: str) -> list[Row]:
        try:
            cursor = self._connection.cursor()
            cursor.row_factory = None
            return list(cursor.execute(sql).fetchall())
        except sqlite3.Error as error:
            raise StatementFailed(reason(error)) from None


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """One state of the database for all statements, without the right to change it.

    :raises ArgumentInvalid: if the connection is in the middle of a transaction.
    """
    if connection.in_transaction:
        raise ArgumentInvalid(
            "the connection is in a transaction; commit it or roll it back before profiling"
        )
    ((before,),) = connection.execute("PRAGMA query_only").fetchall()
    connection.execute("PRAGMA query_only = 1")
    connection.execute("BEGIN")
    _register(connection)
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.execute(f"PRAGMA query_only = {int(before)}")


def _register(connection: sqlite3.Connection) -> None:
    create = connection.create_function
    create("governance_matches", 2, _matches, deterministic=True)
    create("governance_moment", 1, _moment, deterministic=True)
    create("governance_zoned", 1, _zoned, deterministic=True)
    create("governance_micros", 1, _micros, deterministic=True)
    connection.create_aggregate("governance_stddev", 1, _Stddev)
    connection.create_aggregate("governance_quantile", 2, _Quantile)


def _matches(pattern: str, value: object) -> bool | None:
    return None if value is None else _compiled(pattern).fullmatch(str(value)) is not None


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return patterns.for_python(pattern)


def _parsed(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value.strip())
    except ValueError:
        return None


def _moment(value: object) -> str | None:
    """A time as text that sorts; one with a zone in UTC, one without as it is."""
    found = _parsed(value)
    if found is None:
        return None
    naive = found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found
    return naive.isoformat(sep=" ", timespec="microseconds")


def _zoned(value: object) -> str | None:
    found = _parsed(value)
    if found is None:
        return None
    return f"{_moment(value)}{'Z' if found.tzinfo else ''}"


def _micros(value: str | None) -> str | None:
    """Microseconds since 1970, with a Z in front if the zone is known."""
    if value is None:
        return None
    since = datetime.fromisoformat(value.removesuffix("Z")) - _EPOCH
    return f"{'Z' if value.endswith('Z') else ''}{since // timedelta(microseconds=1)}"


class _Stddev:
    """Welford's algorithm (Technometrics 4, 1962): stable where sums of squares cancel."""

    def __init__(self) -> None:
        self._count, self._mean, self._squares = 0, 0.0, 0.0

    def step(self, value: object) -> None:
        if isinstance(value, int | float):
            self._count += 1
            distance = value - self._mean
            self._mean += distance / self._count
            self._squares += distance * (value - self._mean)

    def finalize(self) -> float | None:
        return math.sqrt(self._squares / (self._count - 1)) if self._count > 1 else None


class _Quantile:
    """Linear interpolation between the two nearest ranks."""

    def __init__(self) -> None:
        self._values, self._share = array("d"), 0.5

    def step(self, value: object, share: float) -> None:
        self._share = share
        if isinstance(value, int | float):
            self._values.append(value)

    def finalize(self) -> float | None:
        if not self._values:
            return None
        ordered = sorted(self._values)
        rank = self._share * (len(ordered) - 1)
        below = ordered[math.floor(rank)]
        return below + (ordered[math.ceil(rank)] - below) * (rank - math.floor(rank))


def _column(name: str, declared: str) -> Column:
    return Column(name=name, physical=declared, family=sqlite_family(declared))


def _stored_types(name: str) -> exp.Expression:
    kind = exp.Anonymous(
        this="typeof", expressions=[exp.column(exp.to_identifier(name, quoted=True))]
    )
    return exp.Anonymous(this="group_concat", expressions=[exp.Distinct(expressions=[kind])])


def _observed(name: str, kinds: str | None) -> Column:
    found = set((kinds or "null").split(",")) - {"null"}
    if found == {"integer", "real"}:
        found = {"real"}
    physical = found.pop().upper() if len(found) == 1 else ""
    family = Family.UNKNOWN if not physical else sqlite_family(physical)
    return Column(name=name, physical=physical, family=family)


def _table_expression(source: TableSource) -> exp.Expression:
    schema = exp.to_identifier(source.schema, quoted=True) if source.schema else None
    return exp.Table(this=exp.to_identifier(source.table, quoted=True), db=schema)


def _quoted(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql(dialect="sqlite")
