"""``airflow governance db ...``"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, inspect, select

import airflow_gov_provider.store.promise_tables  # noqa: F401 - its tables are in the metadata
from airflow_gov_provider import config
from airflow_gov_provider.cli.border import command, fail
from airflow_gov_provider.cli.rendering import Column, print_json, print_table
from airflow_gov_provider.store import database
from airflow_gov_provider.store.tables import metadata


@command
def migrate(_args: Any) -> None:
    url = config.sql_alchemy_conn()
    before = database.schema_state(url)
    if before.is_current:
        print(f"{before.url} is at revision {before.head} already; nothing to do")
        return
    after = database.migrate(url)
    print(f"{after.url} migrated from revision {before.current or 'none'} to {after.current}")


@command
def check(_args: Any) -> None:
    url = config.sql_alchemy_conn()
    state = database.schema_state(url)
    if problem := _problem(state, url):
        fail(f"{state.url} has schema revision {state.current or 'none'}: {problem}")
    print(f"{state.url} is at revision {state.current}, which this package needs")


def _problem(state: database.SchemaState, url: str) -> str | None:
    """What is wrong with it; the SQLite default needs nobody to migrate it."""
    if url == config.default_sql_alchemy_conn() and state.problem and not state.is_ahead:
        return f"behind {state.head}; it migrates itself when it is used"
    return state.problem


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    name: str
    rows: int | None


@command
def info(args: Any) -> None:
    url = config.sql_alchemy_conn()
    state = database.schema_state(url)
    tables = _tables(url)
    if args.output == "json":
        print_json(
            {
                "url": state.url,
                "revision": state.current,
                "needed_revision": state.head,
                "is_current": state.is_current,
                "tables": {table.name: table.rows for table in tables},
            }
        )
        return
    print(f"database  {state.url}")
    problem = _problem(state, url)
    advice = f", {problem}" if problem else " (current)"
    print(f"revision  {state.current or 'none'}{advice}\n")
    print_table(
        [Column(title="table", kept=True), Column(title="rows", kept=True)],
        [(table.name, "missing" if table.rows is None else f"{table.rows:,}") for table in tables],
    )


def _tables(url: str) -> list[_Table]:
    """Every table of ours with its rows; None for one that is not there."""
    with database.transaction(url) as connection:
        there = set(inspect(connection).get_table_names())
        return [
            _Table(
                name=table.name,
                rows=connection.scalar(select(func.count()).select_from(table))
                if table.name in there
                else None,
            )
            for table in metadata.sorted_tables
        ]
