"""Records on the local disk, from the moment they are acknowledged until a database has them.

A record is one line, framed as ``length crc record``. A writer appends such lines to a ``.spool``
file of its process; the name holds the host, the process id and a token drawn when the process
first writes. A shipper (``store.claims``) takes a file by locking and renaming it to ``.ship``,
hands its records on, and unlinks it when they are safe.

Every open file is locked (``flock``) by whoever works on it, and nobody waits for a lock:

* a writer opens its file anew for each record, which makes it safe in threads and after a fork,
  and turns to a fresh file when a shipper holds the old one;
* two shippers never work on the same file, and the file of a dead one is free at once, because the
  kernel takes its lock back. Records can thus be handed on twice, never lost; whoever receives them
  knows them by their identity.

What cannot be read (a write that a power cut tore, a damaged disk) costs the frames that it
covers and nothing else, and is kept in a ``.quarantine`` file.

Standard library only: task processes import this module. The directory is on a local disk.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from zlib import crc32

from airflow_gov_provider.exceptions import SpoolError

LARGEST_RECORD = 1024 * 1024
_LARGEST_FILE = 8 * 1024 * 1024
_ATTEMPTS = 60
_ATTEMPTS_ON_ONE_FILE = 5
_PAUSE_SECONDS = 0.0005
LOSSES = "losses.log"
SPOOL = ".spool"


def frame(record: bytes) -> bytes:
    """:raises ValueError: for a record that is empty, too long or more than one line."""
    if not record or len(record) > LARGEST_RECORD or b"\n" in record:
        raise ValueError(
            f"expected one line of 1 to {LARGEST_RECORD} bytes, found {len(record)} bytes with "
            f"{record.count(bytes([10]))} line breaks"
        )
    return b"%d %08x %b\n" % (len(record), crc32(record), record)


class SpoolWriter:
    """Appends records for this process; every process and thread may hold one.

    :param directory: made when it is missing, for this user only.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._owner = 0
        self._path = directory

    def append(self, record: bytes) -> None:
        """Write the record; returns when it is on the disk.

        :raises SpoolError: if it is not.
        :raises ValueError: for a record that is empty, too long or more than one line.
        """
        content = frame(record)
        try:
            self._append(content)
        except OSError as error:
            raise SpoolError(
                f"an event could not be written to {self.directory} ({error.strerror or error}); "
                "expected a directory on a local disk that this user may write to and that has "
                "space left; see [governance] spool_dir"
            ) from error

    def _append(self, content: bytes) -> None:
        if self._owner != os.getpid():  # first use, or first use after a fork
            self._turn_to_a_fresh_file()
        for attempt in range(1, _ATTEMPTS + 1):
            if self._append_once(self._path, content):
                return
            if attempt % _ATTEMPTS_ON_ONE_FILE == 0:
                self._turn_to_a_fresh_file()
            time.sleep(_PAUSE_SECONDS)
        raise OSError(errno.EBUSY, "every spool file was busy")

    def _turn_to_a_fresh_file(self) -> None:
        host = "".join(c if c.isalnum() or c == "-" else "_" for c in os.uname().nodename[:60])
        token = os.urandom(6).hex()
        self._path = self.directory / f"{host}-{os.getpid()}-{token}{SPOOL}"
        self._owner = os.getpid()

    def _append_once(self, path: Path, content: bytes) -> bool:
        with _open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT) as opened:
            if not lock(opened, path):
                return False
            size = os.fstat(opened).st_size
            if size > _LARGEST_FILE:
                self._turn_to_a_fresh_file()
                return False
            if size and os.pread(opened, 1, size - 1) != b"\n":  # close a line that was torn
                content = b"\n" + content
            _write_whole(opened, content, size)
            os.fdatasync(opened)
            if size == 0:
                sync_directory(self.directory)
            return True


def _write_whole(opened: int, content: bytes, size: int) -> None:
    written = os.write(opened, content)
    if written != len(content):
        os.ftruncate(opened, size)
        raise OSError(errno.ENOSPC, "no space left on the device")


@contextmanager
def _open(path: Path, flags: int) -> Iterator[int]:
    flags |= os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        opened = os.open(path, flags, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        opened = os.open(path, flags, 0o600)
    try:
        yield opened
    finally:
        release(opened)


def lock(opened: int, path: Path) -> bool:
    """Take the lock if it is free and the path still names this very file."""
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        named, held = path.stat(), os.fstat(opened)
    except (BlockingIOError, FileNotFoundError):
        return False
    return (named.st_dev, named.st_ino) == (held.st_dev, held.st_ino)


def release(opened: int) -> None:
    """Close; the lock goes first, because a forked child may hold the same open file."""
    fcntl.flock(opened, fcntl.LOCK_UN)
    os.close(opened)


def sync_directory(directory: Path) -> None:
    opened = os.open(directory, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def note_loss(directory: Path, reason: str) -> None:
    """Count an event that could not be written, if even that can be written."""
    line = " ".join(reason.split())[:300] + "\n"
    with suppress(OSError), _open(directory / LOSSES, os.O_WRONLY | os.O_APPEND | os.O_CREAT) as f:
        os.write(f, line.encode(errors="replace"))
