"""What a quality check asks and what it found, in words for a log, a card or an approver."""

from __future__ import annotations

from datetime import date, timedelta

from airflow_gov_provider.domain.quality.expectations import (
    Bounds,
    CheckKind,
    Expectation,
    Limit,
    Tolerance,
    Value,
)

_SHOWN_VALUES = 8


def expected_words(expectation: Expectation) -> str:
    """``">= 17 and <= 90, up to 1% of rows may fail"``."""
    own = expectation.parameters
    words = [_requirement(expectation) if own is None else own.words(expectation)]
    if expectation.where is not None:
        words.append(f"where {expectation.where}")
    if expectation.limits and expectation.counts_rows:
        words.append(
            "failing rows " + " and ".join(limit_words(each) for each in expectation.limits)
        )
    if expectation.tolerance is not None:
        words.append(f"up to {tolerance_words(expectation.tolerance)} may fail")
    return ", ".join(words)


def _requirement(expectation: Expectation) -> str:  # noqa: C901, PLR0911 - one case a kind
    match expectation.kind:
        case CheckKind.COLUMN_EXISTS:
            return "exists"
        case CheckKind.COLUMN_TYPE:
            logical = " or ".join(filter(None, (expectation.logical_type, *expectation.or_types)))
            return f"type {logical or expectation.physical_type}"
        case CheckKind.NOT_NULL:
            return "no NULL"
        case CheckKind.UNIQUE:
            return "no value twice" if len(expectation.columns) == 1 else "no combination twice"
        case CheckKind.ACCEPTED_VALUES:
            return f"one of {value_list(expectation.values)}"
        case CheckKind.REJECTED_VALUES:
            return f"none of {value_list(expectation.values)}"
        case CheckKind.LENGTH:
            return f"length {bounds_words(expectation.bounds)}"
        case CheckKind.REGEX:
            return f"matches {expectation.pattern}"
        case CheckKind.FRESHNESS:
            return f"at most {span_words(expectation.max_age or timedelta(0))}"
        case CheckKind.FOREIGN_KEY if expectation.reference:
            columns = ", ".join(expectation.reference.columns)
            return f"found in {expectation.reference.table} ({columns})"
        case CheckKind.SQL_EXPRESSION:
            return expectation.expression or ""
    every = [bounds_words(expectation.bounds)] if expectation.bounds else []
    every += [limit_words(limit) for limit in expectation.limits]
    counted = "row count " if expectation.kind == CheckKind.ROW_COUNT else ""
    return counted + " and ".join(every)


def number_words_of(expectation: Expectation, name: str) -> str:
    """``"null percent <= 5"``: what is required of a number."""
    every = [bounds_words(expectation.bounds)] if expectation.bounds else []
    every += [limit_words(limit) for limit in expectation.limits]
    return f"{name} {' and '.join(every)}"


def bounds_words(bounds: Bounds | None) -> str:
    if bounds is None:
        return "any"
    if bounds.at_least is not None and bounds.at_least == bounds.at_most:
        return f"= {_value(bounds.at_least)}"
    shown = Bounds(
        at_least=_worded(bounds.at_least),
        at_most=_worded(bounds.at_most),
        more_than=_worded(bounds.more_than),
        less_than=_worded(bounds.less_than),
    )
    return str(shown)


def limit_words(limit: Limit) -> str:
    words = bounds_words(limit.bounds)
    if limit.percent:
        words = " and ".join(f"{part}%" for part in words.split(" and "))
    return words if limit.inside else f"not ({words})"


def tolerance_words(tolerance: Tolerance) -> str:
    if tolerance.count is not None:
        return f"{tolerance.count} row{'s' * (tolerance.count != 1)}"
    return f"{(tolerance.share or 0.0) * 100:.10g}% of rows"


def value_list(values: tuple[Value, ...]) -> str:
    shown = ", ".join(_value(value) for value in values[:_SHOWN_VALUES])
    more = len(values) - _SHOWN_VALUES
    return f"{shown} and {more} more" if more > 0 else shown


def share_words(count: int, rows: int) -> str:
    """``"2 of 45222 (0.00442%)"``."""
    return f"{count} of {rows} ({100 * count / rows:.3g}%)" if rows else f"{count} of {rows}"


def rows_words(*, failing: int, total: int) -> str:
    """``"20 of 45222 rows fail (0.044%)"``."""
    share = f" ({100 * failing / total:.3g}%)" if failing and total else ""
    return f"{failing} of {total} rows fail{share}"


def counted_rows(rows: int) -> str:
    return f"{rows} row{'s' * (rows != 1)}"


def number_words(value: Value) -> str | int | float:
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, (str, int)) else float(value)


def span_words(span: timedelta) -> str:
    """A length of time in its two largest units: ``1d 12h``, ``5m``, ``-3h``."""
    seconds = round(abs(span).total_seconds())
    parts = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        amount, seconds = divmod(seconds, size)
        if amount:
            parts.append(f"{amount}{unit}")
    sign = "-" if span < timedelta(0) and parts else ""
    return sign + (" ".join(parts[:2]) or "0s")


def _worded(value: Value | None) -> Value | None:
    return None if value is None else _value(value)


def _value(value: Value) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return repr(value) if isinstance(value, str) else str(value)
