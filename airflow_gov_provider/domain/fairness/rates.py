"""Rates of one group. A rate is a share of some cells in some others; the table says which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from airflow_gov_provider.domain.fairness.counts import Counts
from airflow_gov_provider.domain.fairness.intervals import Interval, wilson

_ALL = ("tp", "fp", "fn", "tn")


@dataclass(frozen=True, slots=True, kw_only=True)
class RateDefinition:
    """``share`` and ``of`` name cells; ``lacking`` says what a group has none of when ``of`` is
    empty.
    """

    share: tuple[str, ...]
    of: tuple[str, ...]
    lacking: str


RATES: Mapping[str, RateDefinition] = {
    "selection_rate": RateDefinition(share=("tp", "fp"), of=_ALL, lacking="judged rows"),
    "true_positive_rate": RateDefinition(
        share=("tp",), of=("tp", "fn"), lacking="rows with a positive label"
    ),
    "false_positive_rate": RateDefinition(
        share=("fp",), of=("fp", "tn"), lacking="rows with a negative label"
    ),
    "true_negative_rate": RateDefinition(
        share=("tn",), of=("fp", "tn"), lacking="rows with a negative label"
    ),
    "false_negative_rate": RateDefinition(
        share=("fn",), of=("tp", "fn"), lacking="rows with a positive label"
    ),
    "positive_predictive_value": RateDefinition(
        share=("tp",), of=("tp", "fp"), lacking="rows with a positive prediction"
    ),
    "negative_predictive_value": RateDefinition(
        share=("tn",), of=("fn", "tn"), lacking="rows with a negative prediction"
    ),
    "false_discovery_rate": RateDefinition(
        share=("fp",), of=("tp", "fp"), lacking="rows with a positive prediction"
    ),
    "false_omission_rate": RateDefinition(
        share=("fn",), of=("fn", "tn"), lacking="rows with a negative prediction"
    ),
    "accuracy": RateDefinition(share=("tp", "tn"), of=_ALL, lacking="judged rows"),
    "error_rate": RateDefinition(share=("fp", "fn"), of=_ALL, lacking="judged rows"),
    "base_rate": RateDefinition(share=("tp", "fn"), of=_ALL, lacking="judged rows"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportion:
    """A defined rate.

    :param value: the estimate, 0 to 1.
    :param rows: rows in the denominator.
    :param trials: the effective sample size (sum of weights)² / sum of squared weights, Kish 1965;
        it equals ``rows`` where nothing is weighted.
    """

    value: float
    rows: int
    trials: float

    def interval(self, level: float) -> Interval:
        return wilson(self.value, self.trials, level)


def rate(name: str, counts: Counts) -> Proportion | None:
    """The rate, or None where its denominator is empty: a rate of nothing is not zero.

    :raises KeyError: for a name that is not in ``RATES``.
    """
    definition = RATES[name]
    whole = [getattr(counts, cell) for cell in definition.of]
    weight = sum(cell.weight for cell in whole)
    if weight <= 0:
        return None
    rows = sum(cell.rows for cell in whole)
    squares = sum(cell.squares for cell in whole)
    share = sum(getattr(counts, cell).weight for cell in definition.share) / weight
    trials = weight / squares * weight if squares else float(rows)
    return Proportion(value=min(share, 1.0), rows=rows, trials=trials)


def rates_of(counts: Counts) -> dict[str, Proportion | None]:
    return {name: rate(name, counts) for name in RATES}
