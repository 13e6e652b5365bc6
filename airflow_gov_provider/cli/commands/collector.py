"""``airflow governance collector``"""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

from airflow_gov_provider import config
from airflow_gov_provider.cli.border import FAILED, command, fail, note
from airflow_gov_provider.collector.loop import Collector, default_duties

_ENDING = frozenset({signal.SIGTERM, signal.SIGINT})


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
    """Signals are waited for in a thread of their own, so that none interrupts a duty."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)  # threads started now inherit it
    threading.Thread(target=_obey, args=(running,), daemon=True).start()
    note(
        f"collector {running.leadership.holder} started; its spool is {config.spool_dir()}, "
        "and SIGTERM or SIGINT ends it"
    )
    try:
        running.run()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    note("the collector has ended")


def _obey(running: Collector) -> None:
    name = signal.Signals(signal.sigwait(_ENDING)).name
    note(f"{name}: the collector ends after the duty on its way; once more ends it at once")
    running.end()
    signal.sigwait(_ENDING)
    os._exit(FAILED)  # as safe as any crash: what was not committed is done again
