"""Many events at once, by the fast way that each database has.

PostgreSQL takes them by COPY, SQLite by statements of many rows past SQLAlchemy. Neither
passes over an event that is there already: the batch is refused as a whole, and whoever brought it
inserts it in the slower way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice
from operator import attrgetter
from sqlite3 import SQLITE_LIMIT_VARIABLE_NUMBER
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, OperationalError

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.store.driver_errors import as_sqlalchemy_does

_REPEATED = (
    "type",
    "state",
    "dag_id",
    "run_id",
    "task_id",
    "map_index",
    "try_number",
    "actor",
    "witness",
)
_repeated_of: Callable[[Event], tuple[Any, ...]] = attrgetter(*_REPEATED)
_COLUMNS = ", ".join(("event_id", *_REPEATED, "occurred_at", "recorded_at", "document"))
_WIDTH = len(_REPEATED) + 4
_MARKS = f"({', '.join('?' * _WIDTH)})"
_COPY = f"COPY event ({_COLUMNS}) FROM STDIN"
# With ABORT in place of FAIL, SQLite would keep a journal of each statement, since a trigger writes
# too; the savepoint around all of them undoes as much.
_INSERT = f"INSERT OR FAIL INTO event ({_COLUMNS}) VALUES"

_FIELD = '"occurred_at":"'
_WITHOUT_FRACTION = len("2026-11-21T12:00:00+00:00")

_LINES_AT_ONCE = 64
_ROWS_OF_A_STATEMENT = 1000  # other threads run while SQLite executes one
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_DEADLOCK = "40P01"


@dataclass(frozen=True, slots=True)
class CopyRows:
    """Events as COPY takes them, each id once; made where there is time for it.

    :param chunks: some rows each, in order.
    """

    chunks: Sequence[bytes]


def copy_rows(events: Iterable[Event], *, recorded_at: datetime) -> CopyRows:
    """For ``insert_rows_unknown``; needs no connection."""
    lines = _lines(_once(events), _aware(recorded_at).isoformat())
    return CopyRows(list(_chunks(lines)))


def takes_rows(connection: Connection) -> bool:
    """Whether ``CopyRows`` can be handed over."""
    return connection.dialect.driver == "psycopg"


def takes_many(connection: Connection) -> bool:
    """Whether the driver has a fast way that is known here."""
    return connection.dialect.driver in ("psycopg", "pysqlite")


def insert_unknown(
    connection: Connection, events: Iterable[Event], *, recorded_at: datetime
) -> int | None:
    """Insert events that the database does not know, in their order; of two with one id the first.

    They are drawn while the database works. If it refuses one, none is inserted, and the
    transaction goes on.

    :returns: how many; None if one is there already, or is being inserted by somebody else.
    :raises DBAPIError: if the database refuses one for another reason.
    """
    if connection.dialect.name == "sqlite":
        _begin(connection)
        return _as_a_whole(connection, lambda: _insert_rows(connection, _once(events), recorded_at))
    lines = _lines(_once(events), _aware(recorded_at).isoformat())
    return _as_a_whole(connection, lambda: _copy(connection, _chunks(lines)))


def insert_rows_unknown(connection: Connection, rows: CopyRows) -> int | None:
    """The same as ``insert_unknown``, of events that were prepared."""
    return _as_a_whole(connection, lambda: _copy(connection, rows.chunks))


def _as_a_whole(connection: Connection, insert: Callable[[], int]) -> int | None:
    try:
        with connection.begin_nested():
            return insert()
    except IntegrityError:
        return None
    except OperationalError as error:
        if is_deadlock(error):
            return None
        raise


def is_deadlock(error: OperationalError) -> bool:
    """Whether PostgreSQL ended a statement that waited in a circle with others."""
    return getattr(error.orig, "sqlstate", None) == _DEADLOCK


def _begin(connection: Connection) -> None:
    """Begin, if nothing has: the end of a savepoint that stands alone would be a commit."""
    driver: Any = connection.connection
    if not driver.in_transaction:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _once(events: Iterable[Event]) -> Iterator[Event]:
    seen: set[str] = set()
    for event in events:
        if event.event_id not in seen:
            seen.add(event.event_id)
            yield event


def _insert_rows(connection: Connection, events: Iterable[Event], recorded_at: datetime) -> int:
    recorded = _as_sqlite(_aware(recorded_at).astimezone(UTC).isoformat())
    rows = (
        (
            event.event_id,
            *_repeated_of(event),
            _as_sqlite(_occurred(event, document := event.document.decode())),
            recorded,
            document,
        )
        for event in events
    )
    driver: Any = connection.connection.driver_connection
    most = driver.getlimit(SQLITE_LIMIT_VARIABLE_NUMBER) // _WIDTH
    inserted = 0
    with as_sqlalchemy_does(connection, _INSERT):
        while some := list(islice(rows, min(most, _ROWS_OF_A_STATEMENT))):
            statement = f"{_INSERT} {', '.join([_MARKS] * len(some))}"
            inserted += driver.execute(statement, list(chain.from_iterable(some))).rowcount
    return inserted


def _as_sqlite(time: str) -> str:
    """A time in UTC as SQLAlchemy stores it."""
    fraction = "" if len(time) > _WITHOUT_FRACTION else ".000000"
    return f"{time[:10]} {time[11:-6]}{fraction}"


def _occurred(event: Event, document: str) -> str:
    """In UTC, as its document says; printing it again takes as long as all the rest of a row.

    Within a value a quotation mark has a backslash before it, so that only the field is found.
    """
    _aware(event.occurred_at)
    start = document.index(_FIELD) + len(_FIELD)
    return document[start : document.index('"', start)]


def _aware(time: datetime) -> datetime:
    if time.tzinfo is None:
        raise ValueError(f"expected a time with a zone, found {time!r}")
    return time


def _copy(connection: Connection, chunks: Iterable[bytes]) -> int:
    cursor: Any = connection.connection.cursor()
    with as_sqlalchemy_does(connection, _COPY), cursor:
        with cursor.copy(_COPY) as copy:
            for chunk in chunks:
                copy.write(chunk)
        return int(cursor.rowcount)


def _chunks(lines: Iterator[str]) -> Iterator[bytes]:
    while some := list(islice(lines, _LINES_AT_ONCE)):
        yield "".join(some).encode()


def _lines(events: Iterable[Event], recorded: str) -> Iterator[str]:
    """Rows in PostgreSQL's text format."""
    words = _Words()
    escaped = words.__getitem__
    for event in events:
        document = event.document.decode()
        occurred = _occurred(event, document)
        if "\\" in document:  # a line of JSON has none of the others
            document = document.replace("\\", "\\\\")
        repeated = "\t".join(map(escaped, _repeated_of(event)))
        identity = event.event_id
        if not identity.isalnum():
            identity = identity.translate(_ESCAPES)
        yield f"{identity}\t{repeated}\t{occurred}\t{recorded}\t{document}\n"


class _Words(dict[str | int | None, str]):
    """Values as they stand in a row of COPY; most come again and again."""

    def __missing__(self, value: str | int | None) -> str:
        word = "\\N" if value is None else str(value).translate(_ESCAPES)
        self[value] = word
        return word
