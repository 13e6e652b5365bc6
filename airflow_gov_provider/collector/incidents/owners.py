"""Whose a Dag is, as Airflow knows it."""

from __future__ import annotations

import logging

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from airflow_gov_provider.store.tables import ID_LENGTH

_log = logging.getLogger(__name__)
_NOBODY = "airflow"  # what Airflow calls the owner of a task that names none


def owner_of(dag_id: str | None) -> str | None:
    """The owners that the Dag's author names; None where there are none, or Airflow cannot tell."""
    if dag_id is None:
        return None
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session

    try:
        with create_session(scoped=False) as session:
            owners = session.scalar(select(DagModel.owners).where(DagModel.dag_id == dag_id))
    except SQLAlchemyError as error:
        _log.warning("whose %s is could not be read: %s", dag_id, type(error).__name__)
        return None
    return as_one(owners)


def as_one(owners: str | None) -> str | None:
    """Airflow's list of owners as one text that is the same whenever a Dag is parsed.

    Airflow writes them down in no order, and more of them than fit beside what is theirs.
    """
    named = {name.strip() for name in (owners or "").split(",")} - {"", _NOBODY}
    return ", ".join(sorted(named))[:ID_LENGTH] or None
