"""Warehouses made of DuckDB: connections that read another database's SQL and mean it.

Each statement is parsed in the warehouse's dialect and executed by DuckDB, function by function.
What cannot be told apart this way: how the warehouse itself reads a regular expression, and how it
compares NaN.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp

# A type of DuckDB: what the drivers of Snowflake, BigQuery, Spark and Trino call it.
_TYPES: Mapping[str, tuple[Any, str, str, str]] = {
    "TINYINT": (0, "INTEGER", "tinyint", "tinyint"),
    "INTEGER": (0, "INTEGER", "int", "integer"),
    "BIGINT": (0, "INTEGER", "bigint", "bigint"),
    "FLOAT": (1, "FLOAT", "float", "real"),
    "DOUBLE": (1, "FLOAT", "double", "double"),
    "DECIMAL(12,4)": (0, "NUMERIC", "decimal(12,4)", "decimal(12,4)"),
    "VARCHAR": (2, "STRING", "string", "varchar"),
    "BOOLEAN": (13, "BOOLEAN", "boolean", "boolean"),
    "DATE": (3, "DATE", "date", "date"),
    "TIMESTAMP": (8, "DATETIME", "timestamp_ntz", "timestamp(6)"),
    "TIMESTAMP WITH TIME ZONE": (6, "TIMESTAMP", "timestamp", "timestamp(6) with time zone"),
}
_DRIVERS = {"snowflake": 0, "bigquery": 1, "spark": 2, "databricks": 2, "trino": 3}
_UNKNOWN = (5, "JSON", "map<string,string>", "json")
_SAME = {
    "HASH": "hash",
    "FARM_FINGERPRINT": "hash",
    "XXHASH64": "hash",
    "TO_UTF8": "encode",
    "UNIX_MICROS": "epoch_us",
    "IS_NAN": "isnan",
    "ISNAN": "isnan",
    "PERCENTILE": "quantile_cont",
    "PERCENTILE_CONT": "quantile_cont",
    "REGEXP_CONTAINS": "regexp_matches",
    "CHAR_LENGTH": "length",
}


_CHANGES = (
    "CREATE TABLE ",
    "INSERT ",
    "DELETE ",
    "MERGE ",
    "ALTER TABLE ",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
)


class WarehouseError(Exception):
    """What a driver raises; the texts are those of the databases."""


@dataclass
class Warehouse:
    """A DB-API connection.

    :param remembers: whether tables can be read as they were.
    :param fails_on: how a statement begins that the database cannot finish.
    :ivar sent: every statement that arrived.
    """

    connection: duckdb.DuckDBPyConnection
    dialect: str
    remembers: bool = True
    fails_on: str | None = None
    sent: list[str] = field(default_factory=list)
    closed: bool = False

    def cursor(self) -> _Cursor:
        return _Cursor(self)

    def close(self) -> None:
        self.closed = True


class _Cursor:
    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._rows: list[Any] = []
        self.description: list[Any] | None = None

    def execute(self, sql: str) -> None:
        warehouse = self._warehouse
        warehouse.sent.append(sql)
        self._rows, self.description = [], None
        if sql.startswith(("SET ", "ALTER SESSION ")):
            return
        if sql.startswith(_CHANGES):
            self._change(sql)
            return
        body = sql.removeprefix("DESCRIBE QUERY ")
        translated = in_duckdb(body, warehouse.dialect, remembers=warehouse.remembers)
        cursor = warehouse.connection.cursor()
        cursor.execute("SET TimeZone = 'UTC'")
        if body != sql:
            self._rows = [
                (name, self._type(kind)[0], None)
                for name, kind, *_ in cursor.execute(f"DESCRIBE {translated}").fetchall()
            ]
            return
        types = [(row[0], row[1]) for row in cursor.execute(f"DESCRIBE {translated}").fetchall()]
        self._rows = _fetched(cursor, translated, [kind for _, kind in types])
        self.description = [(name, *self._entry(kind)) for name, kind in types]

    def _change(self, sql: str) -> None:
        """What changes a table; a partition is nothing but the rows that it is named for."""
        warehouse, run = self._warehouse, warehouse_run(sql)
        if warehouse.fails_on is not None and sql.startswith(warehouse.fails_on):
            raise WarehouseError("no space is left for it")
        for statement in run or (sql,):
            warehouse.connection.execute(changing(statement, warehouse.dialect))

    def fetchall(self) -> list[Any]:
        return self._rows

    def close(self) -> None:
        pass

    def _entry(self, kind: str) -> tuple[Any, ...]:
        code, scale = self._type(kind)
        return (code, None, None, None, scale, True)

    def _type(self, kind: str) -> tuple[Any, int]:
        decimal = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", kind)
        scale = int(decimal[2]) if decimal else 0
        return _TYPES.get(kind, _UNKNOWN)[_DRIVERS[self._warehouse.dialect]], scale


def warehouse_run(sql: str) -> list[str] | None:
    """Statements that take the rows of one run for those that stand there."""
    partition = re.fullmatch(
        r"(?:INSERT OVERWRITE TABLE (?P<table>\S+)|ALTER TABLE (?P<dropped>\S+) DROP IF EXISTS) "
        r"PARTITION \((?P<run>.*?`?governance_map_index`? = -?\d+)\)(?: (?P<rows>SELECT .*))?",
        sql,
        re.DOTALL,
    )
    if partition:
        table, run = partition["table"] or partition["dropped"], partition["run"]
        pairs = re.findall(r"(`\w+`) = ('(?:[^'\\]|''|\\.)*'|-?\d+)", run)
        taken = f"DELETE FROM {table} WHERE {' AND '.join(f'{n} = {v}' for n, v in pairs)}"  # noqa: S608
        if partition["rows"] is None:
            return [taken]
        named = ", ".join(f"{value} AS {name}" for name, value in pairs)
        rows = f"SELECT *, {named} FROM ({partition['rows']}) AS r"  # noqa: S608
        return [taken, f"INSERT INTO {table} BY NAME {rows}"]
    where = re.fullmatch(
        r"INSERT INTO (\S+) REPLACE WHERE (.*?`governance_map_index` = -?\d+) ((?:SELECT|WITH) .*)",
        sql,
        re.DOTALL,
    )
    if where:
        table, condition, rows = where.groups()
        return [f"DELETE FROM {table} WHERE {condition}", f"INSERT INTO {table} {rows}"]  # noqa: S608
    return None


def changing(sql: str, dialect: str) -> str:
    """A statement that changes a table as DuckDB has to be told it."""
    return in_duckdb(re.sub(r" USING parquet PARTITIONED BY \([^)]*\)", "", sql), dialect)


def _fetched(cursor: Any, sql: str, kinds: Sequence[str]) -> list[Any]:
    """Rows with instants in UTC, which DuckDB's own driver gives only to those who have pytz."""
    zoned = [place for place, kind in enumerate(kinds) if kind == "TIMESTAMP WITH TIME ZONE"]
    if not zoned:
        return list(cursor.execute(sql).fetchall())
    names = [f"c{place}" for place in range(len(kinds))]
    chosen = [f"{each} AT TIME ZONE 'UTC'" if i in zoned else each for i, each in enumerate(names)]
    query = f"SELECT {', '.join(chosen)} FROM ({sql}) AS answer({', '.join(names)})"  # noqa: S608
    return [
        tuple(v.replace(tzinfo=UTC) if i in zoned and v else v for i, v in enumerate(row))
        for row in cursor.execute(query).fetchall()
    ]


def in_duckdb(sql: str, dialect: str, *, remembers: bool = True) -> str:
    """A statement of a dialect as DuckDB has to be told it."""
    tree = sqlglot.parse_one(sql, read=dialect)
    for table in tree.find_all(exp.Table):
        if not remembers and (table.args.get("when") or table.args.get("version")):
            raise WarehouseError("the past of this table cannot be read")
        table.set("when", None)
        table.set("version", None)
        table.set("catalog", None)
    for node in reversed(list(tree.walk())):
        replacement = _in_duckdb(node, dialect)
        if replacement is not node:
            node.replace(replacement)
    return tree.sql(dialect="duckdb")


def _in_duckdb(node: exp.Expr, dialect: str) -> exp.Expr:  # noqa: C901, PLR0911 - a case a function
    match node:
        case exp.Collate(this=exp.Expr() as collated):
            return collated
        case exp.RegexpLike():
            return _regex(node, dialect)
        case exp.Cast() if node.to.this in _NUMBERS and dialect == "bigquery":
            return exp.Cast(this=node.this, to=exp.DataType.build("decimal(38, 10)"))
        case exp.Anonymous() if str(node.this).upper() == "AT_TIMEZONE":
            return exp.Anonymous(this="timezone", expressions=node.expressions[::-1])
        case exp.Anonymous() if str(node.this).upper() == "DATE_PART":
            return exp.Anonymous(this="epoch_us", expressions=node.expressions[1:])
        case exp.WithinGroup():
            ordered = node.expression.expressions[0]
            return _call("quantile_cont", ordered.this, node.this.this)
        case exp.Quantile():
            return _call("quantile_cont", node.this, node.args["quantile"])
        case exp.Cast(this=exp.Cast() as moment) if _writes_six_digits(node, moment):
            return _call("strftime", moment, exp.Literal.string("%Y-%m-%d %H:%M:%S.%f"))
        case exp.PercentileCont() if not isinstance(node.parent, exp.WithinGroup):
            return _call("quantile_cont", node.this, node.expression)
    name = _name(node)
    if name in _SAME and not isinstance(node, exp.PercentileCont):
        return exp.Anonymous(this=_SAME[name], expressions=_arguments(node))
    return node


_NUMBERS = (exp.DataType.Type.BIGDECIMAL, exp.DataType.Type.DECIMAL)


def _writes_six_digits(node: exp.Cast, moment: exp.Cast) -> bool:
    """A timestamp(6) of Trino has all six decimals as text; DuckDB leaves zeros out."""
    is_text = node.to.this is exp.DataType.Type.VARCHAR
    return is_text and moment.to.this is exp.DataType.Type.TIMESTAMP


def _regex(node: exp.RegexpLike, dialect: str) -> exp.Expr:
    function = "regexp_full_match" if dialect == "snowflake" else "regexp_matches"
    arguments: list[exp.Expr] = [node.this, node.expression]
    if (flag := node.args.get("flag")) is not None:
        arguments.append(flag)
    elif node.expression.this.startswith("(?iu)"):
        arguments = [node.this, exp.Literal.string("(?i)" + node.expression.this[5:])]
    return exp.Anonymous(this=function, expressions=arguments)


def _name(node: exp.Expr) -> str:
    if isinstance(node, (exp.Anonymous, exp.AnonymousAggFunc)):
        return str(node.this).upper()
    return node.sql_name().upper() if isinstance(node, exp.Func) else ""


def _arguments(node: exp.Expr) -> Sequence[exp.Expr]:
    if isinstance(node, (exp.Anonymous, exp.AnonymousAggFunc)):
        return node.expressions
    found = [node.args.get("this"), node.args.get("expression"), *node.expressions]
    return [each for each in found if isinstance(each, exp.Expr)]


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=list(arguments))
