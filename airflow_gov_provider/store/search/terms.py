"""What a search can find an event by: its columns, and the words of its texts."""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any

from airflow_gov_provider.domain.words import Phrase, folded, words, words_and_neighbours
from airflow_gov_provider.store.search.blocks import NO_TIME, term

TEXTS = ("type", "state", "dag_id", "run_id", "task_id", "actor", "witness")
COUNTS = ("map_index", "try_number")
NO_DAG = term("no dag", "")
ANY = term("any", "")  # which every row has

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# Keys of a canonical document are sorted: the payload stands before the other key. No text can hold
# either, because a quotation mark inside a text is escaped.
_PAYLOAD, _AFTER = '"payload":', ',"run_id":'
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)")
_PLAIN = {'"': '"', "\\": "\\", "/": "/"}

_Rows = defaultdict[Any, "array[int]"]


def micros(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def text_of(row: Any) -> str:
    """What words of an event are looked for in, folded: who, where, what, and the payload."""
    values = (getattr(row, name) for name in ("event_id", *TEXTS))
    known = (value for value in values if value is not None)
    return folded("\n".join((*known, _payload(row.document))))


def _payload(document: str) -> str:
    """The payload as JSON, but without escapes: as it would be read."""
    start, end = document.find(_PAYLOAD), document.rfind(_AFTER)
    if not 0 <= start < end:  # it was damaged in the database
        return ""
    text = document[start + len(_PAYLOAD) : end]
    return _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _unescaped(found: re.Match[str]) -> str:
    """What is left are control characters, which separate as blanks do."""
    return _PLAIN.get(found[1], " ")


def terms_of_phrase(phrase: Phrase) -> set[int]:
    """What every row with the phrase has."""
    texts = [" ".join(two) for two in pairwise(phrase)]
    return {term("", text) for text in (texts or phrase)}


@lru_cache(maxsize=50_000)
def _words_of_value(value: str) -> tuple[str, ...]:
    return tuple(words_and_neighbours(folded(value)))


class Gathering:
    """The rows of one stretch by what they can be found by; each knows its rows in their order.

    :param first: the first sequence number of the stretch.
    """

    def __init__(self, first: int, length: int) -> None:
        self.dag_ids: set[str] = set()
        self.times = array("q", [NO_TIME]) * length
        self._first = first
        self._values: dict[str, _Rows] = {name: _rows() for name in (*TEXTS, *COUNTS)}
        self._words = _rows()
        self._numbers = array("H")

    def add(self, row: Any) -> None:
        """:param row: of the table of events; those with smaller numbers come first."""
        number = row.seq & 0xFFFF
        found = words_and_neighbours(folded(_payload(row.document)))
        found.update(words(folded(row.event_id)))
        self._numbers.append(number)
        for name, values in self._values.items():
            value = getattr(row, name)
            values[value].append(number)
            if value is not None and name in _TEXTS:
                found.update(_words_of_value(value))
        for word in found:
            self._words[word].append(number)
        self.times[row.seq - self._first] = micros(row.occurred_at)

    def terms(self) -> dict[int, bytes]:
        """The rows of every term."""
        found: dict[int, bytes] = {}
        for hashed, rows in self._hashed():
            # Two terms that are known by the same number share their rows.
            found[hashed] = _merged(found[hashed], rows) if hashed in found else rows.tobytes()
        return found

    def _hashed(self) -> Iterator[tuple[int, array[int]]]:
        if self._numbers:
            yield ANY, self._numbers
        for word, rows in self._words.items():
            yield term("", word), rows
        for name, values in self._values.items():
            for value, rows in values.items():
                if value is not None:
                    yield term(name, str(value)), rows
        for value, rows in self._values["type"].items():
            yield term("category", value.partition(".")[0]), rows

    def dags(self) -> dict[int, bytes]:
        """The rows of every Dag, and of no Dag."""
        self.dag_ids = {value for value in self._values["dag_id"] if value is not None}
        found: dict[int, bytes] = {}
        for value, rows in self._values["dag_id"].items():
            hashed = NO_DAG if value is None else term("dag_id", value)
            found[hashed] = _merged(found[hashed], rows) if hashed in found else rows.tobytes()
        return found


_TEXTS = frozenset(TEXTS)


def _rows() -> _Rows:
    return defaultdict(lambda: array("H"))


def _merged(known: bytes, rows: array[int]) -> bytes:
    return array("H", sorted({*memoryview(known).cast("H"), *rows})).tobytes()
