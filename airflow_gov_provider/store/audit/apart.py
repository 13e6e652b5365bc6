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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, BinaryIO, NamedTuple

from sqlalchemy import Connection

from airflow_gov_provider.domain.ledger.merkle import HASH_SIZE, leaf_hashes
from airflow_gov_provider.store import database
from airflow_gov_provider.store.audit.records import NAMING, suspects
from airflow_gov_provider.store.audit.rows import (
    DOCUMENT,
    TYPE,
    EventRow,
    Leaves,
    SealedRows,
)
from airflow_gov_provider.store.ledger import tree as ledger

log = logging.getLogger(__name__)

WORTH = 200_000  # leaves, below which a process is not worth its start
_WHILE_IT_STARTS = 100_000  # leaves that this process looks at in about that time
_FOLDING = 0.1  # of the price of looking at a leaf; this process folds all of them


class Sorted(NamedTuple):
    """What is known of the leaves from where the one before ended up to ``end``.

    :param hashes: those of the leaves, every one with an event of that hash; None if all of them
        have to be looked at again.
    :param unsure: leaf indexes of events that have to be looked at again for another reason.
    """

    end: int
    hashes: tuple[bytes, ...] | None
    unsure: tuple[int, ...]


def sort_out(leaves: Leaves, events: Sequence[EventRow | None], start: int) -> Sorted:
    """:param start: the leaf that should be the first."""
    end = leaves.indexes[-1] + 1
    present = [row for row in events if row is not None]
    if len(present) == end - start == len(events):
        found = tuple(leaf_hashes([row[DOCUMENT] or b"" for row in present]))
        if found == leaves.hashes:
            named = [at for at, row in enumerate(present) if row[TYPE] in NAMING]
            unsure = sorted({*suspects(present), *named})
            return Sorted(end, found, tuple(start + at for at in unsure))
    return Sorted(end, None, ())


def write_sorted(connection: Connection, start: int, end: int, out: IO[bytes]) -> None:
    for leaves, events in SealedRows(connection, start, end).batches():
        made = sort_out(leaves, events, start)
        head = {"end": made.end, "unsure": made.unsure, "hashes": made.hashes is not None}
        out.write(json.dumps(head).encode() + b"\n" + b"".join(made.hashes or ()))
        start = made.end


def read_sorted(file: IO[bytes], start: int, end: int) -> Iterator[Sorted]:
    """As far as it goes: what broke off, or is no such thing, ends it."""
    while line := file.readline():
        try:
            head = json.loads(line)
            stop, unsure, there = int(head["end"]), tuple(map(int, head["unsure"])), head["hashes"]
        except (ValueError, TypeError, KeyError):
            return
        content = file.read(HASH_SIZE * (stop - start)) if there else b""
        if not start < stop <= end or (there and len(content) != HASH_SIZE * (stop - start)):
            return
        parts = range(0, len(content), HASH_SIZE)
        hashes = tuple(content[at : at + HASH_SIZE] for at in parts)
        yield Sorted(stop, hashes if there else None, unsure)
        start = stop


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
    snapshot = None
    if connection.dialect.name == "postgresql":
        snapshot = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
    order = {
        "url": url.render_as_string(hide_password=False),
        "snapshot": snapshot,
        "start": middle,
        "end": end,
    }
    out = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `stop`
    try:
        process = _started(json.dumps(order).encode(), out)
    except OSError as error:
        log.info("No second process for the audit: %s", error)
        out.close()
        return None
    return Apart(middle, end, process, out)


def _started(order: bytes, out: IO[bytes]) -> subprocess.Popen[bytes]:
    """The order goes through a pipe, since the URL may hold a password."""
    process = subprocess.Popen(  # noqa: S603 - this very module
        [sys.executable, "-P", "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=out,
        stderr=subprocess.DEVNULL,
    )
    if process.stdin is not None:
        with process.stdin as pipe:
            pipe.write(order)
    return process


def _main(order: dict[str, Any], out: BinaryIO) -> None:
    with database.engine_for(order["url"]).connect() as connection:
        ledger.snapshot(connection)
        if order["snapshot"]:
            connection.exec_driver_sql(f"SET TRANSACTION SNAPSHOT '{order['snapshot']}'")
        write_sorted(connection, order["start"], order["end"], out)


if __name__ == "__main__":
    _main(json.load(sys.stdin), sys.stdout.buffer)
