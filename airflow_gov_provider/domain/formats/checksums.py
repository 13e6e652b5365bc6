"""Check digits as sums of what the characters of a text are worth.

Nearly every scheme is one sum: each character has a value and a weight, and the sum leaves a given
remainder, or one that names the check character. What a character is worth is its place in an
alphabet, counted modulo the scheme's own modulus, so that two characters can be worth the same.
That form can be asked of any database, row by row, without a function of ours.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

DIGITS = string.digits
LETTERS_AND_DIGITS = DIGITS + string.ascii_uppercase
FILLER = "_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One character: its position from 1, its weight, and the alphabet that gives its value."""

    position: int
    weight: int = 1
    alphabet: str = DIGITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighted:
    """The sum of the terms leaves one of ``remainders``, or one that names the check character.

    :param width: a shorter text is filled with zeros from the left, a longer one loses its start;
        None leaves it as it is.
    :param check: the position of the check character, which is that of ``table`` at the remainder.
    """

    terms: tuple[Term, ...]
    modulus: int
    remainders: tuple[int, ...] = (0,)
    width: int | None = None
    check: int | None = None
    table: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mod97:
    """ISO 7064 MOD 97-10: letters are 10 to 35, and the number leaves 1.

    :param moved: how many characters of the start stand at the end for the sum.
    :param longest: characters.
    """

    longest: int
    moved: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mod11Then10:
    """ISO 7064 MOD 11,10, over all digits of a text of fixed length, the last of which checks."""

    length: int


Checksum = Weighted | Mod97 | Mod11Then10


def alphabet(values: Mapping[str, int], modulus: int) -> str:
    """Text in which each character stands at a place that equals its value modulo ``modulus``."""
    taken: dict[int, str] = {}
    for character, value in values.items():
        place = value % modulus
        while place in taken:
            place += modulus
        taken[place] = character
    return "".join(taken.get(place, FILLER) for place in range(max(taken) + 1))


def weighted(
    weights: Iterable[int], modulus: int, *, start: int = 1, last: str = DIGITS
) -> Weighted:
    """Digits with these weights from a position on, whose sum leaves 0.

    :param last: the alphabet of the last one.
    """
    listed = list(weights)
    terms = [Term(position=start + n, weight=weight) for n, weight in enumerate(listed)]
    terms[-1] = Term(position=terms[-1].position, weight=listed[-1], alphabet=last)
    return Weighted(terms=tuple(terms), modulus=modulus)


def named(
    weights: Sequence[int], modulus: int, *, check: int, table: str, values: str = DIGITS
) -> Weighted:
    """Characters with these weights from the first on, whose sum names the check character."""
    terms = tuple(
        Term(position=n, weight=weight, alphabet=values) for n, weight in enumerate(weights, 1)
    )
    return Weighted(terms=terms, modulus=modulus, check=check, table=table)


def luhn(width: int, *, remainder: int = 0) -> Weighted:
    """Every second digit from the right is doubled and stands for the sum of its two digits.

    Source: U.S. patent 2,950,048.
    """
    doubled = alphabet({str(digit): 2 * digit - 9 * (digit > 4) for digit in range(10)}, 10)  # noqa: PLR2004
    terms = tuple(
        Term(position=position, alphabet=doubled if (width - position) % 2 else DIGITS)
        for position in range(1, width + 1)
    )
    return Weighted(terms=terms, modulus=10, remainders=(remainder,), width=width)


def holds(check: Checksum, text: str) -> bool:
    """The same sum in Python, of a text without separators that has the right shape."""
    match check:
        case Weighted():
            return _weighted_holds(check, text)
        case Mod97():
            turned = text[check.moved :] + text[: check.moved]
            return int("".join([_WORTH[each] for each in turned])) % 97 == 1
        case Mod11Then10():
            product = 10
            for digit in text[: check.length - 1]:
                product = ((product + int(digit) + 9) % 10 + 1) * 2 % 11
            return (product + int(text[check.length - 1])) % 10 == 1


def _weighted_holds(check: Weighted, text: str) -> bool:
    if check.width is not None:
        text = text[-check.width :].rjust(check.width, "0")
    total = sum([term.alphabet.find(text[term.position - 1]) * term.weight for term in check.terms])
    if check.check is not None:
        return check.table[total % check.modulus] == text[check.check - 1]
    return total % check.modulus in check.remainders


_WORTH = {each: str(place) for place, each in enumerate(LETTERS_AND_DIGITS)}
