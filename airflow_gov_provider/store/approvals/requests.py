"""Requests for approval, and every answer to them.

A request is settled by one conditional UPDATE; votes are only inserted and read. The page of a
request is kept as it was shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from airflow_gov_provider.domain.approvals.request import (
    MAX_REASON_LENGTH,
    Answer,
    Person,
    Request,
    Shown,
    State,
    Vote,
)
from airflow_gov_provider.domain.evidence import EvidenceKind, ModelRef, Origin
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.store.ledger.sealed_records import (
    event_of_vote,
    origin_of_request,
    record_event,
)
from airflow_gov_provider.store.tables import approval_page as page_table
from airflow_gov_provider.store.tables import approval_request as request_table
from airflow_gov_provider.store.tables import vote as vote_table

_OPTION_LENGTH = 50
_USER_LENGTH = 250


def open_request(connection: Connection, request: Request) -> None:
    connection.execute(
        insert(request_table).values(
            request_id=request.request_id,
            **asdict(request.origin),
            subject=request.subject,
            requester=request.requester,
            approvers=json.dumps(request.approvers),
            shown=json.dumps([item.as_json() for item in request.shown]),
            shown_digest=request.shown_digest,
            state=request.state.value,
            opened_at=request.opened_at,
            expires_at=request.expires_at,
            model_name=request.model and request.model.name,
            model_version=request.model and request.model.version,
            allow_requester=request.allow_requester,
            min_reason_length=request.min_reason_length,
        )
    )


def get_request(connection: Connection, request_id: str) -> Request | None:
    row = connection.execute(
        select(request_table).where(request_table.c.request_id == request_id)
    ).first()
    return request_of(row) if row else None


def requests_of_run(connection: Connection, dag_id: str, run_id: str) -> list[Request]:
    """Every request of the Dag run, oldest first."""
    rows = connection.execute(
        select(request_table)
        .where(request_table.c.dag_id == dag_id, request_table.c.run_id == run_id)
        .order_by(request_table.c.request_id)
    )
    return [request_of(row) for row in rows]


def latest_request(connection: Connection, origin: Origin) -> Request | None:
    """The newest request of a task instance, whichever of its tries asked."""
    table = request_table.c
    row = connection.execute(
        select(request_table)
        .where(
            table.dag_id == origin.dag_id,
            table.run_id == origin.run_id,
            table.task_id == origin.task_id,
            table.map_index == origin.map_index,
        )
        .order_by(table.request_id.desc())
        .limit(1)
    ).first()
    return request_of(row) if row else None


def settle(
    connection: Connection,
    request_id: str,
    state: State,
    *,
    decided_at: datetime,
    decided_by: str | None = None,
    reason: str | None = None,
) -> bool:
    """Give a pending request its final state; False if it has one already."""
    changed = connection.execute(
        update(request_table)
        .where(
            request_table.c.request_id == request_id,
            request_table.c.state == State.PENDING.value,
        )
        .values(state=state.value, decided_by=decided_by, reason=reason, decided_at=decided_at)
    )
    return changed.rowcount == 1


def record_vote(connection: Connection, vote: Vote) -> None:
    """Keep an answer; what is longer than its column is cut. Its event goes into the ledger."""
    answer = vote.answer
    row = {
        "vote_id": vote.vote_id,
        "request_id": vote.request_id,
        "user_id": answer.by and answer.by.id[:_USER_LENGTH],
        "user_name": answer.by and answer.by.name[:_USER_LENGTH],
        "option": answer.choice[:_OPTION_LENGTH],
        "reason": answer.reason[:MAX_REASON_LENGTH],
        "effective": vote.effective,
        "refusal": vote.refusal,
        "answered_at": answer.answered_at,
        "recorded_at": vote.recorded_at,
    }
    connection.execute(insert(vote_table).values(row))
    origin = origin_of_request(connection, vote.request_id)
    record_event(connection, event_of_vote(row, origin), recorded_at=vote.recorded_at)


def votes_on(connection: Connection, request_id: str) -> list[Vote]:
    """Every answer to the request, oldest first."""
    rows = connection.execute(
        select(vote_table)
        .where(vote_table.c.request_id == request_id)
        .order_by(vote_table.c.vote_id)
    )
    return [_vote(row) for row in rows]


def keep_page(
    connection: Connection, request_id: str, content: Mapping[str, Any], *, is_current: bool
) -> None:
    """Remember what a request shows, in place of what it showed before.

    :param is_current: whether Airflow shows it; if not, it has to be put there.
    """
    connection.execute(delete(page_table).where(page_table.c.request_id == request_id))
    connection.execute(
        insert(page_table).values(
            request_id=request_id, content=json.dumps(content), is_current=is_current
        )
    )


def pages_to_show(connection: Connection, *, limit: int = 100) -> list[tuple[Request, Any]]:
    """Pending requests that Airflow does not show yet, with the content of their pages."""
    rows = connection.execute(
        select(request_table, page_table.c.content)
        .join(page_table, page_table.c.request_id == request_table.c.request_id)
        .where(
            page_table.c.is_current.is_(False),
            request_table.c.state == State.PENDING.value,
        )
        .order_by(request_table.c.request_id)
        .limit(limit)
    )
    return [(request_of(row), json.loads(row.content)) for row in rows]


def mark_page_current(connection: Connection, request_id: str) -> None:
    connection.execute(
        update(page_table).where(page_table.c.request_id == request_id).values(is_current=True)
    )


def request_of(row: Row[Any]) -> Request:
    """From all columns of its row."""
    return Request(
        request_id=row.request_id,
        origin=Origin(
            dag_id=row.dag_id,
            run_id=row.run_id,
            task_id=row.task_id,
            map_index=row.map_index,
            try_number=row.try_number,
        ),
        subject=row.subject,
        requester=row.requester,
        approvers=tuple(json.loads(row.approvers)),
        shown=tuple(_shown(item) for item in json.loads(row.shown)),
        shown_digest=row.shown_digest,
        opened_at=row.opened_at,
        expires_at=row.expires_at,
        state=State(row.state),
        decided_by=row.decided_by,
        reason=row.reason,
        decided_at=row.decided_at,
        model=ModelRef(name=row.model_name, version=row.model_version or "")
        if row.model_name
        else None,
        allow_requester=row.allow_requester,
        min_reason_length=row.min_reason_length,
    )


def _shown(item: dict[str, Any]) -> Shown:
    kind, verdict = EvidenceKind(item["kind"]), Verdict(item["verdict"])
    return Shown(**{**item, "kind": kind, "verdict": verdict})


def _vote(row: Row[Any]) -> Vote:
    known = row.user_id is not None
    return Vote(
        vote_id=row.vote_id,
        request_id=row.request_id,
        answer=Answer(
            choice=row.option,
            reason=row.reason or "",
            by=Person(id=row.user_id, name=row.user_name or row.user_id) if known else None,
            answered_at=row.answered_at,
            saw=None,
        ),
        effective=row.effective,
        refusal=row.refusal,
        recorded_at=row.recorded_at,
    )
