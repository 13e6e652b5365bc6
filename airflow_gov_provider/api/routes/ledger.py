from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from airflow_gov_provider import config
from airflow_gov_provider.api.deps import ReaderDep, visible_dag_ids
from airflow_gov_provider.api.errors import Refusal
from airflow_gov_provider.api.ledger_schemas import (
    ConsistencyProof,
    EventProof,
    LedgerAnchors,
    LedgerCheckpoint,
    LedgerCoverage,
    LedgerKey,
    LedgerProblem,
    LedgerReport,
    LedgerVerification,
    SignedCheckpoint,
)
from airflow_gov_provider.api.queries import SOME_EVENT_ID
from airflow_gov_provider.api.routes.events import event_not_found, is_readable
from airflow_gov_provider.domain.incidents.incident import Kind, State, dedup_key_of
from airflow_gov_provider.domain.ledger.merkle import LARGEST_SIZE
from airflow_gov_provider.domain.ledger.notes import (
    VerifierKey,
    encode,
    open_checkpoint,
    unverified,
)
from airflow_gov_provider.domain.ledger.proofs import consistency
from airflow_gov_provider.domain.ledger.tlog_proof import TlogProof
from airflow_gov_provider.exceptions import LedgerBroken, LedgerInvalid, StoreError
from airflow_gov_provider.hooks.anchors import configured_anchors
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.hooks.ledger import keys_given
from airflow_gov_provider.store.audit.verification import Verification, read_verification
from airflow_gov_provider.store.events.recording_state import recording_state
from airflow_gov_provider.store.events.rows import event_with
from airflow_gov_provider.store.incidents.rows import newest_of_key
from airflow_gov_provider.store.ledger import tree as ledger
from airflow_gov_provider.store.ledger.anchors import last_anchor
from airflow_gov_provider.store.ledger.receipts import newest_receipts
from airflow_gov_provider.store.ledger.sealed_events import path_of, sealed_event
from airflow_gov_provider.store.tables import event as table

log = logging.getLogger(__name__)

router = APIRouter(tags=["ledger"])

_LATE_READING = timedelta(hours=1)  # a collector that works reads a part every minute


class ConsistencyQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    old_size: int = Field(
        ge=1, le=LARGEST_SIZE, description="Leaves of a checkpoint that you kept."
    )
    new_size: int | None = Field(
        None, ge=1, le=LARGEST_SIZE, description="Of a later checkpoint; the last one if not given."
    )


@router.get("/v1/events/{event_id}/proof")
def get_event_proof(event_id: str, reader: ReaderDep) -> EventProof:
    """What shows that the event is in the signed ledger; checking it is for whoever asks.

    Beside the event that you may read it holds hashes of others, from which nothing can be read.
    """
    keys = _keys()
    with governance_transaction() as connection:
        ledger.snapshot(connection)
        known = re.fullmatch(SOME_EVENT_ID, event_id, re.ASCII)
        stored = event_with(connection, event_id) if known else None
        if stored is None or not is_readable(connection, stored.event.dag_id, reader):
            raise event_not_found()
        last = ledger.last_checkpoint(connection)
        found = sealed_event(connection, event_id)
        if found is None or last is None or found.leaf_index >= last.size:
            raise _not_sealed()
        try:
            path = path_of(connection, found.leaf_index, last.size)
        except LedgerBroken as error:
            raise _broken(error) from error
    return EventProof(
        event_id=event_id,
        document=found.document.decode(),
        leaf_index=found.leaf_index,
        leaf_hash=encode(found.leaf_hash),
        path=[encode(item) for item in path],
        checkpoint=_signed(last),
        keys=LedgerKey.all_of(keys),
        tlog_proof=TlogProof(index=found.leaf_index, path=path, note=last.note).text,
    )


@router.get("/v1/ledger/consistency")
def get_consistency_proof(query: Annotated[ConsistencyQuery, Query()]) -> ConsistencyProof:
    """What shows that nothing of an older checkpoint was rewritten since somebody kept it."""
    with governance_transaction() as connection:
        ledger.snapshot(connection)
        last = _checkpoint_of(connection, query.new_size)
        if last is None or query.old_size > last.size:
            raise _shorter(query.old_size, last.size if last else 0)
        try:
            path = consistency(query.old_size, last.size, ledger.StoredTree(connection).node)
        except LedgerBroken as error:
            raise _broken(error) from error
    return ConsistencyProof(
        old_size=query.old_size,
        path=[encode(item) for item in path],
        checkpoint=_signed(last),
        keys=LedgerKey.all_of(_keys()),
    )


def _checkpoint_of(connection: Connection, size: int | None) -> ledger.StoredCheckpoint | None:
    """The one of this size, or the last one; None if there is none."""
    if size is None:
        return ledger.last_checkpoint(connection)
    found = ledger.checkpoint_from(connection, size)
    return found if found and found.size == size else None


def _shorter(wanted: int, found: int) -> Refusal:
    return Refusal(
        HTTPStatus.CONFLICT,
        "ledger_shorter",
        f"expected a checkpoint of at least {wanted} leaves, found {found}: the ledger was set "
        "back to an older state, or this is another one",
    )


@router.get("/v1/ledger")
def get_ledger(reader: ReaderDep) -> LedgerReport:
    """How far the ledger is, who signs it, and whether it is as it was sealed."""
    keys = _keys()
    with governance_transaction() as connection:
        sees_all = visible_dag_ids(connection, table, reader, dag_id=None) is None
        last = ledger.last_checkpoint(connection)
        checkpoint = None if last is None else _checkpoint(last, keys)
        return LedgerReport(
            checkpoint=checkpoint,
            unsealed_events=ledger.ledger_state(connection).unsealed,
            keys=LedgerKey.all_of(keys),
            verification=_verification(
                connection, checkpoint, keys, sees_all=sees_all, now=utcnow()
            ),
            anchors=_anchors(connection),
            coverage=_coverage(connection),
        )


def _keys() -> Sequence[VerifierKey]:
    try:
        given = keys_given()
    except LedgerInvalid as error:
        log.warning("%s", error)
        return ()
    return given.verifiers if given else ()


def _signed(last: ledger.StoredCheckpoint) -> SignedCheckpoint:
    return SignedCheckpoint(size=last.size, sealed_at=last.sealed_at, note=last.note)


def _checkpoint(last: ledger.StoredCheckpoint, keys: Sequence[VerifierKey]) -> LedgerCheckpoint:
    origin = root = None
    signers: list[str] = []
    try:
        claimed = unverified(last.note)
        origin, root = claimed.origin, encode(claimed.root)
        signers = [key.key_id.hex() for key in open_checkpoint(last.note, keys)[1]]
    except LedgerInvalid as error:
        log.warning("the checkpoint of size %d: %s", last.size, error)
    return LedgerCheckpoint(
        size=last.size,
        sealed_at=last.sealed_at,
        note=last.note,
        origin=origin,
        root=root,
        signers=signers,
    )


def _verification(
    connection: Connection,
    checkpoint: LedgerCheckpoint | None,
    keys: Sequence[VerifierKey],
    *,
    sees_all: bool,
    now: datetime,
) -> LedgerVerification:
    """:param sees_all: whether the problems themselves, which name events, may be shown."""
    found = read_verification(connection)
    incident = newest_of_key(connection, dedup_key_of(Kind.LEDGER, config.ledger_origin()))
    is_open = incident is not None and incident.state is not State.RESOLVED
    problems = [
        LedgerProblem(what=one.what, leaf_index=one.leaf_index, event_id=one.event_id)
        for one in (found.problems if found else ())
    ]
    if checkpoint is not None and keys and not checkpoint.signers:
        what = f"the checkpoint of {checkpoint.size} leaves is not signed by a key of this ledger"
        problems.insert(0, LedgerProblem(what=what, leaf_index=None, event_id=None))
    known = found or Verification(checked=0, again=0)
    is_read = _is_read(connection, known, now=now)
    return LedgerVerification(
        status="broken" if problems or is_open else "intact" if is_read else "unverified",
        verified_at=known.verified_at,
        checked=known.checked,
        reread_until=known.again,
        problems=problems if sees_all else [],
        problem_count=len(problems),
        incident_id=incident.incident_id if incident and is_open and sees_all else None,
    )


def _is_read(connection: Connection, known: Verification, *, now: datetime) -> bool:
    """Whether somebody reads it, and has read all that was not sealed just now."""
    if known.verified_at is None or now - known.verified_at > _LATE_READING:
        return False
    unread = ledger.checkpoint_from(connection, known.checked + 1)
    return unread is None or now - unread.sealed_at <= _LATE_READING


def verification_now(
    connection: Connection,
    last: ledger.StoredCheckpoint | None,
    *,
    sees_all: bool,
    now: datetime,
) -> LedgerVerification:
    """The same for whoever shows it beside other things."""
    keys = _keys()
    checkpoint = None if last is None else _checkpoint(last, keys)
    return _verification(connection, checkpoint, keys, sees_all=sees_all, now=now)


def _anchors(connection: Connection) -> LedgerAnchors:
    size = when = None
    try:
        newest = last_anchor(config.ledger_anchor_file())
        if newest is not None and newest.note is not None:
            size, when = unverified(newest.note).size, newest.anchored_at
    except (LedgerInvalid, StoreError) as error:
        log.warning("the last anchor: %s", error)
    receipts = newest_receipts(connection, configured_anchors())
    received = {name: receipt.received_at for name, receipt in receipts.items()}
    return LedgerAnchors(last_size=size, last_at=when, receipts=received)


def _coverage(connection: Connection) -> LedgerCoverage:
    state = recording_state(connection)
    return LedgerCoverage(
        since=state.since,
        reconciled_until=state.reconciled_until,
        open_findings=state.open_findings,
        incomplete_runs=state.incomplete_runs,
    )


def _not_sealed() -> Refusal:
    return Refusal(
        HTTPStatus.CONFLICT,
        "event_not_sealed",
        "the event waits for its leaf; the collector seals within seconds what arrives",
    )


def _broken(error: LedgerBroken) -> Refusal:
    log.error("%s", error)
    return Refusal(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "ledger_broken",
        "hashes that the proof needs are not in the database any more; "
        "`airflow governance ledger verify` names them",
    )
