"""Words: what a search for text compares, and how a text is cut into them.

A word is a longest run of letters and digits; case does not count. Everything else only separates,
so ``train_model`` is two words. Part of a query that holds no blank is a phrase: its words have to
stand beside each other in one text, which makes ids, paths and times findable as they are written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

Phrase = tuple[str, ...]

MOST_WORDS = 30
_WORD = re.compile(r"[^\W_]+")
# The only characters outside ASCII whose small form is made of ASCII letters. As separators, they
# leave every ASCII word exactly as any database that folds ASCII letters alone would find it.
_SEPARATING = {0x130: " ", 0x212A: " "}


def words(text: str) -> list[str]:
    """The words of a text in their order, in small letters."""
    if not text.isascii():
        text = text.translate(_SEPARATING)
    return _WORD.findall(text.lower())


def phrases(query: str) -> tuple[Phrase, ...]:
    """What a query asks for; a text matches if it has every phrase.

    :raises ValueError: without a word, or with more than ``MOST_WORDS``.
    """
    found = tuple(phrase for part in query.split() if (phrase := tuple(words(part))))
    if not found:
        raise ValueError("expected at least one letter or digit to search for")
    if (count := sum(map(len, found))) > MOST_WORDS:
        raise ValueError(f"expected at most {MOST_WORDS} words to search for, found {count}")
    return found


def has_phrases(texts: Iterable[str], wanted: Collection[Phrase]) -> bool:
    """Whether each phrase stands in one of the texts."""
    missing = {f" {' '.join(phrase)} " for phrase in wanted}
    for text in texts:
        joined = f" {' '.join(words(text))} "
        missing = {phrase for phrase in missing if phrase not in joined}
        if not missing:
            return True
    return not missing


def texts_in(value: Any) -> Iterator[str]:
    """Every text, key, number, ``true``, ``false`` and ``null`` inside a JSON value, as JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield key
            yield from texts_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)
    else:
        yield json.dumps(value)
