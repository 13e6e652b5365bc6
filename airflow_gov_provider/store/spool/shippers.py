"""Signs that shippers leave in a spool directory for the task processes of their host.

A sign is an empty file whose time of change lies ahead: until then it is believed. Its name holds
the user, because a shipper may only be able to take what its own user has written.

Standard library only: task processes import this module.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from airflow_gov_provider.store.spool.records import make_directory, places

_LONGEST_ABSENCE = 86_400.0  # seconds; a sign that lasts longer comes from a clock that was wrong


def show_presence(directory: Path, *, lasting: float) -> int:
    """Say that this user's records are taken from the directory and its other places.

    A directory that is missing is made. Where nothing can be written, nothing is said, and tasks
    ship for themselves.

    :param lasting: seconds for which that is to be believed.
    :returns: in how many places it could be said.
    """
    with suppress(OSError):
        make_directory(directory)
    return sum(_touch(_presence(place), lasting) for place in places(directory))


def are_served(used: Iterable[Path]) -> bool:
    """Whether a shipper has shown itself in each of the directories."""
    return all(_is_believed(_presence(directory)) for directory in used)


def show_failure(directory: Path, *, lasting: float) -> None:
    """Say that the store could not be reached from here, so that not every task waits for it."""
    _touch(_failure(directory), lasting)


def clear_failure(directory: Path) -> None:
    with suppress(OSError):
        os.unlink(_failure(directory))  # noqa: PTH108


def has_failed(directory: Path) -> bool:
    return _is_believed(_failure(directory))


def _presence(directory: Path) -> str:
    return f"{directory}/shipper-{os.geteuid()}.alive"


def _failure(directory: Path) -> str:
    return f"{directory}/shipper-{os.geteuid()}.failed"


def _touch(path: str, lasting: float) -> bool:
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError:
        return False
    try:
        os.utime(opened, (time.time() + lasting,) * 2)
    finally:
        os.close(opened)
    return True


def _is_believed(path: str) -> bool:
    try:
        return 0 <= os.lstat(path).st_mtime - time.time() <= _LONGEST_ABSENCE
    except OSError:
        return False
