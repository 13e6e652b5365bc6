"""Outcome rows: one for each occasion of a commitment.

They begin as pending. Whoever judges one says so in a single conditional statement, so that of two
who judge it at the same time one does; a correction names the state that it corrects.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from airflow_gov_provider.domain.events import canonical_line
from airflow_gov_provider.domain.sla.commitments import Commitment
from airflow_gov_provider.domain.sla.outcomes import LATE, Outcome, State
from airflow_gov_provider.store.promise_tables import UNRESOLVED, commitment, incident
from airflow_gov_provider.store.promise_tables import sla_outcome as table

CALLBACK, COLLECTOR = "callback", "collector"
_AT_ONCE = 500
_LATE = tuple(state.value for state in LATE)


def add_pending(
    connection: Connection,
    outcomes: Sequence[Outcome],
    *,
    documents: Mapping[str, str] | None = None,
) -> int:
    """Insert those whose occasion has no row yet.

    :param documents: terms that are written down already, by the ids of the commitments.
    :returns: how many are new.
    """
    if not outcomes:
        return 0
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = (
        dialect.insert(table)
        .on_conflict_do_nothing(index_elements=[table.c.commitment_id, table.c.occasion])
        .execution_options(preserve_rowcount=True)
    )
    return connection.execute(statement, [_row(one, documents or {}) for one in outcomes]).rowcount


def _row(outcome: Outcome, documents: Mapping[str, str]) -> dict[str, Any]:
    values = {name: getattr(outcome, name) for name in Outcome.__slots__}
    terms = documents.get(outcome.commitment_id) or _written(outcome.terms)
    return values | {"state": outcome.state.value, "terms": terms}


def _written(terms: Commitment) -> str:
    return canonical_line(terms.content).decode()


@lru_cache(maxsize=_AT_ONCE)
def _read(terms: str) -> Commitment:
    return Commitment.from_content(json.loads(terms))


def outcome_of_row(row: Row[Any]) -> Outcome:
    """What a whole row of the table holds."""
    values = dict(row._mapping)  # noqa: SLF001 - the public name of it
    return Outcome(**values | {"state": State(row.state), "terms": _read(row.terms)})


def set_deadlines(connection: Connection, deadlines: Mapping[str, datetime]) -> None:
    """Of pending outcomes by their ids, where what the time counts from has happened now."""
    if deadlines:
        statement = update(table).where(
            table.c.outcome_id == bindparam("of"),
            table.c.state == State.PENDING,
            table.c.expected_at.is_(None),
        )
        statement = statement.values(expected_at=bindparam("at"))
        connection.execute(statement, [{"of": id_, "at": at} for id_, at in deadlines.items()])


def settle_pending(
    connection: Connection, outcomes: Sequence[Outcome], *, judged_by: str, now: datetime
) -> set[str]:
    """Write the states that pending outcomes have come to.

    :returns: the ids of those that nobody else had judged before.
    """
    if connection.dialect.name == "postgresql":
        return _settle_at_once(connection, outcomes, judged_by=judged_by, now=now)
    by_state: dict[State, list[Outcome]] = {}
    for outcome in outcomes:
        by_state.setdefault(outcome.state, []).append(outcome)
    settled: set[str] = set()
    for state, some in by_state.items():
        for batch in _batches(some):
            statement = (
                update(table)
                .where(
                    table.c.outcome_id.in_([one.outcome_id for one in batch]),
                    table.c.state == State.PENDING,
                )
                .values(state=state.value, judged_by=judged_by, judged_at=now)
                .returning(table.c.outcome_id)
            )
            settled.update(connection.scalars(statement))
    _complete(connection, [one for one in outcomes if one.outcome_id in settled])
    return settled


# A row is written anew with every statement that changes it, so there all is changed by one.
_SETTLE = text(
    "UPDATE sla_outcome SET state = new.state, reason = new.reason, actual_at = new.actual_at,"
    " judged_by = :judged_by, judged_at = :now"
    " FROM unnest(CAST(:ids AS text[]), CAST(:states AS text[]), CAST(:reasons AS text[]),"
    " CAST(:times AS timestamptz[])) AS new (outcome_id, state, reason, actual_at)"
    " WHERE sla_outcome.outcome_id = new.outcome_id AND sla_outcome.state = 'pending'"
    " RETURNING sla_outcome.outcome_id"
)


def _settle_at_once(
    connection: Connection, outcomes: Sequence[Outcome], *, judged_by: str, now: datetime
) -> set[str]:
    settled: set[str] = set()
    for batch in _batches(outcomes):
        values = {
            "ids": [one.outcome_id for one in batch],
            "states": [one.state.value for one in batch],
            "reasons": [one.reason for one in batch],
            "times": [one.actual_at for one in batch],
        }
        told = {"judged_by": judged_by, "now": now}
        settled.update(connection.scalars(_SETTLE, values | told))
    return settled


def _complete(connection: Connection, outcomes: Iterable[Outcome]) -> None:
    """What differs from one to the next, and most do not have; the rows are ours by now."""
    statement = (
        update(table)
        .where(table.c.outcome_id == bindparam("of"))
        .values(actual_at=bindparam("at"), reason=bindparam("why"))
    )
    rows = [
        {"of": one.outcome_id, "at": one.actual_at, "why": one.reason}
        for one in outcomes
        if one.actual_at is not None or one.reason is not None
    ]
    if rows:
        connection.execute(statement, rows)


def fill_actual(connection: Connection, actual: Mapping[str, datetime]) -> None:
    """When what is late has happened after all, by outcome; what is there already stays."""
    if actual:
        statement = update(table).where(
            table.c.outcome_id == bindparam("of"),
            or_(*(table.c.state == state for state in _LATE)),  # a list cannot be with many rows
            table.c.actual_at.is_(None),
        )
        statement = statement.values(actual_at=bindparam("at"))
        connection.execute(statement, [{"of": id_, "at": at} for id_, at in actual.items()])


def correct(connection: Connection, before: Outcome, after: Outcome, *, now: datetime) -> bool:
    """Put the collector's judgement in the place of another one.

    :returns: False if that one does not stand any more.
    """
    statement = (
        update(table)
        .where(table.c.outcome_id == before.outcome_id, table.c.state == before.state.value)
        .values(
            state=after.state.value,
            reason=after.reason,
            actual_at=after.actual_at,
            judged_by=COLLECTOR,
            judged_at=now,
        )
    )
    return connection.execute(statement).rowcount == 1


def begun_of_runs(connection: Connection, runs: Collection[tuple[str, str]]) -> list[Outcome]:
    """Of runs by Dag and run id, those that are pending and those that nobody could tell."""
    found: list[Outcome] = []
    for batch in _batches(sorted(runs)):
        query = select(table).where(
            tuple_(table.c.dag_id, table.c.run_id).in_(batch),
            table.c.state.in_((State.PENDING.value, State.VOID.value)),
        )
        found += map(outcome_of_row, connection.execute(query))
    return found


def begin_again(connection: Connection, before: Outcome, after: Outcome) -> bool:
    """Make an outcome pending again, as a new one.

    :returns: False if it is not in the state any more that it was in before.
    """
    statement = (
        update(table)
        .where(table.c.outcome_id == before.outcome_id, table.c.state == before.state.value)
        .values(
            state=after.state.value,
            created_at=after.created_at,
            expected_at=after.expected_at,
            terms=_written(after.terms),
            owner=after.owner,
            reason=None,
            actual_at=None,
            judged_by=None,
            judged_at=None,
        )
    )
    return connection.execute(statement).rowcount == 1


def renew(connection: Connection, outcomes: Iterable[Outcome]) -> None:
    """Give pending outcomes new terms and the deadline that comes of them."""
    statement = (
        update(table)
        .where(table.c.outcome_id == bindparam("of"), table.c.state == State.PENDING)
        .values(
            expected_at=bindparam("at"), terms=bindparam("agreed"), owner=bindparam("belongs_to")
        )
    )
    rows = [
        {
            "of": one.outcome_id,
            "at": one.expected_at,
            "agreed": _written(one.terms),
            "belongs_to": one.owner,
        }
        for one in outcomes
    ]
    if rows:
        connection.execute(statement, rows)


def _is_open() -> ColumnElement[bool]:
    """Whether anything is still to be said about it."""
    return or_(
        table.c.state == State.PENDING,
        and_(table.c.state.in_(_LATE), table.c.actual_at.is_(None)),
    )


def open_of_runs(connection: Connection, runs: Collection[tuple[str, str]]) -> list[Outcome]:
    """Pending ones, and late ones of what has not happened yet, of runs by Dag and run id."""
    found: list[Outcome] = []
    for batch in _batches(sorted(runs)):
        query = select(table).where(tuple_(table.c.dag_id, table.c.run_id).in_(batch))
        found += map(outcome_of_row, connection.execute(query.where(_is_open())))
    return found


def open_of_days(
    connection: Connection, dag_ids: Collection[str], *, since: datetime
) -> list[Outcome]:
    """The same of what belongs to these Dags and to no run, with deadlines since then."""
    found: list[Outcome] = []
    for batch in _batches(sorted(dag_ids)):
        query = select(table).where(
            table.c.dag_id.in_(batch),
            table.c.run_id.is_(None),
            table.c.expected_at >= since,
        )
        found += map(outcome_of_row, connection.execute(query.where(_is_open())))
    return found


def newest_of(connection: Connection, commitment_ids: Collection[str]) -> dict[str, Outcome]:
    """The outcome with the last deadline of each of the commitments that has one.

    :param commitment_ids: of commitments that somebody has declared.
    """
    found: dict[str, Outcome] = {}
    for batch in _batches(sorted(commitment_ids)):
        later = table.alias()
        newest = (  # asked once for each commitment; of the outcomes, it would be for each of them
            select(later.c.outcome_id)
            .where(later.c.commitment_id == commitment.c.commitment_id)
            .order_by(later.c.expected_at.desc())
            .limit(1)
            .correlate(commitment)
            .scalar_subquery()
        )
        query = (
            select(table)
            .select_from(commitment)
            .join(table, table.c.outcome_id == newest)
            .where(commitment.c.commitment_id.in_(batch))
        )
        found.update({row.commitment_id: outcome_of_row(row) for row in connection.execute(query)})
    return found


def page_of_due(
    connection: Connection,
    *,
    until: datetime,
    after: tuple[datetime, str] | None,
    limit: int = _AT_ONCE,
) -> list[Outcome]:
    """Pending outcomes whose deadline was at that time or before, the earliest first.

    :param after: deadline and id of the last one of the page before.
    """
    key = tuple_(table.c.expected_at, table.c.outcome_id)
    query = select(table).where(table.c.state == State.PENDING, table.c.expected_at <= until)
    if after is not None:
        query = query.where(table.c.expected_at >= after[0], key > after)
    query = query.order_by(table.c.expected_at, table.c.outcome_id).limit(limit)
    return [outcome_of_row(row) for row in connection.execute(query)]


def page_of_undated(connection: Connection, *, after: str, limit: int = _AT_ONCE) -> list[Outcome]:
    """Pending outcomes without a deadline, by their ids."""
    query = (
        select(table)
        .where(
            table.c.state == State.PENDING,
            table.c.expected_at.is_(None),
            table.c.outcome_id > after,
        )
        .order_by(table.c.outcome_id)
        .limit(limit)
    )
    return [outcome_of_row(row) for row in connection.execute(query)]


def has_pending(connection: Connection) -> bool:
    query = select(table.c.outcome_id).where(table.c.state == State.PENDING).limit(1)
    return connection.scalar(query) is not None


def unresolved_keys(connection: Connection, dedup_keys: Collection[str]) -> set[str]:
    """Those of the keys that have an incident which is not resolved."""
    found: set[str] = set()
    for batch in _batches(sorted(dedup_keys)):
        query = select(incident.c.dedup_key).where(
            incident.c.dedup_key.in_(batch), text(UNRESOLVED)
        )
        found.update(connection.scalars(query))
    return found


def outcome_of(connection: Connection, commitment_id: str, occasion: str) -> Outcome | None:
    query = select(table).where(
        table.c.commitment_id == commitment_id, table.c.occasion == occasion
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else outcome_of_row(row)


def _batches(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
