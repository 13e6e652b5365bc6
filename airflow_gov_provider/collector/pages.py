"""Show on Airflow's Required Actions page what a request really asks.

Airflow keeps the text of the first request of a task instance, also when a later try asks anew: its
row follows the task instance, and asking again only clears the answer. A task process cannot change
that. The api-server can, and this is the one place where this package writes to Airflow's database.
An answer to the older text is refused in any case, because it carries the older request's id.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from airflow_gov_provider.domain.evidence import Origin
from airflow_gov_provider.hooks.governance import governance_transaction
from airflow_gov_provider.store.approvals.requests import mark_page_current, pages_to_show

_log = logging.getLogger(__name__)


def show_pending_pages() -> int:
    """Put every pending request that Airflow does not show on its page; how many were put there."""
    with governance_transaction() as connection:
        waiting = pages_to_show(connection)
    shown = 0
    for request, content in waiting:
        if not _replace(request.origin, content):
            continue
        with governance_transaction() as connection:
            mark_page_current(connection, request.request_id)
        _log.info("request %s is on the Required Actions page now", request.request_id)
        shown += 1
    return shown


def _replace(origin: Origin, content: Mapping[str, Any]) -> bool:
    """False while an answer is on its way to the task, which will ask again.

    A task instance that is gone needs no page, so that counts as done.
    """
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    # scoped=False: the thread's scoped session belongs to Airflow.
    with create_session(scoped=False) as session:
        detail = session.scalar(
            select(HITLDetail)
            .join(TaskInstance, TaskInstance.id == HITLDetail.ti_id)
            .where(
                TaskInstance.dag_id == origin.dag_id,
                TaskInstance.run_id == origin.run_id,
                TaskInstance.task_id == origin.task_id,
                TaskInstance.map_index == origin.map_index,
            )
            .with_for_update(of=HITLDetail)
        )
        if detail is None:
            return True
        if detail.response_received:
            return False
        detail.subject = content["subject"]
        detail.body = content["body"]
        detail.params = content["params"]
        detail.assignees = content["assigned_users"]
    return True
