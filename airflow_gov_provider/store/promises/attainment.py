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
    Subquery,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    text,
    union_all,
)

from airflow_gov_provider.domain.sla.attainment import BURN_WINDOWS, Tally
from airflow_gov_provider.domain.sla.commitments import USUAL_TARGET
from airflow_gov_provider.domain.sla.outcomes import State
from airflow_gov_provider.store.promise_tables import PENDING, commitment
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
    since = min(wanted.since, wanted.until - max(BURN_WINDOWS.values()))
    one = _begun(wanted, since).c
    met = one.state == State.MET.value
    decided = func.coalesce(case((met, one.actual_at), else_=one.expected_at), one.judged_at)
    pending = one.state == State.PENDING.value
    in_window = and_(~pending, decided >= _at(wanted.since))
    sums = [_sum(and_(in_window, one.state == state), state) for state in _ENDED]
    for name, span in BURN_WINDOWS.items():
        recent = and_(one.state.in_(_COUNTED), decided >= _at(wanted.until - span))
        missed = and_(recent, one.state == State.MISSED.value)
        sums += [_sum(missed, f"missed_{name}"), _sum(recent, f"counted_{name}")]
    groups = (one.commitment_id, one.dag_id, one.owner)
    counted = (  # joined afterwards: of each outcome it would take longer than to count them
        select(*groups, *sums, _sum(pending, State.PENDING.value))
        .where(or_(pending, decided < _at(wanted.until)))
        .group_by(*groups)
        .subquery()
    )
    query = select(counted, commitment.c.name, commitment.c.target).join(
        commitment, commitment.c.commitment_id == counted.c.commitment_id, isouter=True
    )
    return query if wanted.kind is None else query.where(commitment.c.kind == wanted.kind)


def _begun(wanted: TallyFilter, since: datetime) -> Subquery:
    """What is met at a time has its deadline then or later, so an index on deadlines serves.

    What has no deadline and what is pending comes besides, each through an index of its own, so
    that it does not lead through all that a commitment ever had.
    """
    names = ("commitment_id", "dag_id", "owner", "state", "expected_at", "actual_at", "judged_at")
    query = select(*(table.c[name] for name in names)).where(*_conditions(wanted))
    some = wanted.commitment_ids
    is_old = and_(text(f"sla_outcome.{PENDING}"), table.c.expected_at < since)
    if some is None:
        return query.where(
            or_(table.c.expected_at >= since, table.c.expected_at.is_(None), is_old)
        ).subquery()
    ids = sorted(some)
    of_them = query.where(table.c.commitment_id.in_(ids))
    # As a value of an expression it is not looked up in the index of commitments.
    by_value = func.coalesce(table.c.commitment_id, "").in_(ids)
    return union_all(
        of_them.where(table.c.expected_at >= since),
        of_them.where(table.c.expected_at.is_(None)),
        query.where(is_old, by_value),
    ).subquery()


def _at(moment: datetime) -> ColumnElement[datetime]:
    """With the type of the columns, which an expression of several of them may lack."""
    return literal(moment, table.c.expected_at.type)


def _sum(condition: ColumnElement[bool], name: str) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0)).label(name)


def _conditions(wanted: TallyFilter) -> Iterator[ColumnElement[bool]]:
    for name in ("dag_id", "commitment_id", "owner"):
        if (value := getattr(wanted, name)) is not None:
            yield table.c[name] == value
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
