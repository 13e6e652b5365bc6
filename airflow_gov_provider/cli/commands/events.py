"""``airflow governance events``"""

from __future__ import annotations

from typing import Any

from airflow_gov_provider.api.schemas import EventItem
from airflow_gov_provider.cli import pages
from airflow_gov_provider.cli.border import command
from airflow_gov_provider.cli.rendering import Column, print_json, task_instance
from airflow_gov_provider.hooks.governance import governance_transaction
from airflow_gov_provider.store.event_search import EventFilter, page_of_events

_FILTERS = ("dag_id", "run_id", "task_id", "type", "actor", "since", "until")
_COLUMNS = [
    Column(title="occurred (UTC)", kept=True, whole=True),
    Column(title="type", kept=True, whole=True),
    Column(title="dag", kept=True),
    Column(title="task", kept=True),
    Column(title="try", whole=True),
    Column(title="actor"),
    Column(title="run"),
]


@command
def list_events(args: Any) -> None:
    wanted = EventFilter(**{name: getattr(args, name) for name in _FILTERS})
    with governance_transaction() as connection:
        events, more = pages.read(
            lambda cursor, limit: page_of_events(
                connection, wanted, before=int(cursor) if cursor else None, limit=limit
            ),
            limit=args.limit,
        )
    items = [EventItem.of(event) for event in events]
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
            )
            for item in items
        ],
        more=more,
        when_empty=_when_empty(filtered=pages.has_filters(args, *_FILTERS)),
    )


def _when_empty(*, filtered: bool) -> str:
    if filtered:
        return "No event matches these filters; leave one out to see more."
    return (
        "No events yet. Run a Dag; the api-server brings its events here within seconds, and "
        "`airflow governance ship` does so at once."
    )
