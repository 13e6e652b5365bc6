"""Events as CSV and as JSON lines; a last line tells a whole file from a torn one."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Protocol

from airflow_gov_provider.api.schemas import EventItem

COLUMNS = (
    "seq",
    "occurred_at",
    "recorded_at",
    "type",
    "state",
    "dag_id",
    "run_id",
    "task_id",
    "map_index",
    "try_number",
    "actor",
    "witness",
    "witnesses",
    "event_id",
    "payload",
)
END = "end of export"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # what a spreadsheet takes for more than a text


class Format(Protocol):
    media_type: str
    suffix: str

    def begin(self) -> bytes: ...

    def lines(self, items: Iterable[EventItem]) -> bytes: ...

    def end(self, count: int, *, is_cut: bool) -> bytes:
        """:param is_cut: whether there are more events than the limit lets through."""


class JsonLines:
    """An event a line, as ``GET /v1/events`` gives it."""

    media_type, suffix = "application/x-ndjson", "jsonl"

    def begin(self) -> bytes:
        return b""

    def lines(self, items: Iterable[EventItem]) -> bytes:
        return "".join(f"{item.model_dump_json()}\n" for item in items).encode()

    def end(self, count: int, *, is_cut: bool) -> bytes:
        last = {"end_of_export": {"events": count, "is_cut": is_cut}}
        return json.dumps(last, separators=(",", ":")).encode() + b"\n"


class Csv:
    """RFC 4180 with a header, in UTF-8. The last record counts those between."""

    media_type, suffix = "text/csv; charset=utf-8", "csv"

    def begin(self) -> bytes:
        return _records([COLUMNS])

    def lines(self, items: Iterable[EventItem]) -> bytes:
        return _records(_cells(item) for item in items)

    def end(self, count: int, *, is_cut: bool) -> bytes:
        said = "there are more events than one export holds" if is_cut else "complete"
        return _records([(END, count, said, *[""] * (len(COLUMNS) - 3))])


def _records(records: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(records)
    return text.getvalue().encode()


def _cells(item: EventItem) -> Iterator[str | int | None]:
    for name in COLUMNS:
        value = getattr(item, name)
        if isinstance(value, datetime):
            yield value.isoformat().replace("+00:00", "Z")
        elif isinstance(value, dict):
            yield json.dumps(value, ensure_ascii=False, sort_keys=True)
        else:
            yield defused(" ".join(value) if isinstance(value, list) else value)


def defused(cell: str | int | None) -> str | int | None:
    """The cell, with an apostrophe before a text that a spreadsheet would compute."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
