"""Values of a contract as SQL literals of the type that a column has.

A value that the column can never equal is a mistake in the contract. Some databases raise on it,
others quietly compare to false, so it is refused here, before any of them sees it.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time

from sqlglot import exp

from airflow_gov_provider.domain.quality.expectations import Value
from airflow_gov_provider.profiling.columns import Column, Family
from airflow_gov_provider.profiling.failures import Unmeasurable


def literal(value: Value, column: Column) -> exp.Expr:
    """A value as the column could hold it.

    :raises Unmeasurable: if a value of this type can never stand in such a column.
    """
    made = _of_family(value, column.family)
    if made is None:
        raise Unmeasurable(
            f"column {column.name!r} holds {column.family.value} ({column.physical or 'no type'}), "
            f"and the contract compares it with a {_kind(value)}; give values of the column's type"
        )
    return made


def text(value: str) -> exp.Expr:
    if "\x00" in value:
        raise Unmeasurable(
            "a value of the contract contains a NUL character, which SQL cannot hold"
        )
    return exp.Literal.string(value)


def number(value: float) -> exp.Expr:
    if not math.isfinite(value):
        raise Unmeasurable("a limit must be a finite number; leave an open bound out")
    positive = exp.Literal.number(repr(abs(value)))
    return exp.Neg(this=positive) if value < 0 else positive


def moment(value: Value, family: Family) -> datetime | None:
    """A date or time of the contract as the column would hold it; None if it cannot."""
    if isinstance(value, str):
        value = _parsed(value) or value
    if isinstance(value, datetime):
        return _with_the_zone_of(value, family)
    if isinstance(value, date):
        return _with_the_zone_of(datetime(value.year, value.month, value.day), family)  # noqa: DTZ001
    return None


def _with_the_zone_of(value: datetime, family: Family) -> datetime | None:
    if family is Family.INSTANT:
        # Without a zone it would mean something else on each server, so it means UTC.
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    return None if value.tzinfo else value


def _of_family(value: Value, family: Family) -> exp.Expr | None:
    anything = family is Family.UNKNOWN
    made: exp.Expr | None = None
    if family.is_day_or_time:
        made = _moment_literal(value, family)
    elif isinstance(value, bool):
        made = exp.Boolean(this=value) if anything or family is Family.BOOLEAN else None
    elif isinstance(value, int | float):
        made = number(value) if anything or family.is_number else None
    elif isinstance(value, str):
        if family is Family.TIME and _is_time(value):
            made = exp.cast(text(value), "time")
        elif anything or family in (Family.TEXT, Family.SYMBOL):
            made = text(value)
    return made


def _moment_literal(value: Value, family: Family) -> exp.Expr | None:
    found = moment(value, family)
    if found is None:
        return None
    kind = "timestamptz" if family is Family.INSTANT else "timestamp"
    return exp.cast(text(found.isoformat(sep=" ")), kind)


def _parsed(value: str) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _is_time(value: str) -> bool:
    try:
        return time.fromisoformat(value).tzinfo is None
    except ValueError:
        return False


def _kind(value: Value) -> str:
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case datetime():
            return "time with a zone" if value.tzinfo else "time"
        case date():
            return "date"
    return "text"
