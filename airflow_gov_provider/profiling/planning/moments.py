"""Dates and times against a moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlglot import exp

from airflow_gov_provider.domain.contracts.forms.moments import (
    NO_MOMENT,
    NewerThan,
    NotInFuture,
    OfItsTime,
    OlderThan,
)
from airflow_gov_provider.domain.quality.expectations import Expectation
from airflow_gov_provider.profiling.columns import Column, Family
from airflow_gov_provider.profiling.engines.dialects import DuckDB, either
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.plans import Plan, Planner

CLOCKS_DIFFER = timedelta(minutes=5)
THE_EARTH_IS_ROUND = timedelta(hours=14)


def time_column(planner: Planner, name: str, check: str) -> Column:
    """A column of dates or times.

    :raises Unmeasurable: if it holds anything else.
    """
    column = planner.column(name)
    if not planner.dialect.typed and not column.family.is_number:
        # SQLite has no type for dates; what matters is whether its text can be read as one.
        column = Column(name=column.name, physical=column.physical, family=Family.INSTANT)
    if not column.family.is_day_or_time:
        raise Unmeasurable(
            f"{check} needs a date or time, and column {column.name!r} holds "
            f"{column.family.value} ({column.physical})"
        )
    return column


def at(dialect: DuckDB, moment: datetime, column: Column) -> exp.Expr:
    """A moment as the column could hold it; a time without a zone is UTC."""
    utc = moment.astimezone(UTC)
    return dialect.literal(
        utc if column.family is Family.INSTANT else utc.replace(tzinfo=None), column
    )


def until(dialect: DuckDB, moment: datetime, column: Column) -> exp.Expr:
    """True for values up to a moment, and for what is no time at all, which nobody may overlook."""
    early = exp.LTE(this=dialect.operand(column), expression=at(dialect, moment, column))
    odd = dialect.odd(column)
    return early if odd is None else either(early, odd)


def _of_its_time(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    asked = expectation.parameters
    assert isinstance(asked, OfItsTime)  # noqa: S101 - the kind names the class
    if asked.moment is None:
        raise Unmeasurable(NO_MOMENT)
    name = expectation.columns[0]
    column = time_column(planner, name, asked.kind)
    is_date = planner.column(name).family is Family.DATE
    crossing, limit = _limit(asked, asked.moment, is_date=is_date)
    late = crossing(
        this=planner.dialect.operand(column), expression=at(planner.dialect, limit, column)
    )
    odd = planner.dialect.odd(column)
    failing = late if odd is None else either(late, odd)
    return planner.failing_rows(expectation, where, scope=[column], failing=failing)


def _limit(
    asked: OfItsTime, moment: datetime, *, is_date: bool
) -> tuple[type[exp.Binary], datetime]:
    """How a failing value compares, and with what."""
    match asked:
        case NotInFuture():
            usual = THE_EARTH_IS_ROUND if is_date else CLOCKS_DIFFER
            return exp.GT, moment + (asked.allow if asked.allow is not None else usual)
        case OlderThan():
            return exp.GT, moment - asked.age
        case NewerThan():
            return exp.LT, moment - asked.age
    raise Unmeasurable(f"the profiler does not know the check {asked.kind!r}")


PLANS = {kind.kind: _of_its_time for kind in (NotInFuture, OlderThan, NewerThan)}
