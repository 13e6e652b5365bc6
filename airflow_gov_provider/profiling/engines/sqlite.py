"""SQLite: the functions it lacks, and one snapshot of the caller's connection."""

from __future__ import annotations

import hashlib
import math
import re
import sqlite3
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.contracts.forms.json_schemas import shape_of_text
from airflow_gov_provider.domain.contracts.json_schemas.validating import conforms
from airflow_gov_provider.domain.formats import check_digits_hold
from airflow_gov_provider.domain.quality.expectations import Reference
from airflow_gov_provider.exceptions import ArgumentInvalid, SourceInvalid, SourceUnavailable
from airflow_gov_provider.profiling import conditions, repeats
from airflow_gov_provider.profiling.columns import (
    Column,
    Columns,
    Family,
    sqlite_family,
    sqlite_stored_family,
)
from airflow_gov_provider.profiling.engines import patterns
from airflow_gov_provider.profiling.engines.dialects import SQLite
from airflow_gov_provider.profiling.engines.engine import Relation, Row, StatementFailed
from airflow_gov_provider.profiling.failures import Unmeasurable, reason
from airflow_gov_provider.profiling.places.source import QuerySource, TableSource

_PHYSICAL = {Family.INTEGER: "INTEGER", Family.FLOAT: "REAL", Family.TEXT: "TEXT"}
# Errors of the file or of its locks; another try may find it better.
_AWAY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_PROTOCOL")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001


class SQLiteEngine:
    """The engine of ``profile_table`` on SQLite.

    :param schema: where the tables of references are looked for.
    """

    def __init__(self, connection: sqlite3.Connection, *, schema: str | None) -> None:
        self.dialect = SQLite()
        self.statements = 0
        self._connection, self._schema = connection, schema

    def open(self, source: TableSource | QuerySource) -> Relation:
        """Find the table, or take the query for one.

        :raises SourceInvalid: if there is no such table, or the query is not one SELECT.
        """
        if isinstance(source, TableSource):
            return self._table(source)
        table = exp.alias_(conditions.query(source.sql, dialect="sqlite"), "source", table=True)
        return self._query(table)

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
        self, relation: Relation, keys: Sequence[Column], where: exp.Expr, total: int
    ) -> int:
        del total  # only needed where there is a shorter way than grouping
        ((rows,),) = self.fetch(repeats.repeated_rows(relation, keys, where))
        return int(rows)

    def _table(self, source: TableSource) -> Relation:
        prefix = f"{_quoted(source.schema)}." if source.schema else ""
        try:
            rows = self._fetch(f"PRAGMA {prefix}table_xinfo({_quoted(source.table)})")
        except StatementFailed as error:
            raise SourceInvalid(f"table {source} cannot be read: {error}") from None
        # hidden = 1 marks columns of virtual tables that SELECT * does not show.
        declared = {row[1]: row[2] or "" for row in rows if row[6] != 1}
        nullable = {row[1]: not (row[3] or _is_row_id(row)) for row in rows}
        if not declared:
            raise SourceInvalid(f"there is no table {source}; check its name and the database")
        table = _table_expression(source)
        columns = {
            name: replace(column, nullable=nullable[name])
            for name, column in self._columns(table, declared).items()
        }
        return Relation(table=table, columns=columns)

    def _query(self, table: exp.Expr) -> Relation:
        query = exp.select("*").from_(table).limit(0).sql(dialect="sqlite")
        try:
            names = [entry[0] for entry in self._connection.execute(query).description]
        except sqlite3.Error as error:
            raise SourceInvalid(f"the query of the source fails: {reason(error)}") from None
        if len(set(names)) != len(names):
            raise SourceInvalid("two columns of the query have the same name; give each its own")
        return Relation(table=table, columns=self._columns(table, dict.fromkeys(names, "")))

    def _columns(self, table: exp.Expr, declared: Mapping[str, str]) -> Columns:
        """Declared types where they say something; elsewhere the values are asked what they are."""
        columns = {
            name: Column(name=name, physical=physical, family=sqlite_family(physical))
            for name, physical in declared.items()
        }
        vague = [name for name, column in columns.items() if column.family is Family.UNKNOWN]
        if vague:
            kinds = [exp.alias_(_stored_kinds(name), f"m_{i}") for i, name in enumerate(vague)]
            (row,) = self._first_look(exp.select(*kinds).from_(table))
            for name, found in zip(vague, row, strict=True):
                columns[name] = _observed(columns[name], found)
        return columns

    def _first_look(self, query: exp.Query) -> list[Row]:
        try:
            return self.fetch(query)
        except StatementFailed as error:
            raise SourceInvalid(f"the rows cannot be read: {error}") from None

    def _fetch(self, sql: str) -> list[Row]:
        try:
            cursor = self._connection.cursor()
            cursor.row_factory = None
            return list(cursor.execute(sql).fetchall())
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorname", "").startswith(_AWAY):
                raise SourceUnavailable(f"SQLite cannot read its file: {reason(error)}") from None
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
    (before,) = tuple(connection.execute("PRAGMA query_only").fetchone())
    _register(connection)
    connection.execute("PRAGMA query_only = 1")
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.execute(f"PRAGMA query_only = {int(before)}")


def _register(connection: sqlite3.Connection) -> None:
    create = connection.create_function
    create("governance_matches", 2, _matches, deterministic=True)
    create("governance_check_digits", 2, _check_digits, deterministic=True)
    create("governance_json_schema", 2, _json_schema, deterministic=True)
    create("governance_moment", 1, _moment, deterministic=True)
    create("governance_zoned", 1, _zoned, deterministic=True)
    create("governance_micros", 1, _micros, deterministic=True)
    create("governance_written", 1, _written, deterministic=True)
    create("governance_md5", 1, _md5, deterministic=True)
    aggregate: Callable[[str, int, Any], None] = connection.create_aggregate
    aggregate("governance_stddev", 1, _Stddev)
    aggregate("governance_variance", 1, _Variance)
    aggregate("governance_correlation", 2, _Correlation)
    aggregate("governance_quantile", 2, _Quantile)


def _md5(text: object) -> str | None:
    if text is None:
        return None
    return hashlib.md5(str(text).encode(), usedforsecurity=False).hexdigest()


def _matches(pattern: str, value: object) -> bool | None:
    return None if value is None else _compiled(pattern).fullmatch(str(value)) is not None


def _check_digits(name: str, value: object) -> bool:
    return check_digits_hold(name, str(value))


def _json_schema(schema: str, value: object) -> bool | None:
    if value is None or isinstance(value, bytes):
        return None if value is None else False
    return conforms(shape_of_text(schema), str(value), compiled=_compiled)


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


def _written(value: Any) -> Any:
    """A time in ISO 8601, one with a zone in UTC; what is no time stays what it is."""
    found = _parsed(value)
    if found is None:
        return value
    return (found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found).isoformat()


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

    def step(self, value: Any, /) -> None:
        if isinstance(value, int | float):
            self._count += 1
            distance = value - self._mean
            self._mean += distance / self._count
            self._squares += distance * (value - self._mean)

    def finalize(self) -> float | None:
        variance = self.variance()
        return None if variance is None else math.sqrt(variance)

    def variance(self) -> float | None:
        return self._squares / (self._count - 1) if self._count > 1 else None


class _Variance(_Stddev):
    def finalize(self) -> float | None:
        return self.variance()


class _Correlation:
    """Pearson's coefficient, by Welford's updates of both sums of squares and of the products."""

    def __init__(self) -> None:
        self._count, self._left, self._right = 0, 0.0, 0.0
        self._lefts, self._rights, self._products = 0.0, 0.0, 0.0

    def step(self, left: Any, right: Any, /) -> None:
        if not (isinstance(left, int | float) and isinstance(right, int | float)):
            return
        self._count += 1
        from_left, from_right = left - self._left, right - self._right
        self._left += from_left / self._count
        self._right += from_right / self._count
        self._lefts += from_left * (left - self._left)
        self._rights += from_right * (right - self._right)
        self._products += from_left * (right - self._right)

    def finalize(self) -> float | None:
        spread = math.sqrt(self._lefts) * math.sqrt(self._rights)
        return self._products / spread if spread else None


class _Quantile:
    """Linear interpolation between the two nearest ranks."""

    def __init__(self) -> None:
        self._values = array("d")
        self._share = 0.5

    def step(self, value: Any, share: float, /) -> None:
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


def _is_row_id(row: Row) -> bool:
    """Of all primary keys, SQLite refuses NULL only in the one that names the row itself."""
    return bool(row[5]) and (row[2] or "").upper() == "INTEGER"


def _stored_kinds(name: str) -> exp.Expr:
    column = exp.column(exp.to_identifier(name, quoted=True))
    kind = exp.Anonymous(this="typeof", expressions=[column])
    return exp.Anonymous(this="group_concat", expressions=[exp.Distinct(expressions=[kind])])


def _observed(column: Column, kinds: str | None) -> Column:
    found = set((kinds or "").split(",")) - {"null", ""}
    family = sqlite_stored_family(found)
    physical = column.physical or _PHYSICAL.get(family, "")
    return Column(name=column.name, physical=physical, family=family)


def _table_expression(source: TableSource) -> exp.Expr:
    schema = exp.to_identifier(source.schema, quoted=True) if source.schema else None
    return exp.Table(this=exp.to_identifier(source.table, quoted=True), db=schema)


def _quoted(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql(dialect="sqlite")
