"""The shipper's side of the spool: reading frames, taking files, keeping what cannot be used."""

from __future__ import annotations

import json
import os
import re
import time
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from airflow_gov_provider.store.spool.records import (
    EMPTY,
    LOSSES,
    SHIP,
    SPOOL,
    aside,
    current_file,
    lock,
    places,
    release,
    sync_directory,
)

_QUARANTINE = ".quarantine"
_ATTEMPTS = 20
_PAUSE_SECONDS = 0.001
_HEADER = re.compile(rb"\n?([1-9][0-9]{0,6}) ([0-9a-f]{8}) ")  # writers begin a line of their own


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """Bytes of a spool file that no record could be read from, or a record that nobody can use."""

    reason: str
    offset: int
    content: bytes


def read_frames(content: bytes) -> tuple[list[bytes], list[Damage]]:
    """The records of a spool file, and whatever lies between them."""
    records: list[bytes] = []
    damages: list[Damage] = []
    position, end = 0, len(content)
    while position < end:
        after, record = _record_at(content, position)
        if record is None:
            line_end = content.find(b"\n", position)
            after = end if line_end < 0 else line_end + 1
            _note(damages, position, content[position:after], torn=line_end < 0)
        else:
            records.append(record)
        position = after
    return records, damages


def _record_at(content: bytes, position: int) -> tuple[int, bytes | None]:
    header = _HEADER.match(content, position)
    if header is None:
        return position, None
    length, checksum = header.groups()
    start = header.end()
    end = start + int(length)
    record = content[start:end]
    if end > len(content) or crc32(record) != int(checksum, 16):
        return position, None
    return end + 1, record  # the line break carries nothing: its damage costs no record


def _note(damages: list[Damage], offset: int, content: bytes, *, torn: bool) -> None:
    if content == b"\n":  # where a writer closed a torn line, or a damaged break lies
        return
    reason = "the end is missing" if torn else "the checksum does not match"
    damages.append(Damage(reason=reason, offset=offset, content=content))


class ClaimedFile:
    """A spool file that only this object works on, until it is closed."""

    def __init__(self, opened: int, path: Path) -> None:
        self._opened, self.path = opened, path

    @property
    def size(self) -> int:
        return os.fstat(self._opened).st_size

    def read(self) -> tuple[list[bytes], list[Damage]]:
        return read_frames(os.pread(self._opened, self.size, 0))

    def quarantine(self, damages: Iterable[Damage]) -> None:
        """Keep what could not be used, durably; doing it again replaces the same file."""
        lines = [
            {"reason": d.reason, "offset": d.offset, "content": b64encode(d.content).decode()}
            for d in damages
        ]
        target = self.path.with_suffix(_QUARANTINE)
        draft = self.path.with_suffix(".draft")
        opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(opened, "w") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
        sync_directory(target.parent)

    def remove(self) -> None:
        """The records are safe elsewhere."""
        self.path.unlink()

    def release(self) -> None:
        release(self._opened)


@contextmanager
def claimed_files(
    directory: Path, *, limit: int, max_bytes: int = 32 * 1024 * 1024
) -> Iterator[list[ClaimedFile]]:
    """The oldest files that nobody works on; released at the end of the block.

    They lie in the directory or in one of its other places. A file that this user may not open is
    left where it is.

    :param max_bytes: no further file is taken once those taken hold as much.
    """
    claimed: list[ClaimedFile] = []
    total = 0
    try:
        for path in _waiting_files(directory):
            if len(claimed) == limit or total >= max_bytes:
                break
            if (file := _claim(path)) is not None:
                claimed.append(file)
                total += file.size
        yield claimed
    finally:
        for file in claimed:
            file.release()


def _claim(path: Path) -> ClaimedFile | None:
    try:
        opened = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:  # shipped meanwhile, or another user's
        return None
    claimed = None
    try:
        if path.suffix == SPOOL:
            path = _out_of_reach(path)
        if _locked_soon(opened, path):
            claimed = ClaimedFile(opened, path)
    finally:
        if claimed is None:
            release(opened)
    return claimed


def _out_of_reach(path: Path) -> Path:
    """Take the file from its writers, and lay a fresh one in its place where writers return.

    :returns: its name now, or the name as it was if somebody else has taken it.
    """
    taken = aside(path)
    try:
        path.rename(taken)
    except FileNotFoundError:
        return path
    if path == current_file(path.parent):
        with suppress(OSError):  # a writer can do it as well
            _lay_out(path)
    return taken


def _lay_out(path: Path) -> None:
    """A file that holds nothing, and whose name is on the disk before it holds anything."""
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        sync_directory(path.parent)
        os.write(opened, b"\n")
    finally:
        os.close(opened)


def _locked_soon(opened: int, path: Path) -> bool:
    """Writers that were there before the file was taken are done in a moment."""
    for attempt in range(_ATTEMPTS):
        if lock(opened, path):
            return True
        if path.suffix != SHIP or attempt == _ATTEMPTS - 1:
            break
        time.sleep(_PAUSE_SECONDS)
    return False


def _waiting_files(directory: Path) -> list[Path]:
    """Oldest first."""
    ages: list[tuple[int, Path]] = []
    for place in places(directory):
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(place) as entries:
            for entry in entries:
                if entry.name.endswith((SPOOL, SHIP)):
                    with suppress(FileNotFoundError):
                        found = entry.stat(follow_symlinks=False)
                        if found.st_size > EMPTY or entry.name.endswith(SHIP):
                            ages.append((found.st_mtime_ns, Path(entry.path)))
    return [path for _, path in sorted(ages)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolState:
    """What lies in a spool directory and its other places.

    :param elsewhere: how many of the files lie in another place, because the directory could not
        be written to.
    :param quarantined: frames and records that could not be used and are kept.
    :param lost: events that could not be written at all, as far as that could be noted.
    """

    files: int
    bytes: int
    elsewhere: int
    quarantined: int
    lost: int


def spool_state(directory: Path) -> SpoolState:
    waiting = _waiting_files(directory)
    sizes = []
    for path in waiting:
        with suppress(FileNotFoundError):
            sizes.append(path.stat().st_size)
    everywhere = [place for place in places(directory) if place.is_dir()]
    kept = [path for place in everywhere for path in place.glob(f"*{_QUARANTINE}")]
    return SpoolState(
        files=len(sizes),
        bytes=sum(sizes),
        elsewhere=sum(path.parent != directory for path in waiting),
        quarantined=sum(_lines(path) for path in kept),
        lost=sum(_lines(place / LOSSES) for place in everywhere),
    )


def _lines(path: Path) -> int:
    try:
        return path.read_bytes().count(b"\n")
    except OSError:
        return 0
