"""What the overview counts, remembered for a few seconds for all who see the same rows."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from sqlalchemy import Connection, Table

from airflow_gov_provider.api.deps import Reader, visible_dag_ids
from airflow_gov_provider.store.overview import (
    DayCount,
    Kept,
    Seen,
    Unresolved,
    Window,
    gates_by_day,
    incidents_by_day,
    outcomes_by_commitment,
    outcomes_by_day,
    unresolved_incidents,
    unsealed_events,
)
from airflow_gov_provider.store.promise_tables import incident, sla_outcome
from airflow_gov_provider.store.tables import event, evidence

REMEMBERED_SECONDS = 5.0
DAYS = 30
_MOST_REMEMBERED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Sights:
    """Whose rows a reader sees, table by table.

    :param all_of_it: whether they may read every Dag that has left an event.
    """

    outcomes: Seen
    incidents: Seen
    evidence: Seen
    all_of_it: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """:param window: over which they were counted."""

    window: Window
    kept: list[Kept]
    outcomes: list[DayCount]
    opened: list[DayCount]
    unresolved: list[Unresolved]
    gates: list[DayCount]
    unsealed: int


def sights_of(connection: Connection, reader: Reader) -> Sights:
    """What belongs to no Dag is for whoever may read every Dag that has left an event."""
    everything = visible_dag_ids(connection, event, reader, dag_id=None) is None

    def seen(table: Table) -> Seen:
        dag_ids = visible_dag_ids(connection, table, reader, dag_id=None)
        return Seen(dag_ids=None if dag_ids is None else frozenset(dag_ids), of_no_dag=everything)

    return Sights(
        outcomes=seen(sla_outcome),
        incidents=seen(incident),
        evidence=seen(evidence),
        all_of_it=everything,
    )


def figures_of(connection: Connection, sights: Sights, *, window: Window) -> Figures:
    """Those that were counted a moment ago, or new ones."""
    key = (str(connection.engine.url), sights)
    known = _remembered.get(key)
    if known is not None and time.monotonic() - known[0] <= REMEMBERED_SECONDS:
        return known[1]
    counted_at = time.monotonic()
    figures = _count(connection, sights, window)
    with _remembering:
        _remembered[key] = (counted_at, figures)
        _remembered.move_to_end(key)
        if len(_remembered) > _MOST_REMEMBERED:
            _remembered.popitem(last=False)
    return figures


_remembered: OrderedDict[tuple[str, Sights], tuple[float, Figures]] = OrderedDict()
_remembering = threading.Lock()


def forget_figures() -> None:
    """Count anew at the next request."""
    with _remembering:
        _remembered.clear()


def _count(connection: Connection, sights: Sights, window: Window) -> Figures:
    return Figures(
        window=window,
        kept=outcomes_by_commitment(connection, window, sights.outcomes),
        outcomes=outcomes_by_day(connection, window, sights.outcomes),
        opened=incidents_by_day(connection, window, sights.incidents),
        unresolved=unresolved_incidents(connection, sights.incidents),
        gates=gates_by_day(connection, window, sights.evidence),
        unsealed=unsealed_events(connection),
    )
