"""How many outcomes of each kind there are, counted by the database."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    case,
    func,
    literal,
    or_,
    select,
)

from airflow_gov_provider.domain.sla.attainment import BURN_WINDOWS, Tally
from airflow_gov_provider.domain.sla.commitments import USUAL_TARGET
from airflow_gov_provider.domain.sla.outcomes import State
from airflow_gov_provider.store.promise_tables import commitment
from airflow_gov_provider.store.promise_tables import sla_outcome as table

_COUNTED = (State.MET.value, State.MISSED.value)
_ENDED = (*_COUNTED, State.EXCUSED.value, State.VOID.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class TallyFilter:
    """:param since: what was decided at this time or later: what is met when it happened, what is
        missed or excused at its deadline.
    :param until: what was decided before; burn windows count back from here.
    :param commitment_ids: of these only, which an index finds; None for all.
    :param dag_ids: of these Dags only; None for all, and for those that belong to no Dag.
    """

    since: datetime
    until: datetime
    dag_id: str | None = None
    commitment_id: str | None = None
    owner: str | None = None
    kind: str | None = None
    commitment_ids: Collection[str] | None = None
    dag_ids: Collection[str] | None = None


def tallies(connection: Connection, wanted: TallyFilter) -> Iterator[Tally]:
    """One for each commitment and each owner that it had."""
    rows = connection.execution_options(stream_results=True).execute(_query(wanted))
    return (_tally(row) for row in rows.yield_per(1000))


def _query(wanted: TallyFilter) -> Select[Any]:
    met = table.c.state == State.MET.value
    decided = func.coalesce(
        case((met, table.c.actual_at), else_=table.c.expected_at), table.c.judged_at
    )
    pending = table.c.state == State.PENDING.value
    in_window = and_(~pending, decided >= _at(wanted.since))
    sums = [_sum(and_(in_window, table.c.state == state), state) for state in _ENDED]
    for name, span in BURN_WINDOWS.items():
        recent = and_(table.c.state.in_(_COUNTED), decided >= _at(wanted.until - span))
        missed = and_(recent, table.c.state == State.MISSED.value)
        sums += [_sum(missed, f"missed_{name}"), _sum(recent, f"counted_{name}")]
    since = min(wanted.since, wanted.until - max(BURN_WINDOWS.values()))
    # What is met at a time has its deadline then or later, so an index on deadlines serves.
    begun = or_(table.c.expected_at >= since, table.c.expected_at.is_(None), pending)
    groups = (table.c.commitment_id, table.c.dag_id, table.c.owner)
    names = (commitment.c.name, commitment.c.target)
    return (
        select(*groups, *names, *sums, _sum(pending, State.PENDING.value))
        .join(commitment, commitment.c.commitment_id == table.c.commitment_id, isouter=True)
        .where(begun, or_(pending, decided < _at(wanted.until)), *_conditions(wanted))
        .group_by(*groups, *names)
    )


def _at(moment: datetime) -> ColumnElement[datetime]:
    """With the type of the columns, which an expression of several of them may lack."""
    return literal(moment, table.c.expected_at.type)


def _sum(condition: ColumnElement[bool], name: str) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0)).label(name)


def _conditions(wanted: TallyFilter) -> Iterator[ColumnElement[bool]]:
    for name in ("dag_id", "commitment_id", "owner"):
        if (value := getattr(wanted, name)) is not None:
            yield table.c[name] == value
    if wanted.kind is not None:
        yield commitment.c.kind == wanted.kind
    if wanted.commitment_ids is not None:
        yield table.c.commitment_id.in_(sorted(wanted.commitment_ids))
    if wanted.dag_ids is not None:
        yield table.c.dag_id.in_(sorted(wanted.dag_ids))


def _tally(row: Row[Any]) -> Tally:
    counts = row._mapping  # noqa: SLF001 - the public name of it
    return Tally(
        commitment_id=row.commitment_id,
        name=row.name,
        dag_id=row.dag_id,
        owner=row.owner,
        target=USUAL_TARGET if row.target is None else row.target,
        **{state: counts[state] for state in (*_ENDED, State.PENDING.value)},
        recent={
            name: (counts[f"missed_{name}"], counts[f"counted_{name}"]) for name in BURN_WINDOWS
        },
    )
