"""Who is asking, and what may they change: Airflow's auth manager decides, and failing means no.

Whatever belongs to a Dag is changed by those who may edit the Dag (``PUT``); what belongs to none,
by those who may change Airflow's configuration. Where Dags belong to teams, one that Airflow does
not know any more has lost its team, so both are asked for.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Annotated, Any, Protocol

from fastapi import Depends

from airflow_gov_provider.api.deps import authenticated
from airflow_gov_provider.api.errors import Refusal
from airflow_gov_provider.store.tables import ID_LENGTH

log = logging.getLogger(__name__)


class Writer(Protocol):
    def name(self) -> str:
        """What the user is called in the record of what they do."""

    def may_change(self, dag_id: str | None) -> bool:
        """Whether they may change what belongs to this Dag, or to none."""


class AirflowWriter:
    """Asks Airflow's auth manager."""

    def __init__(self, user: Any) -> None:
        self._user = user

    def name(self) -> str:
        """:raises Refusal: 503 if the auth manager does not say."""
        try:
            name = str(self._user.get_name()).strip()
        except Exception as error:
            log.exception("the auth manager did not name a user")
            raise _undecided() from error
        if not name:
            log.error("the auth manager gave a user without a name")
            raise _undecided()
        return name[:ID_LENGTH]

    def may_change(self, dag_id: str | None) -> bool:
        """:raises Refusal: 503 if the auth manager fails; nothing may be changed then."""
        try:
            return self._may_configure() if dag_id is None else self._may_edit(dag_id)
        except Exception as error:
            log.exception("the auth manager could not decide on a change")
            raise _undecided() from error

    def _may_configure(self) -> bool:
        from airflow.api_fastapi.app import get_auth_manager

        return bool(get_auth_manager().is_authorized_configuration(method="PUT", user=self._user))

    def _may_edit(self, dag_id: str) -> bool:
        from airflow.api_fastapi.app import get_auth_manager
        from airflow.api_fastapi.auth.managers.models.resource_details import DagDetails
        from airflow.configuration import conf
        from airflow.models.dag import DagModel

        team, lost = None, False
        if conf.getboolean("core", "multi_team"):
            team = DagModel.get_team_name(dag_id)
            lost = DagModel.get_dagmodel(dag_id) is None
        details = DagDetails(id=dag_id, team_name=team)
        manager = get_auth_manager()
        may = manager.is_authorized_dag(method="PUT", details=details, user=self._user)
        return bool(may) and (not lost or self._may_configure())


def _undecided() -> Refusal:
    return Refusal(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "access_undecided",
        "Airflow could not say whether you may change this, so nothing was changed; the "
        "api-server's log says why",
    )


async def writer(user: Annotated[Any, Depends(authenticated)]) -> Writer:
    return AirflowWriter(user)  # a function that is not async would cost a change of threads


WriterDep = Annotated[Writer, Depends(writer)]
