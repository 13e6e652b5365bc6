"""``airflow governance contract test``"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from airflow_gov_provider.cli.border import FAILED, UNUSABLE, fail, judging
from airflow_gov_provider.cli.contract_files import contract_of
from airflow_gov_provider.cli.progress import step
from airflow_gov_provider.cli.rendering import Column, print_json, print_table, shown
from airflow_gov_provider.domain.canonical import canonical_bytes
from airflow_gov_provider.domain.contracts import Contract
from airflow_gov_provider.domain.quality.evaluation import evaluate
from airflow_gov_provider.domain.quality.expectations import Profile
from airflow_gov_provider.domain.quality.occasions import Occasion, settled
from airflow_gov_provider.domain.verdicts import Report, Verdict
from airflow_gov_provider.exceptions import ArgumentInvalid
from airflow_gov_provider.hooks.governance import utcnow
from airflow_gov_provider.profiling.places.addresses import Opened, address, opened

UNANSWERED = 3
_EXIT_CODES = {Verdict.FAILED: FAILED, Verdict.INSUFFICIENT: UNANSWERED}
_COLUMNS = (
    Column(title="verdict", kept=True, whole=True),
    Column(title="check", kept=True),
    Column(title="severity", whole=True),
    Column(title="expected", kept=True),
    Column(title="found", kept=True),
    Column(title="reason"),
)


@judging
def test(args: Any) -> None:
    """The report is on stdout, and the exit code is the verdict's, or 2 if there can be none."""
    occasion = _occasion(args.logical_date)
    read = contract_of(args.contract, object_name=args.object, code=UNUSABLE)
    contract = settled(read, occasion)
    data, profile = _measured(contract, args)
    report = evaluate(contract, profile, now=utcnow())
    content = _as_json(contract, data, profile, report)
    if args.report:
        _write(Path(args.report), content)
    if args.output == "json":
        print_json(content)
    else:
        _print(contract, profile, report)
    if code := _EXIT_CODES.get(report.verdict):
        raise SystemExit(code)


def _occasion(written: str | None) -> Occasion:
    """The moment of a run that there is none of: a time, or the interval START/END."""
    now = utcnow()
    if written is None:
        return Occasion(now=now)
    try:
        start, *end = (_moment(part) for part in written.split("/", maxsplit=1))
    except ValueError:
        fail(
            f"--logical-date: expected a time such as 2026-03-02 or an interval such as "
            f"2026-03-01/2026-03-02, found {written!r}",
            code=UNUSABLE,
        )
    if end and end[0] <= start:
        fail(
            f"--logical-date: the interval {written!r} ends before it begins; exchange the two",
            code=UNUSABLE,
        )
    return Occasion(now=now, logical=(end or [start])[0], start=start, end=(end or [start])[0])


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text.strip())
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _measured(contract: Contract, args: Any) -> tuple[Described, Profile]:
    """What a gate would measure, and the words for the data.

    :raises ArgumentInvalid: if the data is named in no way, or in two.
    """
    from airflow_gov_provider.operators.quality_source import Database, resources

    title = f"measuring {len(contract.expectations)} checks on "
    if args.conn_id is None:
        where = address(args.data, table=args.table, query=args.query)
        title += where.shown
        opening = opened(where, contract.expectations, resources=resources())
        with opening as data, step(title, lambda: _how_far(data)):
            return data, data.profile(contract.expectations)
    if args.table is not None or (args.data == "-") is not (args.query is not None):
        raise ArgumentInvalid(
            "--conn-id: expected the name of a table as DATA, or a - there and --query"
        )
    table = None if args.query else args.data
    behind = Database(conn_id=args.conn_id, table=table, query=args.query)
    with step(f"{title}{args.conn_id} ({table or 'a query'})"):
        return behind, behind.profile(contract.expectations)


class Described(Protocol):
    """Data that can be named in evidence."""

    def described(self) -> dict[str, Any]: ...


def _how_far(data: Opened) -> str:
    share = data.progress()
    part = "" if share is None else f" ({share:.0%} of it)"
    return f"statement {data.engine.statements}{part}"


def _print(contract: Contract, profile: Profile, report: Report) -> None:
    print_table(
        _COLUMNS,
        [
            (each.verdict, each.check, each.severity, each.expected, each.observed, each.reason)
            for each in report.findings
        ],
    )
    for statement in contract.outside:
        print(f"not about the data, not judged: {shown(statement)}")
    rows = f"{profile.rows} rows, {len(profile.columns)} columns"
    print(f"\n{shown(contract)} on {shown(profile.source)} ({rows}): {report.summary()}")


def _as_json(
    contract: Contract, data: Described, profile: Profile, report: Report
) -> dict[str, Any]:
    """What a gate records of the same contract on the same data."""
    return {
        "contract": {
            "id": contract.id,
            "version": contract.version,
            "name": contract.name,
            "format": contract.format,
            "format_version": contract.format_version,
            "object": contract.object_name,
            "digest": contract.digest,
            "outside": list(contract.outside),
        },
        "source": data.described(),
        "rows": profile.rows,
        "columns": dict(profile.columns),
        "statements": profile.statements,
        "subject": report.subject,
        "verdict": report.verdict.value,
        "summary": report.summary(),
        "findings": [finding.as_json() for finding in report.findings],
    }


def _write(path: Path, content: dict[str, Any]) -> None:
    """Canonical JSON, so that equal reports are equal files."""
    try:
        path.write_bytes(canonical_bytes(content) + b"\n")
    except OSError as error:
        fail(f"{path} cannot be written: {error.strerror}", code=UNUSABLE)
