"""Columns and the few families of types that decide which checks make sense on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Family(StrEnum):
    """What the values of a column can be compared with.

    A SYMBOL (an enumeration, a UUID) equals its text and has no order. UNKNOWN is a column of
    SQLite without a type; OTHER is a type that no value of a contract can be compared with.
    """

    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "floating point"
    TEXT = "text"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp without time zone"
    INSTANT = "timestamp with time zone"
    TIME = "time"
    SYMBOL = "symbol"
    OTHER = "another type"
    UNKNOWN = "anything"

    @property
    def is_number(self) -> bool:
        return self in (Family.INTEGER, Family.DECIMAL, Family.FLOAT)

    @property
    def is_day_or_time(self) -> bool:
        """On the calendar; a time of day is not."""
        return self in (Family.DATE, Family.TIMESTAMP, Family.INSTANT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table.

    :param physical: the type in the words of the database.
    :param hashable: whether equal values always have equal 64-bit hashes in this engine.
    :param nullable: whether the database lets it hold NULL; None where the source does not say.
    """

    name: str
    physical: str
    family: Family
    hashable: bool = False
    nullable: bool | None = None

    @property
    def is_single_precision(self) -> bool:
        return self.physical in ("FLOAT", "real")


Columns = Mapping[str, Column]

_DUCKDB = {
    **dict.fromkeys(
        ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT"),
        Family.INTEGER,
    ),
    **dict.fromkeys(("UINTEGER", "UBIGINT", "UHUGEINT"), Family.INTEGER),
    "FLOAT": Family.FLOAT,
    "DOUBLE": Family.FLOAT,
    "VARCHAR": Family.TEXT,
    "BOOLEAN": Family.BOOLEAN,
    "DATE": Family.DATE,
    "TIMESTAMP": Family.TIMESTAMP,
    "TIMESTAMP_S": Family.TIMESTAMP,
    "TIMESTAMP_MS": Family.TIMESTAMP,
    "TIMESTAMP_NS": Family.TIMESTAMP,
    "TIMESTAMP WITH TIME ZONE": Family.INSTANT,
    "TIME": Family.TIME,
    "UUID": Family.SYMBOL,
}

_POSTGRES = {
    **dict.fromkeys(("smallint", "integer", "bigint"), Family.INTEGER),
    "numeric": Family.DECIMAL,
    "real": Family.FLOAT,
    "double precision": Family.FLOAT,
    "boolean": Family.BOOLEAN,
    "date": Family.DATE,
    "timestamp without time zone": Family.TIMESTAMP,
    "timestamp with time zone": Family.INSTANT,
    "time without time zone": Family.TIME,
    "uuid": Family.SYMBOL,
    **dict.fromkeys(("text", "character varying", "character", "name", "citext"), Family.TEXT),
}

# The order matters: the first word that the declared type contains decides.
_SQLITE = (
    ("BOOL", Family.BOOLEAN),
    ("TIMESTAMP", Family.TIMESTAMP),
    ("DATETIME", Family.TIMESTAMP),
    ("DATE", Family.DATE),
    ("TIME", Family.TIME),
    ("INT", Family.INTEGER),
    ("CHAR", Family.TEXT),
    ("CLOB", Family.TEXT),
    ("TEXT", Family.TEXT),
    ("REAL", Family.FLOAT),
    ("FLOA", Family.FLOAT),
    ("DOUB", Family.FLOAT),
    ("NUM", Family.DECIMAL),
    ("DEC", Family.DECIMAL),
)


def duckdb_family(physical: str) -> Family:
    if physical.startswith("DECIMAL("):
        return Family.DECIMAL
    if physical.startswith("ENUM("):
        return Family.SYMBOL
    return _DUCKDB.get(physical, Family.OTHER)


def postgres_family(physical: str, *, is_enum: bool) -> Family:
    """From a type as ``format_type`` writes it, without a modifier such as ``(10,2)``."""
    if is_enum:
        return Family.SYMBOL
    return _POSTGRES.get(physical, Family.OTHER)


def sqlite_family(declared: str) -> Family:
    """From the declared type; SQLite takes any word as one, and none as well."""
    upper = declared.upper()
    return next((family for word, family in _SQLITE if word in upper), Family.UNKNOWN)


def sqlite_stored_family(kinds: set[str]) -> Family:
    """From what ``typeof`` says of the values of a column whose declared type says nothing."""
    if not kinds:
        return Family.UNKNOWN
    if kinds <= {"integer", "real"}:
        return Family.FLOAT if "real" in kinds else Family.INTEGER
    return Family.TEXT if kinds == {"text"} else Family.OTHER
