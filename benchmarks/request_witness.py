"""What the request witness adds to a request that asks for a change.

The middleware stands before an application that answers at once, with Airflow's auth manager and a
token that it signed. Two figures: until the answer is on its way, which is what a person waits for,
and until the record is on the disk. Bare and witnessed requests take turns.

    python benchmarks/request_witness.py --requests 2000
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2000, help="requests of each kind")
    count = parser.parse_args().requests
    with tempfile.TemporaryDirectory(prefix="request-witness-", dir="/var/tmp") as home:
        os.environ |= {"AIRFLOW_HOME": home, "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
        os.environ["AIRFLOW__GOVERNANCE__SPOOL_DIR"] = str(Path(home) / "spool")
        asyncio.run(_measure(count))


async def _measure(count: int) -> None:
    from airflow.api_fastapi.app import create_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from airflow.utils.db import initdb

    from airflow_gov_provider.plugins.requests import RequestWitness

    initdb()
    manager = create_auth_manager()
    token = manager.generate_jwt(SimpleAuthManagerUser(username="ada", role="admin"))
    apps = {"bare": _answer_at_once, "witnessed": RequestWitness(_answer_at_once)}
    answered: dict[str, list[float]] = {name: [] for name in apps}
    ended: dict[str, list[float]] = {name: [] for name in apps}
    for _ in range(count):
        for name, app in apps.items():
            to_answer, to_end = await _ask(app, token)
            answered[name].append(to_answer)
            ended[name].append(to_end)
    for what, times in (("until the answer", answered), ("until the record is kept", ended)):
        added = [w - b for b, w in zip(times["bare"], times["witnessed"], strict=True)]
        print(f"{what}: {_told(added)} more than bare ({_told(times['bare'])})")


def _told(seconds: list[float]) -> str:
    p95 = statistics.quantiles(seconds, n=20)[-1]
    return f"median {statistics.median(seconds) * 1000:.3f} ms, p95 {p95 * 1000:.3f} ms"


async def _ask(app: Any, token: str) -> tuple[float, float]:
    scope = {
        "type": "http",
        "method": "PATCH",
        "path": "/api/v2/dags/income",
        "root_path": "",
        "query_string": b"",
        "headers": [(b"authorization", f"Bearer {token}".encode())],
        "client": ("127.0.0.1", 4711),
        "state": {},
        "path_params": {"dag_id": "income"},
        "endpoint": _answer_at_once,
    }
    at: list[float] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            at.append(time.perf_counter())

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    begin = time.perf_counter()
    await app(scope, receive, send)
    return at[-1] - begin, time.perf_counter() - begin


async def _answer_at_once(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


if __name__ == "__main__":
    main()
