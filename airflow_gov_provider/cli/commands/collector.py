"""``airflow governance collector``"""

from __future__ import annotations

import signal
from typing import Any

from airflow_gov_provider import config
from airflow_gov_provider.cli.border import command, fail, note
from airflow_gov_provider.collector.loop import Collector, default_duties

_ENDING = frozenset({signal.SIGTERM, signal.SIGINT})
_LOOK_SECONDS = 1.0  # between two looks whether the thread is still there


@command
def collector(args: Any) -> None:
    running = Collector(default_duties())
    if args.once:
        _once(running)
    else:
        _until_told(running)


def _once(running: Collector) -> None:
    try:
        running.round()
        led = running.leadership.held
    finally:
        running.stop()
    for duty in running.duties:
        state = running.states[duty.name]
        if duty.single and not led:
            print(f"{duty.name}: left to the collector that leads")
        else:
            print(f"{duty.name}: {state.last_error or f'{state.done} done'}")
    if running.failing:
        fail(f"failed: {', '.join(name for name, _ in running.failing)}")


def _until_told(running: Collector) -> None:
    """Signals are blocked and waited for, so that none interrupts a duty or gets lost."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)  # threads started now inherit it
    try:
        note(f"collector {running.leadership.holder} started; {_where()}")
        running.start()
        while (told := signal.sigtimedwait(_ENDING, _LOOK_SECONDS)) is None:
            if not running.running:
                fail("the collector's thread has ended; the log says why")
        name = signal.Signals(told.si_signo).name
        note(f"{name}: the collector ends after the duty on its way; once more ends it at once")
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    running.stop(within=None)
    note("the collector has ended")


def _where() -> str:
    return f"its spool is {config.spool_dir()}, and SIGTERM or SIGINT ends it"
