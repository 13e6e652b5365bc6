"""Queued events, and the leaves that they get: many at a time, past SQLAlchemy's work for each row.

A document is hashed as it is read and then forgotten, so that a batch needs no more memory where
documents are large.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from typing import Any

from sqlalchemy import Connection, Table, insert, select, text

from airflow_gov_provider.store.driver_errors import as_sqlalchemy_does
from airflow_gov_provider.store.tables import event, leaf, ledger_queue

_AT_ONCE = 500


@dataclass(slots=True)
class Waiting:
    """The oldest queued events: numbers, ids and leaf hashes, side by side in their order."""

    seqs: list[int] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)

    def add(self, rows: Iterable[tuple[int, str, str | bytes]]) -> None:
        begin = sha256(b"\x00").copy
        for seq, event_id, document in rows:
            hashed = begin()
            hashed.update(document if isinstance(document, bytes) else document.encode())
            self.seqs.append(seq)
            self.ids.append(event_id)
            self.hashes.append(hashed.digest())


def waiting(connection: Connection, limit: int) -> Waiting:
    """In two steps where there is a planner, which knows next to nothing of a table that fills and
    empties; also, a number that is queued without an event is passed over.
    """
    found = Waiting()
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection
        found.add(driver.execute(_JOINED, (limit,)))
        return found
    queued = select(ledger_queue.c.seq).order_by(ledger_queue.c.seq).limit(limit)
    seqs = list(connection.scalars(queued))
    if seqs and connection.dialect.driver == "psycopg":
        found.add(_copied(connection, seqs))
        return found
    for start in range(0, len(seqs), _AT_ONCE):
        some = event.c.seq.in_(seqs[start : start + _AT_ONCE])
        query = select(event.c.seq, event.c.event_id, event.c.document).where(some)
        found.add(tuple(row) for row in connection.execute(query.order_by(event.c.seq)))
    return found


_JOINED = (
    "SELECT event.seq, event_id, document FROM ledger_queue CROSS JOIN event USING (seq) "
    "ORDER BY ledger_queue.seq LIMIT ?"
)
_COPY_OUT = (
    "COPY (SELECT seq, event_id, convert_to(document, 'UTF8') FROM event "
    "WHERE seq = ANY(%s) ORDER BY seq) TO STDOUT (FORMAT BINARY)"
)
_TYPES = ("int8", "text", "bytea")


def _copied(connection: Connection, seqs: list[int]) -> Iterator[tuple[int, str, bytes]]:
    cursor: Any = connection.connection.cursor()
    with (
        as_sqlalchemy_does(connection, _COPY_OUT),
        cursor,
        cursor.copy(_COPY_OUT, (seqs,)) as copy,
    ):
        copy.set_types(_TYPES)
        yield from copy.rows()


def insert_leaves(connection: Connection, first: int, found: Waiting) -> None:
    """:raises IntegrityError: if an event has a leaf, or an index is taken."""
    insert_rows(connection, leaf, zip(count(first), found.ids, found.hashes, strict=False))


def insert_rows(connection: Connection, table: Table, rows: Iterable[Sequence[Any]]) -> None:
    """Rows whose values stand in the order of the table's columns, and that need no conversion."""
    names = ", ".join(table.c.keys())
    if connection.dialect.driver == "psycopg":
        statement = f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)"
        types = [_POSTGRES[type(column.type).__name__] for column in table.c]
        cursor: Any = connection.connection.cursor()
        with as_sqlalchemy_does(connection, statement), cursor, cursor.copy(statement) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)
    elif connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(table.c))
        statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608 - our names
        driver: Any = connection.connection
        with as_sqlalchemy_does(connection, statement):
            driver.executemany(statement, rows)
    elif some := [dict(zip(table.c.keys(), row, strict=True)) for row in rows]:
        connection.execute(insert(table), some)


_POSTGRES = {"BigInteger": "int8", "Integer": "int4", "String": "varchar", "LargeBinary": "bytea"}


def dequeue(connection: Connection, found: Waiting) -> None:
    """Exactly these: an event with a smaller number may have been committed meanwhile."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_DEQUEUE, (found.seqs[-1],))
    else:
        statement = "DELETE FROM ledger_queue WHERE seq = ANY(:seqs)"
        connection.execute(text(statement), {"seqs": found.seqs})


# SQLite has one writer at a time, so that what has an event up to there was found.
_DEQUEUE = (
    "DELETE FROM ledger_queue "
    "WHERE seq <= ? AND EXISTS (SELECT 1 FROM event WHERE event.seq = ledger_queue.seq)"
)
