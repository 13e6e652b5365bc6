"""``airflow governance quality history``"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow_gov_provider.cli import pages
from airflow_gov_provider.cli.border import command
from airflow_gov_provider.cli.rendering import Column, print_json, print_table, shown
from airflow_gov_provider.domain.quality.attempts import Attempt, Standing, standings
from airflow_gov_provider.hooks.governance import governance_transaction
from airflow_gov_provider.store.evidence.check_attempts import GateFilter, page_of_attempts

_RESULTS = (
    Column(title="recorded (UTC)", kept=True, whole=True),
    Column(title="verdict", kept=True, whole=True),
    Column(title="found", kept=True),
    Column(title="expected"),
    Column(title="run", kept=True),
    Column(title="try", kept=True, whole=True),
    Column(title="reason"),
    Column(title="evidence", whole=True),
)
_CHECKS = (
    Column(title="check", kept=True),
    Column(title="attempts", kept=True, whole=True),
    Column(title="passed", kept=True, whole=True),
    Column(title="failed", kept=True, whole=True),
    Column(title="unanswered", kept=True, whole=True),
    Column(title="last verdict", kept=True, whole=True),
    Column(title="last found"),
)


@command
def history(args: Any) -> None:
    """Every attempt of the gate that the filters let through."""
    wanted = GateFilter(
        dag_id=args.dag_id,
        task_id=args.task_id,
        run_id=args.run_id,
        map_index=args.map_index,
        since=args.since,
        until=args.until,
    )
    with governance_transaction() as connection:
        attempts, more = pages.read(
            lambda cursor, limit: page_of_attempts(
                connection, wanted, before=cursor or args.before, limit=limit
            ),
            limit=args.limit,
        )
    as_json = args.json or args.output == "json"
    if args.check is None:
        _checks(standings(attempts), as_json=as_json, more=more, attempts=len(attempts))
    else:
        _results(args.check, attempts, as_json=as_json, more=more)


def _results(check: str, attempts: Sequence[Attempt], *, as_json: bool, more: bool) -> None:
    """One line an attempt; one whose record was changed, or had no such check, says so."""
    results = [(attempt, attempt.result(check)) for attempt in attempts]
    if as_json:
        print_json([{**attempt.as_json(), "check": check, **result} for attempt, result in results])
        return
    pages.print_list(
        _RESULTS,
        [
            (
                attempt.recorded_at,
                result["verdict"],
                result["observed"],
                result["expected"],
                attempt.run,
                attempt.try_number,
                result["reason"],
                attempt.evidence_id,
            )
            for attempt, result in results
        ],
        more=more,
        when_empty=_NOTHING,
    )


def _checks(found: Sequence[Standing], *, as_json: bool, more: bool, attempts: int) -> None:
    if as_json:
        print_json([each.as_json() for each in found])
        return
    if not found:
        print(_NOTHING)
        return
    print_table(
        _CHECKS,
        [
            (
                each.check,
                each.attempts,
                each.passed,
                each.failed,
                each.insufficient,
                each.last.get("verdict"),
                each.last.get("observed"),
            )
            for each in found
        ],
    )
    which = f"the newest {attempts}" if more else f"all {attempts}"
    print(f"\nOf {which} attempts; --check {shown(found[0].check)!r} lists those of one check.")


_NOTHING = (
    "No gate of this Dag and task has recorded anything that matches; "
    "`airflow governance evidence list` shows what was recorded."
)
