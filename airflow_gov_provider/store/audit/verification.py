"""What reading the ledger again has found, and how far it has come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from airflow_gov_provider.store.audit.findings import Problem
from airflow_gov_provider.store.events.witnesses import read_position, write_position

POSITION = "incidents.ledger"
MOST_KEPT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """How far the ledger has been read since it was sealed.

    :param checked: leaves that were read at least once.
    :param again: the leaf up to which the present round over all of them has come.
    :param problems: what was wrong when its part of the ledger was last read.
    :param verified_at: when a part was last read; None before it is stored.
    """

    checked: int
    again: int
    problems: tuple[Problem, ...] = ()
    verified_at: datetime | None = None

    def without(self, *spans: tuple[int, int]) -> tuple[Problem, ...]:
        """The problems of leaves that are not in these spans, which were read once more.

        A problem that is of no leaf is found anew each time, or it is over.
        """
        return tuple(
            problem
            for problem in self.problems
            if problem.leaf_index is not None
            and not any(first <= problem.leaf_index < end for first, end in spans)
        )


def read_verification(connection: Connection) -> Verification | None:
    stored = read_position(connection, POSITION)
    if stored is None:
        return None
    return Verification(
        checked=stored.content["checked"],
        again=stored.content["again"],
        problems=tuple(Problem(**one) for one in stored.content.get("problems", ())),
        verified_at=stored.updated_at,
    )


def write_verification(connection: Connection, found: Verification, *, now: datetime) -> None:
    """Keep it; of the problems, those of the lowest leaves."""
    content: dict[str, Any] = {"checked": found.checked, "again": found.again}
    if problems := _lowest(found.problems):
        content["problems"] = [
            {"what": one.what, "leaf_index": one.leaf_index, "event_id": one.event_id}
            for one in problems
        ]
    write_position(connection, POSITION, content, now=now)


def _lowest(problems: Iterable[Problem]) -> Sequence[Problem]:
    known = {(one.what, one.leaf_index, one.event_id): one for one in problems}
    return sorted(known.values(), key=lambda one: one.leaf_index or -1)[:MOST_KEPT]
