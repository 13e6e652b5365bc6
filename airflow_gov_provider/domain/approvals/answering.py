"""Who may answer a request, told before they try.

This only foretells: Airflow decides whether an answer is taken, and
:func:`airflow_gov_provider.domain.approvals.request.judge` whether it counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from airflow_gov_provider.domain.approvals.request import Choice, Person, Request, Shown, State
from airflow_gov_provider.domain.verdicts import Verdict, worst

WAITING = "awaiting_input"
JUDGED_WITHIN = timedelta(minutes=1)  # of an answer, where Airflow's parts are at work
_LONGEST_REASON = 200
_DONE = {Choice.APPROVE.value: "approved", Choice.REJECT.value: "rejected"}
_OVER = {
    State.APPROVED: "it is approved already",
    State.REJECTED: "it is rejected already",
    State.TIMED_OUT: "its time ran out before anybody decided",
    State.SUPERSEDED: "other evidence was recorded meanwhile, so it was asked anew",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What Airflow knows of the task that asks.

    :param state: of the task instance; None where Airflow has none of this name any more.
    :param answered_by: name of whoever gave an answer that the task has not judged yet.
    :param answered_at: when; None while there is no such answer.
    :param choice: what they chose, in Airflow's words.
    :param reason: what they wrote.
    """

    state: str | None
    answered_by: str | None = None
    answered_at: datetime | None = None
    choice: str | None = None
    reason: str | None = None


def objection(
    request: Request,
    choice: Choice,
    *,
    by: Person,
    may_edit: bool,
    now: datetime,
    asking: Asking | None = None,
) -> str | None:
    """Why this person may not answer so, in words to them; None if they may.

    :param may_edit: whether Airflow lets them answer requests of this Dag.
    :param asking: None leaves out what only Airflow knows.
    """
    if request.state is not State.PENDING:
        return _OVER[request.state]
    if request.expires_at is not None and now > request.expires_at:
        return "its time is over"
    if asking is not None and asking.answered_at is not None:
        return _answered(asking, asking.answered_at, now=now)
    return _wrong_person(request, choice, by, may_edit=may_edit) or _wrong_moment(asking)


def _answered(asking: Asking, at: datetime, *, now: datetime) -> str:
    who, reason = asking.answered_by or "somebody", asking.reason or ""
    if len(reason) > _LONGEST_REASON:
        reason = reason[: _LONGEST_REASON - 1] + "…"
    done = _DONE.get(asking.choice or "", "answered")
    told = f"{who} {done} at {at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC, not judged yet"
    if now - at > JUDGED_WITHIN:
        told += " (nothing has judged it for more than a minute: look whether Airflow runs tasks)"
    return f"{told}: “{reason}”" if reason else told


def _wrong_person(request: Request, choice: Choice, by: Person, *, may_edit: bool) -> str | None:
    is_requester = by.is_called(request.requester)
    approves_own = choice is Choice.APPROVE and is_requester and not request.allow_requester
    if request.approvers and by.id not in request.approvers:
        why = f"you are not one of the approvers ({', '.join(request.approvers)})"
        return f"{why}, and whoever triggered the run may not approve it" if approves_own else why
    if not may_edit:
        return "you may read this Dag; whoever answers needs the permission to edit it"
    if approves_own:
        return "you triggered the run, so somebody else has to approve it"
    return None


def _wrong_moment(asking: Asking | None) -> str | None:
    if asking is None:
        return None
    if asking.state is None:
        return "the task that asked is not in Airflow any more"
    if asking.state != WAITING:
        return f"the task does not wait for an answer now: it is {asking.state}"
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What one request shows in another way than the one before; None where it shows nothing."""

    before: Shown | None
    after: Shown | None


def differences(earlier: Request, later: Request) -> tuple[Difference, ...]:
    """What was recorded again, what came and what went, in the order of the later request."""
    before = {_place(item): item for item in earlier.shown}
    after = {_place(item): item for item in later.shown}
    changed = [
        Difference(before=before.get(place), after=item)
        for place, item in after.items()
        if place not in before or before[place].digest != item.digest
    ]
    gone = [
        Difference(before=item, after=None) for place, item in before.items() if place not in after
    ]
    return (*changed, *gone)


def _place(item: Shown) -> tuple[str, str, int]:
    return item.kind, item.task_id, item.map_index


def worst_shown(request: Request) -> Verdict | None:
    """The verdict that weighs most; None where nothing is shown."""
    if not request.shown:
        return None
    return worst((item.verdict for item in request.shown), when_empty=Verdict.PASSED)
