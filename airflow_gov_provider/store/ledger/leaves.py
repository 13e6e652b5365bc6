"""Queued events, and the leaves that they get: many at a time, past SQLAlchemy's work for each row.

A document is hashed as it is read and then forgotten, so that a batch needs no more memory where
documents are large. The hash is always made of the stored bytes, at the time of sealing; whoever
inserted the event is not asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, text
from sqlalchemy.dialects.postgresql import aggregate_order_by

from airflow_gov_provider.store.driver_errors import as_sqlalchemy_does
from airflow_gov_provider.store.tables import event, leaf, ledger_queue

_AT_ONCE = 500
_ROWS_OF_A_WRITE = 5000


@dataclass(slots=True)
class Waiting:
    """The oldest queued events: numbers and leaf hashes, side by side in their order.

    :param ids: of them as well, where the leaves are made here.
    """

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


def give_leaves(connection: Connection, first: int, limit: int) -> Waiting:
    """Leaves for the oldest queued events, from this index on; a number that is queued without an
    event is passed over.

    :raises IntegrityError: if an event has a leaf, or an index is taken.
    """
    if connection.dialect.driver == "psycopg":
        return _sealed_inside(connection, first, limit)
    found = Waiting()
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection
        found.add(driver.execute(_JOINED, (limit,)))
    else:
        seqs = _oldest(connection, limit)
        for start in range(0, len(seqs), _AT_ONCE):
            query = select(event.c.seq, event.c.event_id, event.c.document)
            query = query.where(event.c.seq.in_(seqs[start : start + _AT_ONCE]))
            found.add(tuple(row) for row in connection.execute(query.order_by(event.c.seq)))
    insert_rows(connection, leaf, zip(count(first), found.ids, found.hashes, strict=False))
    return found


def _oldest(connection: Connection, limit: int) -> list[int]:
    """Apart from their events, since the planner knows next to nothing of a table that fills and
    empties.
    """
    queued = select(ledger_queue.c.seq).order_by(ledger_queue.c.seq).limit(limit).subquery()
    return (
        connection.scalar(select(func.array_agg(aggregate_order_by(queued.c.seq, queued.c.seq))))
        or []
    )


# As bytes, since the driver would decode a text only for it to be encoded again.
_JOINED = (
    "SELECT event.seq, event_id, CAST(document AS BLOB) "
    "FROM ledger_queue CROSS JOIN event USING (seq) ORDER BY ledger_queue.seq LIMIT ?"
)
# What is hashed are the bytes that are read there and then; only hashes travel.
_INSIDE = """
WITH found AS MATERIALIZED (
  SELECT seq, event_id, sha256('\\x00'::bytea || convert_to(document, 'UTF8')) AS hash
  FROM event WHERE seq = ANY(%s::bigint[])
), kept AS (
  INSERT INTO leaf (leaf_index, event_id, leaf_hash)
  SELECT %s - 1 + row_number() OVER (ORDER BY seq), event_id, hash FROM found
)
SELECT string_agg(seq::text, ',' ORDER BY seq), string_agg(hash, ''::bytea ORDER BY seq) FROM found
"""


def _sealed_inside(connection: Connection, first: int, limit: int) -> Waiting:
    found = Waiting()
    seqs = _oldest(connection, limit)
    driver: Any = connection.connection.driver_connection
    with as_sqlalchemy_does(connection, _INSIDE), driver.cursor(binary=True) as cursor:
        for start in range(0, len(seqs), _ROWS_OF_A_WRITE):
            some = _array(seqs[start : start + _ROWS_OF_A_WRITE])
            numbers, hashes = cursor.execute(_INSIDE, (some, first + len(found.seqs))).fetchone()
            if numbers is not None:
                found.seqs += map(int, numbers.split(","))
                found.hashes += (hashes[at : at + 32] for at in range(0, len(hashes), 32))
    return found


def _array(seqs: Sequence[int]) -> str:
    return f"{{{','.join(map(str, seqs))}}}"


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
        statement = "DELETE FROM ledger_queue WHERE seq = ANY(CAST(:seqs AS bigint[]))"
        connection.execute(text(statement), {"seqs": _array(found.seqs)})


# SQLite has one writer at a time, so that what has an event up to there was found.
_DEQUEUE = (
    "DELETE FROM ledger_queue "
    "WHERE seq <= ? AND EXISTS (SELECT 1 FROM event WHERE event.seq = ledger_queue.seq)"
)
