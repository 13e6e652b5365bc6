"""Anchors: checkpoints written where the database's administrator should not be able to rewrite.

A file to which lines are only added, each a JSON object with the time and the signed note. A crash
may leave the last line torn; it is skipped, and the next anchor starts on a line of its own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from airflow_gov_provider.exceptions import StoreError

_TAIL = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """One line.

    :param line: its number in the file, from 1 on; 0 where it is not known.
    :param note: the signed note; None if the line is damaged.
    """

    line: int
    anchored_at: datetime | None
    note: str | None


def append_anchor(path: Path, note: str, *, now: datetime) -> None:
    """Add a line; returns only when the disk has it.

    :raises StoreError: if the file cannot be written.
    """
    content = {"anchored_at": now.astimezone(UTC).isoformat(), "note": note}
    line = json.dumps(content, ensure_ascii=False).encode() + b"\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            end = os.fstat(descriptor).st_size
            if end and os.pread(descriptor, 1, end - 1) != b"\n":
                line = b"\n" + line
            if os.write(descriptor, line) != len(line):
                raise OSError
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise StoreError(
            f"the anchor file {path} cannot be written ({type(error).__name__}); checkpoints go "
            "on, but nothing outside the database vouches for them"
        ) from error


def anchors(path: Path) -> Iterator[Anchor]:
    """Every line, in order; a torn last one is left out. No file has no lines.

    :raises StoreError: if the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip() and line.endswith(b"\n"):
                    yield _anchor(line, number)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(
            f"the anchor file {path} cannot be read ({type(error).__name__})"
        ) from error


def last_anchor(path: Path) -> Anchor | None:
    """The newest line that can be read, without reading the whole file.

    :raises StoreError: if the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            lines = file.read().splitlines(keepends=True)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(
            f"the anchor file {path} cannot be read ({type(error).__name__})"
        ) from error
    for line in reversed(lines):
        if line.endswith(b"\n") and (found := _anchor(line, 0)).note is not None:
            return found
    return None


def _anchor(line: bytes, number: int) -> Anchor:
    try:
        content = json.loads(line)
        note, time = content["note"], datetime.fromisoformat(content["anchored_at"])
    except (ValueError, TypeError, KeyError):
        note, time = None, None
    if not isinstance(note, str) or time is None or time.tzinfo is None:
        return Anchor(line=number, anchored_at=None, note=None)
    return Anchor(line=number, anchored_at=time, note=note)
