"""Requests for approval: what is shown, who answers, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from airflow.sdk import Param
from airflow_rows import TaskRow
from pipelines import Step
from recording import Recorder
from sqlalchemy import Connection
from story import Answer as Click
from story import Trouble

from airflow_gov_provider.domain.approvals.page import page
from airflow_gov_provider.domain.approvals.request import (
    Answer,
    Choice,
    Person,
    Request,
    Rules,
    Ruling,
    Shown,
    State,
    Vote,
    digest_of_question,
    evidence_to_show,
    judge,
)
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef, Origin
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.sensors.arguments import reason_field
from airflow_gov_provider.sensors.decisions import REASON, REQUEST, decision_of, summary_of
from airflow_gov_provider.store.approvals import requests as store

if TYPE_CHECKING:
    from runs import Run


class Answered(StrEnum):
    APPROVED = "approved"
    REFUSED = "refused"
    WAITS = "waits"


class Questions(Recorder):
    def ask(self, step: Step, run: Run, origin: Origin, task: TaskRow) -> Request:
        model = self.model_of(run)
        if run.request is not None:  # an earlier try has asked the same
            shown = {one.evidence_id for one in run.request.shown}
            evidence = [item for item in run.recorded if item.evidence_id in shown]
            self._show(run.request, evidence, task, model)
            return run.request
        subject = f"Promote {model.name} version {model.version} to champion?"
        if run.pipeline.dag_id.endswith("rollback"):
            subject = f"Go back to {model.name} version {model.version}?"
        before = [one.task_id for one in run.pipeline.steps]
        evidence = evidence_to_show(
            run.recorded, recorded_by=frozenset(before[: before.index(step.task_id)]), model=model
        )
        shown = tuple(Shown.of(item) for item in evidence)
        request = Request(
            request_id=self.world.new_id(),
            origin=origin,
            subject=subject,
            requester=run.row.requester,
            approvers=step.settings["approvers"],
            shown=shown,
            shown_digest=digest_of_question(subject, model, shown),
            opened_at=self.world.now,
            expires_at=self.world.now + timedelta(hours=step.settings["hours"]),
            model=model,
        )
        self._show(request, evidence, task, model)
        self.world.write(lambda connection: store.open_request(connection, request))
        return request

    def _show(
        self, request: Request, evidence: Sequence[Evidence], task: TaskRow, model: ModelRef
    ) -> None:
        rules = Rules(approvers=request.approvers)
        fields = {
            REASON: reason_field(rules.min_reason_length),
            REQUEST: Param(request.request_id, type="string", const=request.request_id),
        }
        form = {name: field.serialize() for name, field in fields.items()}
        body = page(request, evidence, rules=rules, model=model, base_url="")
        content = {
            "subject": request.subject,
            "body": body,
            "params": form,
            "assigned_users": [{"id": name, "name": name} for name in request.approvers],
        }

        def keep(connection: Connection) -> None:
            store.keep_page(connection, request.request_id, content, is_current=True)

        self.world.write(keep)
        task.next_method = "execute_complete"
        task.next_kwargs = {"request_id": request.request_id, "page_is_current": True}
        task.waits_until = request.expires_at
        self.world.airflow.ask(
            ti_id=task.ti_id,
            options=[choice.value for choice in Choice],
            subject=request.subject,
            body=body,
            params=form,
            assignees=content["assigned_users"],
            multiple=False,
            created_at=self.world.now,
            params_input={},
        )

    def answers_to(self, request: Request, trouble: Trouble | None) -> Iterator[Click]:
        """What people click: what the story says, else an approval within a few hours."""
        if trouble and (trouble.answers or trouble.unanswered):
            yield from trouble.answers
            return
        dice = self.world.random
        after = timedelta(minutes=dice.uniform(35, 300))
        yield Click(
            by=request.approvers[0] if dice.random() < 0.8 else request.approvers[-1],  # noqa: PLR2004
            choice="Approve",
            reason=dice.choice(_REASONS),
            after=after,
        )

    def answer(self, run: Run, request: Request, click: Click, task: TaskRow) -> Answered:
        """Judge an answer, keep it, and record the decision if it is one."""
        world = self.world
        answer = self._clicked(click, request, run, task)
        ruling = judge(
            request,
            answer,
            rules=Rules(approvers=request.approvers),
            standing_digest=request.shown_digest,
            now=world.now,
        )
        votes = [*run.votes, *([self._vote(request, answer, ruling)] if answer else [])]
        run.votes = votes
        if ruling.new_state is State.PENDING:
            return Answered.WAITS
        counted_answer = answer if ruling.effective else None
        after = replace(
            request,
            state=ruling.new_state,
            decided_at=world.now,
            decided_by=counted_answer.by.id if counted_answer and counted_answer.by else None,
            reason=counted_answer.reason if counted_answer else None,
        )
        world.write(lambda connection: _settle_request(connection, after))
        approved = after.state is State.APPROVED
        item = self.record(
            replace(request.origin, try_number=task.try_number),
            EvidenceKind.APPROVAL,
            request.subject,
            Verdict.PASSED if approved else Verdict.FAILED,
            summary_of(after),
            body=decision_of(after, votes),
            model=self.model_of(run),
        )
        run.recorded.append(item)
        return Answered.APPROVED if approved else Answered.REFUSED

    def _clicked(self, click: Click, request: Request, run: Run, task: TaskRow) -> Answer | None:
        if not click.by:
            return None
        now = self.world.now
        user = {"id": click.by, "name": click.by}
        self.world.airflow.log(
            at=now,
            event="update_hitl_detail",
            owner=click.by,
            run=run.row,
            task_id=task.task_id,
            map_index=-1,
            try_number=task.try_number,
            extra={"chosen_options": [click.choice], "method": "PATCH"},
        )
        self.world.airflow.ask(
            ti_id=task.ti_id,
            responded_at=now,
            responded_by=user,
            chosen_options=[click.choice],
            params_input={REASON: click.reason, REQUEST: request.request_id},
        )
        self.world.look_soon()
        return Answer(
            choice=click.choice,
            reason=click.reason,
            by=Person(**user),
            answered_at=now,
            saw=request.request_id,
        )

    def _vote(self, request: Request, answer: Answer, ruling: Ruling) -> Vote:
        vote = Vote(
            vote_id=self.world.new_id(),
            request_id=request.request_id,
            answer=answer,
            effective=ruling.effective,
            refusal=ruling.refusal,
            recorded_at=self.world.now,
        )
        self.world.write(lambda connection: store.record_vote(connection, vote))
        return vote


def _settle_request(connection: Connection, request: Request) -> None:
    assert request.decided_at is not None  # noqa: S101 - it has just been decided
    store.settle(
        connection,
        request.request_id,
        request.state,
        decided_at=request.decided_at,
        decided_by=request.decided_by,
        reason=request.reason,
    )


_REASONS = (
    "Read the card; the figures are within what the committee agreed on.",
    "No change against last week beyond noise, limitations are still the right ones.",
    "Checked group rates and data quality, and compared with the version in use. Go ahead.",
    "Accepted for the coming week; we look at the small groups again next month.",
)
