"""Counts of right and wrong decisions per group: all that any metric here is computed from.

Counts form a commutative monoid: chunks can be counted apart and added, features can be crossed
once and summed to the margins, and neither row order nor the way of chunking can be seen in the
result.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import accumulate
from typing import Any

MISSING = "(missing)"
OVERALL_NAME = "(overall)"

Key = tuple[str | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Rows that share one outcome.

    :param rows: how many.
    :param weight: the sum of their weights; equal to ``rows`` where nothing is weighted.
    :param squares: the sum of their squared weights, for Kish's effective sample size.
    """

    rows: int = 0
    weight: float = 0.0
    squares: float = 0.0

    def __add__(self, other: Cell) -> Cell:
        return Cell(
            rows=self.rows + other.rows,
            weight=self.weight + other.weight,
            squares=self.squares + other.squares,
        )

    @classmethod
    def of_rows(cls, rows: int) -> Cell:
        """Unweighted rows: each weighs one."""
        return cls(rows=rows, weight=float(rows), squares=float(rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The confusion matrix of one group.

    :param unjudged: rows whose label or prediction is missing; they are in no cell.
    """

    tp: Cell = field(default_factory=Cell)
    fp: Cell = field(default_factory=Cell)
    fn: Cell = field(default_factory=Cell)
    tn: Cell = field(default_factory=Cell)
    unjudged: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            tp=self.tp + other.tp,
            fp=self.fp + other.fp,
            fn=self.fn + other.fn,
            tn=self.tn + other.tn,
            unjudged=self.unjudged + other.unjudged,
        )

    @classmethod
    def of_rows(
        cls, *, tp: int = 0, fp: int = 0, fn: int = 0, tn: int = 0, unjudged: int = 0
    ) -> Counts:
        return cls(
            tp=Cell.of_rows(tp),
            fp=Cell.of_rows(fp),
            fn=Cell.of_rows(fn),
            tn=Cell.of_rows(tn),
            unjudged=unjudged,
        )

    @classmethod
    def of_outcome(cls, *, label: bool | None, prediction: bool | None, cell: Cell) -> Counts:
        """The counts of rows that all have this label and this prediction; None is missing."""
        match label, prediction:
            case True, True:
                return cls(tp=cell)
            case False, True:
                return cls(fp=cell)
            case True, False:
                return cls(fn=cell)
            case False, False:
                return cls(tn=cell)
        return cls(unjudged=cell.rows)

    @property
    def total(self) -> Cell:
        return self.tp + self.fp + self.fn + self.tn

    @property
    def rows(self) -> int:
        """Judged rows."""
        return self.tp.rows + self.fp.rows + self.fn.rows + self.tn.rows


@dataclass(frozen=True, slots=True, kw_only=True)
class ContingencyTable:
    """Counts for every combination of the sensitive features that occurs.

    :param features: the crossed features, in the order of the keys.
    :param cells: one key position a feature; None is a missing value.
    :param weighted: whether the cells carry weights of their own.
    :param label_values: how many distinct values the label has, where that is known.
    :param prediction_values: the same of the prediction.
    :param one_sided: whether all scores are on one side of the threshold.
    """

    features: tuple[str, ...]
    cells: Mapping[Key, Counts]
    weighted: bool = False
    label_values: int | None = None
    prediction_values: int | None = None
    one_sided: bool = False

    def by(self, *features: str) -> dict[Key, Counts]:
        """Counts of the groups of one feature, or of several crossed.

        :raises KeyError: for a feature that was not counted.
        """
        for feature in features:
            if feature not in self.features:
                raise KeyError(f"{feature!r} was not counted; found {', '.join(self.features)}")
        positions = [self.features.index(feature) for feature in features]
        return summed((tuple(key[p] for p in positions), c) for key, c in self.cells.items())

    @property
    def overall(self) -> Counts:
        return sum(self.cells.values(), start=Counts())

    def __add__(self, other: ContingencyTable) -> ContingencyTable:
        """The table of both data sets together; of how many distinct values is not known then.

        :raises ValueError: if they do not count the same features in the same way.
        """
        if (self.features, self.weighted) != (other.features, other.weighted):
            raise ValueError("only tables of the same features and weighting can be added")
        cells = summed([*self.cells.items(), *other.cells.items()])
        return ContingencyTable(features=self.features, cells=cells, weighted=self.weighted)


def summed(pairs: Iterable[tuple[Key, Counts]]) -> dict[Key, Counts]:
    """One entry per key, in the order of the keys with missing values last."""
    sums: dict[Key, Counts] = {}
    for key, counts in pairs:
        sums[key] = sums[key] + counts if key in sums else counts
    return {key: sums[key] for key in sorted(sums, key=_order)}


def all_others(groups: Mapping[Key, Counts]) -> dict[Key, Counts]:
    """For each group the sum of all but it: of those before it, and of those after it."""
    counts = list(groups.values())
    before = accumulate(counts, initial=Counts())
    after = [*accumulate(reversed(counts), initial=Counts())][-2::-1]
    return {key: left + right for key, left, right in zip(groups, before, after, strict=False)}


def _order(key: Key) -> tuple[tuple[bool, str], ...]:
    return tuple((value is None, value or "") for value in key)


def group_value(value: Any) -> str | None:
    """A group's value as text; None for NULL and NaN.

    Numbers look the same whether the column is of integers, doubles or decimals, so that a column
    does not change its groups by containing a NULL. An instant is its time in UTC, and bytes are
    hexadecimal digits.
    """
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case float() | Decimal():
            return _number_text(value)
        case datetime() | date():
            return _in_utc(value).isoformat()
        case bytes() | bytearray() | memoryview():
            return bytes(value).hex()
    return str(value)


def _in_utc(value: date) -> date:
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


def _number_text(value: float | Decimal) -> str | None:
    if math.isnan(value):
        return None
    if not math.isfinite(value):
        return "inf" if value > 0 else "-inf"
    if value == int(value):
        return str(int(value))
    nearest = float(value)
    if value == Decimal(repr(nearest)) or isinstance(value, float):
        return repr(nearest)
    return f"{value:f}".rstrip("0")  # more digits than a double has


def value_name(value: str | None) -> str:
    """How a value is shown. Quoted where it could be taken for something else, so no text can pass
    itself off as the missing slice.
    """
    if value is None:
        return MISSING
    if value in ("", MISSING, OVERALL_NAME) or value != value.strip() or value.startswith("'"):
        return "'" + value.replace("'", "''") + "'"
    return value


def group_name(features: tuple[str, ...], key: Key) -> str:
    """``Female`` for one feature, ``sex=Female & race=Black`` for several."""
    if len(features) == 1:
        return value_name(key[0])
    return " & ".join(f"{f}={value_name(v)}" for f, v in zip(features, key, strict=True))
