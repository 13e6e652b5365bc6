"""A first contract from what was seen of a table, each line with what it rests on.

Margins, so that the next ordinary load passes as well: a tenth of the range of numbers on either
side, twice the share of NULL, twice the length of texts, half the rows, twice the age. Lower
bounds of days and times go back to the start of their year.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from airflow_gov_provider.domain.contracts.observed import (
    Observed,
    ObservedColumn,
    has_happened,
    key_likelihood,
    may_be_personal,
)
from airflow_gov_provider.domain.contracts.values import comparable
from airflow_gov_provider.domain.formats import FORMATS
from airflow_gov_provider.domain.quality.column_types import logical_types
from airflow_gov_provider.domain.quality.expectations import LogicalType
from airflow_gov_provider.domain.quality.phrases import span_words

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NOT_PLAIN = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_MOST_NULLS = 0.05
ROW_COUNT = "checks[0]"  # the place of the row count
_OLDEST = timedelta(days=30)
_TIME_WORDS = ("updated", "modified", "loaded", "ingested", "inserted", "created", "event")
_KIND_ORDER = tuple(LogicalType)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One line of a contract.

    :param place: where it stands in the document, as findings name it.
    :param term: its YAML.
    :param because: the observation that it rests on.
    """

    place: str
    term: str
    because: str


def written(observed: Observed, *, name: str, now: datetime, without: Collection[str] = ()) -> str:
    """The contract's text.

    :param without: places of suggestions that are left out.
    """
    day = now.astimezone(UTC).date().isoformat()
    lines = [
        comment(f"Suggested from {observed.rows} rows of {observed.source} on {day}."),
        comment("It says what the data was, and not what it should be: read and change it."),
        f"contract: {quoted(name)}",
        'version: "0.1.0"',
        "columns:",
    ]
    freshest = _freshest(observed, now)
    for column, terms in suggestions(observed, now=now):
        kept = [term for term in terms if term.place not in without]
        lines.append(f"  {_key(column.name)}:" if kept else f"  {_key(column.name)}: {{}}")
        lines += [f"    {each.term}  {comment(each.because)}" for each in kept]
        if column is not freshest and (age := _age(column, now)) is not None:
            text = f"candidate for freshness: the newest value was {span_words(age)} old"
            lines.append(f"    {comment(text)}")
    least = fewest_rows(observed)
    if least > 0 and ROW_COUNT not in without:
        text = half_of(observed)
        lines += ["checks:", f"  - row_count: {{at_least: {least}}}  {comment(text)}"]
    return "\n".join(lines) + "\n"


def suggestions(
    observed: Observed, *, now: datetime
) -> Iterator[tuple[ObservedColumn, list[Suggestion]]]:
    """What is suggested of each column, whatever the format that it is written in."""
    freshest, key = _freshest(observed, now), primary_key(observed)
    for column in observed.columns:
        fresh = _freshness(column, now, chosen=column is freshest)
        terms = _terms(column, observed.rows, is_key=column is key)
        yield column, [*terms, *_past(column, now), *fresh]


def fewest_rows(observed: Observed) -> int:
    return _rounded(observed.rows // 2)


def half_of(observed: Observed) -> str:
    return f"half of the {observed.rows} rows that were there"


def primary_key(observed: Observed) -> ObservedColumn | None:
    """The column that tells all rows apart, has a value in each, and is called like a key."""
    found = [
        (likelihood, place, column)
        for place, column in enumerate(observed.columns)
        if column.is_unique
        and column.nulls == 0
        and (likelihood := key_likelihood(column.name)) is not None
    ]
    return min(found, key=lambda each: each[:2])[2] if found else None


def _terms(column: ObservedColumn, rows: int, *, is_key: bool) -> Iterator[Suggestion]:
    found = {
        "type": _type(column),
        "primary_key": ("true", f"no NULL and no value twice in {rows} rows") if is_key else None,
        "not_null": None if is_key else _not_null(column, rows),
        "unique": None if is_key else _unique(column, rows),
        "accepted_values": _accepted(column, rows),
        "format": _format(column, rows),
        "range": _range(column),
        "length": _length(column),
    }
    for word, made in found.items():
        if made is not None:
            yield Suggestion(
                place=f"columns.{column.name}.{word}", term=f"{word}: {made[0]}", because=made[1]
            )


Made = tuple[str, str] | None


def _type(column: ObservedColumn) -> Made:
    known = logical_types(column.physical) or frozenset()
    kind = next((kind for kind in _preferred() if kind in known), None)
    return None if kind is None else (kind.value, f"it is {column.physical}")


def _preferred() -> tuple[LogicalType, ...]:
    return (LogicalType.INTEGER, *_KIND_ORDER)


def _not_null(column: ObservedColumn, rows: int) -> Made:
    if rows in (0, column.nulls):
        return None
    if column.nulls == 0:
        return "true", f"no NULL in {rows} rows"
    share = column.nulls / rows
    if share > _MOST_NULLS:
        return None
    allowed = math.ceil(share * 2 * 1000) / 10
    return f'{{tolerance: "{allowed}%"}}', f"{share:.2%} of {rows} rows are NULL; twice as many"


def _unique(column: ObservedColumn, rows: int) -> Made:
    if not column.is_unique:
        return None
    return "true", f"no value twice in {rows - column.nulls} rows"


def _accepted(column: ObservedColumn, rows: int) -> Made:
    if not column.values:
        return None
    listed = ", ".join(quoted(value) for value in column.values)
    few = "the only value" if len(column.values) == 1 else f"all {len(column.values)} values"
    return f"[{listed}]", f"{few} of {rows - column.nulls} rows; no margin"


def _format(column: ObservedColumn, rows: int) -> Made:
    if column.format is None:
        return None
    return column.format, f"all {rows - column.nulls} values are {FORMATS[column.format].words}"


def _length(column: ObservedColumn) -> Made:
    if column.values or column.format is not None or not column.longest:
        return None
    return (
        f"{{at_most: {2 * column.longest}}}",
        f"the longest has {column.longest} characters; twice as many",
    )


def _range(column: ObservedColumn) -> Made:
    """Bounds around what was seen. A number of a person is not narrowed down to its range."""
    low, high = column.low, column.high
    if low is None or high is None or may_be_personal(column.name):
        return None
    if isinstance(low, date):
        return _since(low)
    if isinstance(low, (str, bool)) or isinstance(high, (str, bool, date)):
        return None
    if column.is_unique:
        return ("{at_least: 0}", "no value below 0, and a key that grows") if low >= 0 else None
    least, most = _widened(Decimal(str(low)), Decimal(str(high)))
    return (
        f"{{at_least: {least}, at_most: {most}}}",
        f"from {_number(low)} to {_number(high)}; a tenth of that range on either side",
    )


def _since(low: date) -> Made:
    start = f"{low.year:04}-01-01"
    text = f"the oldest is of {low.year}"
    if not isinstance(low, datetime):
        return f"{{at_least: {start}}}", text
    zone = "Z" if low.tzinfo is not None else ""
    return f"{{at_least: {start}T00:00:00{zone}}}", text


def _widened(low: Decimal, high: Decimal) -> tuple[str, str]:
    """A tenth of the range further out, to two digits of the range; never from above 0 to below."""
    span = (high - low) or abs(high) or Decimal(1)
    unit = Decimal(1).scaleb(span.adjusted() - 1)
    whole = low == low.to_integral_value() and high == high.to_integral_value()
    unit = max(unit, Decimal(1)) if whole else unit
    least = _outwards(low - span / 10, unit, ROUND_FLOOR)
    most = _outwards(high + span / 10, unit, ROUND_CEILING)
    if least < 0 <= low:
        least = Decimal(0)
    if most > 0 >= high:
        most = Decimal(0)
    return f"{least:f}", f"{most:f}"


def _outwards(value: Decimal, unit: Decimal, rounding: str) -> Decimal:
    return (value / unit).to_integral_value(rounding=rounding) * unit


def _number(value: int | float) -> str:  # noqa: PYI041 - a whole number is shown whole
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _rounded(count: int) -> int:
    """Down to two digits."""
    digits = len(str(count)) - 2
    return round(count - count % 10**digits) if digits > 0 else count


def _freshest(observed: Observed, now: datetime) -> ObservedColumn | None:
    """The column whose newest value most likely says when the table was filled."""
    candidates = [column for column in observed.columns if _age(column, now) is not None]
    return min(candidates, key=_likelihood, default=None)


def _likelihood(column: ObservedColumn) -> tuple[int, bool]:
    name = column.name.lower()
    ranks = [rank for rank, word in enumerate(_TIME_WORDS) if word in name]
    is_day = not isinstance(column.high, datetime)
    return (min(ranks, default=len(_TIME_WORDS)), is_day)


def _age(column: ObservedColumn, now: datetime) -> timedelta | None:
    """The age of the newest value; None where it is no time, too old, or ahead of us."""
    newest = _newest(column)
    if newest is None or may_be_personal(column.name):
        return None
    age: timedelta = comparable(now) - newest
    return age if timedelta(0) <= age <= _OLDEST else None


def _newest(column: ObservedColumn) -> datetime | None:
    """The newest value of a column of days or times, with a zone."""
    newest = column.high
    if not isinstance(newest, date):
        return None
    if not isinstance(newest, datetime):
        return datetime(newest.year, newest.month, newest.day, tzinfo=UTC)
    return newest if newest.tzinfo else newest.replace(tzinfo=UTC)


def _past(column: ObservedColumn, now: datetime) -> Iterator[Suggestion]:
    """What has happened lies behind us, as long as it did so far."""
    newest = _newest(column)
    if newest is not None and newest <= comparable(now) and has_happened(column.name):
        yield Suggestion(
            place=f"columns.{column.name}.not_in_future",
            term="not_in_future: true",
            because="no value lies ahead, and its name speaks of what has happened",
        )


def _freshness(column: ObservedColumn, now: datetime, *, chosen: bool) -> Iterator[Suggestion]:
    age = _age(column, now)
    if chosen and age is not None:
        days = max(1, math.ceil(2 * age / timedelta(days=1)))
        yield Suggestion(
            place=f"columns.{column.name}.freshness",
            term=f"freshness: {days}d",
            because=f"the newest value was {span_words(age)} old; twice as much, in whole days",
        )


def _key(name: str) -> str:
    plain = _PLAIN.fullmatch(name) is not None and name.lower() not in _NOT_PLAIN
    return name if plain else quoted(name)


def quoted(text: str) -> str:
    """In double quotes, where YAML reads every character of JSON but not its surrogate pairs."""
    whole = json.dumps(text, ensure_ascii=False)
    return "".join(each if each.isprintable() else f"\\U{ord(each):08X}" for each in whole)


def comment(text: str) -> str:
    return "# " + "".join(each if each.isprintable() else "?" for each in text)
