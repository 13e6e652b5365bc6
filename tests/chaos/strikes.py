"""What goes wrong: processes that are killed or frozen, and a database that crashes."""

from __future__ import annotations

import random
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

import httpx
import psutil
from chaos.databases import Postgres
from e2e.harness.airflow import RunningAirflow

# One round of strikes, in an order that the seed decides.
ROUND = ("task",) * 8 + ("collector", "collector frozen", "database", "api-server")
_PAUSE_SECONDS = (0.5, 2.5)
_DOWN_SECONDS = (0.5, 4.0)
_FROZEN_SECONDS = (7.0, 9.0)  # longer than the lease of the collector
_TASK_PROCESS = re.compile(r"airflow worker -- [0-9a-f]{8}-[0-9a-f-]{27}")


class Strikes:
    """Strikes one after the other; ``seed`` decides which and how long the pauses are."""

    def __init__(self, airflow: RunningAirflow, governance: Postgres, *, seed: int) -> None:
        self.counted: Counter[str] = Counter()
        self.last = ""
        self._airflow, self._governance = airflow, governance
        self._random = random.Random(seed)  # noqa: S311 - decides what is struck, and must be repeatable
        self._kinds = self._forever()

    def _forever(self) -> Iterator[str]:
        while True:
            yield from self._random.sample(ROUND, len(ROUND))

    def next(self) -> None:
        """Pause, then do the next one."""
        self._sleep(_PAUSE_SECONDS)
        kind = next(self._kinds)
        strike = {
            "task": self._task,
            "collector": self._collector,
            "collector frozen": self._freeze,
            "database": self._database,
            "api-server": self._api_server,
        }[kind]
        done = strike()
        self.counted[kind] += done
        self.last = kind if done else f"no {kind} to strike"

    def _task(self) -> bool:
        """Kill the process in which some task runs, as the kernel does when memory ends."""
        scheduler = psutil.Process(self._airflow.components.running["scheduler"].pid)
        running = []
        for process in scheduler.children(recursive=True):
            with suppress(psutil.Error):
                if _TASK_PROCESS.fullmatch(" ".join(process.cmdline()).strip()):
                    running.append(process)
        if not running:
            return False
        with suppress(psutil.NoSuchProcess):
            self._random.choice(running).kill()
            return True
        return False

    def _api_server(self) -> bool:
        """Kill it with the collector inside; a killed one that is not up again yet is left alone."""
        if not self._answers():
            return False
        self._airflow.components.kill("api-server")
        self._sleep(_DOWN_SECONDS)
        self._airflow.components.start("api-server")
        return True

    def _answers(self) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"{self._airflow.url}/api/v2/version", timeout=5).is_success
        return False

    def _collector(self) -> bool:
        self._airflow.components.kill("collector")
        self._sleep(_DOWN_SECONDS)
        self._airflow.components.start("collector")
        return True

    def _freeze(self) -> bool:
        self._airflow.components.signal("collector", signal.SIGSTOP)
        self._sleep(_FROZEN_SECONDS)
        self._airflow.components.signal("collector", signal.SIGCONT)
        return True

    def _database(self) -> bool:
        self._governance.crash()
        self._sleep(_DOWN_SECONDS)
        self._governance.start()
        return True

    def _sleep(self, between: tuple[float, float]) -> None:
        time.sleep(self._random.uniform(*between))
