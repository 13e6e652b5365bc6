"""Who is asking, and which requests may they answer: what Airflow checks of an answer.

Airflow takes answers itself, under the rights of whoever gives them. This only looks ahead, so that
a page can say beforehand who may not answer, and why; failing to decide means no.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Annotated, Any, Protocol

from fastapi import Depends

from airflow_gov_provider.api.deps import authenticated
from airflow_gov_provider.api.errors import Refusal
from airflow_gov_provider.domain.approvals.answering import Asking
from airflow_gov_provider.domain.approvals.request import Person
from airflow_gov_provider.domain.evidence import Origin
from airflow_gov_provider.sensors.decisions import REASON

log = logging.getLogger(__name__)


_Place = tuple[str, str, str, int]


class Answerer(Protocol):
    def person(self) -> Person:
        """Who it is, as an answer of theirs would say."""

    def may_answer(self, dag_id: str) -> bool:
        """Whether Airflow lets them answer requests of this Dag that are addressed to them."""

    def answered(self, origin: Origin) -> Asking | None:
        """The answer that this task instance was given, by anyone, and has not judged yet."""


class AirflowAnswerer:
    """Asks Airflow's auth manager, once a Dag and request."""

    def __init__(self, user: Any) -> None:
        self._user = user
        self._decided: dict[str, bool] = {}
        self._answered: Mapping[_Place, Asking] | None = None

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

    def answered(self, origin: Origin) -> Asking | None:
        """:raises Refusal: 503 if Airflow's database does not tell."""
        if self._answered is None:
            try:
                self._answered = _unjudged()
            except Exception as error:
                log.exception("answers that are not judged yet could not be read")
                raise _undecided() from error
        return self._answered.get(_place(origin))

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
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session

    query = _query().where(
        TaskInstance.dag_id == origin.dag_id,
        TaskInstance.run_id == origin.run_id,
        TaskInstance.task_id == origin.task_id,
        TaskInstance.map_index == origin.map_index,
    )
    with create_session(scoped=False) as session:
        found = session.execute(query).first()
    return Asking(state=None) if found is None else _of(found)


def _unjudged() -> dict[_Place, Asking]:
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from airflow.utils.state import State

    query = _query().where(
        HITLDetail.responded_at.is_not(None),
        TaskInstance.state.is_(None) | TaskInstance.state.not_in(State.finished),
    )
    with create_session(scoped=False) as session:
        return {_place(found): _of(found) for found in session.execute(query)}


def _query() -> Any:
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import select

    ti, answer = TaskInstance, HITLDetail
    return select(
        *(ti.dag_id, ti.run_id, ti.task_id, ti.map_index, ti.state),
        *(answer.responded_at, answer.responded_by, answer.chosen_options, answer.params_input),
    ).join(answer, answer.ti_id == ti.id, isouter=True)


def _of(found: Any) -> Asking:
    from airflow.sdk.log import redact  # type: ignore[attr-defined]

    written = found.params_input or {}
    reason = redact(str(written.get(REASON) or ""))
    return Asking(
        state=str(found.state or "none"),
        answered_by=(found.responded_by or {}).get("name"),
        answered_at=found.responded_at,
        choice=", ".join(map(str, found.chosen_options or [])) or None,
        reason=str(reason) or None,
    )


def _place(place: Any) -> _Place:
    return place.dag_id, place.run_id, place.task_id, place.map_index


async def asking() -> Callable[[Origin], Asking]:
    return asking_in_airflow


AskingDep = Annotated[Callable[[Origin], Asking], Depends(asking)]
