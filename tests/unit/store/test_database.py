"""The schema of the governance database, on SQLite and PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

import airflow_gov_provider.store.promise_tables  # noqa: F401 - its tables are in the metadata
from airflow_gov_provider.exceptions import (
    ArgumentInvalid,
    StoreAhead,
    StoreBehind,
    StoreUnavailable,
)
from airflow_gov_provider.store import database
from airflow_gov_provider.store.tables import VERSION_TABLE, metadata


def test_a_new_database_is_behind_until_it_is_migrated(empty_store_url):
    assert database.schema_state(empty_store_url).current is None

    state = database.migrate(empty_store_url)

    assert state.is_current


def test_the_migrations_make_exactly_the_tables_that_the_code_uses(store_url):
    with database.engine_for(store_url).connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table": VERSION_TABLE,
                "include_name": lambda name, kind, _: kind != "table" or name in metadata.tables,
            },
        )
        assert compare_metadata(context, metadata) == []


def test_migrating_twice_changes_nothing(store_url):
    assert database.migrate(store_url).is_current


def test_several_processes_may_migrate_at_once(empty_store_url):
    with ThreadPoolExecutor(4) as pool:
        states = list(pool.map(database.migrate, [empty_store_url] * 4))

    assert all(state.is_current for state in states)


def test_a_database_that_is_behind_names_the_command_that_helps(empty_store_url):
    with pytest.raises(StoreBehind, match="airflow governance db migrate"):
        database.prepare(empty_store_url, migrate_first=False)


@pytest.mark.parametrize("use", [database.migrate, database.require_current])
def test_a_database_of_a_newer_version_is_left_alone(store_url, use):
    with database.transaction(store_url) as connection:
        connection.execute(text("UPDATE governance_alembic_version SET version_num = '9999'"))

    with pytest.raises(StoreAhead, match="install the version that migrated the database"):
        use(store_url)


def test_the_default_database_migrates_itself(empty_store_url):
    engine = database.prepare(empty_store_url, migrate_first=True)

    assert inspect(engine).has_table("evidence")


def test_an_unreachable_database_is_named_without_its_password():
    url = "postgresql+psycopg://gov:hunter2@127.0.0.1:1/governance?connect_timeout=1"

    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:1") as caught:
        database.schema_state(url)

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "message"),
    [("not a url", "not a SQLAlchemy URL"), ("mysql://u@h/d", "supported are sqlite and postgres")],
)
def test_a_setting_that_cannot_work_says_what_would(url, message):
    with pytest.raises(ArgumentInvalid, match=message):
        database.engine_for(url)
