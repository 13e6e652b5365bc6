"""What a search for the worst slice looks at; light to import, because Dag files do."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from airflow_gov_provider.domain.fairness.rates import RATES
from airflow_gov_provider.domain.verdicts import Severity
from airflow_gov_provider.exceptions import ArgumentInvalid

# In place of all values of a feature that are too rare to be a slice.
RARE = "(rare values)"

DEFAULT_RATES = ("accuracy", "true_positive_rate", "false_positive_rate")
DEFAULT_AT_MOST = 0.1

BINARY, MULTICLASS, REGRESSION = "binary", "multiclass", "regression"
_OF_ALL_CLASSES = ("accuracy", "error_rate")
MEANS = ("mean_error", "mean_absolute_error", "mean_squared_error")


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceSearch:
    """Look for slices that nobody named: every combination of values of up to three features.

    A slice is compared with all rows outside of it. It counts as worse if the test says so after
    the correction for all slices that were looked at (Benjamini-Hochberg), and the search fails if
    the worst of those is worse by more than ``at_most``.

    :param features: columns to combine; they need not be the sensitive ones. Numbers with many
        values are put into bins of equally many rows, in the database.
    :param rates: what is compared. A slice is worse if a rate of being right is lower or a rate of
        errors is higher; for ``selection_rate``, ``base_rate`` and ``mean_error`` it may differ
        either way. Without any they are accuracy, true and false positive rate; of several classes
        accuracy alone; of predicted numbers the mean error.
    :param max_features: how many features are combined at most, 1 to 3.
    :param min_rows: rows that the denominator of a rate needs in a slice.
    :param min_share: rows that a slice needs, as a share of all judged rows.
    :param max_values: values of a feature beyond which numbers are binned, and of others only the
        most frequent are looked at.
    :param bins: into how many bins numbers are put.
    :param max_slices: slices after which the search ends; the evidence then says it is incomplete.
    :param max_seconds: the same for the time that counting takes; the statement that runs is
        finished.
    :param q: the share of false discoveries that is accepted.
    :param at_most: by how much a slice may be worse than the rest, 0 to 1, and 0.1 without it; of
        predicted numbers in their units, and never without it.
    :param severity: ``"warning"``: a bad slice warns. ``"error"``: it fails the check.
    :param shown: how many slices the evidence lists.
    :param positive_class: of several classes the one that is compared with all others; without it
        predictions are right or wrong, and only accuracy and error rate can be compared.
    :param task: ``"binary"``, ``"multiclass"`` or ``"regression"``.
    :raises ArgumentInvalid: with everything that is wrong with it, one line each.
    """

    features: tuple[str, ...]
    rates: tuple[str, ...] = ()
    max_features: int = 3
    min_rows: int = 50
    min_share: float = 0.005
    max_values: int = 20
    bins: int = 5
    max_slices: int = 100_000
    max_seconds: float = 120.0
    q: float = 0.05
    at_most: float | None = None
    severity: Severity | str = Severity.WARNING
    shown: int = 20
    positive_class: str | int | None = None
    task: str = BINARY

    def __post_init__(self) -> None:
        for name in ("features", "rates"):
            value = getattr(self, name)
            object.__setattr__(self, name, (value,) if isinstance(value, str) else tuple(value))
        if not self.rates:
            object.__setattr__(self, "rates", _usual_rates(self))
        if self.at_most is None and self.task != REGRESSION:
            object.__setattr__(self, "at_most", DEFAULT_AT_MOST)
        problems = _problems(self)
        if problems:
            raise ArgumentInvalid("\n".join(f"search: {problem}" for problem in problems))
        object.__setattr__(self, "severity", Severity(self.severity))

    @property
    def limit(self) -> float:
        assert self.at_most is not None  # noqa: S101 - a search without it cannot be built
        return self.at_most

    @property
    def of_class(self) -> str:
        """The class that is searched for, in words; empty where there is none."""
        return "" if self.positive_class is None else f" for class {self.positive_class}"

    def as_json(self) -> dict[str, Any]:
        return {item.name: getattr(self, item.name) for item in fields(self)}


def _usual_rates(search: SliceSearch) -> tuple[str, ...]:
    if search.task == REGRESSION:
        return ("mean_error",)
    right_or_wrong = search.task == MULTICLASS and search.positive_class is None
    return ("accuracy",) if right_or_wrong else DEFAULT_RATES


def parse_search(search: Any, task: str = BINARY) -> SliceSearch | None:
    """A search from itself, from a list of columns, or from a mapping of its options.

    :param task: of the check that it is a part of.
    :raises ArgumentInvalid: with everything that is wrong with it.
    """
    if isinstance(search, SliceSearch) and search.task != task:
        raise ArgumentInvalid(
            f"search: expected a SliceSearch with task={task!r}, which is that of the check, "
            f"found {search.task!r}"
        )
    if search is None or isinstance(search, SliceSearch):
        return search
    if isinstance(search, Mapping):
        known = [item.name for item in fields(SliceSearch) if item.name != "task"]
        unknown = sorted(str(name) for name in search if name not in known)
        if unknown or "features" not in search:
            wrong = f"unknown {', '.join(unknown)}" if unknown else "features is missing"
            raise ArgumentInvalid(f"search: {wrong}; expected features and any of {known}")
        return SliceSearch(**search, task=task)
    if isinstance(search, (list, tuple)):
        return SliceSearch(features=tuple(search), task=task)
    raise ArgumentInvalid(
        f"search is a SliceSearch, a list of columns or a mapping of options, found {search!r}"
    )


# The least and the largest value of each number; True for whole ones.
_RANGES: Mapping[str, tuple[float, float, bool]] = {
    "max_features": (1, 3, True),
    "min_rows": (1, 10**12, True),
    "min_share": (0, 1, False),
    "max_values": (2, 50, True),
    "bins": (2, 50, True),
    "max_slices": (1, 10_000_000, True),
    "max_seconds": (0, 10**6, False),
    "q": (1e-9, 1, False),
    "at_most": (0, 1, False),
    "shown": (1, 1000, True),
}


def _ranges(search: SliceSearch) -> Mapping[str, tuple[float, float, bool]]:
    """Of numbers the limit is in their units."""
    return (
        {**_RANGES, "at_most": (0, sys.float_info.max, False)}
        if search.task == REGRESSION
        else _RANGES
    )


def _known_rates(search: SliceSearch) -> Sequence[str]:
    if search.task == REGRESSION:
        return MEANS
    if search.task == MULTICLASS and search.positive_class is None:
        return _OF_ALL_CLASSES
    return list(RATES)


def _problems(search: SliceSearch) -> list[str]:
    problems = []
    if not search.features or len(set(search.features)) < len(search.features):
        problems.append(f"features are different columns, at least one, found {search.features!r}")
    known = _known_rates(search)
    unknown = [name for name in search.rates if name not in known]
    if unknown:
        listed = ", ".join(map(repr, unknown))
        problems.append(f"rates are of {', '.join(known)}, found {listed}")
    if search.positive_class is not None and search.task != MULTICLASS:
        problems.append(f"positive_class belongs to task='multiclass', found {search.task!r}")
    ranges = dict(_ranges(search))
    if search.at_most is None:
        del ranges["at_most"]
        problems.append("at_most is missing; of predicted numbers it is in their units")
    for name, (least, most, whole) in ranges.items():
        value = getattr(search, name)
        kinds = (int,) if whole else (int, float)
        if not isinstance(value, kinds) or isinstance(value, bool) or not least <= value <= most:
            number = "a whole number" if whole else "a number"
            problems.append(f"{name} is {number} from {least:g} to {most:g}, found {value!r}")
    if search.severity not in list(Severity):
        listed = " or ".join(repr(severity.value) for severity in Severity)
        problems.append(f"severity is {listed}, found {search.severity!r}")
    return problems
