"""What a database computed, as a value of ours: no Decimal, no microseconds, nothing infinite."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from airflow_gov_provider.domain.quality.expectations import (
    CheckKind,
    Expectation,
    Measurement,
    Statistic,
    Value,
)
from airflow_gov_provider.profiling.columns import Column, Family

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - naive on purpose; the zone is added where known


class Result(StrEnum):
    WHOLE = "whole"
    NUMBER = "number"
    DATE = "date"
    TIME = "time"


def result_kind(expectation: Expectation, column: Column) -> Result:
    """What the aggregate is, whatever type the database gives it."""
    if expectation.kind is CheckKind.FRESHNESS:
        return Result.TIME
    if column.family.is_day_or_time:
        return Result.DATE if column.family is Family.DATE else Result.TIME
    keeps_type = expectation.statistic in (Statistic.MIN, Statistic.MAX, Statistic.SUM)
    return Result.WHOLE if keeps_type and column.family is Family.INTEGER else Result.NUMBER


def of_aggregate(values: Sequence[Any], column: Column, kind: Result) -> Measurement:
    """A measurement from rows in scope, aggregate, and count of values that spoil it."""
    total, value, *odd = values
    if odd and odd[0]:
        oddity = "dates or times" if column.family.is_day_or_time else "finite numbers"
        return Measurement(error=f"{odd[0]} of {total} values are not {oddity}")
    if value is None:
        if total and column.family.is_day_or_time:
            return Measurement(error="the result is not a time of the calendar")
        return Measurement(total=total)
    plain = _plain(value, column, kind)
    if isinstance(plain, float) and not math.isfinite(plain):
        return Measurement(error="the result is not a finite number")
    return Measurement(total=total, value=plain)


def _plain(value: Any, column: Column, kind: Result) -> Value:
    if kind is Result.WHOLE:
        return int(value)
    if kind is Result.NUMBER:
        return float(value)
    zone = column.family is Family.INSTANT
    if isinstance(value, str):
        # SQLite knows the zone of each value, not of the column.
        zone, value = value.startswith("Z"), value.removeprefix("Z")
    found = _EPOCH + timedelta(microseconds=int(value))
    if kind is Result.DATE:
        return date(found.year, found.month, found.day)
    return found.replace(tzinfo=UTC) if zone else found
