# ruff: noqa: FAST003 - `Change` takes the id of a path
from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Response
from sqlalchemy import Connection

from airflow_gov_provider.api.deps import Reader, ReaderDep, only_visible, visible_dag_ids
from airflow_gov_provider.api.errors import Refusal
from airflow_gov_provider.api.incident_page_schemas import Asker, IncidentCounts, IncidentView
from airflow_gov_provider.api.incident_schemas import (
    LONGEST_TIMELINE,
    AcknowledgeBody,
    Affected,
    AssignBody,
    ChangeBody,
    CommentBody,
    IncidentCountQuery,
    IncidentDetail,
    IncidentItem,
    IncidentPage,
    IncidentQuery,
    ReportableBody,
    ReportSentBody,
    ReportWithdrawnBody,
    ResolveBody,
)
from airflow_gov_provider.api.queries import EVIDENCE_ID, cursor_to, key_of
from airflow_gov_provider.api.routes.events import bad_cursor
from airflow_gov_provider.api.writers import Writer, WriterDep
from airflow_gov_provider.domain.incidents.incident import Incident
from airflow_gov_provider.domain.incidents.reporting import Ending
from airflow_gov_provider.exceptions import ArgumentInvalid, IncidentConflict, IncidentNotFound
from airflow_gov_provider.hooks import incident_decisions as people
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.store.incidents.notices import notices_of
from airflow_gov_provider.store.incidents.pages import (
    IncidentFilter,
    count_incidents,
    page_of_incidents,
    people_beside,
)
from airflow_gov_provider.store.incidents.rows import get_incident, newest_entries
from airflow_gov_provider.store.promise_tables import incident as table
from airflow_gov_provider.store.tables import event

router = APIRouter(tags=["incidents"])

_VERSION = re.compile(r'(?:W/)?"?(\d{1,9})"?')
IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description="The version that you have seen, as `ETag` gave it."),
]
_CHANGES: dict[int | str, dict[str, Any]] = {
    403: {"description": "You may read the incident and not change it."},
    404: {"description": "There is no such incident that you may read."},
    409: {"description": "Somebody else was faster; the message says who did what, and when."},
}


@router.get("/v1/incidents")
def list_incidents(query: Annotated[IncidentQuery, Query()], reader: ReaderDep) -> IncidentPage:
    """What is wrong, or was: newest first.

    An incident about a Dag is for whoever may read that Dag, one about no Dag for whoever may read
    all of them.
    """
    before = None
    if query.cursor is not None:
        before = key_of(query.cursor, table="incident", shape=EVIDENCE_ID)
        if before is None:
            raise bad_cursor()
    with governance_transaction() as connection:
        wanted = IncidentFilter(
            dag_ids=visible_dag_ids(connection, table, reader, dag_id=query.dag_id),
            of_no_dag=query.dag_id is None and _sees_everything(connection, reader),
            **query.model_dump(exclude={"limit", "cursor"}),
        )
        page = page_of_incidents(connection, wanted, before=before, limit=query.limit)
    now = utcnow()
    shown = only_visible(page.items, reader, dag_id_of=lambda incident: incident.dag_id)
    return IncidentPage(
        items=[IncidentItem.of(incident, now) for incident in shown],
        next_cursor=page.next_cursor and cursor_to("incident", page.next_cursor),
    )


@router.get("/v1/incidents/counts")
def count_incidents_by_state(
    query: Annotated[IncidentCountQuery, Query()], reader: ReaderDep
) -> IncidentCounts:
    """How many incidents a filter finds, by state and severity."""
    with governance_transaction() as connection:
        wanted = IncidentFilter(
            dag_ids=visible_dag_ids(connection, table, reader, dag_id=query.dag_id),
            of_no_dag=query.dag_id is None and _sees_everything(connection, reader),
            **query.model_dump(),
        )
        found = count_incidents(connection, wanted)
    return IncidentCounts.of(only_visible(found, reader, dag_id_of=lambda one: one.dag_id))


@router.get("/v1/incidents/{incident_id}")
def get_one_incident(
    incident_id: str, reader: ReaderDep, writer: WriterDep, response: Response
) -> IncidentView:
    """One incident with its timeline, what lies downstream and what you may do about it.

    Of a long timeline, the newest 200 entries; `timeline_total` says how many there are.
    """
    with governance_transaction() as connection:
        found = _readable(connection, incident_id, reader)
        return _view(connection, found, reader, writer, response)


class Change:
    """What a user is about to do to an incident."""

    def __init__(
        self,
        *,
        incident_id: str,
        reader: ReaderDep,
        writer: WriterDep,
        response: Response,
        if_match: IfMatch = None,
    ) -> None:
        self.incident_id, self.if_match, self.response = incident_id, if_match, response
        self.reader: Reader = reader
        self.writer: Writer = writer

    def make(self, body: ChangeBody, do: Callable[..., Incident], **arguments: Any) -> IncidentView:
        """:raises Refusal: 404, 403, 409 or 422; nothing is changed then."""
        version = _version(body.version, self.if_match)
        with governance_transaction() as connection:
            found = _readable(connection, self.incident_id, self.reader)
        if not self.writer.may_change(found.dag_id):
            raise _forbidden(found.dag_id)
        author = people.Author(name=self.writer.name(), witness="api")
        given = {"author": author, "now": utcnow(), "version": version, **arguments}
        try:
            with governance_transaction() as connection:
                done = do(connection, found.incident_id, **given)
        except (IncidentConflict, IncidentNotFound) as error:
            raise Refusal(HTTPStatus.CONFLICT, "incident_conflict", str(error)) from error
        except ArgumentInvalid as error:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            raise Refusal(status, "invalid_request", str(error)) from error
        with governance_transaction() as connection:
            return _view(connection, done, self.reader, self.writer, self.response)


ChangeDep = Annotated[Change, Depends(Change)]


@router.post("/v1/incidents/{incident_id}/acknowledge", responses=_CHANGES)
def acknowledge_incident(body: AcknowledgeBody, change: ChangeDep) -> IncidentView:
    """Say that you look after it."""
    return change.make(body, people.acknowledge, comment=body.comment)


@router.post("/v1/incidents/{incident_id}/assign", responses=_CHANGES)
def assign_incident(body: AssignBody, change: ChangeDep) -> IncidentView:
    """Give it to somebody."""
    return change.make(body, people.assign, assignee=body.assignee, comment=body.comment)


@router.post("/v1/incidents/{incident_id}/comment", responses=_CHANGES)
def comment_on_incident(body: CommentBody, change: ChangeDep) -> IncidentView:
    """Say something about it."""
    return change.make(body, people.comment, text=body.comment)


@router.post("/v1/incidents/{incident_id}/resolve", responses=_CHANGES)
def resolve_incident(body: ResolveBody, change: ChangeDep) -> IncidentView:
    """Say that it is over, and why."""
    return change.make(body, people.resolve, resolution=body.resolution, comment=body.comment)


@router.post("/v1/incidents/{incident_id}/reportable", responses=_CHANGES)
def mark_incident_reportable(body: ReportableBody, change: ChangeDep) -> IncidentView:
    """Start the clock of a duty to tell an authority, or start it again with another time."""
    return change.make(
        body,
        people.mark_reportable,
        regime=body.regime,
        aware_at=body.aware_at,
        comment=body.comment,
    )


@router.post("/v1/incidents/{incident_id}/report-sent", responses=_CHANGES)
def note_report_sent(body: ReportSentBody, change: ChangeDep) -> IncidentView:
    """Say that the authority was told; the clock of this duty stands still."""
    return change.make(
        body,
        people.end_report,
        regime=body.regime,
        ending=Ending.SENT,
        reference=body.reference,
        comment=body.comment,
    )


@router.post("/v1/incidents/{incident_id}/report-withdrawn", responses=_CHANGES)
def note_report_withdrawn(body: ReportWithdrawnBody, change: ChangeDep) -> IncidentView:
    """Say that no report is due after all, and why."""
    return change.make(
        body,
        people.end_report,
        regime=body.regime,
        ending=Ending.WITHDRAWN,
        comment=body.comment,
    )


def _version(in_body: int | None, if_match: str | None) -> int | None:
    """:raises Refusal: 422 if the two disagree, or the header names no version."""
    if if_match is None or if_match.strip() == "*":
        return in_body
    found = _VERSION.fullmatch(if_match.strip())
    if found is None or (in_body is not None and int(found[1]) != in_body):
        raise Refusal(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "invalid_request",
            f'expected in If-Match the version of the incident, such as "3", and the same one '
            f"as in the body; found {if_match!r}",
        )
    return int(found[1])


def _readable(connection: Connection, incident_id: str, reader: Reader) -> Incident:
    """:raises Refusal: the same 404 for one that is not there and for another's."""
    known = re.fullmatch(EVIDENCE_ID, incident_id, re.ASCII)
    found = get_incident(connection, incident_id) if known else None
    if found is None or not _may_read(connection, found.dag_id, reader):
        raise Refusal(
            HTTPStatus.NOT_FOUND,
            "incident_not_found",
            "there is no incident with this id that you may read; "
            "GET /governance/v1/incidents lists what is",
        )
    return found


def _may_read(connection: Connection, dag_id: str | None, reader: Reader) -> bool:
    if dag_id is not None:
        return bool(reader.readable({dag_id}))
    return _sees_everything(connection, reader)


def _sees_everything(connection: Connection, reader: Reader) -> bool:
    """Whether they may read every Dag that has left an event."""
    return visible_dag_ids(connection, event, reader, dag_id=None) is None


def _view(
    connection: Connection, incident: Incident, reader: Reader, writer: Writer, response: Response
) -> IncidentView:
    incident_id = incident.incident_id
    entries, total = newest_entries(connection, incident_id, limit=LONGEST_TIMELINE)
    notices = notices_of(connection, incident_id)
    detail = IncidentDetail.with_timeline(incident, entries, notices, now=utcnow(), total=total)
    response.headers["ETag"] = f'"{incident.version}"'
    people = people_beside(connection, incident.dag_id)
    view = IncidentView.of_detail(detail, incident, _asker(incident.dag_id, writer), people)
    return view.model_copy(update={"affected": _shown(view.affected, incident.dag_id, reader)})


def _shown(affected: Affected | None, dag_id: str | None, reader: Reader) -> Affected | None:
    """As far as it may be read."""
    if affected is None:
        return None
    dags = only_visible(affected.dags, reader, dag_id_of=lambda one: one.dag_id)
    shown = {dag_id, *(one.dag_id for one in dags)}
    # What leads there may be named after a task or an asset of the Dag between.
    unnamed = {"after": None, "name": ""}
    dags = [one if one.after in shown else one.model_copy(update=unnamed) for one in dags]
    models = affected.models if len(dags) == len(affected.dags) else []
    return affected.model_copy(update={"dags": dags, "models": models})


def _asker(dag_id: str | None, writer: Writer) -> Asker:
    """Reading does not fail where nobody can say whether the reader may change anything."""
    try:
        name = writer.name()
        may = writer.may_change(dag_id)
    except Refusal:
        return Asker(name=None, why_not="Airflow could not say whether you may change this")
    return Asker(name=name, why_not=None if may else _needed(dag_id))


def _forbidden(dag_id: str | None) -> Refusal:
    return Refusal(HTTPStatus.FORBIDDEN, "forbidden", _needed(dag_id))


def _needed(dag_id: str | None) -> str:
    needed = "to edit its Dag" if dag_id else "to change Airflow's configuration"
    return f"you may read this incident; whoever changes it needs the permission {needed}"
