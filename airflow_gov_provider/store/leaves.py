"""Queued events, and the leaves that they get: many at a time, past SQLAlchemy's work for each row.

A document is hashed as it is read and then forgotten, so that a batch needs no more memory where
documents are large. The hash is always made of the stored bytes, at the time of sealing; whoever
inserted the event is not asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count, islice
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, text
from sqlalchemy.dialects.postgresql import aggregate_order_by

from airflow_gov_provider.domain.ledger.merkle import leaf_hashes
from airflow_gov_provider.store.driver_errors import as_sqlalchemy_does
from airflow_gov_provider.store.tables import event, leaf, ledger_queue

_AT_ONCE = 500
_ROWS_OF_A_WRITE = 5000


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
    together = connection.dialect.driver == "psycopg"
    seqs = _oldest(connection, limit)
    for start in range(0, len(seqs), _AT_ONCE):
        some = seqs[start : start + _AT_ONCE]
        if not (together and _add_together(connection, some, found)):
            query = select(event.c.seq, event.c.event_id, event.c.document)
            query = query.where(event.c.seq.in_(some)).order_by(event.c.seq)
            found.add(tuple(row) for row in connection.execute(query))
    return found


def _oldest(connection: Connection, limit: int) -> list[int]:
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
_TOGETHER = (
    "SELECT string_agg(seq::text, ','), string_agg(event_id, E'\\n'), "
    "convert_to(string_agg(document, E'\\n'), 'UTF8') "
    "FROM event WHERE seq = ANY(%s::bigint[])"
)


def _add_together(connection: Connection, some: Sequence[int], found: Waiting) -> bool:
    """Add them as one row of many lines; a row for each costs the driver more than hashing it.

    :returns: False, and nothing is added, where a line break within an id or a document makes it
        impossible to tell them apart.
    """
    driver: Any = connection.connection.driver_connection
    with as_sqlalchemy_does(connection, _TOGETHER), driver.cursor(binary=True) as cursor:
        numbers, names, documents = cursor.execute(_TOGETHER, (_array(some),)).fetchone()
    if numbers is None:
        return True
    seqs, ids = [int(number) for number in numbers.split(",")], names.split("\n")
    lines = documents.split(b"\n")
    if not len(seqs) == len(ids) == len(lines) or seqs != sorted(seqs):
        return False
    found.seqs += seqs
    found.ids += ids
    found.hashes += leaf_hashes(lines)
    return True


def _array(seqs: Sequence[int]) -> str:
    return f"{{{','.join(map(str, seqs))}}}"


def insert_leaves(connection: Connection, first: int, found: Waiting) -> None:
    """:raises IntegrityError: if an event has a leaf, or an index is taken."""
    rows = zip(count(first), found.ids, found.hashes, strict=False)
    if connection.dialect.driver == "psycopg":
        _copy_leaves(connection, rows)
    else:
        insert_rows(connection, leaf, rows)


_COPY_LEAVES = "COPY leaf (leaf_index, event_id, leaf_hash) FROM STDIN"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _copy_leaves(connection: Connection, rows: Iterable[tuple[int, str, bytes]]) -> None:
    lines = (
        f"{index}\t{name if name.isalnum() else name.translate(_ESCAPES)}\t\\\\x{hashed.hex()}\n"
        for index, name, hashed in rows
    )
    cursor: Any = connection.connection.cursor()
    with (
        as_sqlalchemy_does(connection, _COPY_LEAVES),
        cursor,
        cursor.copy(_COPY_LEAVES) as copy,
    ):
        while some := "".join(islice(lines, _ROWS_OF_A_WRITE)):
            copy.write(some)


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
