"""Airflow's components as processes of ours, each the head of its own process group."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

COMPONENTS: Mapping[str, Sequence[str]] = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}
FURTHER: Mapping[str, Sequence[str]] = {
    "collector": ("governance", "collector"),
    "second scheduler": ("scheduler", "--skip-serve-logs"),
}
_GRACE_SECONDS = 20


def airflow_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "airflow", *arguments]


@dataclass(kw_only=True)
class Components:
    """Start, kill and stop; only processes that were started here are ever signalled."""

    home: Path
    env: Mapping[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        with self.log_of(name).open("ab") as log:
            self.running[name] = subprocess.Popen(
                airflow_command(*{**COMPONENTS, **FURTHER}[name]),
                cwd=self.home,
                env=dict(self.env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def signal(self, name: str, number: signal.Signals) -> None:
        _signal(self.running[name], number)

    def kill(self, name: str) -> None:
        """End it as a crash would: no signal that it could handle."""
        process = self.running.pop(name)
        _signal(process, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        processes = [self.running.pop(name) for name in list(self.running)]
        for process in processes:
            _signal(process, signal.SIGTERM)
        for process in processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE_SECONDS)
            _signal(process, signal.SIGKILL)  # what the head of the group left behind
            process.wait()

    def log_of(self, name: str) -> Path:
        return self.home / f"{name}.log"

    def ended(self) -> list[str]:
        return [name for name, process in self.running.items() if process.poll() is not None]

    def last_words(self, lines: int = 40) -> str:
        """The end of every component's output, for the message of a failing test."""
        words = []
        for name in (*COMPONENTS, *FURTHER):
            if self.log_of(name).exists():
                tail = self.log_of(name).read_text(errors="replace").splitlines()[-lines:]
                words.append(f"--- {name}\n" + "\n".join(tail))
        return "\n".join(words)


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
