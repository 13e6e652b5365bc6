"""What an audit of the ledger finds wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong, and the row where it is, as far as that is known.

    :param seq: the row's number in the table ``event``.
    """

    what: str
    leaf_index: int | None = None
    event_id: str | None = None
    seq: int | None = None

    def __str__(self) -> str:
        places = {"leaf": self.leaf_index, "event": self.event_id, "seq": self.seq}
        named = [f"{name} {value}" for name, value in places.items() if value is not None]
        return f"{', '.join(named)}: {self.what}" if named else self.what


@dataclass(slots=True)
class Findings:
    """Problems in the order in which they were found; beyond ``MOST`` they are only counted."""

    MOST: ClassVar[int] = 1000

    problems: list[Problem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    uncounted: int = 0

    def add(
        self,
        what: str,
        *,
        leaf_index: int | None = None,
        event_id: str | None = None,
        seq: int | None = None,
    ) -> None:
        if len(self.problems) >= self.MOST:
            self.uncounted += 1
            return
        found = Problem(what=what, leaf_index=leaf_index, event_id=event_id, seq=seq)
        self.problems.append(found)
