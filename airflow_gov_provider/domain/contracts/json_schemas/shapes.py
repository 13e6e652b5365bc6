"""A JSON Schema as a tree of questions that know nothing of keywords or references."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_gov_provider.domain.quality.expectations import Bounds

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """How many there may be."""

    at_least: int = 0
    at_most: int | None = None

    def holds(self, count: int) -> bool:
        return self.at_least <= count and (self.at_most is None or count <= self.at_most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What one value of a document must meet; a question about another kind of value holds.

    :param kinds: what it may be; None for anything, and an empty set for nothing at all.
    :param scalars: it is one of these; None for anything.
    :param numbers: intervals of numbers, all of which must hold.
    :param length: characters of a text.
    :param patterns: found somewhere in a text, in RE2's syntax.
    :param count: elements of an array.
    :param prefix: its first elements, each of its own.
    :param items: its further elements.
    :param size: members of an object.
    :param required: names that an object has.
    :param dependent: names that it has if it has the first one.
    :param members: what stands under a name, where it is there.
    :param others: what stands under all other names.
    :param every: all of these hold, and at least one of each group of ``some``.
    :param exactly_one: of each group, one and no more holds.
    :param never: none of these holds.
    :param choices: the second where the first holds, else the third.
    """

    kinds: frozenset[str] | None = None
    scalars: tuple[Scalar, ...] | None = None
    numbers: tuple[Bounds, ...] = ()
    length: Span = Span()
    patterns: tuple[str, ...] = ()
    count: Span = Span()
    prefix: tuple[Shape, ...] = ()
    items: Shape | None = None
    size: Span = Span()
    required: tuple[str, ...] = ()
    dependent: tuple[tuple[str, tuple[str, ...]], ...] = ()
    members: tuple[tuple[str, Shape], ...] = ()
    others: Shape | None = None
    every: tuple[Shape, ...] = ()
    some: tuple[tuple[Shape, ...], ...] = ()
    exactly_one: tuple[tuple[Shape, ...], ...] = ()
    never: tuple[Shape, ...] = ()
    choices: tuple[tuple[Shape, Shape, Shape], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every member that is asked for by name."""
        found = [name for name, _ in self.members]
        found += self.required
        for name, needed in self.dependent:
            found += [name, *needed]
        return tuple(dict.fromkeys(found))


ANYTHING = Shape()
NOTHING = Shape(kinds=frozenset())
