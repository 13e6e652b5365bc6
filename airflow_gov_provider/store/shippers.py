"""Signs that shippers leave in a spool directory for the task processes of their host.

A sign is an empty file whose time of change says when. Its name holds the user, because a shipper
may only be able to take what its own user has written.

Standard library only: task processes import this module.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from airflow_gov_provider.store.spool import make_directory, places


def show_presence(directory: Path) -> int:
    """Say that this user's records are taken from the directory and its other places.

    A directory that is missing is made. Where nothing can be written, nothing is said, and tasks
    ship for themselves.

    :returns: in how many places it could be said.
    """
    with suppress(OSError):
        make_directory(directory)
    return sum(_touch(_presence(place)) for place in places(directory))


def are_served(used: Iterable[Path], *, within: float) -> bool:
    """Whether a shipper has shown itself in each of the directories.

    :param within: seconds; a sign that is older, or from the future by as much, is none.
    """
    return all(_is_recent(_presence(directory), within) for directory in used)


def show_failure(directory: Path) -> None:
    """Say that the store could not be reached from here, so that not every task waits for it."""
    _touch(_failure(directory))


def clear_failure(directory: Path) -> None:
    with suppress(OSError):
        _failure(directory).unlink(missing_ok=True)


def has_failed(directory: Path, *, within: float) -> bool:
    """Whether ``show_failure`` was called in the last ``within`` seconds."""
    return _is_recent(_failure(directory), within)


def _presence(directory: Path) -> Path:
    return directory / f"shipper-{os.geteuid()}.alive"


def _failure(directory: Path) -> Path:
    return directory / f"shipper-{os.geteuid()}.failed"


def _touch(path: Path) -> bool:
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError:
        return False
    try:
        os.utime(opened)
    finally:
        os.close(opened)
    return True


def _is_recent(path: Path, within: float) -> bool:
    try:
        return abs(time.time() - path.lstat().st_mtime) <= within
    except OSError:
        return False
