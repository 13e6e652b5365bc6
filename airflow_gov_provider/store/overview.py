"""Figures of the last days, counted by the database.

A *day* is 24 hours that end with the moment the figures are asked for, so that it is the same for
readers in every time zone; its *age* is 0 for the last 24 hours, 1 for those before, and so on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    case,
    cast,
    extract,
    func,
    literal,
    or_,
    select,
    true,
)

from airflow_gov_provider.domain.evidence import EvidenceKind
from airflow_gov_provider.domain.incidents.incident import State as IncidentState
from airflow_gov_provider.domain.sla.commitments import USUAL_TARGET
from airflow_gov_provider.domain.sla.outcomes import State
from airflow_gov_provider.store.promise_tables import commitment, incident, sla_outcome
from airflow_gov_provider.store.tables import evidence, ledger_queue

GATES = (EvidenceKind.QUALITY, EvidenceKind.BIAS, EvidenceKind.CARD)
MOST_UNSEALED = 10_000
_SECONDS = 86400
_COUNTED = (State.MET.value, State.MISSED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Whose rows are counted.

    :param dag_ids: None for those of every Dag.
    :param of_no_dag: whether rows that belong to no Dag count as well.
    """

    dag_ids: frozenset[str] | None = None
    of_no_dag: bool = True

    def among(self, dag_id: ColumnElement[str]) -> ColumnElement[bool]:
        named = dag_id.is_not(None) if self.dag_ids is None else dag_id.in_(sorted(self.dag_ids))
        if not self.of_no_dag:
            return named
        return true() if self.dag_ids is None else or_(named, dag_id.is_(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """So many days up to a moment."""

    until: datetime
    days: int

    @property
    def since(self) -> datetime:
        return self.until - timedelta(days=self.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How often one commitment was kept. :param target: the share that it should be."""

    target: float
    met: int
    missed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """How many of a kind a day has. :param name: a state or a verdict."""

    age: int
    name: str
    count: int


def outcomes_by_day(connection: Connection, window: Window, seen: Seen) -> list[DayCount]:
    """What was met or missed, by the day on which that was decided."""
    decided, table = _decided(), sla_outcome.c
    age = _age(decided, window).label("age")
    query = (
        select(age, func.count().label("counted"), _missed())
        .where(*_counted(window, decided), seen.among(table.dag_id))
        .group_by(age)
    )
    found = connection.execute(query).all()
    met = [DayCount(age=it.age, name=State.MET, count=it.counted - it.missed) for it in found]
    return met + [DayCount(age=it.age, name=State.MISSED, count=it.missed) for it in found]


def outcomes_by_commitment(connection: Connection, window: Window, seen: Seen) -> list[Kept]:
    """One for each commitment of which anything was decided."""
    decided, table = _decided(), sla_outcome.c
    # As an expression, or SQLite would walk an index that does not cover what is counted.
    commitment_id = (table.commitment_id + "").label("commitment_id")
    counts = (
        select(commitment_id, func.count().label("counted"), _missed())
        .where(*_counted(window, decided), seen.among(table.dag_id))
        .group_by(commitment_id)
        .subquery()
    )
    query = select(counts.c.counted, counts.c.missed, commitment.c.target).join(
        commitment, commitment.c.commitment_id == counts.c.commitment_id, isouter=True
    )
    return [
        Kept(
            target=USUAL_TARGET if row.target is None else row.target,
            met=row.counted - row.missed,
            missed=row.missed,
        )
        for row in connection.execute(query)
    ]


def _missed() -> ColumnElement[int]:
    missed = case((sla_outcome.c.state == State.MISSED.value, 1), else_=0)
    return func.sum(missed).label("missed")


def _decided() -> ColumnElement[datetime]:
    """When it was settled: what is met when it happened, what is missed at its deadline."""
    table = sla_outcome.c
    met = and_(table.state == State.MET.value, table.actual_at.is_not(None))
    return case((met, table.actual_at), else_=table.expected_at)


def _counted(window: Window, decided: ColumnElement[datetime]) -> Iterator[ColumnElement[bool]]:
    table = sla_outcome.c
    # What is met has its deadline then or later, so the index on deadlines serves.
    yield table.expected_at >= window.since
    yield table.state.in_(_COUNTED)
    yield decided >= literal(window.since, table.expected_at.type)
    yield decided < literal(window.until, table.expected_at.type)


def incidents_by_day(connection: Connection, window: Window, seen: Seen) -> list[DayCount]:
    """Those that were opened; all of one name, ``opened``."""
    table = incident.c
    age = _age(table.opened_at, window).label("age")
    query = (
        select(age, literal("opened"), func.count())
        .where(table.opened_at >= window.since, table.opened_at < window.until)
        .where(seen.among(table.dag_id))
        .group_by(age)
    )
    return [_day(row) for row in connection.execute(query)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unresolved:
    severity: str
    is_acknowledged: bool
    count: int


def unresolved_incidents(connection: Connection, seen: Seen) -> list[Unresolved]:
    table = incident.c
    query = (
        select(table.severity, table.state, func.count())
        .where(table.state != IncidentState.RESOLVED.value)
        .where(seen.among(table.dag_id))
        .group_by(table.severity, table.state)
    )
    return [
        Unresolved(
            severity=severity,
            is_acknowledged=state == IncidentState.ACKNOWLEDGED.value,
            count=count,
        )
        for severity, state, count in connection.execute(query)
    ]


def gates_by_day(connection: Connection, window: Window, seen: Seen) -> list[DayCount]:
    """What gates and cards found, by verdict."""
    table = evidence.c
    age = _age(table.recorded_at, window).label("age")
    query = (
        select(age, table.verdict, func.count())
        .where(
            table.recorded_at >= window.since,
            table.recorded_at < window.until,
            table.kind.in_([kind.value for kind in GATES]),
            seen.among(table.dag_id),
        )
        .group_by(age, table.verdict)
    )
    return [_day(row) for row in connection.execute(query)]


def unsealed_events(connection: Connection) -> int:
    """Events that wait for a leaf; ``MOST_UNSEALED`` stands for that many or more."""
    some = select(ledger_queue.c.seq).limit(MOST_UNSEALED).subquery()
    return connection.scalar(select(func.count()).select_from(some)) or 0


def _age(at: ColumnElement[datetime], window: Window) -> ColumnElement[int]:
    """Both databases round to whole seconds, which may put a moment outside of the window."""
    end = int(window.until.astimezone(UTC).timestamp())
    seconds: Any = cast(extract("epoch", at), BigInteger)
    age: ColumnElement[int] = (literal(end) - seconds) // literal(_SECONDS)
    return age


def _day(row: Any) -> DayCount:
    age, name, count = row
    return DayCount(age=int(age), name=name, count=count)
