"""What a search can find an event by: its columns, and the words of its texts."""

from __future__ import annotations

import json
from array import array
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from airflow_gov_provider.domain.words import texts_in, words
from airflow_gov_provider.store.search_blocks import BLOCK, NO_TIME, term

TEXTS = ("type", "state", "dag_id", "run_id", "task_id", "actor", "witness")
COUNTS = ("map_index", "try_number")
NO_DAG = term("no dag", "")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# Keys of a canonical document are sorted: the payload stands before these, and no text can hold
# them, because a quotation mark inside a text is escaped.
_PAYLOAD, _AFTER = '"payload":', ',"run_id":'

_Rows = defaultdict[Any, "array[int]"]


def micros(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def texts_of(row: Any) -> Iterator[str]:
    """The texts of an event that words are looked for in: who, where, what, and the payload."""
    for name in ("event_id", *TEXTS):
        if (value := getattr(row, name)) is not None:
            yield value
    yield from texts_in(_payload(row.document))


def _payload(document: str) -> Any:
    try:
        return json.loads(document)["payload"]
    except (ValueError, KeyError, TypeError, RecursionError):  # it was damaged in the database
        return None


def _payload_words(document: str) -> list[str]:
    """The words of the payload. They stand in the JSON as they are, unless something is escaped."""
    start, end = document.find(_PAYLOAD), document.rfind(_AFTER)
    if 0 <= start < end and "\\" not in document:
        return words(document[start + len(_PAYLOAD) : end])
    return words(" ".join(texts_in(_payload(document))))


@lru_cache(maxsize=50_000)
def _words_of_value(value: str) -> tuple[str, ...]:
    return tuple(words(value))


class Gathering:
    """The rows of one stretch by what they can be found by; each knows its rows in their order.

    :param first: the first sequence number of the stretch.
    """

    def __init__(self, first: int, length: int) -> None:
        self.dag_ids: set[str] = set()
        self.spans = [NO_TIME] * (length // BLOCK)
        self._first = first
        self._values: dict[str, _Rows] = {name: _rows() for name in (*TEXTS, *COUNTS)}
        self._words = _rows()

    def add(self, row: Any) -> None:
        """:param row: of the table of events; those with smaller numbers come first."""
        number = row.seq & 0xFFFF
        found = set(_payload_words(row.document))
        found.update(words(row.event_id))
        for name, values in self._values.items():
            value = getattr(row, name)
            values[value].append(number)
            if value is not None and name in _TEXTS:
                found.update(_words_of_value(value))
        for word in found:
            self._words[word].append(number)
        place, moment = (row.seq - self._first) // BLOCK, micros(row.occurred_at)
        earliest, latest = self.spans[place]
        self.spans[place] = min(earliest, moment), max(latest, moment)

    def terms(self) -> dict[int, bytes]:
        """The rows of every term."""
        found: dict[int, bytes] = {}
        for hashed, rows in self._hashed():
            # Two terms that are known by the same number share their rows.
            found[hashed] = _merged(found[hashed], rows) if hashed in found else rows.tobytes()
        return found

    def _hashed(self) -> Iterator[tuple[int, array[int]]]:
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
