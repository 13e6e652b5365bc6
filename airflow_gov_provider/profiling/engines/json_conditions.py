"""A shape of JSON documents as a condition in SQL, but for what each database calls its functions.

As with check digits, it is written as text: a schema makes many thousands of nodes. No part of a
condition is ever NULL, and each looks only at values of its own kind.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from airflow_gov_provider.domain.contracts.json_schemas.shapes import Scalar, Shape, Span
from airflow_gov_provider.domain.quality.expectations import Bounds

TRUE, FALSE = "TRUE", "FALSE"
Wrap = Callable[[str], str]


class Writer(ABC):
    """Every ``value`` is SQL for a part of a document, cheap enough to be repeated."""

    def __init__(self) -> None:
        self._names = 0

    def condition(self, shape: Shape, value: str) -> str:
        """True for a value of this shape, and false for any other."""
        return both(self._parts(shape, value))

    def _parts(self, shape: Shape, value: str) -> Iterator[str]:
        if shape.kinds is not None:
            yield either(self.is_a(kind, value) for kind in sorted(shape.kinds))
        if shape.scalars is not None:
            yield either(self._equals(scalar, value) for scalar in shape.scalars)
        by_kind = {
            "number": [self.within(value, bounds) for bounds in shape.numbers],
            "string": list(self._text(shape, value)),
            "array": list(self._array(shape, value)),
            "object": list(self._object(shape, value)),
        }
        for kind, conditions in by_kind.items():
            if conditions:
                yield where(self.is_a(kind, value), both(conditions))
        yield from (self.condition(each, value) for each in shape.every)
        for group in shape.some:
            yield either(self.condition(each, value) for each in group)
        for group in shape.exactly_one:
            holding = (where(self.condition(e, value), "1", "0") for e in group)
            yield f"({' + '.join(holding)}) = 1"
        yield from (negated(self.condition(each, value)) for each in shape.never)
        for case, yes, no in shape.choices:
            yield where(self.condition(case, value), *(self.condition(e, value) for e in (yes, no)))

    def _equals(self, wanted: Scalar, value: str) -> str:
        match wanted:
            case None:
                return self.is_a("null", value)
            case bool():
                same = f"{self.text(value)} = '{str(wanted).lower()}'"
                return where(self.is_a("boolean", value), same, FALSE)
            case str():
                same = f"{self.text(value)} = {quoted(wanted)}"
                return where(self.is_a("string", value), same, FALSE)
        same = self.within(value, Bounds(at_least=wanted, at_most=wanted))
        return where(self.is_a("number", value), same, FALSE)

    def _text(self, shape: Shape, value: str) -> Iterator[str]:
        yield from counted(shape.length, self.length(self.text(value)))
        yield from (self.found(pattern, self.text(value)) for pattern in shape.patterns)

    def _array(self, shape: Shape, value: str) -> Iterator[str]:
        yield from counted(shape.count, self.elements(value))
        for place, inner in enumerate(shape.prefix):
            element, there = self.element(value, place)
            yield where(there, self.condition(inner, element))
        if shape.items is not None:
            yield self.all_elements(value, shape.items, after=len(shape.prefix))

    def _object(self, shape: Shape, value: str) -> Iterator[str]:
        yield from counted(shape.size, self.members(value))
        if shape.names:
            members, wrapped = self.opened(value, shape.names)
            yield wrapped(both(self._named(shape, members)))
        if shape.others is not None:
            yield self.all_others(value, [name for name, _ in shape.members], shape.others)

    def _named(self, shape: Shape, members: Mapping[str, str]) -> Iterator[str]:
        there = {name: f"({member} IS NOT NULL)" for name, member in members.items()}
        yield from (there[name] for name in shape.required)
        for name, needed in shape.dependent:
            yield where(there[name], both([there[each] for each in needed]))
        for name, inner in shape.members:
            yield where(there[name], self.condition(inner, members[name]))

    def fresh(self, letter: str) -> str:
        """A name that nothing else in the condition has."""
        self._names += 1
        return f"{letter}{self._names}"

    @abstractmethod
    def is_a(self, kind: str, value: str) -> str: ...

    @abstractmethod
    def text(self, value: str) -> str:
        """A string without its quotes; of a boolean, ``true`` or ``false``."""

    @abstractmethod
    def within(self, value: str, bounds: Bounds) -> str:
        """Whether a number lies in an interval."""

    @abstractmethod
    def length(self, text: str) -> str: ...

    @abstractmethod
    def found(self, pattern: str, text: str) -> str:
        """Whether a pattern is found somewhere in a text."""

    @abstractmethod
    def elements(self, value: str) -> str:
        """How many elements an array has."""

    @abstractmethod
    def element(self, value: str, place: int) -> tuple[str, str]:
        """One of them, counted from 0, and whether it is there."""

    @abstractmethod
    def all_elements(self, value: str, shape: Shape, *, after: int) -> str:
        """Whether each, from this place on, has the shape."""

    @abstractmethod
    def members(self, value: str) -> str:
        """How many members an object has."""

    @abstractmethod
    def opened(self, value: str, names: Sequence[str]) -> tuple[Mapping[str, str], Wrap]:
        """The members of these names, NULL where they are not there, and what goes around a
        condition on them.
        """

    @abstractmethod
    def all_others(self, value: str, known: Sequence[str], shape: Shape) -> str:
        """Whether every member of another name has the shape."""


def both(conditions: Iterable[str]) -> str:
    kept = [each for each in conditions if each != TRUE]
    if FALSE in kept:
        return FALSE
    return f"({' AND '.join(kept)})" if kept else TRUE


def either(conditions: Iterable[str]) -> str:
    kept = [each for each in conditions if each != FALSE]
    if TRUE in kept:
        return TRUE
    return f"({' OR '.join(kept)})" if kept else FALSE


def negated(condition: str) -> str:
    return {TRUE: FALSE, FALSE: TRUE}.get(condition, f"(NOT {condition})")


def where(case: str, then: str, otherwise: str = TRUE) -> str:
    """Engines may look at both sides of an AND, and at one branch of a CASE only."""
    if then == otherwise:
        return then
    return f"(CASE WHEN {case} THEN {then} ELSE {otherwise} END)"


def counted(span: Span, number: str) -> Iterator[str]:
    if span.at_least:
        yield f"{number} >= {span.at_least}"
    if span.at_most is not None:
        yield f"{number} <= {span.at_most}"


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def limits(bounds: Bounds) -> Iterator[tuple[str, int | float]]:
    """An operator and a number for each end."""
    for operator, limit in (
        (">=", bounds.at_least),
        (">", bounds.more_than),
        ("<=", bounds.at_most),
        ("<", bounds.less_than),
    ):
        if isinstance(limit, (int, float)):
            yield operator, limit
