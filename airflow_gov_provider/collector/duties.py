"""What a collector does again and again, and how each of these things fares."""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from airflow_gov_provider.exceptions import GovernanceError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Something to do again and again.

    A process that is frozen in the middle of a ``single`` duty finishes that one run when it goes
    on, while another process may be doing the next. What a duty writes therefore has to be under
    a lock or the same when it is written twice.

    :param run: does it once and returns how many things it has done.
    :param interval: seconds between two runs.
    :param single: only the leader of a deployment's collectors does it.
    :param at_end: is called once when the collector ends cleanly, if ``run`` ever was.
    """

    name: str
    run: Callable[[], int]
    interval: float
    single: bool = False
    at_end: Callable[[], object] | None = None


@dataclass(slots=True)
class DutyState:
    """How a duty fares; times are UTC.

    :param failures: in a row; 0 when the last run went well.
    :param done: things done since the process started.
    :param last_error: what may be logged; nothing of an error that is not ours but its class.
    """

    due: float = 0.0
    failures: int = 0
    done: int = 0
    last_run_at: datetime | None = None
    last_error: str | None = None
    last_error_class: str | None = None

    def note_failure(self, name: str, error: Exception) -> None:
        """Count it, and log it unless the failure before was the same.

        What ends by itself is the same as long as its class is: a server that stops says that in
        several ways.
        """
        ours = isinstance(error, GovernanceError)
        message = str(error) if ours else type(error).__name__
        passes = isinstance(error, GovernanceError) and error.retry_helps
        same = passes and self.last_error_class == type(error).__name__
        if message != self.last_error and not same:
            _log.error("%s failed: %s", name, message, exc_info=None if ours else error)
        self.failures += 1
        self.last_error, self.last_error_class = message, type(error).__name__

    def note_success(self, name: str) -> None:
        if self.failures:
            _log.info("%s works again after %d failures", name, self.failures)
        self.failures, self.last_error, self.last_error_class = 0, None, None


def give_back_memory() -> None:
    """Return what was freed to the system, where the C library can; an api-server lives long."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
