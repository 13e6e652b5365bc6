"""The files of commitments that the settings name, as they stand now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from airflow_gov_provider.domain.sla.calendars import Calendar
from airflow_gov_provider.domain.sla.effective import Entry
from airflow_gov_provider.domain.sla.promises_file import PromisesFile, read_promises_file
from airflow_gov_provider.exceptions import ContractInvalid

_MAX_BYTES = 5_000_000


def load_promises(path: Path) -> PromisesFile:
    """:raises ContractInvalid: if there is no such file, or with everything that is wrong in it."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ContractInvalid(str(path), [f"expected at most {_MAX_BYTES} bytes, found more"])
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ContractInvalid(str(path), ["expected UTF-8 text, found other bytes"]) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ContractInvalid(str(path), [f"cannot be read: {reason}"]) from None
    return read_promises_file(text, name=path.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """What all files say together.

    :param is_whole: False if a file is spoiled and was never read well in this process, so that
        nobody can tell what it says.
    """

    entries: Sequence[Entry] = ()
    calendars: dict[str, Calendar] = field(default_factory=dict)
    problems: Sequence[str] = ()
    is_whole: bool = True


Stamp = tuple[str, int, int] | None


class CommitmentFiles:
    """Reads files again when they have changed; a spoiled one stands as it was before."""

    def __init__(self) -> None:
        self._good: dict[Path, PromisesFile] = {}
        self._problems: dict[Path, list[str]] = {}
        self._stamps: dict[Path, Stamp] = {}

    def read(self, paths: Sequence[Path]) -> Promises:
        for path in paths:
            self._read_again(path)
        entries: list[Entry] = []
        calendars: dict[str, Calendar] = {}
        problems: list[str] = []
        for path in paths:
            problems += self._problems[path]
            if (good := self._good.get(path)) is None:
                continue
            entries += good.entries
            problems += [
                f"{path.name}: another file describes a calendar {name!r} as well; rename one"
                for name in good.calendars.keys() & calendars.keys()
            ]
            calendars.update(good.calendars)
        is_whole = all(path in self._good for path in paths)
        return Promises(entries=entries, calendars=calendars, problems=problems, is_whole=is_whole)

    def stamps(self, paths: Sequence[Path]) -> list[Stamp]:
        """What differs when a file has changed."""
        return [_stamp(path) for path in paths]

    def _read_again(self, path: Path) -> None:
        stamp = _stamp(path)
        if path in self._stamps and stamp == self._stamps[path]:
            return
        try:
            self._good[path] = load_promises(path)
            self._problems[path] = []
        except ContractInvalid as error:
            self._problems[path] = [f"{path.name}: {problem}" for problem in error.problems]
        self._stamps[path] = stamp


def _stamp(path: Path) -> Stamp:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return (str(path), status.st_mtime_ns, status.st_size)
