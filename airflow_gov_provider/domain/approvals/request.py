"""A request to a person, the answers to it, and the one function that moves it between its states.

* Nothing but an effective answer approves: a timeout never does, and neither does a default.
* An answer that breaks a rule changes nothing; it is kept with the reason for its refusal.
* An answer counts for the evidence that was shown. If other evidence stands by then, the request is
  superseded and a new one has to be shown.
* A state that is not PENDING is final.

::

    PENDING --effective answer--> APPROVED | REJECTED
    PENDING --end of its time---> TIMED_OUT
    PENDING --other evidence----> SUPERSEDED
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from airflow_gov_provider.domain.canonical import canonical_bytes, digest
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef, Origin, standing
from airflow_gov_provider.domain.verdicts import Verdict

MAX_REASON_LENGTH = 4000
# Hangul fillers, the Khmer inherent vowels and the empty Braille pattern.
_BLANK_LETTERS = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_NEVER_SHOWN = frozenset({EvidenceKind.APPROVAL, EvidenceKind.PROMOTION})


class State(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    TIMED_OUT = "timed_out"
    SUPERSEDED = "superseded"


class Choice(StrEnum):
    """The buttons, by the words on them."""

    APPROVE = "Approve"
    REJECT = "Reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A user as Airflow's auth manager names them."""

    id: str
    name: str

    def is_called(self, name: str | None) -> bool:
        """Whether a user name may be this person's; errs on the side of yes."""
        wanted = (name or "").strip().casefold()
        return bool(wanted) and wanted in {self.id.strip().casefold(), self.name.strip().casefold()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One piece of evidence as the request showed it."""

    evidence_id: str
    digest: str
    kind: EvidenceKind
    verdict: Verdict
    task_id: str
    map_index: int = -1

    @classmethod
    def of(cls, evidence: Evidence) -> Shown:
        return cls(
            evidence_id=evidence.evidence_id,
            digest=evidence.digest,
            kind=evidence.kind,
            verdict=evidence.verdict,
            task_id=evidence.origin.task_id,
            map_index=evidence.origin.map_index,
        )

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the author of the Dag demands of an answer.

    :param approvers: ids of the users who may answer; empty: whoever Airflow lets answer.
    :param allow_requester: whether who triggered the run may approve it.
    :param min_reason_length: characters that can be seen; a run of white space counts as one.
    """

    approvers: tuple[str, ...] = ()
    allow_requester: bool = False
    min_reason_length: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A question to a person.

    :param requester: user name of whoever triggered the run; None for a schedule or an asset.
    :param shown_digest: of the question and of everything that was shown with it.
    :param expires_at: None waits without end.
    :param model: what is decided upon, where it is a model version.
    :param allow_requester: whether the requester may approve, by the rules when it was asked.
    """

    request_id: str
    origin: Origin
    subject: str
    requester: str | None
    approvers: tuple[str, ...]
    shown: tuple[Shown, ...]
    shown_digest: str
    opened_at: datetime
    expires_at: datetime | None = None
    state: State = State.PENDING
    decided_by: str | None = None
    reason: str | None = None
    decided_at: datetime | None = None
    model: ModelRef | None = None
    allow_requester: bool = False
    min_reason_length: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What somebody clicked and wrote.

    :param by: None where Airflow does not say who it was.
    :param saw: id of the request whose page was answered; None where the page did not say.
    """

    choice: str
    reason: str
    by: Person | None
    answered_at: datetime
    saw: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """An answer as it is kept, with or without effect."""

    vote_id: str
    request_id: str
    answer: Answer
    effective: bool
    refusal: str | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """:param refusal: why an answer has no effect; None for one that has."""

    effective: bool
    refusal: str | None
    new_state: State


def evidence_to_show(
    evidence: Iterable[Evidence], *, recorded_by: frozenset[str], model: ModelRef | None
) -> tuple[Evidence, ...]:
    """What stands of the tasks before the request, about its model or about no model at all.

    Approvals and promotions are left out: they are answers, and parallel ones would void each
    other.

    :param recorded_by: the task ids upstream of the request.
    """
    return tuple(
        item
        for item in standing(evidence)
        if item.kind not in _NEVER_SHOWN
        and item.origin.task_id in recorded_by
        and (model is None or item.model is None or item.model == model)
    )


def digest_of_question(subject: str, model: ModelRef | None, shown: Iterable[Shown]) -> str:
    return digest(
        canonical_bytes(
            {
                "subject": subject,
                "model": {"name": model.name, "version": model.version} if model else None,
                "shown": [item.as_json() for item in shown],
            }
        )
    )


def judge(
    request: Request,
    answer: Answer | None,
    *,
    rules: Rules,
    standing_digest: str,
    now: datetime,
    page_is_current: bool = True,
) -> Ruling:
    """What an answer, or the lack of one, makes of a request.

    :param answer: None if nobody answered until ``now``.
    :param standing_digest: :func:`digest_of_question` over the evidence that stands now.
    :param page_is_current: whether every page that could have been answered shows this request;
        then an answer need not say which one it saw.
    """
    if request.state is not State.PENDING:
        return _refused(f"the request is {request.state} already", request.state)
    if answer is None:
        return _without_answer(request, now)
    if request.expires_at is not None and answer.answered_at > request.expires_at:
        return _refused(f"the request ended at {_minute(request.expires_at)}", State.TIMED_OUT)
    if standing_digest != request.shown_digest:
        return _refused(
            "the evidence has changed since it was shown, so it has to be looked at again",
            State.SUPERSEDED,
        )
    problems = _problems(request, answer, rules, page_is_current=page_is_current)
    if problems:
        return _refused("; ".join(problems), State.PENDING)
    approved = answer.choice == Choice.APPROVE
    return Ruling(
        effective=True, refusal=None, new_state=State.APPROVED if approved else State.REJECTED
    )


def _refused(why: str, new_state: State) -> Ruling:
    return Ruling(effective=False, refusal=why, new_state=new_state)


def _without_answer(request: Request, now: datetime) -> Ruling:
    if request.expires_at is None or now < request.expires_at:
        return _refused("nobody has answered yet", State.PENDING)
    return _refused(f"nobody answered until {_minute(request.expires_at)}", State.TIMED_OUT)


def _problems(
    request: Request, answer: Answer, rules: Rules, *, page_is_current: bool
) -> list[str]:
    """Every rule that the answer breaks, so that nobody has to find them one by one."""
    return [
        problem
        for problem in (
            _wrong_choice(answer),
            _wrong_page(request, answer, page_is_current=page_is_current),
            _wrong_person(request, answer, rules),
            _wrong_reason(answer.reason, rules.min_reason_length),
        )
        if problem
    ]


def _wrong_choice(answer: Answer) -> str | None:
    if answer.choice in {choice.value for choice in Choice}:
        return None
    return f"expected {Choice.APPROVE} or {Choice.REJECT}, found {answer.choice!r}"


def _wrong_page(request: Request, answer: Answer, *, page_is_current: bool) -> str | None:
    if answer.saw == request.request_id or (answer.saw is None and page_is_current):
        return None
    return "it answers a page that shows older evidence: reload the page and answer again"


def _wrong_person(request: Request, answer: Answer, rules: Rules) -> str | None:
    if answer.by is None:
        return "Airflow does not say who answered"
    if rules.approvers and answer.by.id not in rules.approvers:
        return f"{answer.by.name} is not one of the approvers ({', '.join(rules.approvers)})"
    may_not_approve = not rules.allow_requester and answer.by.is_called(request.requester)
    if answer.choice == Choice.APPROVE and may_not_approve:
        return f"{answer.by.name} triggered the run, and somebody else has to approve it"
    return None


def _wrong_reason(reason: str, at_least: int) -> str | None:
    length = len(" ".join(_visible(reason).split()))
    if length < at_least:
        return f"expected a reason of {at_least} characters or more, found {length}"
    if len(reason) > MAX_REASON_LENGTH:
        return f"expected a reason of at most {MAX_REASON_LENGTH} characters, found {len(reason)}"
    return None


def _visible(text: str) -> str:
    """Without control and format characters, and without the letters that are drawn as nothing."""
    return "".join(
        " " if character in _BLANK_LETTERS else character
        for character in text
        if character.isspace() or not unicodedata.category(character).startswith("C")
    )


def _minute(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
