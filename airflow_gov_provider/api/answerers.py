"""Who is asking, and which requests may they answer: what Airflow checks of an answer.

Airflow takes answers itself, under the rights of whoever gives them. This only looks ahead, so that
a page can say beforehand who may not answer, and why; failing to decide means no.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, Protocol

from fastapi import Depends

from airflow_gov_provider.api.deps import authenticated
from airflow_gov_provider.api.errors import Refusal
from airflow_gov_provider.domain.answering import Asking
from airflow_gov_provider.domain.approvals import Person
from airflow_gov_provider.domain.evidence import Origin

log = logging.getLogger(__name__)


class Answerer(Protocol):
    def person(self) -> Person:
        """Who it is, as an answer of theirs would say."""

    def may_answer(self, dag_id: str) -> bool:
        """Whether Airflow lets them answer requests of this Dag that are addressed to them."""


class AirflowAnswerer:
    """Asks Airflow's auth manager, once a Dag and request."""

    def __init__(self, user: Any) -> None:
        self._user = user
        self._decided: dict[str, bool] = {}

    def person(self) -> Person:
        """:raises Refusal: 503 if the auth manager does not say."""
        try:
            return Person(id=str(self._user.get_id()), name=str(self._user.get_name()))
        except Exception as error:
            log.exception("the auth manager did not name a user")
            raise _undecided() from error

    def may_answer(self, dag_id: str) -> bool:
        """:raises Refusal: 503 if the auth manager fails."""
        if dag_id not in self._decided:
            try:
                self._decided[dag_id] = self._ask(dag_id)
            except Exception as error:
                log.exception("the auth manager could not decide on an answer")
                raise _undecided() from error
        return self._decided[dag_id]

    def _ask(self, dag_id: str) -> bool:
        from airflow.api_fastapi.app import get_auth_manager
        from airflow.api_fastapi.auth.managers.models.resource_details import (
            DagAccessEntity,
            DagDetails,
        )
        from airflow.configuration import conf
        from airflow.models.dag import DagModel

        by_team = conf.getboolean("core", "multi_team")
        team = DagModel.get_team_name(dag_id) if by_team else None
        allowed = get_auth_manager().is_authorized_dag(
            method="PUT",
            access_entity=DagAccessEntity.HITL_DETAIL,
            details=DagDetails(id=dag_id, team_name=team),
            user=self._user,
        )
        return bool(allowed)


def _undecided() -> Refusal:
    return Refusal(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "access_undecided",
        "Airflow could not say what you may answer; the api-server's log says why",
    )


async def answerer(user: Annotated[Any, Depends(authenticated)]) -> Answerer:
    return AirflowAnswerer(user)  # a function that is not async would cost a change of threads


AnswererDep = Annotated[Answerer, Depends(answerer)]


def asking_in_airflow(origin: Origin) -> Asking:
    """What Airflow knows of the task instance now.

    :raises Refusal: 503 if Airflow's database does not tell.
    """
    try:
        return _asking(origin)
    except Exception as error:
        log.exception("the state of a task instance that asks could not be read")
        raise _undecided() from error


def _asking(origin: Origin) -> Asking:
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    query = (
        select(TaskInstance.state, HITLDetail.responded_at, HITLDetail.responded_by)
        .join(HITLDetail, HITLDetail.ti_id == TaskInstance.id, isouter=True)
        .where(
            TaskInstance.dag_id == origin.dag_id,
            TaskInstance.run_id == origin.run_id,
            TaskInstance.task_id == origin.task_id,
            TaskInstance.map_index == origin.map_index,
        )
    )
    with create_session(scoped=False) as session:
        found = session.execute(query).first()
    if found is None:
        return Asking(state=None)
    by = found.responded_by or {}
    return Asking(
        state=str(found.state or "none"),
        answered_by=by.get("name"),
        answered_at=found.responded_at,
    )


async def asking() -> Callable[[Origin], Asking]:
    return asking_in_airflow


AskingDep = Annotated[Callable[[Origin], Asking], Depends(asking)]
