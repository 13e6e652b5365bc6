"""Profiles of tables and queries, over a DB-API connection that stays its caller's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from airflow_gov_provider.domain.quality.expectations import Expectation, Profile
from airflow_gov_provider.profiling.engines import postgres
from airflow_gov_provider.profiling.engines.engine import Relation
from airflow_gov_provider.profiling.measure import measure
from airflow_gov_provider.profiling.places.look import opened_table
from airflow_gov_provider.profiling.places.source import QuerySource, TableSource
from airflow_gov_provider.profiling.warehouses.engine import WarehouseEngine


def profile_table(
    connection: Any,
    dialect: str,
    source: TableSource | QuerySource,
    expectations: Sequence[Expectation],
    *,
    another: Callable[[], Any] | None = None,
) -> Profile:
    """Measure expectations on a table, a view or the rows of a SELECT.

    All statements see one state of the database and cannot change it; of a warehouse they see one
    moment where it keeps the past of its tables. The connection is left open and outside of a
    transaction.

    :param connection: ``sqlite3``, ``psycopg2`` or ``psycopg``, outside of a transaction; or the
        DB-API connection of a warehouse.
    :param dialect: ``sqlite``, ``postgres``, or a name of ``warehouses.known``.
    :param another: opens one more connection to the same database. Where PostgreSQL lets it see the
        same snapshot, a large table is looked at over both; it is closed afterwards.
    :raises SourceInvalid: if there is no such table, or the query is not one SELECT.
    :raises SourceUnavailable: if the database cannot be reached.
    :raises ArgumentInvalid: for another dialect, or a connection inside a transaction.
    """
    with opened_table(connection, dialect, source) as (engine, relation):
        asked = _spoken(engine, relation, expectations)
        if not isinstance(engine, postgres.PostgresEngine):
            return measure(engine, asked, expectations, source=str(source))
        with postgres.lanes(engine, connection, asked, another=another) as beside:
            return measure(engine, asked, expectations, source=str(source), beside=beside)


def _spoken(engine: Any, relation: Relation, expectations: Sequence[Expectation]) -> Relation:
    """The relation with its columns under the names that the checks use for them."""
    if not isinstance(engine, WarehouseEngine):
        return relation
    names = [name for expectation in expectations for name in expectation.columns]
    return engine.spoken(relation, names)
