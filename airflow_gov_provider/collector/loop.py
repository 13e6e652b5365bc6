"""One thread of small duties.

It runs inside the api-server as long as the server does, or as a process of its own. Each host
ships its own spool, so every collector does that; what only one process of a deployment may do is
done by the one that leads. A duty that fails is logged once per outage, tried again with growing
pauses, and does not stop the others.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from airflow_gov_provider import config
from airflow_gov_provider.collector.actions.duties import action_duties
from airflow_gov_provider.collector.anchoring import anchoring_duties
from airflow_gov_provider.collector.duties import Duty, DutyState, give_back_memory
from airflow_gov_provider.collector.incidents.duties import incident_duties
from airflow_gov_provider.collector.index_events import index_once
from airflow_gov_provider.collector.leadership import LEADING, Leadership, current_leader
from airflow_gov_provider.collector.notices.duties import notice_duties, unreached_channels
from airflow_gov_provider.collector.pages import show_pending_pages
from airflow_gov_provider.collector.reconcile.duties import reconcile_duties
from airflow_gov_provider.collector.reconcile.lag import log_lag
from airflow_gov_provider.collector.seal import seal_once
from airflow_gov_provider.collector.sla.duties import sla_duties
from airflow_gov_provider.collector.tail.reading import read_log
from airflow_gov_provider.collector.tail.sweeping import sweep_task_instances
from airflow_gov_provider.exceptions import GovernanceError
from airflow_gov_provider.hooks.governance import utcnow
from airflow_gov_provider.hooks.shipping import ship_once
from airflow_gov_provider.store.spool.claims import SpoolState, spool_state
from airflow_gov_provider.store.spool.shippers import show_presence

_log = logging.getLogger(__name__)

_LONGEST_PAUSE = 60.0
_STOP_SECONDS = 5.0
_MANY = 1_000  # things that a duty does in a run and that leave memory behind
_PAGES_INTERVAL = 2.0
_LOG_INTERVAL = 2.0
_SWEEP_INTERVAL = 5.0


@dataclass
class Collector:
    """Runs duties in a daemon thread, in the caller's, or one round for whoever calls ``round``."""

    duties: Sequence[Duty]
    clock: Callable[[], datetime] = utcnow
    monotonic: Callable[[], float] = time.monotonic
    leadership: Leadership = field(default_factory=Leadership)
    states: dict[str, DutyState] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.states.update({duty.name: DutyState() for duty in self.duties})
        self._single = any(duty.single for duty in self.duties)
        if self._single:
            self.states[LEADING] = self.leadership.state
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._stopped.clear()
        self._thread = threading.Thread(target=self._run, name="governance-collector", daemon=True)
        self._thread.start()
        if self._single:
            self.leadership.start()

    def stop(self, *, within: float | None = _STOP_SECONDS) -> bool:
        """Ask the thread to end; a duty on its way is not interrupted.

        The lease is given back once the thread has ended, and ends by itself if it has not.

        :param within: seconds to wait for the duty on its way; None for as long as it takes.
        :returns: whether the thread has ended.
        """
        self.end()
        if self._thread is not None:
            self._thread.join(within)
        if not self.running:
            self._say_goodbye()
        return not self.running

    def run(self) -> None:
        """Go on in this thread until another one calls ``end``; then the lease is given back."""
        if self._single:
            self.leadership.start()
        try:
            self._run()
        finally:
            self._say_goodbye()

    def _say_goodbye(self) -> None:
        for duty in self.duties:
            if duty.at_end is None or self.states[duty.name].last_run_at is None:
                continue
            try:
                duty.at_end()
            except Exception as error:  # noqa: BLE001 - the lease is given back all the same
                _log.warning("the end of %s failed: %s", duty.name, type(error).__name__)
        self.leadership.stop()

    def end(self) -> None:
        """Ask it to end after the duty on its way."""
        self._stopped.set()

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    @property
    def failing(self) -> list[tuple[str, DutyState]]:
        """What failed when it was last tried."""
        return [(name, state) for name, state in self.states.items() if state.failures]

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._stopped.wait(self.round())

    def round(self) -> float:
        """Run every duty that is due.

        :returns: seconds until the next one is, or until it is time to ask who leads.
        """
        if self._single:
            self._ask_who_leads()
        for duty in self.duties:
            if self._stopped.is_set():
                break
            if self.states[duty.name].due <= self.monotonic() and self._mine(duty):
                self._attempt(duty, self.states[duty.name])
        due = (self.states[duty.name].due for duty in self.duties if self._mine(duty))
        pause = max(0.01, min(due, default=_LONGEST_PAUSE) - self.monotonic())
        return min(pause, self.leadership.beat) if self._single else pause

    def _ask_who_leads(self) -> None:
        """What failed is due at once when the database answers again after an outage."""
        failures = self.leadership.state.failures
        self.leadership.keep()
        if failures and not self.leadership.state.failures:
            for duty in self.duties:
                self.states[duty.name].due = min(self.states[duty.name].due, self.monotonic())

    def _mine(self, duty: Duty) -> bool:
        return not duty.single or self.leadership.held

    def _attempt(self, duty: Duty, state: DutyState) -> None:
        try:
            done = duty.run()
        except Exception as error:  # noqa: BLE001 - the other duties go on
            state.note_failure(duty.name, error)
        else:
            state.done += done
            state.note_success(duty.name)
            if done >= _MANY:
                give_back_memory()
        state.last_run_at = self.clock()
        pause = min(_LONGEST_PAUSE, duty.interval * 2 ** min(state.failures, 10))
        state.due = self.monotonic() + max(pause, duty.interval)


SHIPPING = "shipping events"
SEALING = "sealing the ledger"
INDEXING = "indexing events"
_embedded: list[Collector] = []


def default_duties() -> list[Duty]:
    return [
        Duty(name=SHIPPING, run=lambda: ship_once().new, interval=config.ship_interval()),
        Duty(
            name="showing that events are shipped",  # of its own, so that no failure slows it down
            run=lambda: show_presence(config.spool_dir(), lasting=config.presence_lasts()),
            interval=config.ship_interval(),
        ),
        Duty(name=SEALING, run=seal_once, interval=config.ship_interval(), single=True),
        Duty(name=INDEXING, run=index_once, interval=config.ship_interval(), single=True),
        Duty(name="showing requests", run=show_pending_pages, interval=_PAGES_INTERVAL),
        *anchoring_duties(),
        *action_duties(),
        Duty(name="reading Airflow's log", run=read_log, interval=_LOG_INTERVAL, single=True),
        Duty(
            name="looking at task instances",
            run=sweep_task_instances,
            interval=_SWEEP_INTERVAL,
            single=True,
        ),
        *reconcile_duties(),
        *incident_duties(),
        *sla_duties(),
        *notice_duties(),
    ]


def start_embedded() -> Callable[[], None]:
    """Start the collector of this api-server process, if ``[governance] collector`` wants it here.

    :returns: what stops it again.
    """
    mode = config.collector()
    if mode not in config.COLLECTORS:
        _log.error("%s; no collector runs in this process", _unknown(mode))
    if mode != "embedded":
        return lambda: None
    collector = Collector(default_duties())
    collector.start()
    _embedded.append(collector)

    def stop() -> None:
        _embedded.remove(collector)
        collector.stop()

    return stop


def _unknown(mode: str) -> str:
    return f"[governance] collector is {mode!r}; expected one of {', '.join(config.COLLECTORS)}"


def status() -> dict[str, Any]:
    """JSON-safe facts about this process's collector and this host's spool, for a health page.

    ``problem`` is there while something is wrong, and names no host, path or value.
    """
    mode, spool, led = config.collector(), spool_state(config.spool_dir()), _led()
    lag = log_lag()
    collector = _embedded[-1] if _embedded else Collector([])
    shipping, sealing = (collector.states.get(name, DutyState()) for name in (SHIPPING, SEALING))
    facts = {
        "mode": mode,
        "running": collector.running,
        "leads": collector.leadership.held,
        "led": led,
        "last_round_at": shipping.last_run_at and shipping.last_run_at.isoformat(),
        "last_error": shipping.last_error_class,
        "failures": shipping.failures,
        "sealing_failures": sealing.failures,
        "duties": [_facts(name, state) for name, state in collector.states.items()],
        "shipped_total": shipping.done,
        "waiting_files": spool.files,
        "waiting_bytes": spool.bytes,
        "quarantined": spool.quarantined,
        "lost_events": spool.lost,
        "unread_log_rows": lag and lag.rows,
        "unread_log_since": lag and lag.since and lag.since.isoformat(),
    }
    problems = [*_problems(mode, led=led), *_outages(collector.failing), *_refusals(spool)]
    problems += unreached_channels()
    if problems:
        facts["problem"] = "; ".join(problems)
    return facts


def _led() -> bool | None:
    """Whether any collector of the deployment leads; None where the database cannot tell."""
    try:
        return current_leader() is not None
    except GovernanceError:
        return None


def _facts(name: str, state: DutyState) -> dict[str, Any]:
    return {
        "name": name,
        "failures": state.failures,
        "last_error": state.last_error_class,
        "last_run_at": state.last_run_at and state.last_run_at.isoformat(),
        "done": state.done,
    }


def _refusals(spool: SpoolState) -> Iterable[str]:
    """What this host's disk did not take."""
    if spool.lost:
        yield f"{spool.lost} events could be written to no disk of this host and are lost"
    if spool.elsewhere:
        yield "events lie outside [governance] spool_dir, which could not be written to"


def _problems(mode: str, *, led: bool | None) -> Iterable[str]:
    if mode not in config.COLLECTORS:
        yield _unknown(mode)
    if mode == "external" and led is False:
        yield "no `airflow governance collector` is running"


def _outages(failing: Iterable[tuple[str, DutyState]]) -> Iterable[str]:
    for name, state in failing:
        yield (
            f"{name} failed {state.failures} times in a row "
            f"({state.last_error_class}); the log of the process says why"
        )
