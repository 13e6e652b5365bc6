"""``airflow governance ledger reconcile``"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from airflow_gov_provider.cli.border import command, fail, note
from airflow_gov_provider.cli.rendering import Column, print_json, print_table, task_instance
from airflow_gov_provider.collector.reconcile.report import Findings, Report
from airflow_gov_provider.collector.reconcile.report import reconcile as compare_all
from airflow_gov_provider.collector.reconcile.tables import Scope
from airflow_gov_provider.domain.record.reconciliation import Difference

_PROGRESS_SECONDS = 5.0
_COLUMNS = (
    Column(title="WHAT", kept=True, whole=True),
    Column(title="STATE", kept=True, whole=True),
    Column(title="DAG", kept=True),
    Column(title="RUN", kept=True),
    Column(title="TASK", kept=True),
    Column(title="TRY"),
    Column(title="TIME (UTC)", whole=True),
    Column(title="WHY OR EVENTS"),
)


@command
def reconcile(args: Any) -> None:
    scope = Scope(since=args.since, until=args.until, dag_id=args.dag_id)
    report = compare_all(scope, progress=_progress())
    if args.json or args.output == "json":
        print_json(_document(report))
    else:
        _print(report)
    if not report.is_complete:
        fail(
            f"{report.missing.count:,} states have no event, "
            f"{report.doubled.count:,} have more than one"
        )


def _progress() -> Callable[[Report], None]:
    """Tell people on a terminal every few seconds how far it is."""
    told = time.monotonic()

    def tell(report: Report) -> None:
        nonlocal told
        if sys.stderr.isatty() and time.monotonic() - told >= _PROGRESS_SECONDS:
            told = time.monotonic()
            note(f"{report.runs:,} runs, {report.compared:,} states ...")

    return tell


def _print(report: Report) -> None:
    differences = (report.missing, report.doubled, report.unmatched)
    if rows := [_row(one) for findings in differences for one in findings.first]:
        print_table(_COLUMNS, rows)
        print()
    print(f"runs       {report.runs:,}, {report.under_way_count:,} of them under way")
    for dag_id, run_id in report.under_way[:10]:
        print(f"           under way: {dag_id} {run_id}")
    print(f"compared   {report.compared:,} states")
    print(f"pending    {report.pending:,} of runs under way or younger than half a minute")
    if report.before_recording:
        print(f"older      {report.before_recording:,} from before the ledger")
    print(f"unmatched  {report.unmatched.count:,} events that Airflow's tables hold no more")
    print(f"missing    {report.missing.count:,}")
    print(f"doubled    {report.doubled.count:,}")


def _row(found: Difference) -> tuple[object, ...]:
    return (
        found.kind,
        found.state,
        found.dag_id,
        found.run_id,
        task_instance(found.task_id, found.map_index),
        found.try_number,
        found.at,
        found.why or ", ".join(found.event_ids),
    )


def _document(report: Report) -> dict[str, Any]:
    return {
        "is_complete": report.is_complete,
        "runs": report.runs,
        "under_way": {
            "count": report.under_way_count,
            "first": [{"dag_id": dag, "run_id": run} for dag, run in report.under_way],
        },
        "compared": report.compared,
        "pending": report.pending,
        "before_recording": report.before_recording,
        "missing": _findings(report.missing),
        "doubled": _findings(report.doubled),
        "unmatched": _findings(report.unmatched),
    }


def _findings(findings: Findings) -> dict[str, Any]:
    return {"count": findings.count, "first": [_plain(one) for one in findings.first]}


def _plain(found: Difference) -> dict[str, Any]:
    content = asdict(found)
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in content.items()
    }
