from __future__ import annotations

import logging
from contextlib import suppress
from typing import Literal

from fastapi import APIRouter, Request
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from airflow_gov_provider import __version__, config
from airflow_gov_provider.api.schemas import (
    CollectorHealth,
    DatabaseHealth,
    GapHealth,
    Health,
    LedgerHealth,
    RecordingHealth,
)
from airflow_gov_provider.exceptions import GovernanceError, StoreAhead, StoreBehind
from airflow_gov_provider.hooks.governance import governance_transaction
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.recording_state import RecordingState, recording_state
from airflow_gov_provider.store.ledger.tree import ledger_state

log = logging.getLogger(__name__)

router = APIRouter(tags=["health"])


@router.get("/v1/health")
def health(request: Request) -> Health:
    """Whether the database answers and is current, what the collector does, what still waits.

    Answers 200 whatever the state; `status` tells.
    """
    store = _database()
    status = request.app.state.collector_status()
    collector = None if status is None else CollectorHealth.model_validate(dict(status))
    ledger, recording = _records() if store.is_current else (None, None)
    return Health(
        status=_status(store, collector, recording),
        version=__version__,
        database=store,
        collector=collector,
        ledger=ledger,
        recording=recording,
    )


def _records() -> tuple[LedgerHealth | None, RecordingHealth | None]:
    try:
        with governance_transaction() as connection:
            state = ledger_state(connection)
            recording = _recording(recording_state(connection))
    except GovernanceError as error:
        log.warning("%s", error)
        return None, None
    ledger = LedgerHealth(
        size=state.size, unsealed_events=state.unsealed, last_checkpoint_at=state.sealed_at
    )
    return ledger, recording


def _recording(state: RecordingState) -> RecordingHealth:
    gap = state.last_gap
    names = set(RecordingHealth.model_fields) - {"last_gap"}
    last_gap = None if gap is None else GapHealth.model_validate(gap.content)
    return RecordingHealth(
        **{name: getattr(state, name) for name in names},
        last_gap=last_gap,
    )


def _status(
    store: DatabaseHealth, collector: CollectorHealth | None, recording: RecordingHealth | None
) -> Literal["ok", "degraded", "unavailable"]:
    if not store.is_current:
        return "unavailable"
    is_well = collector is None or collector.is_well
    is_complete = recording is None or not recording.open_findings
    return "ok" if is_well and is_complete else "degraded"


def _database() -> DatabaseHealth:
    url = config.sql_alchemy_conn()
    try:
        state = _state(url)
    except GovernanceError as error:
        log.warning("%s", error)
        return DatabaseHealth(
            url=_public_url(url),
            reachable=False,
            revision=None,
            needed_revision=None,
            is_current=False,
            problem="it did not answer; the api-server's log says why",
        )
    return DatabaseHealth(
        url=_public_url(url),
        reachable=True,
        revision=state.current,
        needed_revision=state.head,
        is_current=state.is_current,
        problem=state.problem,
    )


def _state(url: str) -> database.SchemaState:
    with (
        suppress(StoreBehind, StoreAhead),
        governance_transaction(),
    ):  # the default migrates itself here
        pass
    return database.schema_state(url)


def _public_url(url: str) -> str:
    """What tells databases apart, without a user, a password or parameters that may hold one."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return ""
    bare = URL.create(
        parsed.get_backend_name(),
        host=parsed.host,
        port=parsed.port,
        database=parsed.database,
    )
    return bare.render_as_string()
