"""Lists of outcomes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from airflow_gov_provider.domain.sla.outcomes import Outcome
from airflow_gov_provider.store.pages import DEFAULT_LIMIT, Page
from airflow_gov_provider.store.promise_tables import sla_outcome as table
from airflow_gov_provider.store.promises.outcomes import outcome_of_row


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeFilter:
    """:param since: deadlines at this time or later.
    :param until: deadlines before this time.
    :param dag_ids: of these Dags only; None for all, and for those that belong to no Dag.
    """

    dag_id: str | None = None
    run_id: str | None = None
    commitment_id: str | None = None
    owner: str | None = None
    state: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    dag_ids: Collection[str] | None = None


def page_of_outcomes(
    connection: Connection,
    wanted: OutcomeFilter,
    *,
    before: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[Outcome]:
    """Those whose occasion was noticed last come first.

    :param before: the ``next_cursor`` of the page above.
    """
    query = select(table).order_by(table.c.outcome_id.desc())
    for name in ("dag_id", "run_id", "commitment_id", "owner", "state"):
        if (value := getattr(wanted, name)) is not None:
            query = query.where(table.c[name] == value)
    if wanted.since is not None:
        query = query.where(table.c.expected_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(table.c.expected_at < wanted.until)
    if wanted.dag_ids is not None:
        query = query.where(table.c.dag_id.in_(sorted(wanted.dag_ids)))
    if before is not None:
        query = query.where(table.c.outcome_id < before)
    rows = connection.execute(query.limit(limit + 1)).all()
    items = [outcome_of_row(row) for row in rows[:limit]]
    return Page(items=items, next_cursor=items[-1].outcome_id if len(rows) > limit else None)
