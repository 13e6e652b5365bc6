"""The duty that notices where our listener is not called any more."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from airflow_gov_provider.domain.record.coverage import Loss, Subject, judge
from airflow_gov_provider.hooks.governance import governance_transaction, new_id, utcnow
from airflow_gov_provider.store.events import coverage as store
from airflow_gov_provider.store.events.coverage import LISTENER_LOST, CoverageFinding
from airflow_gov_provider.store.tables import ID_LENGTH

_log = logging.getLogger(__name__)

INTERVAL = 10.0
_WINDOW = timedelta(minutes=10)
_RIPENING = timedelta(seconds=20)  # by then what a host records is in the database, if all is well
_MOST = 2000


def watch_listeners(*, clock: Callable[[], datetime] = utcnow) -> int:
    """Judge the transitions of the last ten minutes, at most the newest two thousand.

    :returns: how many findings were opened or closed.
    :raises StoreUnavailable: if the governance database cannot be reached.
    """
    now = clock()
    with governance_transaction() as connection:
        transitions = store.reported_transitions(
            connection, since=now - _WINDOW, until=now - _RIPENING, most=_MOST
        )
        if not transitions:
            return 0
        known = {_of(one): one for one in store.open_findings(connection, kind=LISTENER_LOST)}
        past = store.closed_since(connection, now - _WINDOW, kind=LISTENER_LOST)
    closed = {_of(one): one.closed_at for one in past if one.closed_at}
    judgement = judge(transitions, open_findings=known, closed=closed)
    if not judgement.lost and not judgement.restored:
        return 0
    with governance_transaction() as connection:
        for loss in judgement.lost:
            store.open_finding(connection, _finding(loss, now))
        for subject in judgement.restored:
            store.close_finding(connection, known[subject], now=now)
    for loss in judgement.lost:
        _log.error(
            "%d of %d transitions of %s %s have no event of the governance listener; another "
            "plugin may keep its hooks from being called, and the log of a task there says which",
            loss.lost,
            loss.of,
            *loss.subject,
        )
    return len(judgement.lost) + len(judgement.restored)


def _of(finding: CoverageFinding) -> Subject:
    kind, _, name = finding.subject.partition(":")
    return kind, name


def _finding(loss: Loss, now: datetime) -> CoverageFinding:
    kind, name = loss.subject
    details: dict[str, Any] = {
        "lost": loss.lost,
        "of": loss.of,
        "since": loss.since.isoformat(),
        "examples": list(loss.examples),
    }
    return CoverageFinding(
        finding_id=new_id(),
        kind=LISTENER_LOST,
        subject=f"{kind}:{name}"[:ID_LENGTH],
        details=details,
        opened_at=now,
    )
