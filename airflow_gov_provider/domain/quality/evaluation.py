"""Judging a table: a contract's expectations against a profile's measurements.

* One finding for every expectation, in the order of the contract, then one for every statement of
  the contract that nobody evaluates. The evaluation itself never raises because data is bad.
* What was not measured, what there were no rows to measure on, and what the contract asks but this
  package cannot evaluate is INSUFFICIENT, with the reason.
* An empty table fails its ``not_null`` checks, and its row count unless the contract's own lower
  bound is zero. Other row checks have nothing to look at there: INSUFFICIENT.
* A column that is not there fails ``column_exists`` once; its other checks are INSUFFICIENT.
* A tolerance is compared exactly: 1 failing row of 100 is within 1 %.
* A time without a zone is UTC. A newest value that lies in the future fails a freshness check,
  because it would hide every later standstill: more than 5 minutes for a time (clocks differ), more
  than 14 hours for a date (the earth is round).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

from airflow_gov_provider.domain.contracts.model import Contract, NotEvaluated
from airflow_gov_provider.domain.contracts.values import comparable, family
from airflow_gov_provider.domain.quality.column_types import logical_types, same_physical_type
from airflow_gov_provider.domain.quality.expectations import (
    CheckKind,
    Expectation,
    Limit,
    Measurement,
    Profile,
    Tolerance,
    Value,
)
from airflow_gov_provider.domain.quality.judging import Case, exact, holds
from airflow_gov_provider.domain.quality.phrases import (
    expected_words,
    number_words,
    rows_words,
    share_words,
    span_words,
)
from airflow_gov_provider.domain.verdicts import Finding, Report, Scalar, Verdict

CLOCK_SKEW = timedelta(minutes=5)
DATE_SKEW = timedelta(hours=14)
_EMPTY = "the table is empty"
_NAMED_COLUMNS = 30


def evaluate(contract: Contract, profile: Profile, *, now: datetime) -> Report:
    """Judge a profile.

    :param now: the time of judging, with a zone; freshness is measured against it.
    """
    findings = [judge(expectation, profile, now=now) for expectation in contract.expectations]
    findings += [unanswered(statement) for statement in contract.not_evaluated]
    return Report(subject=contract.name, findings=tuple(findings))


def judge(expectation: Expectation, profile: Profile, *, now: datetime) -> Finding:
    """The finding for one expectation."""
    finding = _blank(expectation)
    if expectation.kind == CheckKind.COLUMN_EXISTS:
        return _exists(finding, expectation, profile)
    missing = [column for column in expectation.columns if column not in profile.columns]
    if missing:
        return _insufficient(finding, _no_such_column(missing, profile))
    if expectation.kind == CheckKind.COLUMN_TYPE:
        return _type(finding, expectation, profile.columns[expectation.columns[0]])
    measurement = profile.measurements.get(expectation.check_id)
    if measurement is None and expectation.needs_rows:
        return _insufficient(finding, "it was not measured")
    if measurement is not None and measurement.error is not None:
        return _insufficient(finding, measurement.error)
    own = _own_verdict(finding, expectation, measurement, profile, now=now)
    return own or _usual(finding, expectation, measurement or Measurement(), profile, now=now)


def _usual(
    finding: Finding,
    expectation: Expectation,
    measurement: Measurement,
    profile: Profile,
    *,
    now: datetime,
) -> Finding:
    """The verdict of failing rows, of an age, or of a number within bounds."""
    finding = replace(finding, details={**finding.details, **measurement.details})
    if expectation.counts_rows:
        return _rows(finding, expectation, measurement, profile)
    if expectation.kind == CheckKind.FRESHNESS:
        return _freshness(finding, expectation, measurement, now=now)
    return _value(finding, expectation, measurement, profile)


def _own_verdict(
    finding: Finding,
    expectation: Expectation,
    measurement: Measurement | None,
    profile: Profile,
    *,
    now: datetime,
) -> Finding | None:
    """The verdict of a kind that judges itself."""
    if expectation.parameters is None:
        return None
    case = Case(
        finding=finding,
        expectation=expectation,
        measurement=measurement,
        profile=profile,
        now=now,
    )
    return expectation.parameters.judge(case)


def unanswered(statement: NotEvaluated) -> Finding:
    """The finding for what the contract asks and nobody evaluates."""
    return Finding(
        check=statement.check_id,
        kind=statement.kind,
        subject=statement.subject,
        verdict=Verdict.INSUFFICIENT,
        severity=statement.severity,
        expected=statement.expected,
        reason=statement.reason,
        details=_without_nothing(place=statement.place, dimension=statement.dimension),
    )


def _blank(expectation: Expectation) -> Finding:
    """What is true of the finding whatever was measured."""
    return Finding(
        check=expectation.check_id,
        kind=_kind(expectation),
        subject=expectation.subject,
        verdict=Verdict.INSUFFICIENT,
        severity=expectation.severity,
        expected=expected_words(expectation),
        details=_without_nothing(
            place=expectation.place,
            where=expectation.where,
            dimension=expectation.dimension,
            description=expectation.description,
        ),
    )


def _kind(expectation: Expectation) -> str:
    return str(expectation.statistic or expectation.kind)


def _without_nothing(**details: str | None) -> dict[str, Scalar]:
    return {key: value for key, value in details.items() if value}


def _insufficient(finding: Finding, reason: str) -> Finding:
    return replace(finding, verdict=Verdict.INSUFFICIENT, reason=reason)


def _decided(finding: Finding, *, ok: bool, reason: str | None = None) -> Finding:
    if ok:
        return replace(finding, verdict=Verdict.PASSED, reason=None)
    return replace(finding, verdict=Verdict.FAILED, reason=reason)


def _no_such_column(missing: list[str], profile: Profile) -> str:
    there = list(profile.columns)[:_NAMED_COLUMNS]
    more = ", ..." if len(profile.columns) > _NAMED_COLUMNS else ""
    names = ", ".join(repr(column) for column in missing)
    some = "column" if len(missing) == 1 else "columns"
    verb = "does" if len(missing) == 1 else "do"
    return f"{some} {names} {verb} not exist; the table has: {', '.join(there)}{more}"


def _exists(finding: Finding, expectation: Expectation, profile: Profile) -> Finding:
    column = expectation.columns[0]
    there = column in profile.columns
    found = replace(finding, observed=profile.columns[column] or "exists" if there else "absent")
    return _decided(found, ok=there, reason=_no_such_column([column], profile))


def _type(finding: Finding, expectation: Expectation, physical: str) -> Finding:
    if not physical.strip():
        return _insufficient(finding, "the source declares no type for this column")
    finding = replace(finding, observed=physical)
    if expectation.logical_type is not None:
        known = logical_types(physical)
        if known is None:
            return _insufficient(finding, f"{physical} is no type that this gate knows")
        return _decided(
            finding,
            ok=not known.isdisjoint({expectation.logical_type, *expectation.or_types}),
            reason=f"the column is {physical}, which is not {expectation.logical_type}",
        )
    wanted = expectation.physical_type or ""
    same = same_physical_type(wanted, physical)
    if same is None:
        return _insufficient(
            finding, f"{wanted} is no type that this gate knows; it cannot be compared"
        )
    return _decided(finding, ok=same, reason=f"the column is {physical}")


def _rows(
    finding: Finding, expectation: Expectation, measurement: Measurement, profile: Profile
) -> Finding:
    """A check that counts failing rows among the rows in scope."""
    total, failing = measurement.total, measurement.failing
    if total is None or failing is None:
        return _insufficient(finding, "the rows in scope were not counted")
    finding = replace(
        finding, total=total, failing=failing, observed=rows_words(failing=failing, total=total)
    )
    if profile.rows == 0:
        if expectation.sees_null:
            return _decided(finding, ok=False, reason=_EMPTY)
        return _insufficient(finding, _EMPTY)
    if total == 0:
        return _insufficient(finding, _why_no_rows(expectation))
    if expectation.limits:
        ok = all(_within_limit(failing, limit, profile.rows) for limit in expectation.limits)
        return _decided(finding, ok=ok, reason=f"{failing} rows fail")
    ok = _tolerated(failing, total, expectation.tolerance)
    return _decided(finding, ok=ok, reason=_too_many(expectation.tolerance))


def _why_no_rows(expectation: Expectation) -> str:
    if expectation.where is not None and expectation.sees_null:
        return "no row meets the condition"
    if expectation.where is not None:
        return "no row meets the condition and has a value"
    return "no row has a value" if expectation.columns else "there are no rows to look at"


def _too_many(tolerance: Tolerance | None) -> str:
    return "more rows fail than the contract tolerates" if tolerance else "no row may fail"


def _tolerated(failing: int, total: int, tolerance: Tolerance | None) -> bool:
    """Exact: a share is taken as the decimal fraction that its author wrote."""
    if tolerance is None:
        return failing == 0
    if tolerance.count is not None:
        return failing <= tolerance.count
    return Fraction(failing, total) <= Fraction(str(tolerance.share or 0.0))


def _within_limit(number: Value, limit: Limit, rows: int) -> bool:
    value = exact(number)
    if limit.percent and isinstance(value, Fraction):
        value = 100 * value / rows
    return holds(value, limit.bounds) is limit.inside


def _value(
    finding: Finding, expectation: Expectation, measurement: Measurement, profile: Profile
) -> Finding:
    """A row count or a statistic against its bounds and limits."""
    value = measurement.value
    counting = expectation.kind == CheckKind.ROW_COUNT
    finding = replace(finding, total=measurement.total)
    if counting and profile.rows == 0:
        return _empty_count(replace(finding, observed=0), expectation)
    if value is None:
        return _insufficient(finding, _EMPTY if profile.rows == 0 else "there was no value to take")
    requirements = _requirements(expectation)
    wanted = {family(bound) for limit in requirements for bound in _bounds_of(limit)}
    if wanted - {family(value)}:
        return _insufficient(
            finding,
            f"the column holds {family(value) or 'another type'}, the bounds are "
            f"{', '.join(sorted(str(kind) for kind in wanted))}; they cannot be compared",
        )
    # The smallest text of a column is a value of some row, and row values are never recorded.
    shown = None if family(value) == "text" else number_words(value)
    if any(limit.percent for limit in requirements) and isinstance(value, int):
        shown = share_words(value, profile.rows)
    ok = all(_within_limit(value, limit, profile.rows) for limit in requirements)
    return _decided(replace(finding, observed=shown), ok=ok, reason="outside the bounds")


def _requirements(expectation: Expectation) -> tuple[Limit, ...]:
    own = (Limit(bounds=expectation.bounds),) if expectation.bounds else ()
    return (*own, *expectation.limits)


def _bounds_of(limit: Limit) -> list[Value]:
    bounds = limit.bounds
    every = (bounds.at_least, bounds.more_than, bounds.at_most, bounds.less_than)
    return [bound for bound in every if bound is not None]


def _empty_count(finding: Finding, expectation: Expectation) -> Finding:
    """Zero rows pass only where the contract itself names zero as enough, for the whole table."""
    requirements = _requirements(expectation)
    if not all(limit.percent or _within_limit(0, limit, 1) for limit in requirements):
        return _decided(finding, ok=False, reason=_EMPTY)
    if expectation.where is not None:
        return _insufficient(finding, _EMPTY)
    allowed = any(limit.inside and limit.bounds.at_least is not None for limit in requirements)
    return _decided(finding, ok=allowed, reason=f"{_EMPTY}; write 'at_least: 0' if it may be")


def _freshness(
    finding: Finding, expectation: Expectation, measurement: Measurement, *, now: datetime
) -> Finding:
    """The age of the newest value."""
    if measurement.value is None:
        return _insufficient(finding, "no row has a value")
    newest, skew = _moment(measurement.value)
    if newest is None:
        return _insufficient(finding, "the newest value of the column is not a date or a time")
    age = comparable(now) - newest
    finding = replace(
        finding, observed=span_words(age), details={**finding.details, "newest": newest.isoformat()}
    )
    if age < -skew:
        return _decided(finding, ok=False, reason="the newest value lies in the future")
    limit = expectation.max_age or timedelta(0)
    return _decided(finding, ok=age <= limit, reason="the newest value is too old")


def _moment(value: Value) -> tuple[datetime | None, timedelta]:
    """A value as a time in UTC (a date: its first moment), and how far ahead it may lie."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None, CLOCK_SKEW
        if value.time() == time() and value.tzinfo is None:
            value = value.date()
    if isinstance(value, datetime):
        return comparable(value).astimezone(UTC), CLOCK_SKEW
    if isinstance(value, date):
        return datetime.combine(value, time(), tzinfo=UTC), DATE_SKEW
    return None, CLOCK_SKEW
