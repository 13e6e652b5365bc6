"""Requests for approval over the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from airflow_gov_provider.api.queries import Count, Id, Name, Time
from airflow_gov_provider.api.schemas import ModelVersion
from airflow_gov_provider.domain.approvals.answering import Asking, worst_shown
from airflow_gov_provider.domain.approvals.request import Choice, Request, Shown, Vote
from airflow_gov_provider.store.pages import DEFAULT_LIMIT, MAX_LIMIT

Views = Literal["mine", "others", "decided"]
Decisions = Literal["approved", "rejected", "timed_out", "superseded"]


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class ChoiceItem(_Out):
    """One of the answers that can be given."""

    choice: str = Field(description="What Airflow calls it: `Approve` or `Reject`.")
    may: bool
    why_not: str | None = Field(description="In words to whoever asks; null if they may.")


class ApprovalItem(_Out):
    """A question to a person."""

    request_id: str
    subject: str = Field(description="The question.")
    state: str = Field(
        description="`pending`, `approved`, `rejected`, `timed_out` or `superseded`."
    )
    dag_id: str
    run_id: str
    task_id: str
    map_index: int = Field(description="-1 for a task that is not mapped.")
    model: ModelVersion | None
    requester: str | None = Field(
        description="Who triggered the run; null for a schedule or an asset."
    )
    approvers: list[str] = Field(
        description="Ids of the users who may answer; empty: whoever may edit the Dag."
    )
    opened_at: datetime
    expires_at: datetime | None = Field(description="Null waits without end.")
    decided_at: datetime | None
    decided_by: str | None
    reason: str | None = Field(description="Of the decision.")
    verdict: str | None = Field(description="The worst of what is shown; null if nothing is.")
    shown: int = Field(description="Pieces of evidence that are shown.")
    did_not_pass: int = Field(description="Of these, that are FAILED or INSUFFICIENT.")
    votes: int = Field(description="Answers that count.")
    votes_needed: int
    refused_answers: int = Field(description="Answers without effect.")
    may_answer: bool = Field(
        description="Whether whoever asks may choose one of `choices`. A list leaves out whether "
        "the task waits at this moment."
    )
    why_not: str | None = Field(description="Why they may not approve; null if they may.")
    choices: list[ChoiceItem]

    @classmethod
    def of(cls, request: Request, choices: list[ChoiceItem], *, refused: int) -> ApprovalItem:
        return cls(**columns_of(request, choices, refused=refused))


def columns_of(request: Request, choices: list[ChoiceItem], *, refused: int) -> dict[str, Any]:
    origin, worst = request.origin, worst_shown(request)
    same = ("request_id", "subject", "requester", "opened_at", "expires_at", "decided_at")
    approving = next(one for one in choices if one.choice == Choice.APPROVE)
    return {
        **{name: getattr(request, name) for name in (*same, "decided_by", "reason")},
        "state": request.state.value,
        "dag_id": origin.dag_id,
        "run_id": origin.run_id,
        "task_id": origin.task_id,
        "map_index": origin.map_index,
        "model": request.model
        and ModelVersion(name=request.model.name, version=request.model.version),
        "approvers": list(request.approvers),
        "verdict": worst and worst.value,
        "shown": len(request.shown),
        "did_not_pass": sum(not item.verdict.lets_pass for item in request.shown),
        "votes": int(request.decided_by is not None),
        "votes_needed": 1,
        "refused_answers": refused,
        "may_answer": any(one.may for one in choices),
        "why_not": approving.why_not,
        "choices": choices,
    }


class ApprovalPage(_Out):
    """What waits comes with the oldest first, what is decided (or all) with the newest.

    What one page may read is bounded. A page that is cut short by that has fewer items than
    `limit`, or none, and a `next_cursor`: only null says that there are no more.
    """

    items: list[ApprovalItem]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last one.")


class ShownFinding(_Out):
    """A check that did not pass."""

    verdict: str
    kind: str
    subject: str
    expected: str | None
    observed: str | None
    reason: str | None
    is_warning: bool = Field(description="Its author says that it shall not hold anyone up.")


class ShownEvidence(_Out):
    """One piece of evidence as the request shows it."""

    evidence_id: str
    kind: str
    task_id: str
    map_index: int
    verdict: str
    digest: str
    subject: str | None = Field(description="Null if it is not in the database any more.")
    summary: str | None
    recorded_at: datetime | None
    digest_matches: bool = Field(
        description="Whether what is stored still is what the request showed."
    )
    stands: bool = Field(description="False if its task has recorded other evidence since.")
    findings: list[ShownFinding] = Field(description="What did not pass, the worst first.")
    more_findings: int = Field(description="That did not pass and are not in `findings`.")


class VoteItem(_Out):
    """An answer, with or without effect."""

    vote_id: str
    user_id: str | None = Field(description="Null where Airflow did not say who it was.")
    user_name: str | None
    choice: str
    reason: str
    effective: bool
    refusal: str | None = Field(description="Why it has no effect.")
    answered_at: datetime
    recorded_at: datetime

    @classmethod
    def of(cls, vote: Vote) -> VoteItem:
        answer = vote.answer
        return cls(
            vote_id=vote.vote_id,
            user_id=answer.by.id if answer.by else None,
            user_name=answer.by.name if answer.by else None,
            choice=answer.choice,
            reason=answer.reason,
            effective=vote.effective,
            refusal=vote.refusal,
            answered_at=answer.answered_at,
            recorded_at=vote.recorded_at,
        )


class ShownRef(_Out):
    evidence_id: str
    verdict: str
    digest: str

    @classmethod
    def of(cls, shown: Shown) -> ShownRef:
        return cls(evidence_id=shown.evidence_id, verdict=shown.verdict.value, digest=shown.digest)


class ChangeItem(_Out):
    """What is shown in another way than in the request before; null where it showed nothing."""

    kind: str
    task_id: str
    map_index: int
    before: ShownRef | None
    after: ShownRef | None


class EarlierRequest(_Out):
    """What the same task instance asked before."""

    request_id: str
    state: str
    opened_at: datetime
    decided_at: datetime | None
    votes: list[VoteItem]
    changes: list[ChangeItem]


class AskingItem(_Out):
    """What Airflow says of the task that asks."""

    state: str | None = Field(description="Of the task instance; null if it is gone.")
    answered_by: str | None = Field(description="Who gave an answer that is not judged yet.")
    answered_at: datetime | None

    @classmethod
    def of(cls, asking: Asking) -> AskingItem:
        return cls(
            state=asking.state, answered_by=asking.answered_by, answered_at=asking.answered_at
        )


class AnswerForm(_Out):
    """How to answer: a PATCH on Airflow's own API, under the rights of whoever answers.

    Its body is `{"chosen_options": [choice], "params_input": {"reason": ..., **params}}`.
    """

    path: str = Field(description="Below `/api/v2/` of Airflow, each part of it encoded.")
    params: dict[str, str] = Field(description="To be sent as they are, beside the reason.")
    min_reason_length: int = Field(description="Characters that can be seen.")
    max_reason_length: int


class ApprovalDetail(ApprovalItem):
    """A question with what is decided upon, and every answer to it."""

    evidence: list[ShownEvidence]
    answers: list[VoteItem] = Field(description="Oldest first, those without effect as well.")
    earlier: EarlierRequest | None
    asking: AskingItem | None = Field(description="Null once it is decided.")
    answer_form: AnswerForm | None = Field(description="Null once it is decided.")


class ApprovalQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    view: Views | None = Field(
        None,
        description="`mine`: waiting, and you may approve; `others`: waiting for somebody else; "
        "`decided`: neither. All of them without it.",
    )
    decision: Decisions | None = Field(None, description="With `view=decided` or none.")
    dag_id: Id | None = None
    run_id: Id | None = None
    task_id: Id | None = None
    map_index: Count | None = Field(
        None, description="With `task_id`; -1 for a task that is not mapped."
    )
    model_name: Id | None = None
    model_version: Name | None = Field(None, description="With `model_name`.")
    since: Time | None = Field(None, description="Asked then or later; ISO 8601 with a zone.")
    until: Time | None = Field(None, description="Asked before; ISO 8601 with a zone.")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")

    @model_validator(mode="after")
    def _fits_together(self) -> ApprovalQuery:
        if self.since and self.until and self.since >= self.until:
            raise ValueError("expected since to be before until")
        if self.map_index is not None and self.task_id is None:
            raise ValueError("expected map_index together with task_id")
        if self.model_version is not None and self.model_name is None:
            raise ValueError("expected model_version together with model_name")
        if self.decision is not None and self.view in ("mine", "others"):
            raise ValueError("expected decision with view=decided or without a view")
        return self
