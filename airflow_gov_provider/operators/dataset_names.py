"""What OpenLineage calls a gate's data: https://openlineage.io/docs/spec/naming.

============  ========================  ===================================================
data          namespace                 name
============  ========================  ===================================================
files         ``file``                  the absolute path; of a pattern its fixed directory
object store  ``s3://bucket``           the key; of a pattern its fixed part
PostgreSQL    ``postgres://host:port``  ``database.schema.table``
SQLite        ``sqlite``                the absolute path of the file, a point, the table
DuckDB        ``duckdb``                the same
others        as the connection's hook says, which the provider of that database wrote
============  ========================  ===================================================

SQLite and DuckDB are not in the specification; they have no server, so the file stands in the name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from airflow.providers.common.sql.hooks.sql import DbApiHook

_GLOB = re.compile(r"[*?\[{]")
_POSTGRES_PORT = 5432
_SQLGLOT = {"postgresql": "postgres"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetName:
    namespace: str
    name: str


def names_of(source: Mapping[str, Any]) -> list[DatasetName]:
    """The data sets that a gate's source consists of; of a query, every table that it reads.

    :param source: as a gate describes it in its evidence.
    """
    if source["kind"] == "files":
        return [of_files(source["path"])]
    if source["kind"] == "objects":
        return [of_files(source["address"])]
    if source["kind"] == "duckdb":
        return [_of_duckdb(source["path"], name) for name in _tables(source, dialect="duckdb")]
    from airflow.sdk import BaseHook

    connection = BaseHook.get_connection(source["conn_id"])
    hook = connection.get_hook()
    dialect = str(hook.dialect_name)
    tables = _tables(source, dialect=_SQLGLOT.get(dialect, dialect))
    return [of_table(connection, hook, schema=schema, table=table) for schema, table in tables]


def _tables(source: Mapping[str, Any], *, dialect: str) -> list[tuple[str | None, str]]:
    if source["query"] is not None:
        return tables_read(source["query"], dialect=dialect)
    schema, _, table = source["table"].rpartition(".")
    return [(schema or None, table)]


def _of_duckdb(path: str, table: tuple[str | None, str]) -> DatasetName:
    return DatasetName(namespace="duckdb", name=_dotted(str(Path(path).absolute()), *table))


def of_files(path: str) -> DatasetName:
    fixed = path
    if (glob := _GLOB.search(path)) is not None:
        fixed = path[: glob.start()].rpartition("/")[0]
    if "://" in fixed:
        url = urlsplit(fixed)
        return DatasetName(
            namespace=f"{url.scheme}://{url.netloc}", name=url.path.strip("/") or "/"
        )
    return DatasetName(namespace="file", name=str(Path(fixed).absolute()))


def tables_read(query: str, *, dialect: str) -> list[tuple[str | None, str]]:
    """Schema and name of every table that a query reads, each once; none if it is not understood.

    A common table expression is no table.
    """
    from sqlglot import exp, parse_one
    from sqlglot.errors import SqlglotError

    try:
        tree = parse_one(query, read=dialect)
    except (SqlglotError, ValueError):
        return []
    own = {each.alias_or_name for each in tree.find_all(exp.CTE)}
    found = [(each.db or None, each.name) for each in tree.find_all(exp.Table) if each.name]
    return list(dict.fromkeys(name for name in found if name[0] or name[1] not in own))


def of_table(connection: Any, hook: DbApiHook, *, schema: str | None, table: str) -> DatasetName:
    if connection.conn_type == "sqlite":
        path = Path(connection.host or "").absolute()
        return DatasetName(namespace="sqlite", name=f"{path}.{table}")
    if connection.conn_type == "postgres":
        authority = hook.get_openlineage_authority_part(connection, default_port=_POSTGRES_PORT)
        return DatasetName(
            namespace=f"postgres://{authority}",
            name=_dotted(connection.schema, schema or _default_schema(hook), table),
        )
    info = hook.get_openlineage_database_info(connection)
    if info is None:
        authority = hook.get_openlineage_authority_part(connection)
        return DatasetName(
            namespace=f"{connection.conn_type}://{authority}",
            name=_dotted(connection.schema, schema, table),
        )
    namespace = f"{info.scheme}://{info.authority}" if info.authority else info.scheme
    return DatasetName(
        namespace=namespace, name=_dotted(info.database, schema or _default_schema(hook), table)
    )


def _default_schema(hook: DbApiHook) -> str | None:
    """None where the database cannot be asked just now: a name is no reason to fail."""
    with suppress(Exception):
        return hook.get_openlineage_default_schema()
    return None


def _dotted(*parts: str | None) -> str:
    return ".".join(part for part in parts if part)
