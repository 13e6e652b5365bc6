"""``airflow governance events``"""

from __future__ import annotations

from typing import Any

from airflow_gov_provider.api.schemas import EventDetail, EventItem
from airflow_gov_provider.cli import pages
from airflow_gov_provider.cli.border import command, fail
from airflow_gov_provider.cli.rendering import (
    Column,
    on_one_line,
    print_facts,
    print_json,
    print_table,
    shown,
    task_instance,
)
from airflow_gov_provider.domain.words import phrases
from airflow_gov_provider.hooks.governance import governance_transaction
from airflow_gov_provider.store.events.rows import event_with
from airflow_gov_provider.store.events.witnesses import sightings_of, witnesses_of
from airflow_gov_provider.store.ledger.tree import snapshot
from airflow_gov_provider.store.search.pages import EventFilter, page_of_events

_OF_TASK = ("map_index", "try_number")
_FILTERS = (
    *("dag_id", "run_id", "task_id", *_OF_TASK),
    *("type", "category", "without_type", "state", "actor", "witness", "q", "since", "until"),
)
_COLUMNS = [
    Column(title="occurred (UTC)", kept=True, whole=True),
    Column(title="type", kept=True, whole=True),
    Column(title="dag", kept=True),
    Column(title="task", kept=True),
    Column(title="try", whole=True),
    Column(title="actor"),
    Column(title="run"),
    Column(title="seen by"),
]
_SIGHTING_COLUMNS = [
    Column(title="witness", kept=True, whole=True),
    Column(title="at (UTC)", kept=True, whole=True),
    Column(title="reference", kept=True),
]


@command
def list_events(args: Any) -> None:
    wanted = _filter(args)
    with governance_transaction() as connection:
        snapshot(connection)
        events, more = pages.read(
            lambda cursor, limit: page_of_events(
                connection, wanted, before=int(cursor) if cursor else None, limit=limit
            ),
            limit=args.limit,
        )
        others = witnesses_of(connection, [stored.event.event_id for stored in events])
    items = [EventItem.of(stored, others.get(stored.event.event_id, ())) for stored in events]
    if args.output == "json":
        print_json([item.model_dump(mode="json") for item in items])
        return
    pages.print_list(
        _COLUMNS,
        [
            (
                item.occurred_at,
                item.type,
                item.dag_id,
                task_instance(item.task_id, item.map_index),
                item.try_number,
                item.actor,
                item.run_id,
                ", ".join(item.witnesses),
            )
            for item in items
        ],
        more=more,
        when_empty=_when_empty(filtered=pages.has_filters(args, *_FILTERS)),
    )


@command
def show(args: Any) -> None:
    with governance_transaction() as connection:
        stored = event_with(connection, args.event_id)
        found = sightings_of(connection, [args.event_id]).get(args.event_id, [])
    if stored is None:
        fail(
            f"there is no event {shown(args.event_id)!r}; "
            "`airflow governance events --output json` shows the ids"
        )
    detail = EventDetail.with_sightings(stored, found)
    if args.output == "json":
        print_json(detail.model_dump(mode="json"))
        return
    print_facts(
        {
            "event": detail.event_id,
            "type": detail.type,
            "dag": detail.dag_id,
            "run": detail.run_id,
            "task": task_instance(detail.task_id, detail.map_index),
            "try": detail.try_number,
            "actor": detail.actor,
            "occurred": f"{shown(detail.occurred_at)} UTC",
            "recorded": f"{shown(detail.recorded_at)} UTC",
            "seen by": ", ".join(detail.witnesses),
            "payload": on_one_line(detail.payload),
        }
    )
    if detail.sightings:
        print()
        print_table(
            _SIGHTING_COLUMNS,
            [(one.witness, one.occurred_at, one.reference) for one in detail.sightings],
        )


def _filter(args: Any) -> EventFilter:
    for name in _OF_TASK:
        if getattr(args, name) is not None and args.task_id is None:
            fail(f"expected --{name.replace('_', '-')} together with --task-id")
    try:
        if args.q is not None:
            phrases(args.q)
    except ValueError as error:
        fail(str(error))
    return EventFilter(**{name: getattr(args, name) for name in _FILTERS})


def _when_empty(*, filtered: bool) -> str:
    if filtered:
        return "No event matches these filters; leave one out to see more."
    return (
        "No events yet. Run a Dag; the api-server brings its events here within seconds, and "
        "`airflow governance ship` does so at once."
    )
