"""``airflow governance ledger status``"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airflow_gov_provider import config
from airflow_gov_provider.cli.border import command
from airflow_gov_provider.cli.rendering import print_json, shown
from airflow_gov_provider.collector.reconcile.lag import Lag, log_lag
from airflow_gov_provider.domain.record.recording import Gap
from airflow_gov_provider.hooks.governance import governance_transaction
from airflow_gov_provider.store.events.coverage import CoverageFinding, open_findings
from airflow_gov_provider.store.events.recording_state import RecordingState, recording_state
from airflow_gov_provider.store.ledger.anchors import last_anchor
from airflow_gov_provider.store.ledger.tree import LedgerState, ledger_state


@dataclass(frozen=True, slots=True, kw_only=True)
class _Status:
    ledger: LedgerState
    recording: RecordingState
    findings: list[CoverageFinding]
    anchored_at: datetime | None
    lag: Lag | None


@command
def status(args: Any) -> None:
    anchor = last_anchor(config.ledger_anchor_file())
    with governance_transaction() as connection:
        found = _Status(
            ledger=ledger_state(connection),
            recording=recording_state(connection),
            findings=open_findings(connection),
            anchored_at=anchor.anchored_at if anchor else None,
            lag=log_lag(),
        )
    if args.json or args.output == "json":
        print_json(_document(found))
    else:
        _print(found)


def _print(found: _Status) -> None:
    ledger, recording, gap = found.ledger, found.recording, found.recording.last_gap
    print(f"recording since   {shown(recording.since)}")
    if recording.stopped_at:
        print(f"stopped           {shown(recording.stopped_at)}; no collector runs")
    print(f"last gap          {_gap(gap) if gap else 'none'}")
    print(f"sealed            {ledger.size:,} events, {ledger.unsealed:,} wait")
    print(f"last checkpoint   {shown(ledger.sealed_at)}")
    print(f"last anchor       {shown(found.anchored_at)}")
    print(f"Airflow's log     {_lag(found.lag)}")
    print(f"requests          {recording.waiting_requests:,} wait for their row of the log")
    print(f"reconciled until  {shown(recording.reconciled_until)}")
    print(f"incomplete runs   {recording.incomplete_runs:,}")
    print(f"open findings     {len(found.findings):,}")
    for finding in found.findings:
        print(f"  {_finding(finding)}")


def _gap(gap: Gap) -> str:
    if gap.filled is None:
        came = "what was written meanwhile is still being read"
    else:
        came = f"{sum(gap.filled.values()):,} events of that time came later"
    return f"{shown(gap.since)} to {shown(gap.until)}, {gap.reason.replace('_', ' ')}; {came}"


def _lag(lag: Lag | None) -> str:
    if lag is None:
        return "nobody can tell how far it is read"
    if not lag.rows:
        return "is read to its end"
    return f"{lag.rows:,} rows are unread, the first one of {shown(lag.since)}"


def _finding(finding: CoverageFinding) -> str:
    details = ", ".join(
        f"{name} {value}" for name, value in finding.details.items() if isinstance(value, int)
    )
    kind = {"listener": "the listener is not heard", "missing": "events are not complete"}
    what = kind.get(finding.kind, finding.kind)
    return shown(f"{finding.subject}: {what} since {shown(finding.opened_at)} ({details})")


def _document(found: _Status) -> dict[str, Any]:
    recording, gap = found.recording, found.recording.last_gap
    return {
        "recording_since": _text(recording.since),
        "stopped_at": _text(recording.stopped_at),
        "last_gap": gap and gap.content,
        "sealed": found.ledger.size,
        "unsealed": found.ledger.unsealed,
        "last_checkpoint_at": _text(found.ledger.sealed_at),
        "last_anchor_at": _text(found.anchored_at),
        "unread_log_rows": found.lag and found.lag.rows,
        "unread_log_since": _text(found.lag.since if found.lag else None),
        "waiting_requests": recording.waiting_requests,
        "reconciled_until": _text(recording.reconciled_until),
        "incomplete_runs": recording.incomplete_runs,
        "open_findings": [
            {
                "finding_id": finding.finding_id,
                "kind": finding.kind,
                "subject": finding.subject,
                "details": finding.details,
                "opened_at": _text(finding.opened_at),
            }
            for finding in found.findings
        ],
    }


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
