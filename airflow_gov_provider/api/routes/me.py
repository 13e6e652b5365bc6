from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from airflow_gov_provider.api.answerers import AnswererDep
from airflow_gov_provider.api.writers import WriterDep

router = APIRouter(tags=["me"])


class Me(BaseModel):
    """Who asks, as Airflow knows them."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    may_configure: bool = Field(
        description="Whether they may change Airflow's configuration, and with it what belongs "
        "to no Dag."
    )
    time_zone: str | None = Field(
        description="`[core] default_timezone` of Airflow, for who has not chosen one in its "
        "user interface; null if it is the one of the server's system."
    )


@router.get("/v1/me")
def get_me(answerer: AnswererDep, writer: WriterDep) -> Me:
    """Your name, and what you may do that depends on no Dag."""
    person = answerer.person()
    return Me(
        id=person.id,
        name=person.name,
        may_configure=writer.may_change(None),
        time_zone=_time_zone(),
    )


def _time_zone() -> str | None:
    from airflow.configuration import conf

    configured = conf.get("core", "default_timezone")
    if configured == "system":
        return None
    return "UTC" if configured.lower() == "utc" else configured
