"""A real `airflow standalone`, started and stopped as one process group."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from environment import Demo, settings

START_SECONDS = 240
STOP_SECONDS = 20


def airflow_command() -> Path:
    """The program of this very environment."""
    return Path(sys.executable).parent / "airflow"


@contextmanager
def running_airflow(demo: Demo) -> Iterator[subprocess.Popen[bytes]]:
    """Airflow, healthy; everything it started is gone when the block ends.

    :raises SystemExit: with the end of its log, if it does not become healthy.
    """
    with (demo.home / "airflow.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - a program of this very environment
            [airflow_command(), "standalone"],
            cwd=demo.home,
            env=settings(demo),
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            _wait_until_healthy(demo, process)
            yield process
        finally:
            _stop(process)


def _wait_until_healthy(demo: Demo, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"Airflow ended with code {process.returncode}:\n{_end_of_log(demo)}")
        if _is_healthy(demo):
            return
        time.sleep(1)
    raise SystemExit(f"Airflow was not healthy in {START_SECONDS} s:\n{_end_of_log(demo)}")


def _is_healthy(demo: Demo) -> bool:
    try:
        parts = httpx.get(f"{demo.url}/api/v2/monitor/health", timeout=5).json()
    except (httpx.HTTPError, ValueError):
        return False
    return all(
        parts.get(part, {}).get("status") == "healthy"
        for part in ("metadatabase", "scheduler", "dag_processor")
    )


def _end_of_log(demo: Demo) -> str:
    lines = (demo.home / "airflow.log").read_text(errors="replace").splitlines()
    return "\n".join(lines[-40:]) + f"\n(the whole log: {demo.home / 'airflow.log'})"


def _stop(process: subprocess.Popen[bytes]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C would leave it running
    for sig in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sig)
        except ProcessLookupError:
            break
        deadline = time.monotonic() + STOP_SECONDS
        while _group_lives(process) and time.monotonic() < deadline:
            time.sleep(0.2)
    process.wait()


def _group_lives(process: subprocess.Popen[bytes]) -> bool:
    process.poll()
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True
