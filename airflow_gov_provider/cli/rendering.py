"""Tables for people and JSON for programs.

What is printed was written by Dag authors and users, so control characters, which could make a
terminal lie, are replaced.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

# C0, C1 and what changes the direction of writing.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_GAP = "  "
_SHORTEST = 10
_LONGEST_LINE = 120
_STYLES = {"PASSED": "green", "WARNED": "yellow", "INSUFFICIENT": "magenta", "FAILED": "bold red"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """How a column fares on a narrow terminal.

    :param kept: it is never left out.
    :param whole: it is never shortened, because a part of it says nothing.
    """

    title: str
    kept: bool = False
    whole: bool = False


def print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))


def print_table(columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> None:
    """In a pipe everything is printed whole; on a terminal a row takes one line if it can."""
    terminal = sys.stdout.isatty()
    body = [[shown(value) for value in row] for row in rows]
    natural = [
        max([cell_len(column.title), *(cell_len(row[index]) for row in body)])
        for index, column in enumerate(columns)
    ]
    available = shutil.get_terminal_size().columns if terminal else None
    widths = fitted(columns, natural, available)
    console = Console(file=sys.stdout, highlight=False)
    console.print(_line([column.title for column in columns], widths), style="bold", soft_wrap=True)
    for row in body:
        console.print(_line(row, widths), soft_wrap=True)


def fitted(
    columns: Sequence[Column], natural: Sequence[int], available: int | None
) -> dict[int, int]:
    """The width of each column that is shown, by its index.

    Texts are shortened first, the longest ones most. When that is not enough, columns are left
    out from the right.
    """
    widths = dict(enumerate(natural))
    if available is None:
        return widths
    least = {i: w if columns[i].whole else min(w, _SHORTEST) for i, w in widths.items()}
    for index in sorted((i for i in widths if not columns[i].kept), reverse=True):
        if _total(least) <= available:
            break
        del widths[index], least[index]
    while _total(widths) > available:
        long = [index for index in widths if widths[index] > least[index]]
        if not long:
            break
        widths[max(long, key=widths.__getitem__)] -= 1
    return widths


def _total(widths: dict[int, int]) -> int:
    return sum(widths.values()) + len(_GAP) * (len(widths) - 1)


def _line(cells: Sequence[str], widths: dict[int, int]) -> Text:
    line = Text(_GAP).join(
        Text(_sized(cells[index], width), style=_STYLES.get(cells[index], ""))
        for index, width in widths.items()
    )
    line.rstrip()
    return line


def _sized(text: str, width: int) -> str:
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, width - 1) + "…"


def shown(value: object) -> str:
    """A value on one line: times in UTC to the second, fractions to six digits, a dash for none."""
    if value is None or value == "":
        return "-"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, float):
        return f"{value:.6g}"
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", str(value))


def task_instance(task_id: str | None, map_index: int | None) -> str | None:
    """``train`` or, for a mapped task, ``train[3]``."""
    mapped = task_id is not None and map_index is not None and map_index >= 0
    return f"{task_id}[{map_index}]" if mapped else task_id


def on_one_line(value: Any) -> Any:
    """Containers as JSON that fits a line; the rest is for ``--output json``."""
    if not isinstance(value, (list, dict)):
        return value
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= _LONGEST_LINE:
        return text
    return f"{text[:_LONGEST_LINE]}... (--output json shows all of it)"


def print_facts(facts: Mapping[str, Any]) -> None:
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        print(f"{shown(name):<{width}}  {shown(value)}")
