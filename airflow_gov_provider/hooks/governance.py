"""From settings to the governance database, for everything that runs inside Airflow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Connection

from airflow_gov_provider import config
from airflow_gov_provider.domain.evidence import Evidence
from airflow_gov_provider.store import database
from airflow_gov_provider.store.evidence.rows import evidence_of_run, insert_evidence


def utcnow() -> datetime:
    return datetime.now(tz=UTC)  # noqa: TID251 - the one clock that others default to


def new_id() -> str:
    """A UUIDv7: sorting by it is sorting by time."""
    import uuid6

    return str(uuid6.uuid7())


@contextmanager
def governance_transaction() -> Iterator[Connection]:
    """A transaction on the configured database, whose schema is current.

    The SQLite default migrates itself on first use; every other database has an administrator.

    :raises StoreBehind: if the schema is older than this package.
    :raises StoreUnavailable: if the database cannot be reached.
    """
    url = config.sql_alchemy_conn()
    database.prepare(url, migrate_first=url == config.default_sql_alchemy_conn())
    with database.transaction(url) as connection:
        yield connection


def record(evidence: Evidence) -> None:
    """Write evidence; returns only when it is committed."""
    with governance_transaction() as connection:
        insert_evidence(connection, evidence)


def recorded_in_run(dag_id: str, run_id: str) -> list[Evidence]:
    """Everything the Dag run has recorded so far, oldest first."""
    with governance_transaction() as connection:
        return evidence_of_run(connection, dag_id, run_id)
