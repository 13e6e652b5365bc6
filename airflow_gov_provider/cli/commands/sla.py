"""``airflow governance sla report`` and ``sla outcomes``"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from typing import Any

from airflow_gov_provider.api.sla_schemas import AttainmentItem, AttainmentReport, OutcomeItem
from airflow_gov_provider.cli import pages
from airflow_gov_provider.cli.border import command
from airflow_gov_provider.cli.rendering import Column, print_json, print_table, shown
from airflow_gov_provider.domain.sla.attainment import BURN_WINDOWS, Grouping, attain_by
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.hooks.sla import incident_ids_of
from airflow_gov_provider.store.promises.attainment import TallyFilter, tallies
from airflow_gov_provider.store.promises.commitments import titles
from airflow_gov_provider.store.promises.outcome_pages import OutcomeFilter, page_of_outcomes

_FILTERS = ("dag_id", "run_id", "commitment_id", "owner", "state", "since", "until")
_COUNTS = ("met", "missed", "excused", "void", "pending")
_OUTCOMES = [
    Column(title="state", kept=True, whole=True),
    Column(title="dag", kept=True),
    Column(title="commitment", kept=True),
    Column(title="occasion", kept=True),
    Column(title="expected (UTC)", whole=True),
    Column(title="actual (UTC)", whole=True),
    Column(title="by"),
    Column(title="reason"),
    Column(title="owner"),
]


@command
def report(args: Any) -> None:
    until = args.until or utcnow()
    wanted = TallyFilter(
        since=until - args.window,
        until=until,
        dag_id=args.dag_id,
        owner=args.owner,
        commitment_id=args.commitment_id,
    )
    with governance_transaction() as connection:
        found = attain_by(Grouping(args.by), tallies(connection, wanted))
        of_one = args.by == Grouping.COMMITMENT
        named = titles(connection, [one.subject or "" for one in found]) if of_one else {}
    items = [AttainmentItem.of(one, named.get(one.subject or "")) for one in found]
    if args.output == "json":
        told = AttainmentReport(
            since=wanted.since, until=until, by=args.by, total=len(items), items=items
        )
        print_json(told.model_dump(mode="json"))
    elif args.output == "csv":
        _print_csv(items)
    elif items:
        _print_table(items, args.by)
    else:
        print("Nothing that was promised was judged in this time.")


def _print_csv(items: Sequence[AttainmentItem]) -> None:
    """All figures whole; a cell that would be a formula for a spreadsheet is a text."""
    shares = ("attainment", "target", "budget_used")
    writer = csv.writer(sys.stdout, lineterminator="\n")
    burns = [f"burn_rate_{name}" for name in BURN_WINDOWS]
    writer.writerow(["subject", "dag_id", "name", *_COUNTS, *shares, *burns])
    for item in items:
        names = [_text(value) for value in (item.subject, item.dag_id, item.name)]
        figures = [getattr(item, name) for name in (*_COUNTS, *shares)]
        writer.writerow([*names, *figures, *(item.burn_rates[name] for name in BURN_WINDOWS)])


def _text(value: str | None) -> str:
    text = "" if value is None else shown(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) and len(text) > 1 else text


def _print_table(items: Sequence[AttainmentItem], by: str) -> None:
    names = ("dag", "commitment") if by == Grouping.COMMITMENT else (by,)
    columns = [
        *(Column(title=name, kept=True) for name in names),
        Column(title="attained", kept=True, whole=True),
        Column(title="target", whole=True),
        Column(title="budget used", whole=True),
        *(Column(title=name, whole=True) for name in _COUNTS),
        *(Column(title=f"burn {name}", whole=True) for name in BURN_WINDOWS),
    ]
    print_table(columns, [_row(item, by) for item in items])


def _row(item: AttainmentItem, by: str) -> tuple[object, ...]:
    names = (item.dag_id, item.title) if by == Grouping.COMMITMENT else (item.subject,)
    rates = (item.burn_rates[name] for name in BURN_WINDOWS)
    return (
        *names,
        *(_percent(share) for share in (item.attainment, item.target, item.budget_used)),
        *(getattr(item, name) for name in _COUNTS),
        *(None if rate is None else f"{rate:.1f}" for rate in rates),
    )


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{100 * share:.2f} %"


@command
def list_outcomes(args: Any) -> None:
    wanted = OutcomeFilter(**{name: getattr(args, name) for name in _FILTERS})
    with governance_transaction() as connection:
        found, more = pages.read(
            lambda cursor, limit: page_of_outcomes(connection, wanted, before=cursor, limit=limit),
            limit=args.limit,
        )
        incidents = incident_ids_of(connection, found)
    items = [OutcomeItem.of(one, incidents.get(one.outcome_id)) for one in found]
    if args.output == "json":
        print_json([item.model_dump(mode="json") for item in items])
        return
    rows = [
        (
            item.state,
            item.dag_id,
            item.title,
            item.occasion,
            item.expected_at,
            item.actual_at,
            item.judged_by,
            item.reason,
            item.owner,
        )
        for item in items
    ]
    pages.print_list(_OUTCOMES, rows, more=more, when_empty="" if rows else _when_empty(args))


def _when_empty(args: Any) -> str:
    def finds(name: str, value: object) -> bool:
        wanted: Any = {name: value}
        with governance_transaction() as connection:
            return bool(page_of_outcomes(connection, OutcomeFilter(**wanted), limit=1).items)

    if given := pages.given_filters(args, *_FILTERS):
        return pages.why_nothing("outcome", given, finds)
    return "No outcomes yet. They come with the first run, day or update of what is promised."
