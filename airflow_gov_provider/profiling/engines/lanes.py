"""Several connections to one snapshot, so that statements which use one core run side by side."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from airflow_gov_provider.profiling.engines.engine import Engine

Answer = TypeVar("Answer")


class Lane(Engine, Protocol):
    """An engine beside the main one, which sees the same rows."""

    def stop(self) -> None:
        """Give up the statement that runs; called from another thread."""


def side_by_side(
    engine: Engine, beside: Sequence[Lane], jobs: Sequence[Callable[[Engine], Answer]]
) -> list[Answer]:
    """Let each engine take the next job until none is left; the answers are in the order of jobs.

    The main engine works in the calling thread. What a job raises ends the others, also a timeout
    that is raised from a signal.
    """
    waiting = deque(range(len(jobs)))
    answers: dict[int, Answer] = {}

    def work(own: Engine) -> None:
        while True:
            try:
                index = waiting.popleft()
            except IndexError:
                return
            try:
                answers[index] = jobs[index](own)
            except BaseException:
                waiting.clear()
                raise

    needed = beside[: max(0, len(jobs) - 1)]
    with ThreadPoolExecutor(max_workers=len(needed) or 1) as pool:
        others = [pool.submit(work, lane) for lane in needed]
        try:
            work(engine)
            for other in others:
                other.result()
        except BaseException:
            waiting.clear()
            for lane in needed:
                lane.stop()
            raise
    return [answers[index] for index in range(len(jobs))]
