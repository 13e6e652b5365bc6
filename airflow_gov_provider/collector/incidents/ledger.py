"""The ledger is read again all the time, a little at a time; what is wrong in it is an incident.

What was sealed since the last round is read at once. Of what is older, each round reads for a
moment, until the end is reached and it begins anew. No transaction lasts longer than one slice.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from airflow_gov_provider import config
from airflow_gov_provider.collector.seal import require_anchored
from airflow_gov_provider.domain.events import canonical_line
from airflow_gov_provider.domain.incidents.incident import Kind, Sighting, dedup_key_of
from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.exceptions import LedgerBroken
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.hooks.incidents import COLLECTOR, report
from airflow_gov_provider.hooks.ledger import required_keys
from airflow_gov_provider.store.audit.findings import Problem
from airflow_gov_provider.store.audit.slices import audit_slice
from airflow_gov_provider.store.audit.verification import (
    Verification,
    read_verification,
    write_verification,
)
from airflow_gov_provider.store.ledger import tree as ledger

INTERVAL = 60.0
NEW_AT_ONCE = 20_000  # leaves
OLD_AT_ONCE = 5_000
_SECONDS = 1.0  # for what is new; the rest is read in the next round
_SECONDS_OF_OLD = 0.3
_LISTED = 5


def verify_some(
    *, clock: Callable[[], datetime] = utcnow, monotonic: Callable[[], float] = time.monotonic
) -> int:
    """Read what was sealed since the last round, and a part of what is older.

    :returns: how many leaves were read.
    :raises LedgerInvalid: if this host has no key to verify with.
    :raises StoreUnavailable: if the database cannot be reached.
    """
    with governance_transaction() as connection:
        last = ledger.last_checkpoint(connection)
        before = read_verification(connection)
    if last is None:
        return 0
    before = before or Verification(checked=0, again=0)
    start = min(before.checked, last.size)
    checked, found = _read(start, last.size, NEW_AT_ONCE, monotonic, monotonic() + _SECONDS)
    again = 0 if before.again >= checked else before.again
    end, older = _read(again, checked, OLD_AT_ONCE, monotonic, monotonic() + _SECONDS_OF_OLD)
    known = before.without((start, checked), (again, end))
    now_known = Verification(
        checked=checked,
        again=end,
        problems=(
            *known,
            *_shrunk(before.checked, last.size),
            *_not_anchored(last),
            *found,
            *older,
        ),
    )
    with governance_transaction() as connection:
        if now_known.problems:  # with those that were found before, lest these hide them
            told = dict.fromkeys(str(problem) for problem in now_known.problems)
            report_broken(connection, list(told), now=clock())
        write_verification(connection, now_known, now=clock())
    return checked - start + end - again


def _read(
    start: int, end: int, most: int, monotonic: Callable[[], float], until: float
) -> tuple[int, list[Problem]]:
    """Slice by slice, at least one if there is any; how far it came, and what is wrong."""
    at, problems = start, list[Problem]()
    while at < end and (at == start or monotonic() < until):
        begin, (at, found) = at, _slice(at, most)
        problems += _placed(found, begin)
    return at, problems


def _slice(start: int, most: int) -> tuple[int, list[Problem]]:
    with governance_transaction() as connection:
        ledger.snapshot(connection)
        found = audit_slice(connection, required_keys(), start=start, most=most)
    return found.end, list(found.problems)


def _placed(problems: Sequence[Problem], start: int) -> list[Problem]:
    """Those of no leaf get the first one of their slice: reading that again will tell of them."""
    return [
        one if one.leaf_index is not None else replace(one, leaf_index=start) for one in problems
    ]


def _shrunk(checked: int, size: int) -> list[Problem]:
    if checked <= size:
        return []
    return [Problem(what=f"{checked} leaves were verified before, and {size} are signed now")]


def _not_anchored(last: ledger.StoredCheckpoint) -> list[Problem]:
    try:
        with governance_transaction() as connection:
            require_anchored(connection, last)
    except LedgerBroken as error:
        return [Problem(what=str(error))]
    return []


def report_broken(
    connection: Connection, problems: Sequence[str], *, now: datetime, witness: str = COLLECTOR
) -> None:
    """Report that the ledger is not as it was sealed.

    :param problems: what is wrong; the same problems are one occasion, whoever finds them.
    :param witness: who found it: ``collector`` or ``cli``.
    """
    count = len(problems)
    occasion = hashlib.sha256(canonical_line(sorted(problems))).hexdigest()
    sighting = Sighting(
        kind=Kind.LEDGER,
        dedup_key=dedup_key_of(Kind.LEDGER, config.ledger_origin()),
        occasion=occasion,
        severity=Severity.CRITICAL,
        title=f"the ledger is not as it was sealed: {count} problem{'s' * (count != 1)}",
        details={"problems": count, "first": list(problems[:_LISTED]), "found_by": witness},
        auto_resolve=False,
    )
    report(connection, sighting, now=now, witness=witness)
