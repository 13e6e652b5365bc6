"""Several engines share the statements, and stop together."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import pytest

from airflow_gov_provider.profiling.engines.lanes import side_by_side


class Lane:
    def __init__(self) -> None:
        self.stopped = threading.Event()

    def stop(self) -> None:
        self.stopped.set()


def test_answers_come_in_the_order_of_the_jobs_whoever_gave_them() -> None:
    both = threading.Barrier(2, timeout=20)

    def job(index: int, engine: Any) -> tuple[int, Any]:
        both.wait()  # passes only if two engines are at work
        return index, engine

    main, other = Lane(), Lane()

    found = side_by_side(main, [other], [partial(job, 0), partial(job, 1)])

    assert [index for index, _ in found] == [0, 1]
    assert {engine for _, engine in found} == {main, other}


def test_what_fails_in_one_lane_leaves_no_job_waiting() -> None:
    started = []

    def fails(engine: Any) -> None:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - the one from above
        side_by_side(Lane(), [], [fails, started.append])

    assert started == []


def test_a_timeout_in_the_main_lane_stops_the_statements_of_the_others() -> None:
    main, other = Lane(), Lane()
    running = threading.Event()

    def job(engine: Any) -> None:
        if engine is other:
            running.set()
            assert other.stopped.wait(20)
            return
        assert running.wait(20)
        raise TimeoutError

    with pytest.raises(TimeoutError):
        side_by_side(main, [other], [job, job])

    assert other.stopped.is_set()


def test_no_jobs_need_no_lane() -> None:
    assert side_by_side(Lane(), [Lane()], []) == []
