"""Reading an untrusted document: every mistake is noted with its place, and reading goes on."""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from airflow_gov_provider.domain.contracts.foreign_words import our_words

_LONGEST_QUOTE = 60
_MOST_KNOWN = 24


class Problems:
    """Everything wrong with one document, in the order of discovery."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._strange: list[tuple[str, Collection[str]]] = []

    def add(self, place: str, message: str) -> None:
        problem = f"{place}: {message}" if place else message
        if problem not in self.found:
            self.found.append(problem)

    def strange(self, place: str, meant: Collection[str]) -> None:
        """Remember an entry that was not understood, and the keys that it may stand for."""
        self._strange.append((place, meant))

    def explains(self, place: str, keys: Collection[str]) -> bool:
        """Whether one of these keys may be there, in words that were not understood."""
        return any(
            (found == place or found.startswith((f"{place}.", f"{place}[")))
            and (not meant or any(key in meant for key in keys))
            for found, meant in self._strange
        )


def described(value: object) -> str:  # noqa: PLR0911 - one case a type
    """A value as its author would recognise it, cut to a readable length."""
    match value:
        case None:
            return "nothing"
        case bool():
            return f"{str(value).lower()} (a boolean)"
        case Mapping():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case str():
            text = value if len(value) <= _LONGEST_QUOTE else value[:_LONGEST_QUOTE] + "..."
            return f"{text!r} (text)"
        case int() | float():
            return f"{value!r} (a number)"[: _LONGEST_QUOTE * 2]
        case date():
            return f"{value.isoformat()} (a date)"
    return f"a {type(value).__name__}"


def hint(word: str, known: Collection[str]) -> str:
    """What to write in place of an unknown word.

    What other tools call a known word comes first, then one that is written nearly the same, then
    the known ones if they are few.
    """
    if ours := our_words(word, known):
        return f"; here it is called {' or '.join(map(repr, ours))}"
    if near := written_alike(word, known):
        return f"; did you mean {near[0]!r}?"
    return f"; known: {', '.join(known)}" if 0 < len(known) <= _MOST_KNOWN else ""


def written_alike(word: str, known: Collection[str], *, cutoff: float = 0.6) -> tuple[str, ...]:
    """The known word that is written nearly the same, if there is one."""
    folded = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), folded, n=1, cutoff=cutoff)
    return tuple(folded[name] for name in near)


@dataclass(frozen=True, slots=True)
class Node:
    """One value of the document together with where it stands.

    The reading methods return None (or something empty) after they have noted a problem, so that a
    caller can go on and find the next one.
    """

    value: Any
    place: str
    problems: Problems

    def wrong(self, message: str) -> None:
        self.problems.add(self.place, message)

    def expected(self, what: str) -> None:
        self.wrong(f"expected {what}, found {described(self.value)}")

    def lacks(self, message: str, *keys: str) -> None:
        """Note that these keys are missing, unless one of them may be what was not understood.

        So that a misspelt key is one mistake, and not a strange key and a missing one.
        """
        if not self.problems.explains(self.place, keys):
            self.wrong(message)

    def child(self, value: Any, key: str | int) -> Node:
        if isinstance(key, int):
            return Node(value, f"{self.place}[{key}]", self.problems)
        return Node(value, f"{self.place}.{key}" if self.place else key, self.problems)

    def fields(
        self, known: Collection[str] | None, *, required: Collection[str] = ()
    ) -> dict[str, Node]:
        """The entries of a mapping; ``known`` None takes any key.

        Keys with no value (``key:`` alone) count as absent.
        """
        if not isinstance(self.value, Mapping):
            self.expected("a mapping")
            self.problems.strange(self.place, ())
            return {}
        entries: dict[str, Node] = {}
        misspelt: set[str] = set()
        for key, value in self.value.items():
            if not isinstance(key, str):
                self.wrong(f"the key {key!r} is not text; put it in quotes")
            elif known is not None and key not in known:
                self.wrong(f"unknown key {key!r}{hint(key, known)}")
                meant = our_words(key, known) or written_alike(key, known)
                self.problems.strange(self.place, meant)
                misspelt.update(meant)
            elif value is not None or known is None:
                entries[key] = self.child(value, key)
        for key in required:
            if key not in (*entries, *misspelt) and self.value.get(key) is None:
                self.wrong(f"{key!r} is missing")
        return entries

    def items(self) -> list[Node]:
        if not isinstance(self.value, (list, tuple)):
            self.expected("a list")
            return []
        return [self.child(value, index) for index, value in enumerate(self.value)]

    def text(self) -> str | None:
        if isinstance(self.value, str) and self.value.strip():
            return self.value
        if isinstance(self.value, (int, float)) and not isinstance(self.value, bool):
            self.wrong(f'expected text, found the number {self.value}; write it as "{self.value}"')
        else:
            self.expected("text")
        return None

    def flag(self) -> bool | None:
        if isinstance(self.value, bool):
            return self.value
        self.expected("true or false")
        return None

    def integer(self) -> int | None:
        if isinstance(self.value, int) and not isinstance(self.value, bool):
            return self.value
        self.expected("a whole number")
        return None

    def number(self) -> int | float | None:
        if isinstance(self.value, bool) or not isinstance(self.value, (int, float)):
            self.expected("a number")
            return None
        if not math.isfinite(self.value):
            self.wrong(f"expected a finite number, found {self.value}")
            return None
        return self.value

    def choice(self, known: Collection[str]) -> str | None:
        """One of ``known``, in any case of letters."""
        text = self.text()
        if text is None:
            return None
        for word in known:
            if word.lower() == text.strip().lower():
                return word
        self.wrong(f"unknown value {text!r}{hint(text, known)}")
        return None
