"""An export on its way: a bounded number at a time, read in short transactions, and recorded.

Every export becomes an event, ``ledger.exported``, with who asked for what and how much of it left
the house, also where it was broken off. Nothing that looks whole leaves without it: the
last line of a file, or the end of a zip, follows only after the event was written.
"""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from array import array
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, BinaryIO
from uuid import uuid4

import anyio
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from airflow_gov_provider.api.deps import Reader, only_visible
from airflow_gov_provider.api.errors import Refusal
from airflow_gov_provider.api.export_formats import Format
from airflow_gov_provider.api.pipes import piped
from airflow_gov_provider.api.schemas import EventItem
from airflow_gov_provider.domain.events import Event, bounded
from airflow_gov_provider.domain.ledger.bundle import SealedEvent, write_bundle
from airflow_gov_provider.domain.ledger.notes import VerifierKey
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.hooks.ledger import anchored_notes
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.events.witnesses import witnesses_of
from airflow_gov_provider.store.ledger import tree as ledger
from airflow_gov_provider.store.ledger.sealed_events import leaves_of_numbers, sealed_events_at
from airflow_gov_provider.store.search.pages import (
    EventFilter,
    next_number,
    numbers_of_events,
    page_of_events,
)

log = logging.getLogger(__name__)

EXPORTED = "ledger.exported"
MOST_EVENTS = 1_000_000  # of a file of lines; a spreadsheet holds hardly more
MOST_PROVED = 100_000  # of a bundle, whose proof is small in parts only
MOST_AT_ONCE = 4
MOST_OF_ONE = 2
_PAGE = 500
_RECORD_BYTES = 8_192


class Slots:
    """Places for exports: so many in all, and fewer for one user, so that nobody takes them all."""

    def __init__(self, most: int, *, of_one: int) -> None:
        self._most, self._of_one = most, of_one
        self._taken: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, actor: str) -> Iterator[ExitStack]:
        """Hold one until the block ends; ``pop_all`` on what it gives keeps it beyond that.

        :raises Refusal: 429 if there is none left.
        """
        with self._lock:
            if self._taken[actor] >= self._of_one or self._taken.total() >= self._most:
                raise _too_many(self._most, self._of_one)
            self._taken[actor] += 1
        with ExitStack() as held:
            held.callback(self._release, actor)
            yield held

    def _release(self, actor: str) -> None:
        with self._lock:
            self._taken[actor] -= 1
            self._taken += Counter()  # forget those who have none


slots = Slots(MOST_AT_ONCE, of_one=MOST_OF_ONE)


@dataclass(slots=True, kw_only=True)
class Export(ABC):
    """Who exports what.

    :param asked: the format and the filter, as they are recorded.
    :param slot: closed when the export is over.
    :param sent: events so far.
    """

    actor: str
    asked: dict[str, Any]
    wanted: EventFilter
    reader: Reader
    slot: ExitStack = field(default_factory=ExitStack)
    sent: int = 0
    _recorded: bool = field(default=False, init=False)
    _pieces: Iterator[bytes] | None = field(default=None, init=False)

    @abstractmethod
    def pieces(self) -> Iterator[bytes]:
        """The content, of which the last piece follows only after the export was recorded."""

    def response(self, *, media_type: str, name: str) -> StreamingResponse:
        return _Response(self, media_type=media_type, name=name)

    def record(self, outcome: str) -> None:
        """Write the event, once."""
        if self._recorded:
            return
        now = utcnow()
        told = {**self.asked, "events": self.sent, "outcome": outcome}
        happened = Event(
            event_id=uuid4().hex,
            type=EXPORTED,
            occurred_at=now,
            witness="api",
            actor=self.actor,
            # Of a Dag only if something of it was found. Whoever names one that is not there, or
            # not theirs to read, would add to its trail, and to the Dags that others have to be
            # able to read before they see what belongs to none.
            dag_id=self.wanted.dag_id if self.sent else None,
            payload=bounded(told, max_bytes=_RECORD_BYTES),
        )
        with governance_transaction() as connection:
            insert_events(connection, [happened], recorded_at=now)
        self._recorded = True

    def run(self) -> Iterator[bytes]:
        self._pieces = self.pieces()
        return self._pieces

    def stop(self) -> None:
        """Whatever became of it: nothing goes on, and it is recorded."""
        try:
            close = getattr(self._pieces, "close", None)
            if close is not None:
                close()
            self.record("broken off")
        except Exception:
            log.exception("an export of %s could not be recorded", self.actor)
        finally:
            self.slot.close()


@dataclass(slots=True, kw_only=True)
class Lines(Export):
    """A file of lines, the newest event first."""

    format: Format
    most: int = MOST_EVENTS

    def pieces(self) -> Iterator[bytes]:
        yield self.format.begin()
        with governance_transaction() as connection:
            before: int | None = next_number(connection)
        while before is not None and self.sent < self.most:
            items, before = self._page(before)
            self.sent += len(items)
            yield self.format.lines(items)
        is_cut = before is not None
        self.record("cut at the limit" if is_cut else "complete")
        yield self.format.end(self.sent, is_cut=is_cut)

    def _page(self, before: int) -> tuple[list[EventItem], int | None]:
        limit = min(_PAGE, self.most - self.sent)
        with governance_transaction() as connection:
            ledger.snapshot(connection)
            page = page_of_events(connection, self.wanted, before=before, limit=limit)
            shown = only_visible(page.items, self.reader, dag_id_of=lambda one: one.event.dag_id)
            others = witnesses_of(connection, [one.event.event_id for one in shown])
        items = [EventItem.of(one, others.get(one.event.event_id, ())) for one in shown]
        return items, int(page.next_cursor) if page.next_cursor else None


@dataclass(slots=True, kw_only=True)
class Bundle(Export):
    """A zip that proves itself, in the order of leaves.

    :param checkpoint: what it is proved against.
    """

    leaves: array[int]
    checkpoint: ledger.StoredCheckpoint
    keys: Collection[VerifierKey]

    def pieces(self) -> Iterator[bytes]:
        last = b""
        for piece in piped(self._write):
            if last:
                yield last
            last = piece
        self.record("complete")
        yield last

    def _write(self, out: BinaryIO) -> None:
        with governance_transaction() as connection:
            write_bundle(
                out,
                events=self._events(),
                node=ledger.StoredTree(connection).node,
                checkpoint=self.checkpoint.note,
                keys=self.keys,
                older=anchored_notes(self.checkpoint.size),
            )

    def _events(self) -> Iterator[SealedEvent]:
        for start in range(0, len(self.leaves), _PAGE):
            with governance_transaction() as connection:
                found = sealed_events_at(connection, self.leaves[start : start + _PAGE])
            shown = only_visible(found, self.reader, dag_id_of=lambda one: one[0])
            self.sent += len(shown)
            yield from (sealed for _, sealed in shown)


def leaves_of(wanted: EventFilter, size: int) -> array[int]:
    """The leaves of what a filter finds among the first ``size``, in their order.

    :raises Refusal: 422 if there are more than a bundle holds.
    """
    leaves, before = array("q"), None
    while before != 0:
        with governance_transaction() as connection:
            ledger.snapshot(connection)
            numbers = numbers_of_events(connection, wanted, before=before)
            leaves.extend(leaves_of_numbers(connection, [n for n, _ in numbers.found], size=size))
        before = numbers.position
        if len(leaves) > MOST_PROVED:
            raise Refusal(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "export_too_large",
                f"expected a filter that finds at most {MOST_PROVED:,} events for a bundle, found "
                "more; narrow it, or use `airflow governance ledger export`",
            )
    return array("q", sorted(leaves))


class _Response(StreamingResponse):
    """Stops the export when the response ends, whoever ended it."""

    def __init__(self, export: Export, *, media_type: str, name: str) -> None:
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        super().__init__(export.run(), media_type=media_type, headers=headers)
        self._export = export

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(self._export.stop)


def _too_many(most: int, of_one: int) -> Refusal:
    return Refusal(
        HTTPStatus.TOO_MANY_REQUESTS,
        "too_many_exports",
        f"expected at most {most} exports at a time, {of_one} of them yours, and found as many on "
        "their way; wait for one to end",
        headers={"Retry-After": "30"},
    )
