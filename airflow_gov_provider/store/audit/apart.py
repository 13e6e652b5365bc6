"""The later leaves of a large ledger, looked through by a second process beside this one.

That process only sorts. Whatever it does not find plainly as it was sealed, this one looks at
again, and it looks at everything should the other one fail or say nothing.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from sqlalchemy import Connection

from airflow_gov_provider.store.audit import sorting
from airflow_gov_provider.store.audit.records import NAMING
from airflow_gov_provider.store.audit.sorting import Sorted, read_sorted
from airflow_gov_provider.store.database import patience

log = logging.getLogger(__name__)

WORTH = 200_000  # leaves, below which a process is not worth its start
_WHILE_IT_STARTS = 40_000  # leaves that this process looks at in about that time
_FOLDING = 0.1  # of the price of looking at a leaf; this process folds all of them


@dataclass(frozen=True, slots=True)
class Apart:
    """A process that looks through the leaves from ``start`` to ``end - 1``."""

    start: int
    end: int
    process: subprocess.Popen[bytes]
    out: IO[bytes]

    def results(self) -> Iterator[Sorted]:
        """Once it has ended."""
        if code := self.process.wait():
            log.info("The second process of the audit ended with %s; this one goes on alone", code)
        self.out.seek(0)
        yield from read_sorted(self.out, self.start, self.end)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.out.close()


def apart(connection: Connection, start: int, end: int) -> Apart | None:
    """A process for the later half of these leaves, where there are many; None if it cannot help.

    On PostgreSQL it sees what this transaction sees. An SQLite file it reads as it is by then;
    leaves that are signed stay what they are.
    """
    url = connection.engine.url
    in_memory = connection.dialect.name == "sqlite" and url.database in {None, "", ":memory:"}
    if end - start < WORTH or os.cpu_count() in {None, 1} or in_memory:
        return None
    own = int((end - start) * (1 - _FOLDING) + _WHILE_IT_STARTS) // 2
    middle = min(start + own, end - 1)
    arguments, options = connection.dialect.create_connect_args(url)
    options.pop("context", None)  # how SQLAlchemy has psycopg convert values, which nobody needs
    order = {
        "module": connection.dialect.loaded_dbapi.__name__,
        "arguments": list(arguments),
        "options": {**options, **patience(url)},
        "dialect": connection.dialect.name,
        "driver": connection.dialect.driver,
        "begin": _begin(connection),
        "naming": sorted(NAMING),
        "start": middle,
        "end": end,
    }
    out = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `stop`
    try:
        process = _started(json.dumps(order).encode(), out)
    except (OSError, TypeError) as error:  # or the driver takes what JSON cannot say
        log.info("No second process for the audit: %s", error)
        out.close()
        return None
    return Apart(middle, end, process, out)


def _begin(connection: Connection) -> list[str]:
    if connection.dialect.name == "sqlite":
        return ["BEGIN"]
    snapshot = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
    return [
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
        f"SET TRANSACTION SNAPSHOT '{snapshot}'",
    ]


def _started(order: bytes, out: IO[bytes]) -> subprocess.Popen[bytes]:
    """The order goes through a pipe, since it may hold a password."""
    process = subprocess.Popen(  # noqa: S603 - a module of ours
        [sys.executable, "-P", "-m", sorting.__name__],
        stdin=subprocess.PIPE,
        stdout=out,
        stderr=subprocess.DEVNULL,
    )
    if process.stdin is not None:
        with process.stdin as pipe:
            pipe.write(order)
    return process
