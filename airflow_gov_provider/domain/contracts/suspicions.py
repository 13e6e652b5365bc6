"""What a contract may say and its author hardly meant: warnings, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

from airflow_gov_provider.domain.contracts.model import Contract
from airflow_gov_provider.domain.contracts.values import comparable, family
from airflow_gov_provider.domain.quality.expectations import (
    Bounds,
    CheckKind,
    Expectation,
    LogicalType,
    Value,
)

Suspicion = tuple[str, str]
_FAMILY_OF_TYPE = {
    LogicalType.STRING: {"text"},
    LogicalType.INTEGER: {"number"},
    LogicalType.NUMBER: {"number"},
    LogicalType.BOOLEAN: {"boolean"},
    LogicalType.DATE: {"date", "time", "text"},
    LogicalType.TIMESTAMP: {"date", "time", "text"},
    LogicalType.TIME: {"text"},
}
_ABOUT_TEXT = (CheckKind.REGEX, CheckKind.LENGTH)
_NUMBERS = (LogicalType.INTEGER, LogicalType.NUMBER)
_TIMES = (LogicalType.DATE, LogicalType.TIMESTAMP)


def suspicions(contract: Contract) -> list[Suspicion]:
    """A place and a message each, in the order of the checks."""
    found: list[Suspicion] = []
    types = {
        check.columns[0]: check.logical_type
        for check in contract.expectations
        if check.kind == CheckKind.COLUMN_TYPE and check.logical_type and not check.or_types
    }
    for check in contract.expectations:
        found += _toothless(check)
        found += _against_type(check, types.get(check.columns[0]) if check.columns else None)
    found += _numbered(contract.expectations)
    for one, other in _same_scope(contract.expectations):
        found += _crossing(one, other)
    return found


def _toothless(check: Expectation) -> Iterator[Suspicion]:
    tolerance = check.tolerance
    if tolerance is not None and tolerance.share == 1:
        yield check.place, f"{check.check_id}: with a tolerance of 100% it can never fail"
    if check.kind == CheckKind.ROW_COUNT and check.bounds == Bounds(at_least=0):
        yield check.place, f"{check.check_id}: every table has at least 0 rows; it can never fail"
    if check.parameters is not None:
        for message in (*check.parameters.suspicions(check), *_beside_the_point(check)):
            yield check.place, f"{check.check_id}: {message}"


def _beside_the_point(check: Expectation) -> Iterator[str]:
    """Bounds that no number of this kind can miss, or none can meet."""
    low, high = check.parameters.always_within if check.parameters else (None, None)
    if check.bounds is None or (low, high) == (None, None):
        return
    possible = Bounds(at_least=low, at_most=high)
    own = check.bounds
    if _is_empty(own, possible):
        yield f"the number is always {possible}; it can never pass"
    elif _covers(own, low, high):
        yield f"the number is always {possible}; it can never fail"


def _covers(bounds: Bounds, low: float | None, high: float | None) -> bool:
    """Whether every number from ``low`` to ``high`` is within the bounds."""
    least, most = _low(bounds), _high(bounds)
    below = least is None or (low is not None and (least[0] < low or least == (low, False)))
    above = most is None or (high is not None and (most[0] > high or most == (high, False)))
    return below and above


def _against_type(check: Expectation, declared: LogicalType | None) -> Iterator[Suspicion]:
    """A check that makes no sense on a column of the declared type."""
    if declared is None:
        return
    about = f"{check.check_id}: the column is declared as {declared}"
    if check.kind == CheckKind.FRESHNESS and declared not in (*_TIMES, LogicalType.STRING):
        yield check.place, f"{about}, and freshness needs a date or a timestamp"
    wanted = check.parameters.about if check.parameters else ""
    if check.kind in _ABOUT_TEXT or wanted == "text":
        if declared is not LogicalType.STRING:
            yield check.place, f"{about}, and a {check.kind} is about text"
    elif wanted == "number" and declared not in _NUMBERS:
        yield check.place, f"{about}, and {check.kind} is about numbers"
    expected = _FAMILY_OF_TYPE.get(declared)
    given = {family(value) for value in (*check.values, *_ends(check.bounds))}
    about_values = check.kind in (
        CheckKind.ACCEPTED_VALUES,
        CheckKind.REJECTED_VALUES,
        CheckKind.RANGE,
    )
    if about_values and expected is not None and given - expected:
        strange = ", ".join(sorted(str(each) for each in given - expected))
        yield check.place, f"{about}, and what it is compared with is a {strange}"


def _numbered(checks: Sequence[Expectation]) -> Iterator[Suspicion]:
    """Identifiers that only a number keeps apart: it moves when a check is taken away."""
    ids = {check.check_id for check in checks}
    for check in checks:
        base = re.fullmatch(r"(.+)\.(\d+)", check.check_id)
        if base is not None and base[1] in ids:
            message = (
                f"{check.check_id}: another check would have the id {base[1]!r} as well; give "
                "each an 'id', as its history follows the id and not the check"
            )
            yield check.place, message


def _same_scope(checks: Sequence[Expectation]) -> Iterator[tuple[Expectation, Expectation]]:
    """Pairs of checks that look at the same rows of the same columns."""
    groups: dict[tuple[object, ...], list[Expectation]] = {}
    for check in checks:
        if check.columns or check.kind == CheckKind.ROW_COUNT:
            groups.setdefault((check.columns, check.where), []).append(check)
    for group in groups.values():
        yield from combinations(group, 2)


def _crossing(one: Expectation, other: Expectation) -> Iterator[Suspicion]:
    place = other.place
    if _content(one) == _content(other):
        yield place, f"{other.check_id}: says the same as {one.check_id}; keep one"
        return
    both = f"{one.check_id} and {other.check_id}"
    same = _measured(one) == _measured(other)
    if same and one.bounds and other.bounds and _is_empty(one.bounds, other.bounds):
        yield place, f"{both} cross: no value is {one.bounds} and {other.bounds}"
    for listed, judged in ((one, other), (other, one)):
        if listed.kind == CheckKind.ACCEPTED_VALUES:
            refused = [value for value in listed.values if _refuses(judged, value)]
            if refused:
                count = f"{len(refused)} of the {len(listed.values)} values"
                message = f"{count} that {listed.check_id} accepts are refused by {judged.check_id}"
                yield listed.place, message


def _measured(check: Expectation) -> tuple[object, ...]:
    own = check.parameters.identity() if check.parameters else ()
    return (check.kind, check.statistic, check.quantile, own)


def _content(check: Expectation) -> Expectation:
    return replace(check, check_id="", place="", description=None, dimension=None)


def _refuses(check: Expectation, value: Value) -> bool:
    if check.kind == CheckKind.REJECTED_VALUES:
        return any(type(each) is type(value) and each == value for each in check.values)
    if check.kind == CheckKind.RANGE and check.bounds:
        return _is_empty(check.bounds, Bounds(at_least=value, at_most=value))
    if check.kind == CheckKind.LENGTH and check.bounds and isinstance(value, str):
        return _is_empty(check.bounds, Bounds(at_least=len(value), at_most=len(value)))
    return False


def _is_empty(one: Bounds, other: Bounds) -> bool:
    """Whether no value lies in both intervals; False where they cannot be compared."""
    if len({family(value) for value in (*_ends(one), *_ends(other))}) > 1:
        return False
    lows = [_low(each) for each in (one, other)]
    highs = [_high(each) for each in (one, other)]
    for low, low_open in (each for each in lows if each):
        for high, high_open in (each for each in highs if each):
            if low > high or (low == high and (low_open or high_open)):
                return True
    return False


def _low(bounds: Bounds) -> tuple[Any, bool] | None:
    if bounds.more_than is not None:
        return comparable(bounds.more_than), True
    return None if bounds.at_least is None else (comparable(bounds.at_least), False)


def _high(bounds: Bounds) -> tuple[Any, bool] | None:
    if bounds.less_than is not None:
        return comparable(bounds.less_than), True
    return None if bounds.at_most is None else (comparable(bounds.at_most), False)


def _ends(bounds: Bounds | None) -> list[Value]:
    if bounds is None:
        return []
    every = (bounds.at_least, bounds.more_than, bounds.at_most, bounds.less_than)
    return [each for each in every if each is not None]
