"""Words: what a search for text compares, and how a text is cut into them.

A word is a longest run of letters and digits; case does not count, and everything else separates.
Blanks and quotation marks end a *piece* of text. Words of one piece of a query have to be
neighbours in one piece of the text, so ``train_model``, an id, a path or a time is found as it is
written, and each of its words alone as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from itertools import pairwise

Phrase = tuple[str, ...]

MOST_WORDS = 30
_WORD = re.compile(r"[^\W_]+")
_BETWEEN = r'(?:[^\w\s"]|_)+'
# A word, and whether another follows it in its piece; the second is the faster one for ASCII.
_CUT = re.compile(r'([^\W_]++)(?=((?:[^\w\s"]|_)++[^\W_])?)')
_CUT_ASCII = re.compile(r'([a-z0-9]++)(?=([^a-z0-9\s"]++[a-z0-9])?)')
_PIECE = re.compile(r'[^\s"]+')
# The only characters outside ASCII whose small form is made of ASCII letters. As separators, they
# leave every ASCII word exactly as any database that folds ASCII letters alone would find it.
_SEPARATING = {0x130: "-", 0x212A: "-"}


def folded(text: str) -> str:
    """The text in small letters."""
    return (text if text.isascii() else text.translate(_SEPARATING)).lower()


def words(text: str) -> list[str]:
    """The words of a folded text in their order."""
    return _WORD.findall(text)


def words_and_neighbours(text: str) -> set[str]:
    """The words of a folded text, and, with a blank between, those that are neighbours."""
    found = (_CUT_ASCII if text.isascii() else _CUT).findall(text)
    both = {f"{one[0]} {following[0]}" for one, following in pairwise(found) if one[1]}
    both.update([word for word, _ in found])
    return both


def phrases(query: str) -> tuple[Phrase, ...]:
    """What a query asks for; a text matches if it has every phrase.

    :raises ValueError: without a word, or with more than ``MOST_WORDS``.
    """
    pieces = (tuple(words(piece)) for piece in _PIECE.findall(folded(query)))
    found = tuple(phrase for phrase in pieces if phrase)
    if not found:
        raise ValueError("expected at least one letter or digit to search for")
    if (count := sum(map(len, found))) > MOST_WORDS:
        raise ValueError(f"expected at most {MOST_WORDS} words to search for, found {count}")
    return found


def finder(wanted: Collection[Phrase]) -> Callable[[str], bool]:
    """What tells whether a folded text has every phrase."""
    patterns = [re.compile(_pattern(phrase)).search for phrase in dict.fromkeys(wanted)]
    return lambda text: all(search(text) for search in patterns)


def _pattern(phrase: Phrase) -> str:
    """Begins with a plain word, which is sought ten times faster than what may stand before it."""
    first, *others = phrase
    begins = rf"{first}(?<![^\W_]{first})"
    return _BETWEEN.join([begins, *others]) + r"(?![^\W_])"
