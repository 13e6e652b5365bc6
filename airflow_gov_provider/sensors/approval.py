"""A person decides, with the evidence in view, on Airflow's Required Actions page.

Why it asks the way it does:

* While it waits, the task is parked by Airflow and holds neither a worker slot nor a trigger.
* A task cannot change the text of a request once it is shown, not even in a later try. Each
  request therefore carries its id in a hidden field of the form, an answer that comes back with
  another id is refused, and the collector in the api-server puts the new text there.
* On a LocalExecutor an answer within a few seconds of the question can make the scheduler fail the
  try ("state mismatch"). The next try finds the decision in the governance database and honours it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NoReturn
from urllib.parse import urlsplit

from airflow.providers.common.compat.sdk import SkipMixin
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param
from airflow.sdk.exceptions import AirflowFailException, TaskAwaitingInput

from airflow_gov_provider import config
from airflow_gov_provider.domain.approvals.page import page
from airflow_gov_provider.domain.approvals.request import (
    Answer,
    Choice,
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
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.exceptions import (
    ApprovalRejected,
    ApprovalTimedOut,
    ArgumentInvalid,
    EvidenceChanged,
    GovernanceError,
)
from airflow_gov_provider.hooks.governance import (
    governance_transaction,
    new_id,
    recorded_in_run,
    utcnow,
)
from airflow_gov_provider.operators.base import model_ref, origin_of, record_evidence, xcom_of
from airflow_gov_provider.operators.vouchers import leave_voucher
from airflow_gov_provider.sensors.arguments import FIXED, Approver, check, person, reason_field
from airflow_gov_provider.sensors.decisions import (
    REASON,
    REQUEST,
    answer_of,
    asks_the_same,
    decision_of,
    is_timeout,
    summary_of,
)
from airflow_gov_provider.store.approvals import requests as store

if TYPE_CHECKING:
    from airflow.sdk import Context


class HumanApprovalSensor(HITLOperator, SkipMixin):
    """Wait for a person to approve or reject, with a reason; record the decision as evidence.

    There is no silent approval: whatever is not an effective click on Approve does not approve.
    An answer that breaks a rule is kept, explained on the page and in the task's log, and the task
    waits again for the rest of its time. A decision stands for the evidence that was shown:
    clearing the task asks again only where other evidence stands, or where nobody had decided.

    :param subject: the question, in one line (templated).
    :param approvers: user ids, or ``{"id": ..., "name": ...}``, of who may answer; without any,
        whoever may edit the Dag. Fixed in code, never templated.
    :param allow_requester: let the person who triggered the run approve it. Rejecting is always
        open to them. A scheduled or asset-triggered run has no such person; a backfill has.
    :param min_reason_length: characters that a reason must have.
    :param response_timeout: how long to wait in all, refused answers included; None waits on.
    :param on_timeout: ``reject`` does what ``on_reject`` says; ``fail`` fails the task. The
        evidence says ``timed_out`` either way.
    :param on_reject: ``fail`` fails the task, ``skip`` skips the tasks directly after it.
    :param model_name: with ``model_version``, the model version that is decided upon (templated);
        evidence about other models is then not shown.
    :param card_base_url: what links in the request start with; by default the path of
        ``[api] base_url``, so that they stay on the host the approver is on.
    :param require_evidence: refuse to ask where nothing was recorded before.
    :param retries: tries that are left for the case that the evidence changes while somebody
        decides; each shows what stands then. A rejection or a timeout is never retried.
    :raises ArgumentInvalid: while the Dag is parsed, with every wrong argument at once.
    """

    template_fields = ("subject", "model_name", "model_version")
    inherits_from_skipmixin = True
    records_evidence: ClassVar[bool] = True
    ui_color = "#e8f0fe"

    def __init__(
        self,
        *,
        subject: str,
        approvers: Sequence[Approver] = (),
        allow_requester: bool = False,
        min_reason_length: int = 10,
        response_timeout: timedelta | None = None,
        on_timeout: Literal["reject", "fail"] = "reject",
        on_reject: Literal["fail", "skip"] = "fail",
        model_name: str | None = None,
        model_version: str | None = None,
        card_base_url: str | None = None,
        require_evidence: bool = True,
        retries: int = 3,
        retry_delay: timedelta = timedelta(seconds=10),
        execution_timeout: timedelta | None = None,
        **kwargs: Any,
    ) -> None:
        check(
            fixed=[name for name in FIXED if name in kwargs],
            approvers=approvers,
            min_reason_length=min_reason_length,
            response_timeout=response_timeout,
            on_timeout=on_timeout,
            on_reject=on_reject,
        )
        people = [person(approver) for approver in approvers]
        super().__init__(
            subject=subject,
            options=[choice.value for choice in Choice],
            assigned_users=[{"id": one.id, "name": one.name} for one in people] or None,
            response_timeout=response_timeout,
            retries=retries,
            retry_delay=retry_delay,
            **kwargs,
        )
        if self.params:  # those of the Dag are gone by now
            raise ArgumentInvalid(
                "HumanApprovalSensor: params cannot be given, it has its own form"
            )
        # Given to the parent it would become the time a person has.
        self.execution_timeout = execution_timeout
        self.approvers = tuple(one.id for one in people)
        self.allow_requester = allow_requester
        self.min_reason_length = min_reason_length
        self.on_timeout = on_timeout
        self.on_reject = on_reject
        self.model_name = model_name
        self.model_version = model_version
        self.card_base_url = card_base_url
        self.require_evidence = require_evidence

    # ------------------------------------------------------------------ asking

    def execute(self, context: Context) -> Any:
        with _mapped_errors():
            evidence = self._evidence(context)
            request = self._open(context, evidence)
            if request.state is State.PENDING and _is_over(request):
                request = self._rule(request, None, evidence, now=utcnow())
            if request.state is State.PENDING:
                self._wait(context, request, evidence)
            return self._finish(context, request)

    def execute_complete(
        self,
        context: Context,
        event: dict[str, Any],
        request_id: str = "",
        page_is_current: bool = True,  # noqa: FBT001, FBT002 - Airflow passes it by name
    ) -> Any:
        with _mapped_errors():
            now, request = utcnow(), self._get(request_id)
            if is_timeout(event) and request.expires_at:
                now = max(now, request.expires_at)  # by Airflow's clock the time is over
            answer = answer_of(event, now=now)
            evidence = self._evidence(context)
            after = self._rule(request, answer, evidence, now=now, page_is_current=page_is_current)
            if after.state is State.SUPERSEDED:
                raise EvidenceChanged(
                    f"evidence changed while request {request_id} was waiting, so its answer does "
                    "not count; the next try asks again with the evidence that stands then"
                )
            if after.state is State.PENDING:
                self._wait(context, after, evidence)
            return self._finish(context, after)

    def _open(self, context: Context, evidence: Sequence[Evidence]) -> Request:
        """The request to wait for: one of an earlier try if it asks the same, or a new one."""
        wanted = self._new_request(context, evidence)
        with governance_transaction() as connection:
            earlier = store.latest_request(connection, wanted.origin)
            if earlier and asks_the_same(earlier, wanted, context["dag_run"]):
                if earlier.state in (State.PENDING, State.APPROVED, State.REJECTED):
                    return earlier
            elif earlier:
                at = wanted.opened_at
                store.settle(connection, earlier.request_id, State.SUPERSEDED, decided_at=at)
            store.open_request(connection, wanted)
        return wanted

    def _new_request(self, context: Context, evidence: Sequence[Evidence]) -> Request:
        """:raises ArgumentInvalid: if there is nothing to show, or nobody who may approve."""
        if not evidence and self.require_evidence:
            raise ArgumentInvalid(
                "no task before this one has recorded evidence, so there is nothing to approve; "
                "put a gate before it, or say require_evidence=False"
            )
        requester = context["dag_run"].triggering_user_name
        if self.approvers == (requester,) and not self.allow_requester:
            raise ArgumentInvalid(
                f"{requester} triggered the run and is its only approver, so nobody may approve "
                "it; name another approver, or let somebody else trigger the run"
            )
        now, shown = utcnow(), tuple(map(Shown.of, evidence))
        return Request(
            request_id=new_id(),
            origin=origin_of(context),
            subject=self.subject,
            requester=requester,
            approvers=self.approvers,
            shown=shown,
            shown_digest=digest_of_question(self.subject, self._model, shown),
            opened_at=now,
            expires_at=now + self.response_timeout if self.response_timeout else None,
            model=self._model,
            allow_requester=self.allow_requester,
            min_reason_length=self.min_reason_length,
        )

    def _wait(self, context: Context, request: Request, evidence: Sequence[Evidence]) -> NoReturn:
        """Show the request (again) and park the task for the rest of its time."""
        with governance_transaction() as connection:
            votes = store.votes_on(connection, request.request_id)
        self.body = page(
            request,
            evidence,
            rules=self._rules,
            model=self._model,
            base_url=self._base_url(),
            refused=votes[-1] if votes else None,  # an effective one would have settled it
        )
        current = self._show(context, request)
        if not current:
            self.log.warning(
                "Airflow still shows an earlier request of this task, and answers to it are "
                "refused. The collector in the api-server replaces it within seconds; where the "
                "collector is off, start a new Dag run."
            )
        until = request.expires_at
        self.log.info(
            "Request %s waits %s for %s",
            request.request_id,
            f"until {until.isoformat(timespec='seconds')}" if until else "without end",
            ", ".join(request.approvers) or "anyone who may edit the Dag",
        )
        for notifier in self.notifiers:
            notifier(context)
        raise TaskAwaitingInput(
            method_name="execute_complete",
            kwargs={"request_id": request.request_id, "page_is_current": current},
            timeout=max(until - utcnow(), timedelta(seconds=1)) if until else None,
        )

    def _show(self, context: Context, request: Request) -> bool:
        """Put the request on the Required Actions page; whether the page really shows this one."""
        from airflow.sdk.execution_time.comms import CreateHITLDetailPayload
        from airflow.sdk.execution_time.task_runner import SUPERVISOR_COMMS

        # Not params of the task: those are validated before anybody could have filled them in.
        form = {
            REASON: reason_field(self.min_reason_length),
            REQUEST: Param(request.request_id, type="string", const=request.request_id),
        }
        content: dict[str, Any] = {
            "subject": self.subject,
            "body": self.body,
            "params": {name: field.serialize() for name, field in form.items()},
            "assigned_users": self.assigned_users or [],
        }
        stored: Any = SUPERVISOR_COMMS.send(
            CreateHITLDetailPayload(ti_id=context["ti"].id, options=self.options, **content)
        )
        shown = (getattr(stored, "params", None) or {}).get(REQUEST)
        current = isinstance(shown, Mapping) and shown.get("value") == request.request_id
        with governance_transaction() as connection:
            is_whole = current and getattr(stored, "body", None) == self.body
            store.keep_page(connection, request.request_id, content, is_current=is_whole)
        return current

    # ------------------------------------------------------------------ deciding

    def _rule(
        self,
        request: Request,
        answer: Answer | None,
        evidence: Sequence[Evidence],
        *,
        now: datetime,
        page_is_current: bool = True,
    ) -> Request:
        """Judge, write down the answer and what it changes, and return the request after it."""
        shown = [Shown.of(item) for item in evidence]
        ruling = judge(
            request,
            answer,
            rules=self._rules,
            standing_digest=digest_of_question(self.subject, self._model, shown),
            now=now,
            page_is_current=page_is_current,
        )
        with governance_transaction() as connection:
            if ruling.new_state is not State.PENDING:
                counted = answer if ruling.effective else None
                settled = store.settle(
                    connection,
                    request.request_id,
                    ruling.new_state,
                    decided_at=now,
                    decided_by=counted.by.id if counted and counted.by else None,
                    reason=counted.reason if counted else None,
                )
                if ruling.effective and not settled:
                    ruling = replace(ruling, effective=False, refusal="it was decided meanwhile")
            if answer is not None:
                vote = Vote(
                    vote_id=new_id(),
                    request_id=request.request_id,
                    answer=answer,
                    effective=ruling.effective,
                    refusal=ruling.refusal,
                    recorded_at=now,
                )
                store.record_vote(connection, vote)
            after = store.get_request(connection, request.request_id) or request
        self._explain(answer, ruling)
        return after

    def _explain(self, answer: Answer | None, ruling: Ruling) -> None:
        who = answer.by.name if answer and answer.by else "nobody"
        if answer is None:
            self.log.warning("%s: %s", ruling.new_state, ruling.refusal)
        elif ruling.effective:
            self.log.info("%s answered %s", who, answer.choice)
        else:
            self.log.warning("The answer of %s does not count: %s", who, ruling.refusal)

    def _finish(self, context: Context, request: Request) -> dict[str, Any]:
        """Record the decision unless an earlier try did, then let pass, skip or fail."""
        with governance_transaction() as connection:
            votes = store.votes_on(connection, request.request_id)
        evidence = self._recorded_decision(context, request) or record_evidence(
            context,
            kind=EvidenceKind.APPROVAL,
            subject=request.subject,
            verdict=Verdict.PASSED if request.state is State.APPROVED else Verdict.FAILED,
            summary=summary_of(request),
            body=decision_of(request, votes),
            model=self._model,
        )
        if request.state is not State.APPROVED:
            self._turn_away(context, request, evidence)
        return {
            **xcom_of(evidence),
            "decision": request.state.value,
            "decided_by": request.decided_by,
            "request_id": request.request_id,
        }

    def _recorded_decision(self, context: Context, request: Request) -> Evidence | None:
        ti = context["ti"]
        for item in recorded_in_run(ti.dag_id, ti.run_id):
            ours = item.kind is EvidenceKind.APPROVAL
            if ours and item.body.get("request_id") == request.request_id:
                leave_voucher(context, item)  # Airflow took the one of the earlier try away
                return item
        return None

    def _turn_away(self, context: Context, request: Request, evidence: Evidence) -> None:
        """:raises ApprovalRejected: (or ApprovalTimedOut) unless what follows is to be skipped."""
        timed_out = request.state is State.TIMED_OUT
        if self.on_reject == "fail" or (timed_out and self.on_timeout == "fail"):
            kind = ApprovalTimedOut if timed_out else ApprovalRejected
            raise kind(f"{evidence.summary}; evidence {evidence.evidence_id}")
        following = context["task"].get_direct_relatives(upstream=False)
        skipped = [task for task in following if not task.is_teardown]
        self.log.info("%s; skipping %s", evidence.summary, [task.task_id for task in skipped])
        self.skip(ti=context["ti"], tasks=skipped)

    # ------------------------------------------------------------------ facts

    @property
    def _rules(self) -> Rules:
        return Rules(
            approvers=self.approvers,
            allow_requester=self.allow_requester,
            min_reason_length=self.min_reason_length,
        )

    @property
    def _model(self) -> ModelRef | None:
        return model_ref(self.model_name, self.model_version)

    def _evidence(self, context: Context) -> tuple[Evidence, ...]:
        ti = context["ti"]
        return evidence_to_show(
            recorded_in_run(ti.dag_id, ti.run_id),
            recorded_by=frozenset(self.get_flat_relative_ids(upstream=True)),
            model=self._model,
        )

    def _get(self, request_id: str) -> Request:
        with governance_transaction() as connection:
            request = store.get_request(connection, request_id)
        if request is None:
            raise EvidenceChanged(
                f"the governance database has no request {request_id!r} any more; asking again"
            )
        return request

    def _base_url(self) -> str:
        if self.card_base_url is not None:
            return self.card_base_url.rstrip("/")
        return urlsplit(config.api_base_url()).path.rstrip("/")


@contextmanager
def _mapped_errors() -> Iterator[None]:
    """A retry shows changed evidence and reaches a database again; it changes nothing else."""
    try:
        yield
    except GovernanceError as error:
        if error.retry_helps or isinstance(error, EvidenceChanged):
            raise
        raise AirflowFailException(str(error)) from error


def _is_over(request: Request) -> bool:
    return request.expires_at is not None and utcnow() >= request.expires_at
