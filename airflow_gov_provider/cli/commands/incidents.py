"""``airflow governance incidents ...``"""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow_gov_provider.api.incident_schemas import ClockItem, IncidentDetail, IncidentItem
from airflow_gov_provider.cli import pages
from airflow_gov_provider.cli.border import command, fail, note
from airflow_gov_provider.cli.rendering import (
    Column,
    print_facts,
    print_json,
    print_table,
    shown,
)
from airflow_gov_provider.domain.incidents.incident import Incident
from airflow_gov_provider.domain.incidents.reporting import Ending
from airflow_gov_provider.domain.incidents.rules import Channel, load_rules
from airflow_gov_provider.exceptions import ContractInvalid, NoticeFailed
from airflow_gov_provider.hooks import incident_decisions as people
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.hooks.notifiers import made_notifier
from airflow_gov_provider.store.incidents.notices import (
    Notice,
    NoticeState,
    notices_of,
    page_of_notices,
    revive,
)
from airflow_gov_provider.store.incidents.pages import IncidentFilter, page_of_incidents
from airflow_gov_provider.store.incidents.rows import entries_of, get_incident
from airflow_gov_provider.store.tables import ID_LENGTH

_FILTERS = (
    *("dag_id", "run_id", "task_id", "since", "until"),
    *("state", "severity", "kind", "owner", "assignee", "q"),
)
_COLUMNS = [
    Column(title="id", kept=True, whole=True),
    Column(title="state", kept=True, whole=True),
    Column(title="severity", kept=True, whole=True),
    Column(title="times", whole=True),
    Column(title="title", kept=True),
    Column(title="owner"),
    Column(title="assignee"),
    Column(title="opened (UTC)", whole=True),
    Column(title="last seen (UTC)", whole=True),
]
_TIMELINE = [
    Column(title="at (UTC)", kept=True, whole=True),
    Column(title="what", kept=True, whole=True),
    Column(title="who", kept=True),
    Column(title="details", kept=True, whole=True),
]
_DOWNSTREAM = [
    Column(title="downstream dag", kept=True),
    Column(title="after", kept=True),
    Column(title="via", whole=True),
    Column(title="name"),
]
_OUTBOX = [
    Column(title="id", kept=True, whole=True),
    Column(title="state", kept=True, whole=True),
    Column(title="to", kept=True),
    Column(title="attempts", whole=True),
    Column(title="incident", kept=True, whole=True),
    Column(title="of", whole=True),
    Column(title="created (UTC)", whole=True),
    Column(title="last error"),
]
_NOTICES = [
    Column(title="notice to", kept=True),
    Column(title="state", kept=True, whole=True),
    Column(title="attempts", whole=True),
    Column(title="last error"),
]


@command
def list_incidents(args: Any) -> None:
    wanted = IncidentFilter(**{name: getattr(args, name) for name in _FILTERS})
    with governance_transaction() as connection:
        found, more = pages.read(
            lambda cursor, limit: page_of_incidents(connection, wanted, before=cursor, limit=limit),
            limit=args.limit,
        )
    now = utcnow()
    items = [IncidentItem.of(incident, now) for incident in found]
    if args.output == "json":
        print_json([item.model_dump(mode="json") for item in items])
        return
    pages.print_list(
        _COLUMNS,
        [
            (
                item.incident_id,
                item.state,
                item.severity,
                item.occurrences,
                item.title,
                item.owner,
                item.assignee,
                item.opened_at,
                item.last_seen_at,
            )
            for item in items
        ],
        more=more,
        when_empty="" if items else _when_empty(args),
    )
    for item in items:
        for clock in item.reportable:
            if not clock.ended:
                note(f"{item.incident_id}: {_clock(clock, now)}")


def _when_empty(args: Any) -> str:
    def finds(name: str, value: object) -> bool:
        wanted: Any = {name: value}
        with governance_transaction() as connection:
            return bool(page_of_incidents(connection, IncidentFilter(**wanted), limit=1).items)

    if given := pages.given_filters(args, *_FILTERS):
        return pages.why_nothing("incident", given, finds)
    return (
        "No incidents. A missed commitment, a gate that blocks, an approval that was bypassed, "
        "states that are not recorded or a changed ledger make one."
    )


@command
def show(args: Any) -> None:
    _print(_detail(args.incident_id), output=args.output)


@command
def notices(args: Any) -> None:
    states = [NoticeState(args.state)] if args.state else []
    with governance_transaction() as connection:
        found, more = pages.read(
            lambda cursor, limit: page_of_notices(
                connection, states=states, before=cursor, limit=limit
            ),
            limit=args.limit,
        )
    if args.output == "json":
        print_json([_as_json(notice) for notice in found])
        return
    pages.print_list(
        _OUTBOX,
        [
            (
                *(one.notice_id, one.state.value, one.channel, one.attempts, one.incident_id),
                *(one.content["entry"]["kind"], one.created_at, one.last_error),
            )
            for one in found
        ],
        more=more,
        when_empty=(
            "No notices. The rules of [governance] incident_rules say whom to tell of incidents."
        ),
    )


def _as_json(notice: Notice) -> dict[str, Any]:
    fields = {name: getattr(notice, name) for name in notice.__slots__ if name != "content"}
    for name in ("due_at", "created_at", "finished_at"):
        fields[name] = fields[name] and fields[name].isoformat()
    return fields | {"entry": notice.content["entry"]["kind"]}


@command
def lint(args: Any) -> None:
    rules = load_rules(Path(args.file))  # what is wrong with it is told by the border
    broken = [text for channel in rules.channels.values() if (text := _unusable(channel))]
    if broken:
        raise ContractInvalid(args.file, broken)
    count = f"{len(rules.channels)} channels, {len(rules.rules)} rules"
    print(f"{args.file}: {count}, {len(rules.escalations)} escalations; nothing is wrong with it")


def _unusable(channel: Channel) -> str | None:
    try:
        made_notifier(channel)
    except NoticeFailed as error:
        return f"channels.{channel.name}: {error}"
    return None


@command
def retry(args: Any) -> None:
    with governance_transaction() as connection:
        done = revive(connection, args.notice_id, actor=_actor(), now=utcnow())
    if not done:
        fail(
            f"there is no notice {args.notice_id!r} that was given up; "
            "`airflow governance incidents notices --state dead` lists them"
        )
    print(f"{args.notice_id} is sent again by the collector")


@command
def ack(args: Any) -> None:
    _change(args, people.acknowledge, comment=args.comment)


@command
def assign(args: Any) -> None:
    _change(args, people.assign, assignee=args.user, comment=args.comment)


@command
def comment(args: Any) -> None:
    _change(args, people.comment, text=args.comment)


@command
def resolve(args: Any) -> None:
    _change(args, people.resolve, resolution=args.resolution, comment=args.comment)


@command
def reportable(args: Any) -> None:
    _change(
        args,
        people.mark_reportable,
        regime=args.regime,
        aware_at=args.aware_at,
        comment=args.comment,
    )


@command
def report_sent(args: Any) -> None:
    _change(
        args,
        people.end_report,
        regime=args.regime,
        ending=Ending.WITHDRAWN if args.withdrawn else Ending.SENT,
        reference=args.reference,
        comment=args.comment,
    )


def _change(args: Any, do: Callable[..., Incident], **arguments: Any) -> None:
    author = people.Author(name=_actor(), witness="cli")
    with governance_transaction() as connection:
        do(
            connection,
            args.incident_id,
            author=author,
            now=utcnow(),
            version=args.version,
            **arguments,
        )
    _print(_detail(args.incident_id), output=args.output)


def _actor() -> str:
    return f"cli:{_user()}"[:ID_LENGTH]


def _user() -> str:
    """Who the operating system says it is."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        fail("the operating system does not say who you are, and every change names somebody")


def _detail(incident_id: str) -> IncidentDetail:
    with governance_transaction() as connection:
        found = get_incident(connection, incident_id)
        if found is None:
            fail(
                f"there is no incident {shown(incident_id)!r}; "
                "`airflow governance incidents list` shows the ids"
            )
        entries, notices = entries_of(connection, incident_id), notices_of(connection, incident_id)
    return IncidentDetail.with_timeline(found, entries, notices, now=utcnow())


def _print(detail: IncidentDetail, *, output: str) -> None:
    if output == "json":
        print_json(detail.model_dump(mode="json"))
        return
    print_facts(_facts(detail))
    print()
    rows = [(one.at, one.kind, one.actor, _told(one.details)) for one in detail.timeline]
    print_table(_TIMELINE, rows)
    if detail.affected and detail.affected.dags:
        print()
        dags = [(one.dag_id, one.after, one.via, one.name) for one in detail.affected.dags]
        print_table(_DOWNSTREAM, dags)
    if detail.notices:
        print()
        rows_of_notices = [
            (one.channel, one.state, one.attempts, one.last_error) for one in detail.notices
        ]
        print_table(_NOTICES, rows_of_notices)


def _told(details: Mapping[str, Any]) -> str:
    """All of it: what people said is what a timeline is read for."""
    told = {name: value for name, value in details.items() if value not in (None, "", [], {})}
    return "; ".join(f"{name}: {_plain(value)}" for name, value in told.items())


def _plain(value: Any) -> str:
    """What people write may have several lines."""
    return (
        " ".join(value.split()) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    )


def _facts(detail: IncidentDetail) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "incident": f"{detail.incident_id}, version {detail.version}",
        "state": detail.state,
        "severity": detail.severity,
        "kind": detail.kind,
        "title": detail.title,
        "dag": detail.dag_id,
        "run": detail.run_id,
        "task": detail.task_id,
        "owner": detail.owner,
        "assignee": detail.assignee,
        "seen": f"{detail.occurrences} times, last at {shown(detail.last_seen_at)} UTC",
        "opened": f"{shown(detail.opened_at)} UTC",
    }
    if detail.acknowledged_at:
        by = f"{shown(detail.acknowledged_at)} UTC by {shown(detail.acknowledged_by)}"
        facts["acknowledged"] = by
    if detail.resolved_at:
        who = detail.resolved_by or "itself"
        facts["resolved"] = f"{shown(detail.resolved_at)} UTC by {who}: {detail.resolution}"
        facts["comment"] = detail.comment
    facts |= {
        f"report {number}": _clock(clock, utcnow())
        for number, clock in enumerate(detail.reportable, start=1)
    }
    if detail.affected and detail.affected.models:
        facts["models"] = ", ".join(one.name for one in detail.affected.models)
    return facts


def _clock(clock: ClockItem, now: datetime) -> str:
    name = f"{clock.regime} ({clock.ref})"
    if clock.ended:
        reference = f", {clock.reference}" if clock.reference else ""
        return (
            f"{name}: {clock.ended} at {shown(clock.ended_at)} UTC by {clock.ended_by}{reference}"
        )
    left = clock.due_at.astimezone(UTC) - now
    text = f"{_span(left)} left" if left >= timedelta(0) else f"OVERDUE by {_span(-left)}"
    return f"{name}: due {shown(clock.due_at)} UTC, {text}"


def _span(span: timedelta) -> str:
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return f"{hours // 24}d {hours % 24}h" if hours >= 48 else f"{hours}h {minutes}m"  # noqa: PLR2004
