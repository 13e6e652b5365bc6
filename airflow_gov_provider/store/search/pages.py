"""Search events, newest arrival first: any filters together, at any depth, at the same price.

What is indexed is found by ``search_walk``; the newest events, which are not yet, are read from the
table. Rows that the index offers are compared with the filter before they count, so that it decides
how fast an answer is and never what it is.

A page costs a bounded amount of reading. Where filters that each match much have little or nothing
in common, that may be used up before the page is full: the page then has fewer items, or none, and
its ``next_cursor`` goes on from there. Only a page without ``next_cursor`` is the last one.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, select

from airflow_gov_provider.domain.words import Phrase, finder, folded, phrases
from airflow_gov_provider.exceptions import ArgumentInvalid
from airflow_gov_provider.store.events.rows import StoredEvent, stored
from airflow_gov_provider.store.pages import DEFAULT_LIMIT, Page
from airflow_gov_provider.store.search.blocks import term
from airflow_gov_provider.store.search.index import levels
from airflow_gov_provider.store.search.statements import (
    BEFORE_DOT,
    Statements,
    conditions,
    matching,
    tail,
)
from airflow_gov_provider.store.search.terms import ANY, micros, terms_of_phrase, text_of
from airflow_gov_provider.store.search.walk import Budget, Walk, Wanted
from airflow_gov_provider.store.tables import event as table

_BUDGET = 1_000_000
_PER_BYTE = {"postgresql": 4}  # which keeps what is longer than 2 kB in pieces
_TAIL = 2048  # numbers of events that are not indexed yet and that one page looks at
_AT_ONCE = 100
_SKIPPED = 4  # times as many as are wanted may be read for what leaves out a type
_EQUAL = (
    "dag_id",
    "run_id",
    "task_id",
    "type",
    "state",
    "actor",
    "witness",
    "map_index",
    "try_number",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """What to look for; a field that is None does not filter.

    :param dag_ids: only events of these Dags; an empty collection finds nothing.
    :param category: what stands before the first dot of the type.
    :param without_type: none of this type, as what the ledger writes about itself.
    :param witness: who gave the event, not who saw it as well.
    :param q: words in ids, names, type and payload, as ``domain.words`` describes them.
    :param since: of this time of occurrence or later.
    :param until: before this time of occurrence.
    """

    dag_ids: Collection[str] | None = None
    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    map_index: int | None = None
    try_number: int | None = None
    type: str | None = None
    category: str | None = None
    without_type: str | None = None
    state: str | None = None
    actor: str | None = None
    witness: str | None = None
    q: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def page_of_events(
    connection: Connection,
    wanted: EventFilter,
    *,
    before: int | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[StoredEvent]:
    """Newest arrival first; ``ledger.snapshot`` comes first where a collector indexes meanwhile.

    :param before: the ``next_cursor`` of the page above, as a number.
    :raises ValueError: if ``q`` has no word or too many.
    """
    end = before if before is not None else next_number(connection)
    if wanted == EventFilter():
        rows = _newest(connection, end, limit + 1)
        position = 0
    elif wanted.dag_ids is not None and not wanted.dag_ids:
        return Page(items=[], next_cursor=None)
    elif wanted == EventFilter(without_type=wanted.without_type):
        rows, position = _newest_but(connection, wanted, end, limit + 1, [table])
    else:
        rows, position = _Search(connection, wanted, end=end).rows(limit + 1)
    if len(rows) > limit:
        position = rows[limit - 1].seq
    items = [stored(row) for row in rows[:limit]]
    return Page(items=items, next_cursor=str(position) if position else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What a search finds, without reading the events themselves where SQL can compare.

    :param found: sequence number and Dag, the newest first.
    :param position: give it as ``before`` to go on; 0 if everything has been looked at.
    """

    found: Sequence[tuple[int, str | None]]
    position: int


def numbers_of_events(
    connection: Connection, wanted: EventFilter, *, before: int | None = None, most: int = 1000
) -> Numbers:
    """The next events of a search, at most so many; with words it reads their documents.

    As for a page, what one call may read is bounded, so that it may find fewer.

    :raises ValueError: if ``q`` has no word or too many.
    """
    end = before if before is not None else next_number(connection)
    if wanted.dag_ids is not None and not wanted.dag_ids:
        return Numbers(found=(), position=0)
    if wanted == EventFilter():
        query = select(table.c.seq, table.c.dag_id).where(table.c.seq < end)
        newest = connection.execute(query.order_by(table.c.seq.desc()).limit(most)).all()
        position = newest[-1].seq if len(newest) == most else 0
        return Numbers(found=[(row.seq, row.dag_id) for row in newest], position=position)
    if wanted == EventFilter(without_type=wanted.without_type):
        columns = [table.c.seq, table.c.dag_id, table.c.type]
        rows, position = _newest_but(connection, wanted, end, most, columns)
    else:
        has_words = wanted.q is not None
        rows, position = _Search(connection, wanted, end=end, with_documents=has_words).rows(most)
    if len(rows) > most:
        position = rows[most - 1].seq
    return Numbers(found=[(row.seq, row.dag_id) for row in rows[:most]], position=position)


_HIGHEST = select(func.max(table.c.seq))
_BELOW = (
    select(table)
    .where(table.c.seq < bindparam("end"))
    .order_by(table.c.seq.desc())
    .limit(bindparam("count"))
)


def next_number(connection: Connection) -> int:
    """Above the number of every event that is there."""
    return (connection.scalar(_HIGHEST) or 0) + 1


def _newest(connection: Connection, end: int, count: int) -> Sequence[Row[Any]]:
    return connection.execute(_BELOW, {"end": end, "count": count}).all()


def _newest_but(
    connection: Connection, wanted: EventFilter, end: int, count: int, columns: Sequence[Any]
) -> tuple[Sequence[Row[Any]], int]:
    """As ``_Search.rows``, for a type to be left out that few or about half of the rows have."""
    most = count * _SKIPPED
    newest = select(*columns).where(table.c.seq < end).order_by(table.c.seq.desc()).limit(most)
    some = newest.subquery()
    query = select(some).where(some.c.type != wanted.without_type).order_by(some.c.seq.desc())
    rows = connection.execute(query.limit(count)).all()
    if len(rows) == count:
        return rows, rows[-1].seq
    read, lowest = connection.execute(select(func.count(), func.min(some.c.seq))).one()
    return rows, lowest if read == most else 0


class _Search:
    """What the filter finds below ``end``, until the budget is spent."""

    def __init__(
        self,
        connection: Connection,
        wanted: EventFilter,
        *,
        end: int,
        with_documents: bool = True,
    ) -> None:
        self._connection = connection
        self._phrases = phrases(wanted.q) if wanted.q is not None else ()
        self._has_phrases = finder(self._phrases)
        self._dag_ids = None if wanted.dag_ids is None else frozenset(wanted.dag_ids)
        self._given = _given(wanted)
        self._statements = Statements(connection.dialect.name, tuple(sorted(self._given)))
        self._with_documents = with_documents
        self._budget = Budget(_BUDGET, _PER_BYTE.get(connection.dialect.name, 1))
        indexed = levels(connection)
        self._tail = max(indexed.covered, end - _TAIL), end
        self._is_short = indexed.covered < self._tail[0]  # more than a page looks at is not indexed
        self._walk = Walk(
            connection,
            indexed,
            _asked(wanted, self._phrases, self._dag_ids),
            below=min(indexed.covered, end),
            budget=self._budget,
        )

    def rows(self, count: int) -> tuple[list[Row[Any]], int]:
        """At most so many rows or a few more, and the number from which on nothing was missed.

        That is 0 if everything has been looked at.
        """
        found: list[Row[Any]] = []
        candidates = self._candidates()
        size = min(count, _AT_ONCE)
        while numbers := list(islice(candidates, size)):
            matching = self._matching(numbers)
            found += matching
            self._budget.spend_rows(len(numbers) - len(matching))
            if len(found) >= count or self._budget.is_spent:
                return found, numbers[-1]
            is_good = 2 * len(matching) >= len(numbers)
            size = min(_AT_ONCE, count - len(found)) if is_good else _AT_ONCE
        return found, self._tail[0] if self._is_short else self._walk.position

    def _candidates(self) -> Iterator[int]:
        start, end = self._tail
        if start < end:
            yield from self._unindexed(start, end)
        if not self._is_short:
            yield from self._walk

    def _unindexed(self, start: int, end: int) -> Iterator[int]:
        given = {**self._given, "start": start, "end": end}
        words = None
        if self._phrases:
            words = _longest_words(self._phrases)
            given |= {f"word_{number}": word for number, word in enumerate(words)}
        statement = tail(self._statements, None if words is None else len(words))
        for row in self._connection.execute(statement, given).all():
            if self._dag_ids is not None and row.dag_id not in self._dag_ids:
                continue
            if not self._phrases or self._may_have_phrases(row.document):
                yield row.seq

    def _may_have_phrases(self, document: str) -> bool:
        """What a row is found by stands in its document as it is, unless something is escaped."""
        return "\\" in document or self._has_phrases(folded(document))

    def _matching(self, numbers: list[int]) -> list[Row[Any]]:
        statement = matching(self._statements, with_documents=self._with_documents)
        some = json.dumps(numbers) if self._statements.dialect == "sqlite" else numbers
        found = self._connection.execute(statement, {**self._given, "numbers": some}).all()
        return [
            row
            for row in found
            if (self._dag_ids is None or row.dag_id in self._dag_ids)
            and (not self._phrases or self._has_phrases(text_of(row)))
        ]


def _asked(wanted: EventFilter, found: Sequence[Phrase], dag_ids: frozenset[str] | None) -> Wanted:
    """The part of a filter that the index can answer, which is all of it but the phrases."""
    terms = {term(name, str(value)) for name, value in _equal(wanted)}
    if wanted.category is not None:
        terms.add(term("category", wanted.category))
    terms |= {hashed for phrase in found for hashed in terms_of_phrase(phrase)}
    return Wanted(
        terms=[[hashed] for hashed in sorted(terms or {ANY})],
        dag_ids=None if dag_ids is not None and wanted.dag_id in dag_ids else dag_ids,
        since=None if wanted.since is None else micros(wanted.since),
        until=None if wanted.until is None else micros(wanted.until),
    )


def _equal(wanted: EventFilter) -> Iterator[tuple[str, str | int]]:
    for name in _EQUAL:
        if (value := getattr(wanted, name)) is not None:
            yield name, value


def _given(wanted: EventFilter) -> dict[str, Any]:
    """All that SQL compares, which is all of a filter but the Dags and the words."""
    given: dict[str, Any] = dict(_equal(wanted))
    if wanted.category is not None:
        given |= {"category": wanted.category, BEFORE_DOT: f"{wanted.category}."}
    for name in ("without_type", "since", "until"):
        if (value := getattr(wanted, name)) is not None:
            given[name] = value
    return given


def _longest_words(wanted: Sequence[Phrase]) -> list[str]:
    """The two longest that any database finds as we do."""
    ascii_words = {word for phrase in wanted for word in phrase if word.isascii()}
    return sorted(ascii_words, key=len)[-2:]


def filtered(query: Select[Any], wanted: EventFilter) -> Select[Any]:
    """The query with the filter's conditions.

    :raises ArgumentInvalid: if it looks for words, which SQL does not find.
    """
    if wanted.q is not None:
        raise ArgumentInvalid("expected a filter without q")
    given = _given(wanted)
    query = query.where(*conditions(given)).params(**given)
    if wanted.dag_ids is not None:
        query = query.where(table.c.dag_id.in_(wanted.dag_ids))
    return query
