"""The simulated year: a clock that jumps from one thing that happens to the next.

Whatever happens is a generator that yields the time at which it goes on. What it does reaches the
governance database through the code that runs in production: events arrive as listeners ship them,
evidence is inserted as operators insert it, and the duties of the collector look at it by the
simulated clock.
"""

from __future__ import annotations

import heapq
import random
import uuid
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count, groupby
from typing import Any

from airflow_rows import AirflowRows
from sqlalchemy import Connection

from airflow_gov_provider.collector.incidents.bypasses import watch_approvals
from airflow_gov_provider.collector.incidents.gates import watch_gates
from airflow_gov_provider.collector.incidents.surroundings import Surroundings
from airflow_gov_provider.collector.seal import seal_once
from airflow_gov_provider.collector.sla.catalog import Catalogue
from airflow_gov_provider.collector.sla.judging import judge_commitments
from airflow_gov_provider.collector.tail.reading import read_log
from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.hooks.governance import governance_transaction
from airflow_gov_provider.store.events.rows import insert_events

Happening = Generator[datetime, None, None]
Write = Callable[[Connection], None]

ROUNDS = [timedelta(hours=h, minutes=m) for h, m in ((4, 1), (5, 31), (6, 31), (18, 0))]
_SHIPPED_AFTER = timedelta(seconds=1)


@dataclass(slots=True)
class World:
    """:param until: where the story ends, which is the present.
    :param champions: which version each alias of a model points to.
    :param versions: how many versions of each model there are.
    """

    now: datetime
    until: datetime
    seed: int
    airflow: AirflowRows
    after_round: Callable[[World], None] = lambda _: None
    champions: dict[tuple[str, str], str] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    random: random.Random = field(init=False)
    _happenings: list[tuple[datetime, int, Happening]] = field(default_factory=list)
    _order: count[int] = field(default_factory=count)
    _arrived: list[tuple[datetime, Event | Write]] = field(default_factory=list)
    _rounds_due: set[datetime] = field(default_factory=set)
    _surroundings: Surroundings = field(default_factory=Surroundings)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)  # noqa: S311 - a story, not a secret

    def clock(self) -> datetime:
        return self.now

    def new_id(self) -> str:
        """A UUIDv7 of the simulated time."""
        return str(self.new_uuid())

    def new_uuid(self) -> uuid.UUID:
        milliseconds = int(self.now.timestamp() * 1000)
        value = milliseconds << 80 | 7 << 76 | self.random.getrandbits(12) << 64
        return uuid.UUID(int=value | 2 << 62 | self.random.getrandbits(62))

    def next_version(self, model: str) -> str:
        self.versions[model] = self.versions.get(model, 0) + 1
        return str(self.versions[model])

    def begins(self, happening: Happening, at: datetime) -> None:
        heapq.heappush(self._happenings, (at, next(self._order), happening))

    def emit(self, event: Event) -> None:
        """What a listener or a plugin tells; it arrives about a second later."""
        self._arrived.append((self.now, event))

    def write(self, write: Write) -> None:
        """What an operator writes, in its order among the events."""
        self._arrived.append((self.now, write))

    def look_soon(self) -> None:
        """Let the collector look at what has just happened, as it does every few seconds."""
        for seconds in (12, 24):
            at = (self.now + timedelta(seconds=seconds)).replace(microsecond=0)
            if at not in self._rounds_due:
                self._rounds_due.add(at)
                self.begins(self._one_round(at), at)

    def _one_round(self, at: datetime) -> Happening:
        self._rounds_due.discard(at)
        self.round()
        yield from ()

    def rounds(self) -> Happening:
        """Shortly after the times of day by which something was promised, and in the evening."""
        while True:
            self.round()
            today = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
            yield min(
                day + at
                for day in (today, today + timedelta(days=1))
                for at in ROUNDS
                if day + at > self.now
            )

    def run(self) -> None:
        """Until the present; what would happen later does not."""
        while self._happenings and self._happenings[0][0] <= self.until:
            at, _, happening = heapq.heappop(self._happenings)
            self.now = max(self.now, at)
            again = next(happening, None)
            if again is not None:
                self.begins(happening, again)
        self.now = self.until

    def start(self) -> None:
        """The first round of a collector: promises are declared, and positions begin here."""
        Catalogue(clock=self.clock).renew()
        self.round()

    def round(self) -> None:
        """What the collector does again and again."""
        self.flush()
        clock = self.clock
        read_log(clock=clock)
        judge_commitments(clock=clock)
        watch_gates(clock=clock)
        watch_approvals(clock=clock)
        self._surroundings.look()
        seal_once(clock=clock)
        self.after_round(self)

    def flush(self) -> None:
        """Write what has happened since the last time, in its order."""
        self.airflow.flush(now=self.now)
        arrived, self._arrived = self._arrived, []
        if not arrived:
            return
        with governance_transaction() as connection:
            for _, group in groupby(
                arrived, key=lambda one: one[0].replace(second=0, microsecond=0)
            ):
                together = list(group)
                last = together[-1][0] + _SHIPPED_AFTER
                _write_group(connection, [one for _, one in together], last)


def _write_group(connection: Connection, group: list[Event | Write], recorded_at: datetime) -> None:
    events: list[Event] = []
    for one in group:
        if isinstance(one, Event):
            events.append(one)
            continue
        if events:
            insert_events(connection, events, recorded_at=recorded_at)
        events = []
        one(connection)
    if events:
        insert_events(connection, events, recorded_at=recorded_at)


def jittered(source: random.Random, seconds: float, *, spread: float = 0.15) -> timedelta:
    """About so long; never less than a second."""
    return timedelta(seconds=max(1.0, round(source.gauss(seconds, seconds * spread), 3)))


def as_payload(facts: dict[str, Any]) -> dict[str, Any]:
    """What is known, with times as text."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in facts.items()
        if value is not None
    }
