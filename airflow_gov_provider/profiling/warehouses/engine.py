"""A warehouse over the DB-API connection that its own driver, or Airflow's hook, has opened."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.quality.expectations import Reference
from airflow_gov_provider.exceptions import SourceInvalid, SourceUnavailable
from airflow_gov_provider.profiling import conditions, failures
from airflow_gov_provider.profiling.columns import Column, Columns
from airflow_gov_provider.profiling.engines.engine import Relation, Row, StatementFailed
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.places.source import QuerySource, TableSource
from airflow_gov_provider.profiling.warehouses.base import (
    Folded,
    Warehouse,
    path_of,
    path_of_reference,
    spoken,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The database or the way to it is the trouble, not the statement: the next one would fare alike.
_AWAY = frozenset(
    {
        "OperationalError",
        "InterfaceError",
        "ConnectionError",
        "TrinoConnectionError",
        "ServiceUnavailable",
        "RequestError",
        "MaxRetryDurationError",
        "Http502Error",
        "Http503Error",
        "Http504Error",
    }
)
_TOO_LONG = re.compile(r"timeout|timed out|time limit|EXCEEDED_TIME_LIMIT", re.IGNORECASE)


class WarehouseEngine:
    """The engine of ``profile_table`` on a warehouse.

    Statements are SELECTs, or tell the columns of one; nothing else is sent after the session is
    set up. Where the warehouse keeps the past of its tables, all statements see the moment at which
    the source was opened; ``snapshot`` then is that moment, and else None.

    :param schema: where the tables of references are looked for.
    """

    def __init__(self, connection: Any, *, warehouse: Warehouse, schema: str | None = None) -> None:
        self.dialect = warehouse
        self.statements = 0
        self.snapshot: datetime | None = None
        self._connection = connection
        self._beside = path_of(schema) if schema else []
        self._stored: dict[str, Column] = {}

    def open(self, source: TableSource | QuerySource) -> Relation:
        """Find the table, or take the query for one.

        :raises SourceInvalid: if there is no such table, or the query is not one SELECT.
        :raises SourceUnavailable: if the database went away.
        """
        if isinstance(source, QuerySource):
            query = conditions.query(source.sql, dialect=self.dialect.name)
            table: exp.Expr = exp.alias_(query, "source", table=True)
            return self._described(table, "the query of the source fails")
        path = [*(path_of(source.schema) if source.schema else ()), source.table]
        self._beside = path[:-1]
        missing = f"there is no table {source} that can be read"
        table = self.dialect.table(path)
        now = self._now() if self.dialect.keeps_the_past else None
        if now is not None:
            with suppress(SourceInvalid):
                relation = self._described(self.dialect.pinned(table, now), missing)
                self.snapshot = now
                return relation
        return self._described(table, missing)

    def _now(self) -> datetime | None:
        """The moment by the clock of the database; another clock could be ahead of it."""
        try:
            query = exp.Select(expressions=[self.dialect.now()])
            ((micros,),), _ = self._fetch(self.dialect.compiled(query))
        except StatementFailed:
            return None
        return _EPOCH + timedelta(microseconds=int(micros))

    def spoken(self, relation: Relation, names: Sequence[str]) -> Relation:
        """The same columns under the names that somebody uses for them."""
        return replace(relation, columns=spoken(relation.columns, names, self.dialect))

    def fetch(self, query: exp.Query) -> list[Row]:
        self.statements += 1
        return self._fetch(self.compiled(query))[0]

    def there(self, path: Sequence[str]) -> Columns | None:
        """The columns of a table as it is now, if there is one."""
        try:
            return self._described(self.dialect.table(path), "there is no such table").columns
        except SourceInvalid:
            return None

    @property
    def beside(self) -> Sequence[str]:
        """Where the source lies, and tables are that are named without a place."""
        return tuple(self._beside)

    def send(self, setting: str) -> None:
        """A statement whose answer does not matter; it is over when this returns.

        :raises StatementFailed: if the database refuses it.
        :raises SourceUnavailable: if the database went away.
        """
        try:
            cursor = self._connection.cursor()
            try:
                cursor.execute(setting)
                if cursor.description:
                    cursor.fetchall()  # Trino goes on for as long as it is asked
            finally:
                cursor.close()
        except Exception as error:  # noqa: BLE001 - every driver has its own
            raise _told(error, self.dialect) from None

    def reference(self, reference: Reference) -> Relation:
        table = self.dialect.table(path_of_reference(reference, beside=self._beside))
        if self.snapshot is not None:
            table = self.dialect.pinned(table, self.snapshot)
        try:
            relation = self._described(table, f"there is no table {reference.table}")
        except SourceInvalid as error:
            raise Unmeasurable(f"the referenced data: {error}") from None
        return self.spoken(relation, reference.columns)

    def repeated(
        self, relation: Relation, keys: Sequence[Column], where: exp.Expr, total: int
    ) -> int:
        """Texts are grouped by their code points, whatever collation a column has."""
        del total
        count = exp.Count(this=exp.Star())
        groups = (
            exp.select(exp.alias_(count, "n"))
            .from_(relation.table)
            .where(where)
            .group_by(*(self.dialect.operand(key) for key in keys))
            .having(exp.GT(this=count.copy(), expression=exp.Literal.number(1)))
        )
        zero = exp.Literal.number(0)
        rows = exp.Coalesce(this=exp.Sum(this=exp.column("n")), expressions=[zero])
        ((found,),) = self.fetch(exp.select(rows).from_(groups.subquery("repeats")))
        return int(found)

    def _described(self, table: exp.Expr, problem: str) -> Relation:
        try:
            rows, description = self._fetch(
                self.dialect.describing(exp.select("*").from_(table.copy()))
            )
        except StatementFailed as error:
            raise SourceInvalid(f"{problem}: {error}") from None
        columns = [self.dialect.column(e) for e in self.dialect.described(description, rows)]
        if len({column.name for column in columns}) != len(columns):
            raise SourceInvalid("two columns of the query have the same name; give each its own")
        stored = {column.name: column for column in columns}
        self._stored.update(stored)
        return Relation(table=table, columns=Folded(stored, self.dialect))

    def compiled(self, query: exp.Query) -> str:
        """The statement as it is sent.

        :raises StatementFailed: if this warehouse cannot be asked that.
        """
        try:
            return self.dialect.compiled(self._as_stored(query))
        except Unmeasurable as unmeasurable:
            raise StatementFailed(str(unmeasurable)) from None

    def _as_stored(self, query: exp.Query) -> exp.Query:
        """Columns under the names that are stored, where they were named as people do."""
        tree = query.copy()
        made_here = {alias.alias for alias in tree.find_all(exp.Alias)}
        for identifier in [column.this for column in tree.find_all(exp.Column)]:
            written = identifier.name
            if identifier.args.get("quoted") and written not in {*self._stored, *made_here}:
                alike = [name for name in self._stored if self.dialect.same_name(written, name)]
                if len(alike) == 1:
                    identifier.set("this", alike[0])
        return tree

    def _fetch(self, sql: str) -> tuple[list[Row], Sequence[Any]]:
        """Rows and the description of their columns."""
        try:
            cursor = self._connection.cursor()
            try:
                cursor.execute(sql)
                rows = [_as_row(row) for row in cursor.fetchall()]
                return rows, list(cursor.description or ())
            finally:
                cursor.close()
        except Exception as error:  # noqa: BLE001 - every driver has its own
            raise _told(error, self.dialect) from None


@contextmanager
def session(connection: Any, *, warehouse: Warehouse) -> Iterator[None]:
    """A session in which times mean what they mean elsewhere.

    :raises SourceUnavailable: if the database cannot be reached, or refuses those settings.
    """
    _settle(connection, warehouse, warehouse.settings)
    yield


def limit_statements(connection: Any, warehouse: Warehouse, *, seconds: int) -> bool:
    """Let no statement of this session run longer.

    :returns: whether the database has agreed; some let only administrators say so.
    :raises SourceUnavailable: if the database cannot be reached.
    """
    if warehouse.time_limit is None:
        return False
    try:
        WarehouseEngine(connection, warehouse=warehouse).send(
            warehouse.time_limit.format(seconds=seconds)
        )
    except StatementFailed:
        return False
    return True


def _settle(connection: Any, warehouse: Warehouse, statements: Sequence[str]) -> None:
    engine = WarehouseEngine(connection, warehouse=warehouse)
    try:
        for statement in statements:
            engine.send(statement)
    except StatementFailed as error:
        raise SourceUnavailable(f"{warehouse.title} refuses the session: {error}") from None


def _told(error: Exception, warehouse: Warehouse) -> Exception:
    """What happened, without a value of the data and without an address."""
    if isinstance(error, (StatementFailed, SourceUnavailable)):
        return error
    text = str(error)
    classes = {each.__name__ for each in type(error).__mro__}
    if _TOO_LONG.search(text):
        return SourceUnavailable(f"{warehouse.title}: a statement took longer than it may")
    is_naming = warehouse.naming is not None and warehouse.naming.search(text)
    if classes & _AWAY and not is_naming:
        return SourceUnavailable(f"{warehouse.title} gave up: {failures.in_words(error)}")
    if is_naming:
        return StatementFailed(failures.first_line(text))
    return StatementFailed(failures.reason(error))


def _as_row(row: Any) -> Row:
    return tuple(row.values()) if isinstance(row, Mapping) else tuple(row)
