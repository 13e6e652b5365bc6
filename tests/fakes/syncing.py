"""The threads that sync what a spool writer has appended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

import pytest

from airflow_gov_provider.store.spool import records

SOON = 20  # seconds


@contextmanager
def ended_with_the_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """None reaches into the next test, with the disk that one has."""
    ends: list[Event] = []
    start = records.start_new_thread

    def noted(act: Callable[..., None], arguments: tuple[object, ...]) -> int:
        end = Event()

        def run() -> None:
            try:
                act(*arguments)
            finally:
                end.set()

        started = start(run, ())
        ends.append(end)
        return started

    monkeypatch.setattr(records, "start_new_thread", noted)
    yield
    assert all(end.wait(SOON) for end in ends)
