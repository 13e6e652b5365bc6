"""From what Airflow hands over of an answer, and to what is kept of a decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from airflow_gov_provider.domain.approvals.request import Answer, Person, Request, State, Vote

REASON, REQUEST = "reason", "request"


def is_timeout(event: Mapping[str, Any]) -> bool:
    """Whether the task was woken because its time is over, not because somebody answered."""
    return bool(event.get("error_type") == "timeout" or event.get("timedout"))


def answer_of(event: Mapping[str, Any], *, now: datetime) -> Answer | None:
    """What somebody answered; None where nobody did."""
    from airflow.sdk.log import redact  # type: ignore[attr-defined]

    if "error" in event or is_timeout(event):
        return None
    written = event.get("params_input") or {}
    by = event.get("responded_by_user")
    saw = written.get(REQUEST)
    return Answer(
        choice=", ".join(map(str, event.get("chosen_options") or [])),
        reason=str(redact(str(written.get(REASON) or ""))),
        by=Person(id=str(by["id"]), name=str(by["name"])) if by else None,
        answered_at=event.get("responded_at") or now,
        saw=str(saw) if saw else None,
    )


def asks_the_same(earlier: Request, wanted: Request, dag_run: Any) -> bool:
    """Whether an earlier try of the task asked it, rather than a deleted Dag run of the same id.

    Clearing gives a Dag run another start, which then says nothing about what was asked before.
    """
    started = None if dag_run.clear_number else dag_run.start_date
    if started is not None and earlier.opened_at < started:
        return False
    return earlier.shown_digest == wanted.shown_digest


def summary_of(request: Request) -> str:
    if request.state is State.TIMED_OUT:
        return "timed out: nobody who may decide answered"
    return f"{request.state} by {request.decided_by}"


def decision_of(request: Request, votes: Sequence[Vote]) -> dict[str, Any]:
    counted = next((vote.answer for vote in votes if vote.effective), None)
    by = counted.by if counted else None
    return {
        "decision": request.state,
        "decided_by": {"id": by.id, "name": by.name} if by else None,
        "reason": counted.reason if counted else None,
        "answered_at": counted.answered_at if counted else None,
        "requester": request.requester,
        "approvers": request.approvers,
        "shown": [item.as_json() for item in request.shown],
        "shown_digest": request.shown_digest,
        "request_id": request.request_id,
        "opened_at": request.opened_at,
        "expires_at": request.expires_at,
        "refused_answers": sum(not vote.effective for vote in votes),
    }
