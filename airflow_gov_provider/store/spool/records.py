"""Records on the local disk, from the moment they are acknowledged until a database has them.

A record is one line, framed as ``length crc record``. All writers of one user on one host append
to one ``.spool`` file, which lasts: opening a file that exists and syncing its data is all that a
record costs. A shipper (``store.spool.claims``) takes the file by renaming it to ``.ship``, leaves
a fresh one in its place, hands the records on, and unlinks what it took when they are safe.

Who may touch a file is settled by ``flock``, and nobody waits for a lock:

* a writer holds a shared lock on the file for the time of one record, and looks once it has it
  whether the name still stands for this file; many write at the same time, because a write at the
  end of a local file is not interleaved with others;
* a shipper renames first, so that no new writer comes, and then wants the lock for itself: it has
  it as soon as the last writer is done, and no other shipper gets it;
* the kernel takes back what a dead process held. Records can thus be handed on twice, never lost;
  whoever receives them knows them by their identity.

A record begins by ending the line before it. Whatever a killed process, a full disk or a power cut
left half written costs itself and no other record, and is kept in a ``.quarantine`` file.

Where the directory cannot be written to, a writer that was given other places (``other_places``)
turns to them, and shippers of the directory look there as well.

Standard library only: task processes import this module. The directory is on a local disk.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from _thread import start_new_thread
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from zlib import crc32

from airflow_gov_provider.exceptions import SpoolError

LARGEST_RECORD = 1024 * 1024
LOSSES = "losses.log"
SPOOL, SHIP = ".spool", ".ship"
EMPTY = 1  # bytes: a file whose name is known to be on the disk holds at least a line break

_LARGEST_FILE = 8 * 1024 * 1024
_MEMORY = "/dev/shm"  # noqa: S108 - what is made in it is looked at before it is used
_MOST_ELSEWHERE = 64 * 1024 * 1024
_ATTEMPTS = 60
_ATTEMPTS_AT_ONCE = 5
_PAUSE_SECONDS = 0.0005
_FLAGS = os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW


def frame(record: bytes) -> bytes:
    """:raises ValueError: for a record that is empty, too long or more than one line."""
    if not record or len(record) > LARGEST_RECORD or b"\n" in record:
        raise ValueError(
            f"expected one line of 1 to {LARGEST_RECORD} bytes, found {len(record)} bytes with "
            f"{record.count(bytes([10]))} line breaks"
        )
    return b"%d %08x %b\n" % (len(record), crc32(record), record)


def current_file(directory: Path) -> Path:
    """What writers of this user on this host append to."""
    host = "".join(c if c.isalnum() or c == "-" else "_" for c in os.uname().nodename[:60])
    return directory / f"{host}-{os.geteuid()}{SPOOL}"


def aside(path: Path) -> Path:
    """A new name under which only shippers look for the file."""
    return path.with_suffix(f".{os.urandom(6).hex()}{SHIP}")


class SpoolWriter:
    """Appends records; every process and thread may hold one, and one may be shared.

    :param directory: made when it is missing, for this user only.
    :param elsewhere: whether its other places are tried when it cannot be written to.
    """

    def __init__(self, directory: Path, *, elsewhere: bool = False) -> None:
        self.directory = directory
        self._elsewhere = elsewhere
        self._file = str(current_file(directory))  # a path is slower in a process just forked
        self._rehearsed = False

    def append(self, record: bytes) -> Path:
        """Write the record; returns when it is on the disk.

        :returns: the directory in which it is.
        :raises SpoolError: if it is in none.
        :raises ValueError: for a record that is empty, too long or more than one line.
        """
        content = b"\n" + frame(record)
        try:
            _sync(_append(self._file, content))
        except OSError as error:
            if self._elsewhere and (place := _append_elsewhere(self.directory, content)):
                return place
            raise SpoolError(
                f"an event could not be written to {self.directory} ({error.strerror or error}); "
                "expected a directory on a local disk that this user may write to and that has "
                "space left; see [governance] spool_dir"
            ) from error
        return self.directory

    def append_ahead(self, record: bytes, *, failed: Callable[[Exception], None]) -> Path:
        """Write the record; returns when the kernel has it, and syncs it from a thread.

        Whatever becomes of this process from there on, the record reaches the disk. Only a host
        that goes down within the time of one sync takes it along.

        :param failed: told, in that thread, that the record is in no directory after all.
        :returns: the directory in which it is.
        :raises SpoolError: if it is in none.
        :raises ValueError: for a record that is empty, too long or more than one line.
        """
        try:
            opened = _append(self._file, b"\n" + frame(record))
            fcntl.flock(opened, fcntl.LOCK_UN)  # a shipper may have it: it reads what was written
        except OSError:
            return self.append(record)
        try:
            start_new_thread(self._sync, (opened, record, failed))
        except RuntimeError:  # as many threads as there may be
            self._sync(opened, record, failed)
        return self.directory

    def rehearse(self, times: int) -> None:
        """Run what a record costs but for its sync, once, and leave nothing.

        A file that does not exist is not made: whoever asks need not be who will write.

        :raises OSError: if the file cannot be written to.
        """
        if self._rehearsed or not os.path.exists(self._file):  # noqa: PTH110 - a path is slower
            return
        self._rehearsed = True
        for _ in range(times):
            frame(b"-")
            release(_append(self._file, b""))

    def _sync(self, opened: int, record: bytes, failed: Callable[[Exception], None]) -> None:
        try:
            _sync(opened)
        except OSError:
            try:
                self.append(record)  # whoever receives it twice knows it by its identity
            except Exception as error:  # noqa: BLE001 - nobody waits for this thread
                failed(error)


def _append_elsewhere(directory: Path, content: bytes) -> Path | None:
    for place in other_places(directory):
        with suppress(OSError):
            place.mkdir(mode=0o700, exist_ok=True)
            if is_private(place) and _size(place) < _MOST_ELSEWHERE:
                _sync(_append(str(current_file(place)), content))
                return place
    return None


def _append(path: str, content: bytes) -> int:
    """The open file whose end it is now, with a lock that is given back by ``_sync``."""
    for attempt in range(1, _ATTEMPTS + 1):
        if (opened := _append_once(path, content)) is not None:
            return opened
        if attempt >= _ATTEMPTS_AT_ONCE:
            time.sleep(_PAUSE_SECONDS)
    raise OSError(errno.EBUSY, "the spool file was busy")


def _append_once(path: str, content: bytes) -> int | None:
    opened = _opened(path, os.O_RDWR)
    written = False
    try:
        held = _held(opened, path, fcntl.LOCK_SH)
        if held is None:
            return None
        if held.st_size > _LARGEST_FILE:
            with suppress(FileNotFoundError):  # another writer has turned the page
                Path(path).rename(aside(Path(path)))
            return None
        if held.st_size < EMPTY:  # before it holds anything, so that who finds content need not
            sync_directory(Path(path).parent)
        _write_whole(opened, content)
        written = True
        return opened
    finally:
        if not written:
            release(opened)


def _sync(opened: int) -> None:
    try:
        os.fdatasync(opened)
    finally:
        release(opened)


def _write_whole(opened: int, content: bytes) -> None:
    written = os.write(opened, content)
    if written == len(content):
        return
    end = os.lseek(opened, 0, os.SEEK_CUR)
    with suppress(OSError):  # when others are writing, the half stays and is recognised
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(opened).st_size == end:
            os.ftruncate(opened, end - written)
    raise OSError(errno.ENOSPC, "no space left on the device")


def _opened(path: str, flags: int) -> int:
    try:
        return os.open(path, flags | _FLAGS)
    except FileNotFoundError:
        make_directory(Path(path).parent)
        return os.open(path, flags | _FLAGS | os.O_CREAT, 0o600)


def lock(opened: int, path: Path) -> bool:
    """Take the lock if it is free and the path still names this very file."""
    return _held(opened, str(path), fcntl.LOCK_EX) is not None


def _held(opened: int, path: str, operation: int) -> os.stat_result | None:
    """What is known of the file once the lock is held; None where ``lock`` says no."""
    try:
        fcntl.flock(opened, operation | fcntl.LOCK_NB)
        named, held = os.stat(path), os.fstat(opened)  # noqa: PTH116 - as above
    except (BlockingIOError, FileNotFoundError):
        return None
    return held if (named.st_dev, named.st_ino) == (held.st_dev, held.st_ino) else None


def release(opened: int) -> None:
    """Close; the lock goes first, because a forked child may hold the same open file."""
    fcntl.flock(opened, fcntl.LOCK_UN)
    os.close(opened)


def make_directory(directory: Path) -> None:
    """For this user only, and on the disk, with every parent that was missing."""
    missing = [place for place in (directory, *directory.parents) if not place.exists()]
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for made in missing:
        sync_directory(made.parent)


def sync_directory(directory: Path) -> None:
    opened = os.open(directory, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def other_places(directory: Path) -> list[Path]:
    """Where this user's writers turn to when the directory cannot be written to.

    They need not exist. The last one lies in memory and holds until the host goes down: what a
    shipper takes from there within seconds is better off than what a full disk does not take.
    """
    from hashlib import sha256

    known_by = sha256(os.fsencode(directory.absolute())).hexdigest()[:12]
    name = f"governance-spool-{os.geteuid()}-{known_by}"
    bases = dict.fromkeys((os.environ.get("TMPDIR") or "/tmp", _MEMORY))  # noqa: S108
    return [Path(base) / name for base in bases]


def places(directory: Path) -> list[Path]:
    """The directory, and those of its other places that are there and are this user's own."""
    return [directory, *(place for place in other_places(directory) if is_private(place))]


def is_private(directory: Path) -> bool:
    """Whether it is a directory of this user that no other user may enter."""
    try:
        found = directory.lstat()
    except OSError:
        return False
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    return ours and not found.st_mode & 0o077


def _size(directory: Path) -> int:
    with os.scandir(directory) as entries:
        return sum(entry.stat(follow_symlinks=False).st_size for entry in entries)


def _noted(path: str, line: bytes) -> bool:
    opened = _opened(path, os.O_WRONLY)
    try:
        return os.write(opened, line) == len(line)
    finally:
        os.close(opened)


def note_loss(directory: Path, reason: str) -> bool:
    """Count an event that could not be written.

    :returns: whether that could be written, there or in one of its other places.
    """
    line = (" ".join(reason.split())[:300] + "\n").encode(errors="replace")
    for place in (directory, *other_places(directory)):
        with suppress(OSError):
            if place != directory:
                place.mkdir(mode=0o700, exist_ok=True)
                if not is_private(place):
                    continue
            if _noted(f"{place}/{LOSSES}", line):
                return True
    return False
