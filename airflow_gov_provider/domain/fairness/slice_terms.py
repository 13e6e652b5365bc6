"""What a search for the worst slice looks at; light to import, because Dag files do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from airflow_gov_provider.domain.fairness.rates import RATES
from airflow_gov_provider.domain.verdicts import Severity
from airflow_gov_provider.exceptions import ArgumentInvalid

# In place of all values of a feature that are too rare to be a slice.
RARE = "(rare values)"

DEFAULT_RATES = ("accuracy", "true_positive_rate", "false_positive_rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceSearch:
    """Look for slices that nobody named: every combination of values of up to three features.

    A slice is compared with all rows outside of it. It counts as worse if the test says so after
    the correction for all slices that were looked at (Benjamini-Hochberg), and the search fails if
    the worst of those is worse by more than ``at_most``.

    :param features: columns to combine; they need not be the sensitive ones. Numbers with many
        values are put into bins of equally many rows, in the database.
    :param rates: what is compared. A slice is worse if a rate of being right is lower or a rate of
        errors is higher; for ``selection_rate`` and ``base_rate`` it may differ either way.
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
    :param at_most: by how much a slice may be worse than the rest, 0 to 1.
    :param severity: ``"warning"``: a bad slice warns. ``"error"``: it fails the check.
    :param shown: how many slices the evidence lists.
    :raises ArgumentInvalid: with everything that is wrong with it, one line each.
    """

    features: tuple[str, ...]
    rates: tuple[str, ...] = DEFAULT_RATES
    max_features: int = 3
    min_rows: int = 50
    min_share: float = 0.005
    max_values: int = 20
    bins: int = 5
    max_slices: int = 100_000
    max_seconds: float = 120.0
    q: float = 0.05
    at_most: float = 0.1
    severity: Severity | str = Severity.WARNING
    shown: int = 20

    def __post_init__(self) -> None:
        for name in ("features", "rates"):
            value = getattr(self, name)
            object.__setattr__(self, name, (value,) if isinstance(value, str) else tuple(value))
        problems = _problems(self)
        if problems:
            raise ArgumentInvalid("\n".join(f"search: {problem}" for problem in problems))
        object.__setattr__(self, "severity", Severity(self.severity))

    def as_json(self) -> dict[str, Any]:
        return {item.name: getattr(self, item.name) for item in fields(self)}


def parse_search(search: Any) -> SliceSearch | None:
    """A search from itself, from a list of columns, or from a mapping of its options.

    :raises ArgumentInvalid: with everything that is wrong with it.
    """
    if search is None or isinstance(search, SliceSearch):
        return search
    if isinstance(search, Mapping):
        known = [item.name for item in fields(SliceSearch)]
        unknown = sorted(str(name) for name in search if name not in known)
        if unknown or "features" not in search:
            wrong = f"unknown {', '.join(unknown)}" if unknown else "features is missing"
            raise ArgumentInvalid(f"search: {wrong}; expected features and any of {known}")
        return SliceSearch(**search)
    if isinstance(search, (list, tuple)):
        return SliceSearch(features=tuple(search))
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
    "q": (0, 1, False),
    "at_most": (0, 1, False),
    "shown": (1, 1000, True),
}


def _problems(search: SliceSearch) -> list[str]:
    problems = []
    if not search.features or len(set(search.features)) < len(search.features):
        problems.append(f"features are different columns, at least one, found {search.features!r}")
    unknown = [name for name in search.rates if name not in RATES]
    if unknown or not search.rates:
        found = ", ".join(map(repr, unknown)) or "none"
        problems.append(f"rates are of {', '.join(RATES)}, found {found}")
    for name, (least, most, whole) in _RANGES.items():
        value = getattr(search, name)
        kinds = (int,) if whole else (int, float)
        if not isinstance(value, kinds) or isinstance(value, bool) or not least <= value <= most:
            number = "a whole number" if whole else "a number"
            problems.append(f"{name} is {number} from {least:g} to {most:g}, found {value!r}")
    if search.severity not in list(Severity):
        listed = " or ".join(repr(severity.value) for severity in Severity)
        problems.append(f"severity is {listed}, found {search.severity!r}")
    return problems
