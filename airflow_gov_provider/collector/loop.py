"""One thread of small duties.

It runs inside the api-server as long as the server does. Each host ships its own spool, so every
server process does that; what only one process of a deployment may do is kept behind a lease in
the governance database. A duty that fails is logged once per outage, tried again with growing
pauses, and does not stop the others.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from airflow_gov_provider import config
from airflow_gov_provider.collector.pages import show_pending_pages
from airflow_gov_provider.collector.seal import seal_once
from airflow_gov_provider.exceptions import GovernanceError
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.hooks.shipping import ship_once
from airflow_gov_provider.store import leases
from airflow_gov_provider.store.claims import spool_state

_log = logging.getLogger(__name__)

_LONGEST_PAUSE = 60.0
_SHORTEST_LEASE = timedelta(seconds=30)
_STOP_SECONDS = 5.0
_PAGES_INTERVAL = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Something to do again and again.

    :param run: does it once and returns how many things it has done.
    :param interval: seconds between two runs.
    :param single: only one process of a deployment may do it at a time.
    """

    name: str
    run: Callable[[], int]
    interval: float
    single: bool = False


@dataclass(slots=True)
class DutyState:
    """How a duty fares; times are UTC.

    :param failures: in a row; 0 when the last run went well.
    :param done: things done since the process started.
    """

    due: float = 0.0
    failures: int = 0
    done: int = 0
    last_run_at: datetime | None = None
    last_error: str | None = None
    last_error_class: str | None = None


@dataclass
class Collector:
    """Runs duties in a daemon thread, or one round at a time for whoever calls ``round``."""

    duties: Sequence[Duty]
    clock: Callable[[], datetime] = utcnow
    monotonic: Callable[[], float] = time.monotonic
    holder: str = field(default_factory=lambda: f"{os.uname().nodename}:{os.getpid()}")
    states: dict[str, DutyState] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.states.update({duty.name: DutyState() for duty in self.duties})
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._stopped.clear()
        self._thread = threading.Thread(target=self._run, name="governance-collector", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end and wait for it a little; a duty on its way is not interrupted."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._stopped.wait(self.round())

    def round(self) -> float:
        """Run every duty that is due.

        :returns: seconds until the next one is.
        """
        for duty in self.duties:
            if self._stopped.is_set():
                break
            if self.states[duty.name].due <= self.monotonic():
                self._attempt(duty, self.states[duty.name])
        due = min((state.due for state in self.states.values()), default=_LONGEST_PAUSE)
        return max(0.01, due - self.monotonic())

    def _attempt(self, duty: Duty, state: DutyState) -> None:
        try:
            if not duty.single or self._leased(duty):
                state.done += duty.run()
        except Exception as error:  # noqa: BLE001 - the other duties go on
            self._note_failure(duty, state, error)
        else:
            if state.failures:
                _log.info("%s works again after %d failures", duty.name, state.failures)
            state.failures, state.last_error, state.last_error_class = 0, None, None
        state.last_run_at = self.clock()
        pause = min(_LONGEST_PAUSE, duty.interval * 2 ** min(state.failures, 10))
        state.due = self.monotonic() + max(pause, duty.interval)

    def _leased(self, duty: Duty) -> bool:
        lasting = max(_SHORTEST_LEASE, timedelta(seconds=3 * duty.interval))
        with governance_transaction() as connection:
            return leases.acquire(
                connection,
                f"duty:{duty.name}",
                holder=self.holder,
                now=self.clock(),
                lasting=lasting,
            )

    @staticmethod
    def _note_failure(duty: Duty, state: DutyState, error: Exception) -> None:
        ours = isinstance(error, GovernanceError)
        message = str(error) if ours else type(error).__name__
        if message != state.last_error:
            _log.error("%s failed: %s", duty.name, message, exc_info=None if ours else error)
        state.failures += 1
        state.last_error, state.last_error_class = message, type(error).__name__


SHIPPING = "shipping events"
SEALING = "sealing the ledger"
_embedded: list[Collector] = []


def default_duties() -> list[Duty]:
    return [
        Duty(name=SHIPPING, run=lambda: ship_once().new, interval=config.ship_interval()),
        Duty(name=SEALING, run=seal_once, interval=config.ship_interval(), single=True),
        Duty(name="showing requests", run=show_pending_pages, interval=_PAGES_INTERVAL),
    ]


def start_embedded() -> Callable[[], None]:
    """Start the collector of this api-server process, unless ``[governance] collector`` is off.

    :returns: what stops it again.
    """
    if config.collector() != "embedded":
        return lambda: None
    collector = Collector(default_duties())
    collector.start()
    _embedded.append(collector)

    def stop() -> None:
        _embedded.remove(collector)
        collector.stop()

    return stop


def status() -> dict[str, Any]:
    """JSON-safe facts about this process's collector and this host's spool, for a health page.

    ``problem`` is there while something is wrong, and names no host, path or value.
    """
    spool = spool_state(config.spool_dir())
    states = _embedded[-1].states if _embedded else {}
    shipping, sealing = (states.get(name, DutyState()) for name in (SHIPPING, SEALING))
    facts = {
        "mode": config.collector(),
        "running": any(collector.running for collector in _embedded),
        "last_round_at": shipping.last_run_at and shipping.last_run_at.isoformat(),
        "last_error": shipping.last_error_class,
        "failures": shipping.failures,
        "sealing_failures": sealing.failures,
        "shipped_total": shipping.done,
        "waiting_files": spool.files,
        "waiting_bytes": spool.bytes,
        "quarantined": spool.quarantined,
        "lost_events": spool.lost,
    }
    if failing := [(n, s) for n, s in ((SHIPPING, shipping), (SEALING, sealing)) if s.failures]:
        facts["problem"] = "; ".join(
            f"{name} failed {state.failures} times in a row "
            f"({state.last_error_class}); the api-server's log says why"
            for name, state in failing
        )
    return facts
