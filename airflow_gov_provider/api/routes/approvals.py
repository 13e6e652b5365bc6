from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from sqlalchemy import Connection

from airflow_gov_provider.api.answerers import Answerer, AnswererDep, AskingDep
from airflow_gov_provider.api.approval_schemas import (
    AnswerForm,
    ApprovalDetail,
    ApprovalItem,
    ApprovalPage,
    ApprovalQuery,
    AskingItem,
    ChangeItem,
    ChoiceItem,
    EarlierRequest,
    ShownRef,
    VoteItem,
    columns_of,
)
from airflow_gov_provider.api.deps import Reader, ReaderDep, only_visible, visible_dag_ids
from airflow_gov_provider.api.errors import Refusal
from airflow_gov_provider.api.queries import EVIDENCE_ID, cursor_to, key_of
from airflow_gov_provider.api.routes.events import bad_cursor
from airflow_gov_provider.api.shown_evidence import shown_evidence
from airflow_gov_provider.domain.approvals.answering import (
    Asking,
    Difference,
    differences,
    objection,
)
from airflow_gov_provider.domain.approvals.request import MAX_REASON_LENGTH, Choice, Request, State
from airflow_gov_provider.domain.evidence import Origin
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.sensors.decisions import REQUEST
from airflow_gov_provider.store.approvals.pages import (
    RequestFilter,
    page_of_requests,
    refused_answers,
    request_before,
)
from airflow_gov_provider.store.approvals.requests import get_request, votes_on
from airflow_gov_provider.store.tables import approval_request as table

router = APIRouter(tags=["approvals"])

_DECIDED = tuple(state for state in State if state is not State.PENDING)


@router.get("/v1/approvals")
def list_approvals(
    query: Annotated[ApprovalQuery, Query()], reader: ReaderDep, answerer: AnswererDep
) -> ApprovalPage:
    """What waits for a decision of yours or of others, and what was decided."""
    name, now = _cursor_of(query), utcnow()
    beyond = None
    if query.cursor is not None:
        beyond = key_of(query.cursor, table=name, shape=EVIDENCE_ID)
        if beyond is None:
            raise bad_cursor()
    fields = query.model_dump(exclude={"view", "decision", "limit", "cursor"})
    with governance_transaction() as connection:
        page = page_of_requests(
            connection,
            RequestFilter(
                dag_ids=visible_dag_ids(connection, table, reader, dag_id=query.dag_id),
                states=_states(query),
                **fields,
            ),
            keep=_keep(query, answerer, now),
            oldest_first=name == _WAITING,
            beyond=beyond,
            limit=query.limit,
        )
        shown = only_visible(page.items, reader, dag_id_of=lambda it: it.origin.dag_id)
        refused = refused_answers(connection, [request.request_id for request in shown])
    return ApprovalPage(
        items=[
            ApprovalItem.of(
                request,
                choices_of(request, answerer, now=now, asking=_answered(request, answerer)),
                refused=refused.get(request.request_id, 0),
            )
            for request in shown
        ],
        next_cursor=page.next_cursor and cursor_to(name, page.next_cursor),
    )


@router.get("/v1/approvals/{request_id}")
def get_approval(
    request_id: str, reader: ReaderDep, answerer: AnswererDep, ask: AskingDep
) -> ApprovalDetail:
    """One question, what it shows, who answered what, and whether you may answer it now."""
    with governance_transaction() as connection:
        request = _readable(connection, request_id, reader)
        waits = request.state is State.PENDING
        asking = ask(request.origin) if waits else None
        answers = votes_on(connection, request.request_id)
        return ApprovalDetail(
            **columns_of(
                request,
                choices_of(request, answerer, now=utcnow(), asking=asking),
                refused=sum(not vote.effective for vote in answers),
            ),
            evidence=shown_evidence(connection, request),
            answers=[VoteItem.of(vote) for vote in answers],
            earlier=_earlier(connection, request),
            asking=AskingItem.of(asking) if asking else None,
            answer_form=_form(request) if waits else None,
        )


_WAITING = "waiting_approval"


def _cursor_of(query: ApprovalQuery) -> str:
    """What a cursor of this list is called; one of another order leads nowhere."""
    return _WAITING if query.view in ("mine", "others") else "approval"


def _states(query: ApprovalQuery) -> tuple[State, ...] | None:
    if query.decision is not None:
        return (State(query.decision),)
    if query.view is None:
        return None
    return _DECIDED if query.view == "decided" else (State.PENDING,)


def _keep(
    query: ApprovalQuery, answerer: Answerer, now: datetime
) -> Callable[[Request], bool] | None:
    if query.view not in ("mine", "others"):
        return None
    wanted = query.view == "mine"
    return lambda request: waits_for(request, answerer, now=now) is wanted


def waits_for(request: Request, answerer: Answerer, *, now: datetime) -> bool:
    """Whether this user may approve it, and nobody has answered it."""
    asking = _answered(request, answerer)
    return _objection(request, Choice.APPROVE, answerer, now=now, asking=asking) is None


def _answered(request: Request, answerer: Answerer) -> Asking | None:
    return answerer.answered(request.origin) if request.state is State.PENDING else None


def choices_of(
    request: Request, answerer: Answerer, *, now: datetime, asking: Asking | None = None
) -> list[ChoiceItem]:
    found = [
        (choice, _objection(request, choice, answerer, now=now, asking=asking)) for choice in Choice
    ]
    return [ChoiceItem(choice=choice, may=why is None, why_not=why) for choice, why in found]


def _objection(
    request: Request, choice: Choice, answerer: Answerer, *, now: datetime, asking: Asking | None
) -> str | None:
    waits = request.state is State.PENDING  # else nobody has to be asked
    return objection(
        request,
        choice,
        by=answerer.person(),
        may_edit=waits and answerer.may_answer(request.origin.dag_id),
        now=now,
        asking=asking,
    )


def _readable(connection: Connection, request_id: str, reader: Reader) -> Request:
    """:raises Refusal: the same 404 for one that is not there and for another's."""
    known = re.fullmatch(EVIDENCE_ID, request_id, re.ASCII)
    found = get_request(connection, request_id) if known else None
    if found is None or not reader.readable({found.origin.dag_id}):
        raise Refusal(
            HTTPStatus.NOT_FOUND,
            "approval_not_found",
            "there is no request for approval with this id that you may read; "
            "GET /governance/v1/approvals lists what is",
        )
    return found


def _earlier(connection: Connection, request: Request) -> EarlierRequest | None:
    before = request_before(connection, request)
    if before is None:
        return None
    return EarlierRequest(
        request_id=before.request_id,
        state=before.state.value,
        opened_at=before.opened_at,
        decided_at=before.decided_at,
        votes=[VoteItem.of(vote) for vote in votes_on(connection, before.request_id)],
        changes=[_change(one) for one in differences(before, request)],
    )


def _change(found: Difference) -> ChangeItem:
    before, after = found.before, found.after
    place = after or before
    assert place is not None  # noqa: S101 - narrows for the type checker
    return ChangeItem(
        kind=place.kind.value,
        task_id=place.task_id,
        map_index=place.map_index,
        before=ShownRef.of(before) if before else None,
        after=ShownRef.of(after) if after else None,
    )


def _form(request: Request) -> AnswerForm:
    return AnswerForm(
        path=path_of_answer(request.origin),
        params={REQUEST: request.request_id},
        min_reason_length=request.min_reason_length,
        max_reason_length=MAX_REASON_LENGTH,
    )


def path_of_answer(origin: Origin) -> str:
    dag, run, task = (
        quote(part, safe="") for part in (origin.dag_id, origin.run_id, origin.task_id)
    )
    return f"dags/{dag}/dagRuns/{run}/taskInstances/{task}/{origin.map_index}/hitlDetails"
