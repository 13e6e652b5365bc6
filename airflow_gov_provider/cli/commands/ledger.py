"""``airflow governance ledger ...``"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from airflow_gov_provider import config
from airflow_gov_provider.cli.border import command, fail, note
from airflow_gov_provider.cli.rendering import print_json, shown
from airflow_gov_provider.collector import seal as sealing
from airflow_gov_provider.collector.incidents.ledger import report_broken
from airflow_gov_provider.domain.ledger.bundle import write_bundle
from airflow_gov_provider.domain.ledger.notes import VerifierKey
from airflow_gov_provider.domain.ledger.tlog_proof import verify_event
from airflow_gov_provider.exceptions import GovernanceError
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.hooks.ledger import anchored_notes, keys_given, required_keys
from airflow_gov_provider.hooks.timestamps import Stamps, check_timestamps
from airflow_gov_provider.store.audit.whole import AuditReport, audit
from airflow_gov_provider.store.ledger import tree as ledger
from airflow_gov_provider.store.ledger.anchors import anchors
from airflow_gov_provider.store.ledger.keyring import Keyring
from airflow_gov_provider.store.ledger.sealed_events import (
    is_known,
    proof_of,
    sealed_event,
    sealed_events,
)
from airflow_gov_provider.store.search.pages import EventFilter

NO_CHECKPOINT = (
    "there is no checkpoint yet; the collector seals within seconds what arrives, and "
    "`airflow governance ledger seal` does so at once"
)


@command
def verify(args: Any) -> None:
    keys = _trusted(args.key)
    path = Path(args.anchors) if args.anchors else config.ledger_anchor_file()
    if args.anchors and not path.exists():
        fail(f"there is no anchor file {path}")
    since = None if args.full else args.since
    with governance_transaction() as connection:
        report = audit(connection, keys, anchors=anchors(path), since=since)
        stamps = check_timestamps(connection, keys, size=report.size, since=since)
    report = replace(report, problems=(*report.problems, *stamps.problems))
    if args.output == "json":
        print_json({**asdict(report), "is_intact": report.is_intact, "timestamps": stamps.facts})
    else:
        _print_report(report, stamps)
    if not report.is_intact:
        if not args.key and not args.anchors:  # with those of somebody else it may be their mistake
            _open_incident(report)
        fail(_verdict(report))


def _open_incident(report: AuditReport) -> None:
    """So that others learn of it; whoever may only read the database sees it here alone."""
    try:
        with governance_transaction() as connection:
            problems = [str(problem) for problem in report.problems]
            report_broken(connection, problems, now=utcnow(), witness="cli")
    except (GovernanceError, SQLAlchemyError) as error:
        note(f"note: no incident could be opened: {type(error).__name__}")


def _trusted(texts: Sequence[str] | None) -> Keyring:
    if not texts:
        return required_keys()
    return Keyring(trusted=tuple(VerifierKey.from_text(text) for text in texts))


def _verdict(report: AuditReport) -> str:
    count = len(report.problems) + report.uncounted
    return f"the ledger is not as it was sealed: {count} problem{'s' * (count != 1)}"


def _print_report(report: AuditReport, stamps: Stamps) -> None:
    read = (
        f"{report.events:,} events from leaf {report.first:,} on, {report.checkpoints:,} "
        f"checkpoints, {report.anchors:,} anchors, {report.records:,} evidence and votes, "
        f"{report.sightings:,} sightings"
    )
    print(f"ledger   {shown(report.origin)}, {report.size:,} leaves are signed")
    print(f"read     {read}")
    print(f"waiting  {report.unsealed:,} events for the next checkpoint")
    if stamps.newest:
        print(f"stamped  {stamps}")
    for remark in (*report.remarks, *stamps.remarks):
        note(f"note: {remark}")
    if not report.anchors:
        note("note: without an anchor, a database that was set back to an older state looks intact")
    for problem in report.problems:
        print(f"WRONG    {shown(problem)}")
    if report.uncounted:
        print(f"WRONG    and {report.uncounted:,} more")
    if report.is_intact:
        print("OK       nothing is missing and nothing was changed")


@command
def prove(args: Any) -> None:
    with governance_transaction() as connection:
        ledger.snapshot(connection)
        last = ledger.last_checkpoint(connection)
        found = sealed_event(connection, args.event_id)
        if found is None and is_known(connection, args.event_id):
            fail(f"event {shown(args.event_id)} is not sealed yet; {NO_CHECKPOINT}")
        if found is None or last is None:
            fail(
                f"there is no event {shown(args.event_id)!r}; "
                "`airflow governance events -o json` shows the ids"
            )
        text = proof_of(connection, found, last)
    if given := keys_given():
        verify_event(text, found.document, given.verifiers)
    if args.output_file:
        Path(args.output_file).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


@command
def export(args: Any) -> None:
    wanted = EventFilter(
        **{name: getattr(args, name) for name in ("dag_id", "run_id", "since", "until")}
    )
    given, target = keys_given(), Path(args.output_file)
    partial = target.with_name(f"{target.name}.partial")
    try:
        with governance_transaction() as connection, partial.open("wb") as out:
            ledger.snapshot(connection)
            last = ledger.last_checkpoint(connection)
            if last is None:
                fail(NO_CHECKPOINT)
            manifest = write_bundle(
                out,
                events=sealed_events(connection, wanted, size=last.size),
                node=ledger.StoredTree(connection).node,
                checkpoint=last.note,
                keys=given.verifiers if given else (),
                older=anchored_notes(last.size),
            )
        partial.replace(target)
    except OSError as error:
        fail(f"{target} cannot be written: {type(error).__name__}")
    finally:
        partial.unlink(missing_ok=True)
    print(f"{manifest.events:,} events of {manifest.origin} are in {target}")
    note(
        f"verify it with `python -m airflow_gov_provider.verify {target} --key FILE`, where FILE "
        "holds what `airflow governance ledger keys` prints and went another way than the export"
    )


@command
def checkpoint(_args: Any) -> None:
    with governance_transaction() as connection:
        last = ledger.last_checkpoint(connection)
    if last is None:
        fail(NO_CHECKPOINT)
    sys.stdout.write(last.note)


@command
def keys(args: Any) -> None:
    known = sealing.replace_key() if args.replace else required_keys()
    for key in known.verifiers:
        print(key.text)


@command
def seal(_args: Any) -> None:
    sealed = sealing.seal_once()
    print(f"sealed {sealed:,} event{'s' * (sealed != 1)}")
