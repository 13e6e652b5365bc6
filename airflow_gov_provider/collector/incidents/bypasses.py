"""A task that asks people ended well without their approval: somebody went past them.

That is how it looks when a task is marked as success by hand, or its whole run is, while nobody has
approved, or although somebody has rejected. What was approved for an earlier try does not speak for
one that is marked by hand: it was cleared because something else stands now.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from airflow_gov_provider.collector.incidents.owners import owner_of
from airflow_gov_provider.collector.incidents.walking import walk_on
from airflow_gov_provider.domain.approvals.request import State
from airflow_gov_provider.domain.incidents.incident import Kind, Sighting, dedup_key_of
from airflow_gov_provider.domain.record.walks import Stretch
from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.hooks.governance import utcnow
from airflow_gov_provider.hooks.incidents import report
from airflow_gov_provider.store.events.sources import (
    Asked,
    Success,
    is_by_hand,
    is_of_this_try,
    request_before,
    successes,
    who_marked,
)

POSITION = "incidents.bypasses"
_LAG = timedelta(seconds=8)  # until Airflow's log has told who marked it
_AROUND = timedelta(seconds=60)
# With `on_reject="skip"` the task itself ends well and what follows is skipped.
_MAY_END_WELL = (State.APPROVED, State.REJECTED, State.TIMED_OUT)


def watch_approvals(*, clock: Callable[[], datetime] = utcnow) -> int:
    """Read which tasks have ended well since the last time.

    :returns: how many did so past a request for approval.
    :raises StoreUnavailable: if the governance database cannot be reached.
    """
    now = clock()
    return walk_on(POSITION, _Approvals(now).take, now=now, lag=_LAG)


@dataclass(frozen=True, slots=True)
class _Approvals:
    now: datetime

    def take(self, connection: Connection, stretches: Sequence[Stretch]) -> int:
        done = 0
        for after, up_to in stretches:
            for success in successes(connection, after=after, up_to=up_to):
                done += self._look_at(connection, success)
        return done

    def _look_at(self, connection: Connection, success: Success) -> bool:
        asked = request_before(connection, success)
        actor = _who(connection, success)
        if asked is not None and _may_end_well(connection, success, asked, actor):
            return False
        report(connection, _sighting(success, asked, actor), now=self.now)
        return True


def _may_end_well(
    connection: Connection, success: Success, asked: Asked, actor: str | None
) -> bool:
    """Whether the task itself may have ended so with the answer that it was given."""
    if asked.state not in _MAY_END_WELL:
        return False
    by_hand = is_by_hand(connection, success.event_id)
    if by_hand is False or (by_hand is None and actor is None):
        return True
    return asked.state == State.APPROVED and is_of_this_try(connection, success, asked)


def _who(connection: Connection, success: Success) -> str | None:
    since, until = success.at - _AROUND, success.at + _AROUND
    return success.actor or who_marked(connection, success, since=since, until=until)


def _sighting(success: Success, asked: Asked | None, actor: str | None) -> Sighting:
    state = asked.state if asked else "never asked"
    who = f" by {actor}" if actor else ""
    how = f"{state} before" if state == State.APPROVED else state
    return Sighting(
        kind=Kind.APPROVAL_BYPASS,
        dedup_key=dedup_key_of(Kind.APPROVAL_BYPASS, success.dag_id, success.task_id),
        occasion=f"{success.run_id}/{success.map_index}/{success.event_id}",
        severity=Severity.CRITICAL,
        title=f"{success.dag_id}.{success.task_id} succeeded{who} without approval ({how})",
        dag_id=success.dag_id,
        run_id=success.run_id,
        task_id=success.task_id,
        owner=owner_of(success.dag_id),
        details={
            "request_id": asked.request_id if asked else None,
            "request_state": state,
            "marked_by": actor,
            "map_index": success.map_index,
            "event_id": success.event_id,
        },
        seen_at=success.at,
        auto_resolve=False,
    )
