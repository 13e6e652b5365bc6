"""Which of a deployment's collectors does what only one may do at a time.

The leader holds a lease in the governance database and prolongs it from a thread of its own, so a
long duty does not lose it. It believes in its lease for as long as the lease lasted when it was
asked for, by a clock of its own host that nobody sets; the database gives the lease away that much
after it was asked, so later. Whoever was frozen finds its lease over before it begins anything
else. No two clocks are ever compared.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from airflow_gov_provider.collector.duties import DutyState
from airflow_gov_provider.exceptions import GovernanceError
from airflow_gov_provider.hooks.governance import governance_transaction
from airflow_gov_provider.store import leases

_log = logging.getLogger(__name__)

LEASE = "collector"
LEADING = "holding the collector's lease"
LASTING = timedelta(seconds=6)
_BEATS = 3  # attempts to prolong a lease within the time that it lasts


def since_boot() -> float:
    """Seconds that also pass while this process is frozen and while the host sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _a_name() -> str:
    """Tells processes apart even in containers that share their host name and process ids."""
    return f"{os.uname().nodename}:{os.getpid()}:{os.urandom(4).hex()}"


@dataclass
class Leadership:
    """One candidate: a process that takes the lease when it can, and keeps it.

    :param lasting: how long after its end, if it ends without a word, another one takes over.
    :param clock: what the expiry of the lease is measured by.
    """

    holder: str = field(default_factory=_a_name)
    lasting: timedelta = LASTING
    monotonic: Callable[[], float] = since_boot
    clock: Callable[[Connection], datetime] = leases.database_clock
    state: DutyState = field(default_factory=DutyState)

    def __post_init__(self) -> None:
        self._held_until = float("-inf")
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def beat(self) -> float:
        """Seconds between two attempts."""
        return self.lasting.total_seconds() / _BEATS

    @property
    def held(self) -> bool:
        """Whether nobody else can lead at this moment."""
        return self.monotonic() < self._held_until

    def keep(self) -> None:
        """Take the lease or prolong it, if it is time to; a failure is noted in ``state``."""
        with self._lock:
            began = self.monotonic()
            if began < self.state.due:
                return
            self.state.due = began + self.beat
            try:
                mine = self._acquire()
            except Exception as error:  # noqa: BLE001 - it ends by itself, and others go on
                self.state.note_failure(LEADING, error)
                return
            self.state.note_success(LEADING)
            self._note(mine=mine, until=began + self.lasting.total_seconds())

    def _acquire(self) -> bool:
        with governance_transaction() as connection:
            return leases.acquire(
                connection,
                LEASE,
                holder=self.holder,
                lasting=self.lasting,
                now=self.clock(connection),
            )

    def _note(self, *, mine: bool, until: float) -> None:
        if mine and not self.held:
            _log.info("this collector leads now: %s", self.holder)
        if not mine and self._held_until > float("-inf"):
            _log.info("another collector leads now, and not %s", self.holder)
        self._held_until = until if mine else float("-inf")

    def start(self) -> None:
        """Keep the lease from a thread of its own until ``stop``."""
        self._stopped.clear()
        self._thread = threading.Thread(target=self._run, name="governance-lease", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopped.wait(self.beat):
            self.keep()

    def stop(self) -> None:
        """Give the lease back; whoever calls it does nothing any more that needs the lease."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()
        if self._held_until == float("-inf"):
            return
        self._held_until = float("-inf")
        try:
            with governance_transaction() as connection:
                leases.release(connection, LEASE, holder=self.holder)
        except GovernanceError as error:
            _log.warning("the collector's lease was not given back and ends by itself: %s", error)


def current_leader() -> str | None:
    """The process that leads now, wherever it runs; None if none does.

    :raises StoreUnavailable: if the database cannot be reached.
    """
    with governance_transaction() as connection:
        return leases.holder_of(connection, LEASE)
