"""Ask MLflow for a model's aliases without waiting for an MLflow that is away.

A page shows what is recorded whether MLflow answers or not. So the question goes on in a thread of
its own, whoever asks waits a moment at most, and whoever asks again finds the answer.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, TimeoutError  # noqa: A004 - the one of futures, on 3.10 too
from dataclasses import dataclass, field
from enum import StrEnum

from airflow_gov_provider import config
from airflow_gov_provider.exceptions import GovernanceError, ModelNotFound
from airflow_gov_provider.registry import alias
from airflow_gov_provider.registry.connection import registry_at

FRESH_SECONDS = 10.0
_MOST_THREADS = 2
_MOST_REMEMBERED = 500


class Answered(StrEnum):
    """NOT_CONFIGURED: nobody named an MLflow. ASKING: it has not answered yet; ask again."""

    NOT_CONFIGURED = "not_configured"
    ASKING = "asking"
    UNAVAILABLE = "unavailable"
    UNKNOWN_MODEL = "unknown_model"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """:param registry: its name, as promotions record it; None where none is known.
    :param aliases: alias -> version; empty unless it answered.
    """

    status: Answered
    registry: str | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None


def is_configured() -> bool:
    """Whether the settings or MLflow's own environment name an MLflow."""
    named = config.mlflow_registry_uri() or config.mlflow_tracking_uri()
    environment = ("MLFLOW_REGISTRY_URI", "MLFLOW_TRACKING_URI")
    return bool(named) or any(os.environ.get(name) for name in environment)


def aliases_now(name: str, *, wait: float) -> Answer:
    """What MLflow says of the model's aliases, at most ``FRESH_SECONDS`` old.

    :param wait: seconds to wait for it.
    """
    if not is_configured():
        return Answer(status=Answered.NOT_CONFIGURED)
    question = _questions.asked(name)
    if question is None:
        return Answer(status=Answered.ASKING)
    try:
        return question.result(timeout=wait)
    except TimeoutError:
        return Answer(status=Answered.ASKING)


def _ask(name: str) -> Answer:
    registry = None
    try:
        registry = registry_at()
        found = alias.all_of(registry, name)
    except ModelNotFound as error:
        status, problem = Answered.UNKNOWN_MODEL, str(error)
    except GovernanceError as error:
        status, problem = Answered.UNAVAILABLE, str(error)
    except Exception as error:  # noqa: BLE001 - e.g. MLflow is not installed here
        status, problem = Answered.UNAVAILABLE, f"MLflow cannot be asked ({type(error).__name__})"
    else:
        return Answer(status=Answered.ANSWERED, registry=registry.name, aliases=found)
    return Answer(status=status, registry=registry.name if registry else None, problem=problem)


class _Questions:
    """One thread a question and never many at a time."""

    def __init__(self, ask: Callable[[str], Answer]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._known: dict[str, tuple[Future[Answer], float]] = {}

    def asked(self, name: str) -> Future[Answer] | None:
        """The question that is open or was answered a moment ago; None while too many are open."""
        with self._lock:
            known = self._known.get(name)
            if known and (not known[0].done() or time.monotonic() - known[1] < FRESH_SECONDS):
                return known[0]
            if sum(not future.done() for future, _ in self._known.values()) >= _MOST_THREADS:
                return None
            if len(self._known) >= _MOST_REMEMBERED:
                self._known = {n: k for n, k in self._known.items() if not k[0].done()}
            future: Future[Answer] = Future()
            self._known[name] = future, time.monotonic()
        threading.Thread(target=self._answer, args=(name, future), daemon=True).start()
        return future

    def _answer(self, name: str, future: Future[Answer]) -> None:
        answer = self._ask(name)
        with self._lock:
            self._known[name] = future, time.monotonic()
        future.set_result(answer)


_questions = _Questions(_ask)
