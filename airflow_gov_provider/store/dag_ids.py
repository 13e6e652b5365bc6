"""Which Dags have left something in a table."""

from __future__ import annotations

from sqlalchemy import Connection, Table, func, select


def recorded_dag_ids(connection: Connection, table: Table) -> frozenset[str]:
    """Every ``dag_id`` of the table, Dags that Airflow has deleted included.

    One index probe a Dag instead of a scan of all rows: neither SQLite nor PostgreSQL skips from
    one value to the next by itself, so the query does it.
    """
    smallest = func.min(table.c.dag_id).label("dag_id")
    dags = select(smallest).cte("dags", recursive=True)
    following = select(smallest).where(table.c.dag_id > dags.c.dag_id).scalar_subquery()
    dags = dags.union_all(select(following).where(dags.c.dag_id.is_not(None)))
    found = connection.scalars(select(dags.c.dag_id).where(dags.c.dag_id.is_not(None)))
    return frozenset(found)
