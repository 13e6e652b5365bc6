"""PostgreSQL through psycopg 2 or 3: one read-only snapshot of the caller's connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.quality.expectations import Reference
from airflow_gov_provider.exceptions import ArgumentInvalid, SourceInvalid, SourceUnavailable
from airflow_gov_provider.profiling import conditions, repeats
from airflow_gov_provider.profiling.columns import Column, postgres_family
from airflow_gov_provider.profiling.engines.dialects import DuckDB, Postgres
from airflow_gov_provider.profiling.engines.engine import Relation, Row, StatementFailed
from airflow_gov_provider.profiling.failures import Unmeasurable, reason
from airflow_gov_provider.profiling.places.source import QuerySource, TableSource

_IDLE = 0
# Classes of SQLSTATE: connection, rollback, resources, operator intervention, system.
_AWAY_CLASSES = ("08", "40", "53", "57", "58")
# Types whose hash is equal whenever their values are, so that hashes can prove uniqueness.
_HASHABLE = frozenset(
    {
        "smallint",
        "integer",
        "bigint",
        "boolean",
        "date",
        "timestamp without time zone",
        "timestamp with time zone",
        "uuid",
        "text",
        "character varying",
    }
)
_TEXTS = ("text", "character varying")

_COLUMNS = """
SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) AS physical,
  pg_catalog.format_type(coalesce(nullif(t.typbasetype, 0), t.oid), NULL) AS base,
  t.typcategory = 'E' AS is_enum, NOT a.attnotnull AS nullable
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = pg_catalog.to_regclass({name}) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
_TYPES = """
SELECT t.oid, pg_catalog.format_type(t.oid, NULL) AS physical,
  pg_catalog.format_type(coalesce(nullif(t.typbasetype, 0), t.oid), NULL) AS base,
  t.typcategory = 'E' AS is_enum
FROM pg_catalog.pg_type t WHERE t.oid IN ({oids})
"""
# Of a partitioned table all partitions; of a view nothing.
_BYTES = """
SELECT coalesce(sum(pg_catalog.pg_relation_size(relid)), 0) FROM (
  SELECT pg_catalog.to_regclass({name}) AS relid
  UNION SELECT relid FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass({name}))
) AS parts
"""
# A second connection takes some milliseconds, and the server reads this much in one or two tenths
# of a second.
_WORTH_TWO_LANES = 64 * 1024**2
_MODE = "ISOLATION LEVEL REPEATABLE READ READ ONLY"
_ALL_COLLATIONS_COMPARE_BYTES = """
SELECT NOT EXISTS (SELECT 1 FROM pg_catalog.pg_collation WHERE NOT collisdeterministic)
"""


class PostgresEngine:
    """The engine of ``profile_table`` on PostgreSQL.

    :param schema: where the tables of references are looked for.
    """

    def __init__(self, connection: Any, *, schema: str | None) -> None:
        self.dialect: DuckDB = Postgres()
        self.statements = 0
        self._connection, self._schema = connection, schema
        self._texts_hash: bool | None = None

    def open(self, source: TableSource | QuerySource) -> Relation:
        """Find the table, or take the query for one.

        :raises SourceInvalid: if there is no such table, or the query is not one SELECT.
        """
        if isinstance(source, TableSource):
            return self._table(source)
        table = exp.alias_(conditions.query(source.sql, dialect="postgres"), "source", table=True)
        return self._query(table)

    def fetch(self, query: exp.Query) -> list[Row]:
        self.statements += 1
        return self._fetch(query.sql(dialect="postgres"))[0]

    def reference(self, reference: Reference) -> Relation:
        schema, table = conditions.table_name(reference.table)
        try:
            return self._table(TableSource(schema=schema or self._schema, table=table))
        except SourceInvalid as error:
            raise Unmeasurable(f"the referenced data: {error}") from None

    def repeated(
        self, relation: Relation, keys: Sequence[Column], where: exp.Expr, total: int
    ) -> int:
        del total  # the dialect has a proof of uniqueness, and it has failed
        ((rows,),) = self.fetch(repeats.repeated_rows(relation, keys, where))
        return int(rows)

    def size(self, relation: Relation) -> int:
        """Bytes of a table; 0 where that is not known."""
        if not isinstance(relation.table, exp.Table):
            return 0
        try:
            ((found,),), _ = self._fetch(_BYTES.format(name=_literal(relation.table)))
        except StatementFailed:
            return 0
        return int(found)

    def beside(self, connection: Any) -> PostgresEngine:
        """An engine over another connection, in a transaction that sees what this one does."""
        return PostgresEngine(connection, schema=self._schema)

    def stop(self) -> None:
        """Give up the statement that runs; called from another thread."""
        self._connection.cancel()

    def _table(self, source: TableSource) -> Relation:
        table = _table_expression(source)
        rows, _ = self._fetch(_COLUMNS.format(name=_literal(table)))
        if not rows:
            raise SourceInvalid(f"there is no table {source}; check its name and the schema")
        columns = {row[0]: self._column(*row) for row in rows}
        return Relation(table=table, columns=columns)

    def _query(self, table: exp.Expr) -> Relation:
        try:
            _, described = self._fetch(exp.select("*").from_(table).limit(0).sql("postgres"))
        except StatementFailed as error:
            raise SourceInvalid(f"the query of the source fails: {error}") from None
        names = [entry[0] for entry in described]
        if len(set(names)) != len(names):
            raise SourceInvalid("two columns of the query have the same name; give each its own")
        oids = ", ".join(str(int(entry[1])) for entry in described)
        types = {row[0]: row[1:] for row in self._fetch(_TYPES.format(oids=oids))[0]}
        columns = {entry[0]: self._column(entry[0], *types[entry[1]]) for entry in described}
        return Relation(table=table, columns=columns)

    def _column(
        self,
        name: str,
        physical: str,
        base: str,
        is_enum: bool,  # noqa: FBT001
        nullable: bool | None = None,  # noqa: FBT001
    ) -> Column:
        return Column(
            name=name,
            physical=physical,
            family=postgres_family(base, is_enum=is_enum),
            hashable=base in _HASHABLE and (base not in _TEXTS or self._texts_are_hashable()),
            nullable=nullable,
        )

    def _texts_are_hashable(self) -> bool:
        """A nondeterministic collation calls texts equal whose bytes, and so hashes, differ."""
        if self._texts_hash is None:
            (row,), _ = self._fetch(_ALL_COLLATIONS_COMPARE_BYTES)
            self._texts_hash = bool(row[0])
        return self._texts_hash

    def _fetch(self, sql: str) -> tuple[list[Row], Sequence[Any]]:
        """Rows and the description of their columns. A refusal leaves the transaction usable."""
        cursor = self._connection.cursor()
        try:
            cursor.execute("SAVEPOINT governance")
            cursor.execute(sql)
            rows = [_as_row(row) for row in cursor.fetchall()]
            description = list(cursor.description)
            cursor.execute("RELEASE SAVEPOINT governance")
        except self._connection.Error as error:
            if self._connection.closed or _is_away(error):
                raise SourceUnavailable(f"PostgreSQL gave up: {reason(error)}") from None
            cursor.execute("ROLLBACK TO SAVEPOINT governance")
            raise StatementFailed(reason(error)) from None
        finally:
            cursor.close()
        return rows, description


@contextmanager
def snapshot(connection: Any) -> Iterator[None]:
    """One state of the database for all statements, without the right to change it.

    :raises ArgumentInvalid: if the connection is in the middle of a transaction.
    """
    if connection.info.transaction_status != _IDLE:
        raise ArgumentInvalid(
            "the connection is in a transaction; commit it or roll it back before profiling"
        )
    try:
        _begin(connection)
    except connection.Error as error:
        raise SourceUnavailable(f"PostgreSQL cannot be reached: {reason(error)}") from None
    try:
        yield
    finally:
        if not connection.closed:
            _roll_back(connection)


@contextmanager
def lanes(
    engine: PostgresEngine,
    connection: Any,
    relation: Relation,
    *,
    another: Callable[[], Any] | None,
) -> Iterator[list[PostgresEngine]]:
    """A second engine that sees the same rows, for a large table; none where that cannot be had.

    Sorting for uniqueness and quantiles keeps one process of the server busy, whatever number of
    workers it has for the rest.

    :param another: opens one more connection to the same database.
    """
    large = another is not None and engine.size(relation) >= _WORTH_TWO_LANES
    name = _exported(connection) if large else None
    second = _sharing(name, another) if another is not None and name is not None else None
    if second is None:
        yield []
        return
    with closing(second):
        yield [engine.beside(second)]


def _exported(connection: Any) -> str | None:
    """The name of the transaction's snapshot, if the server gives it away."""
    try:
        with closing(connection.cursor()) as cursor:
            cursor.execute("SELECT pg_catalog.pg_export_snapshot()")
            ((name,),) = map(_as_row, cursor.fetchall())
    except connection.Error as error:
        if connection.closed or _is_away(error):
            raise SourceUnavailable(f"PostgreSQL gave up: {reason(error)}") from None
        _roll_back(connection)
        _begin(connection)
        return None
    return str(name)


def _sharing(name: str, another: Callable[[], Any]) -> Any | None:
    """One more connection that sees this snapshot, if there can be one."""
    try:
        second = another()
    except Exception:  # noqa: BLE001 - of any driver or hook: all the work can be done without
        return None
    try:
        _begin(second)
        _execute(second, f"SET TRANSACTION SNAPSHOT '{name}'")
    except second.Error:  # such as a pooler that has led to another server
        second.close()
        return None
    return second


def _begin(connection: Any) -> None:
    statement = f"BEGIN {_MODE}" if connection.autocommit else f"SET TRANSACTION {_MODE}"
    _execute(connection, statement, "SET LOCAL standard_conforming_strings = on")


def _roll_back(connection: Any) -> None:
    if connection.autocommit:
        _execute(connection, "ROLLBACK")
    else:
        connection.rollback()


def _execute(connection: Any, *statements: str) -> None:
    with closing(connection.cursor()) as cursor:
        for statement in statements:
            cursor.execute(statement)


def _is_away(error: Exception) -> bool:
    """Whether the trouble is the server and not the statement; the next one would fare alike."""
    sqlstate = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    return str(sqlstate)[:2] in _AWAY_CLASSES


def _as_row(row: Any) -> Row:
    return tuple(row.values()) if isinstance(row, Mapping) else tuple(row)


def _literal(table: exp.Expr) -> str:
    """The name of a table as a text, for ``to_regclass``."""
    return exp.Literal.string(table.sql(dialect="postgres")).sql(dialect="postgres")


def _table_expression(source: TableSource) -> exp.Expr:
    schema = exp.to_identifier(source.schema, quoted=True) if source.schema else None
    return exp.Table(this=exp.to_identifier(source.table, quoted=True), db=schema)
