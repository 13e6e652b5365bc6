"""Events from which incidents come, by their place in the order of arrival."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from airflow_gov_provider.domain.evidence import EvidenceKind
from airflow_gov_provider.domain.sightings import BY_HAND, PROCESS
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.store.ledger.sealed_records import EVIDENCE_RECORDED
from airflow_gov_provider.store.tables import approval_request, event, evidence

_SUCCESS = "task_instance.success"
_MARKING = ("override.mark_task", "override.mark_run")
_INSTANCE = ("dag_id", "run_id", "task_id", "map_index")
_LETTING_PASS = tuple(verdict.value for verdict in Verdict if verdict.lets_pass)
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Success:
    """A task instance that has ended well."""

    seq: int
    event_id: str
    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    try_number: int | None
    at: datetime
    actor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request for approval, as far as it says whether somebody approved.

    :param try_number: of the try that asked; a later one may go by the same answer.
    """

    request_id: str
    try_number: int
    state: str
    opened_at: datetime


def last_seq(connection: Connection) -> int:
    """The highest number of an event that is there; 0 without any."""
    return connection.scalar(select(func.max(event.c.seq))) or 0


def recorded_evidence(connection: Connection, *, after: int, up_to: int) -> list[tuple[str, str]]:
    """Id and verdict of the evidence of these events, in the order of arrival."""
    query = (
        select(event.c.document)
        .where(event.c.seq > after, event.c.seq <= up_to, event.c.type == EVIDENCE_RECORDED)
        .order_by(event.c.seq)
    )
    found = (_payload(document) for document in connection.scalars(query))
    return [
        (str(payload["evidence_id"]), str(payload["verdict"]))
        for payload in found
        if "evidence_id" in payload and "verdict" in payload
    ]


def successes(connection: Connection, *, after: int, up_to: int) -> list[Success]:
    """Task instances among these events that have ended well, of tasks that ask for approval."""
    names = ("seq", "event_id", *_INSTANCE, "try_number", "actor")
    query = select(*(event.c[name] for name in names), event.c.occurred_at.label("at")).where(
        event.c.seq > after, event.c.seq <= up_to, event.c.type == _SUCCESS
    )
    rows = connection.execute(query.order_by(event.c.seq)).all()
    asking = _asking(connection, {row.dag_id for row in rows})
    return [_success(row) for row in rows if (row.dag_id, row.task_id) in asking]


def _success(row: Any) -> Success:
    values = {name: getattr(row, name) for name in Success.__slots__}
    return Success(**values | {"map_index": -1 if row.map_index is None else row.map_index})


def _asking(connection: Connection, dag_ids: Collection[str]) -> set[tuple[str, str]]:
    """Tasks of these Dags that have asked for approval in any run."""
    columns = (approval_request.c.dag_id, approval_request.c.task_id)
    found: set[tuple[str, str]] = set()
    for some in _batches(sorted(dag_ids)):
        query = select(*columns).where(approval_request.c.dag_id.in_(some)).distinct()
        found.update((dag_id, task_id) for dag_id, task_id in connection.execute(query))
    return found


def request_before(connection: Connection, success: Success) -> Asked | None:
    """The newest request of the task instance that was open when it ended."""
    table = approval_request.c
    query = select(*(table[name] for name in Asked.__slots__)).where(
        *_of_instance(table, success), table.opened_at <= success.at
    )
    row = connection.execute(query.order_by(table.request_id.desc()).limit(1)).one_or_none()
    return None if row is None else Asked(**row._asdict())


def is_of_this_try(connection: Connection, success: Success, asked: Asked) -> bool:
    """Whether an approval belongs to the try that ended, and not to one that ended before it.

    It belongs to the try that asked and to the one that recorded the answer. Numbers alone do not
    tell tries apart: a task that was cleared keeps its number until it is scheduled, and a run that
    was deleted leaves its numbers to the next one of its name.

    :param asked: a request that was approved.
    """
    if success.try_number is None:
        return False
    times = [_approved_at(connection, success)]
    if asked.try_number == success.try_number:
        times.append(asked.opened_at)
    ended = _last_end_before(connection, success)
    return any(at is not None and (ended is None or at > ended) for at in times)


def _approved_at(connection: Connection, success: Success) -> datetime | None:
    """When evidence of an approval was recorded last by a try of the same number."""
    table = evidence.c
    query = select(table.recorded_at).where(
        *_of_instance(table, success),
        table.try_number == success.try_number,
        table.kind == EvidenceKind.APPROVAL.value,
        table.verdict.in_(_LETTING_PASS),
    )
    return connection.scalar(query.order_by(table.evidence_id.desc()).limit(1))


def _last_end_before(connection: Connection, success: Success) -> datetime | None:
    """When the same task instance had ended well the last time before."""
    table = event.c
    query = select(table.occurred_at).where(
        table.dag_id == success.dag_id,
        table.run_id == success.run_id,
        table.task_id == success.task_id,
        func.coalesce(table.map_index, -1) == success.map_index,
        table.type == _SUCCESS,
        table.occurred_at < success.at,
    )
    return connection.scalar(query.order_by(table.occurred_at.desc()).limit(1))


def _of_instance(table: Any, success: Success) -> list[ColumnElement[bool]]:
    return [table[name] == getattr(success, name) for name in _INSTANCE]


def who_marked(
    connection: Connection, success: Success, *, since: datetime, until: datetime
) -> str | None:
    """Who marked this task instance or its run by hand in that time, as far as it is known."""
    query = (
        select(event.c.actor)
        .where(
            event.c.dag_id == success.dag_id,
            event.c.run_id == success.run_id,
            event.c.type.in_(_MARKING),
            event.c.task_id.is_(None) | (event.c.task_id == success.task_id),
            event.c.occurred_at >= since,
            event.c.occurred_at <= until,
        )
        .order_by(event.c.occurred_at.desc())
        .limit(1)
    )
    return connection.scalar(query)


def is_by_hand(connection: Connection, event_id: str) -> bool | None:
    """Whether whoever gave the event says that a person did it; None where it does not say.

    A task that ends by itself is heard of in its own process.
    """
    document = connection.scalar(select(event.c.document).where(event.c.event_id == event_id))
    payload = _payload(document or "")
    if payload.get(BY_HAND):
        return True
    return False if payload.get(PROCESS) == "task" else None


def _payload(document: str) -> dict[str, Any]:
    try:
        payload = json.loads(document)["payload"]
    except (ValueError, KeyError, TypeError):
        return {}
    return payload if isinstance(payload, dict) else {}


def _batches(values: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
