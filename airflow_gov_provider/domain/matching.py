"""How many pairs can be made of things of two kinds, where not everyone fits everyone.

Standard library only.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def reached(start: Node, among: Iterable[Node], fit: Callable[[Node, Node], bool]) -> set[Node]:
    """Everything that hangs together with the start, itself included, over pairs that fit."""
    left, found, ahead = set(among) - {start}, {start}, [start]
    while ahead:
        one = ahead.pop()
        next_ones = {other for other in left if fit(one, other)}
        left -= next_ones
        found |= next_ones
        ahead += next_ones
    return found


def most_pairs(fits: Mapping[Node, Collection[Node]]) -> int:
    """The size of a maximum matching, by augmenting paths (Kuhn's algorithm).

    :param fits: for each thing of one kind those of the other kind that it fits.
    """
    partner: dict[Node, Node] = {}
    return sum(_augments(one, fits, partner, set()) for one in fits)


def _augments(
    one: Node,
    fits: Mapping[Node, Collection[Node]],
    partner: dict[Node, Node],
    tried: set[Node],
) -> bool:
    """Whether there is a pair for this one, if those that have one may take another."""
    for other in fits[one]:
        if other in tried:
            continue
        tried.add(other)
        if other not in partner or _augments(partner[other], fits, partner, tried):
            partner[other] = one
            return True
    return False
