"""How far a long step is, on stderr: a line that moves on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

from airflow_gov_provider.cli.border import note

_EVERY_SECONDS = 0.25
_UNSEEN = 1.0  # seconds that are too short for a line of their own, where nobody watches


@contextmanager
def step(title: str, ask: Callable[[], str] = str) -> Iterator[None]:
    """Tell that something runs, and how long it took.

    :param ask: what else to say of it, called from another thread while it runs.
    """
    started = time.monotonic()
    if sys.stderr.isatty():
        with _moving(title, ask, started):
            yield
        return
    yield
    seconds = time.monotonic() - started
    if seconds >= _UNSEEN:
        note(f"{title}: {seconds:.1f} s")


@contextmanager
def _moving(title: str, ask: Callable[[], str], started: float) -> Iterator[None]:
    console, done = Console(file=sys.stderr, highlight=False), threading.Event()
    with console.status(title) as status:

        def follow() -> None:
            while not done.wait(_EVERY_SECONDS):
                seconds = time.monotonic() - started
                status.update(f"{title}: {seconds:.0f} s {ask()}".rstrip())

        thread = threading.Thread(target=follow, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
