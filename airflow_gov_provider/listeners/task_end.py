"""Where nobody else ships from this host, a task process does so before it ends.

Airflow calls its last hook when the task is done and its events are written. The database driver is
imported and the database asked in a thread that the process waits for no longer than the settings
allow: then it ends, and the kernel takes the thread with it. Shipping can be killed at any point
(``store.spool.records``); what it has not shipped stays for the next task on this host.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection
from pathlib import Path

from airflow_gov_provider import config
from airflow_gov_provider.store.spool import shippers

_log = logging.getLogger(__name__)

MODES = ("auto", "always", "never")
MOST_FILES = 20  # for one task: a backlog is shared out among those that follow
_PAUSE_AFTER_FAILURE = 30.0


def ship_at_task_end(directory: Path, *, used: Collection[Path], mode: str) -> None:
    """Ship from this host, unless the settings or a shipper that is there make it needless.

    Returns after ``[governance] ship_timeout`` seconds at the latest. Says in the log why events
    stay, if they do, and raises nothing.

    :param directory: the spool directory.
    :param used: where this process has left events.
    :param mode: as ``[governance] ship_at_task_end`` has it.
    """
    if not _is_needed(directory, used, mode):
        return
    timeout = config.ship_timeout()
    thread = threading.Thread(
        target=_ship, args=(directory,), name="governance-shipping", daemon=True
    )
    thread.start()
    thread.join(timeout)
    if thread.is_alive():
        shippers.show_failure(directory, lasting=_PAUSE_AFTER_FAILURE)
        _log.warning(
            "shipping events took longer than [governance] ship_timeout, %s seconds; what is not "
            "shipped stays on this host for the next task or collector",
            timeout,
        )


def _is_needed(directory: Path, used: Collection[Path], mode: str) -> bool:
    if mode not in MODES:
        _log.error(
            "[governance] ship_at_task_end is %r; expected one of %s; taken as auto",
            mode,
            ", ".join(MODES),
        )
    if mode == "never" or (mode != "always" and shippers.are_served(used)):
        return False
    return not shippers.has_failed(directory)


def _ship(directory: Path) -> None:
    try:
        from airflow_gov_provider.hooks.shipping import ship_once

        ship_once(directory, limit=MOST_FILES)
    except Exception as error:  # noqa: BLE001 - the task is done and must not hear of it
        shippers.show_failure(directory, lasting=_PAUSE_AFTER_FAILURE)
        _log.warning(
            "events stay on this host for the next task or collector: %s: %s",
            type(error).__name__,
            _told(error),
        )
    else:
        shippers.clear_failure(directory)


def _told(error: Exception) -> str:
    """What may be logged: of errors that are not ours nothing but what could not be imported."""
    from airflow_gov_provider.exceptions import GovernanceError

    if isinstance(error, GovernanceError):
        return str(error)
    return str(error.name) if isinstance(error, ImportError) else "no more is told of it"
