"""What an author demands of a model's fairness. All of it comes from code, none from the data."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from airflow_gov_provider.domain.fairness.metric_names import canonical, unknown_metric
from airflow_gov_provider.domain.fairness.metrics import METRICS, Gap, Metric
from airflow_gov_provider.domain.verdicts import Severity
from airflow_gov_provider.exceptions import ArgumentInvalid

DEFAULT_LEVEL = 0.95
DEFAULT_MIN_GROUP_SIZE = 30
FOUR_FIFTHS = 0.8
# Normal quantiles of a larger one are beyond a double.
_MOST_LEVEL = 1 - 1e-9

# 0.32 / 0.4 is less than 0.8 in floating point, and four fifths all the same.
_ROUNDING = 1e-12


class DecideOn(StrEnum):
    """``estimate``: the number itself. ``interval``: the number and its uncertainty. ``test``: the
    same, but a number beyond the limit fails only if a test says so after the correction for the
    number of comparisons; before that it is INSUFFICIENT.
    """

    ESTIMATE = "estimate"
    INTERVAL = "interval"
    TEST = "test"


class Against(StrEnum):
    """What a group is compared with: the other groups (or the feature's reference group, where it
    has one), or all judged rows together.
    """

    GROUPS = "groups"
    OVERALL = "overall"


class Across(StrEnum):
    """Of several strata or classes: the one furthest from parity decides, or the average (weighted
    by the rows of strata; each class counts the same).
    """

    WORST = "worst"
    AVERAGE = "average"


class SmallGroups(StrEnum):
    """``insufficient``: a small group leaves the question open. ``ignore``: it is left out, and
    the evidence says so.
    """

    INSUFFICIENT = "insufficient"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """One demand: a metric, and how far it may go.

    Deciding on the estimate, the metric passes when its value meets the limit. Deciding on the
    interval, it passes only when the worse bound of *every* compared pair meets the limit; it fails
    when the estimate already misses the limit; in between, the data are too few to tell, and the
    verdict is INSUFFICIENT. Because each pair has to meet the limit by itself, passing needs no
    correction for the number of pairs (an intersection-union test): a model whose worst gap is
    beyond the limit passes with a probability of at most ``(1 - level) / 2``.

    Deciding on the test, it passes as on the interval, but it fails only if a gap is beyond the
    limit significantly: after the correction of Benjamini and Hochberg for the number of pairs, at
    most a share of ``1 - level`` of such discoveries is false. It is for many small groups, of
    which some miss a limit by chance.

    :param metric: a name in ``METRICS``, or another name of one (``ALIASES``).
    :param at_most: for a difference or a largest value: the largest that is still all right.
    :param at_least: for a ratio or a smallest value: the smallest that is still all right.
        ``four_fifths`` has 0.8 when it is not given.
    :param level: confidence level of the intervals.
    :param features: only for these features (an intersection is ``"sex & race"``); empty for all.
    :param given: control features: groups are compared within each combination of their values, so
        that parity is demanded of people who are alike in them. None takes those of the check.
    :param across: how the answers of strata, or of several classes, become one.
    :raises ArgumentInvalid: with everything that is wrong with it, one line each.
    """

    metric: str
    at_most: float | None = None
    at_least: float | None = None
    decide_on: DecideOn | str = DecideOn.ESTIMATE
    level: float = DEFAULT_LEVEL
    against: Against | str = Against.GROUPS
    severity: Severity | str = Severity.ERROR
    features: tuple[str, ...] = ()
    given: tuple[str, ...] | None = None
    across: Across | str = Across.WORST

    def __post_init__(self) -> None:
        object.__setattr__(self, "metric", canonical(self.metric))
        if self.metric == "four_fifths" and self.at_least is None:
            object.__setattr__(self, "at_least", FOUR_FIFTHS)
        problems = _problems(self)
        if problems:
            raise ArgumentInvalid("\n".join(problems))
        for name, kind in _CHOICES.items():
            object.__setattr__(self, name, kind(getattr(self, name)))

    @property
    def definition(self) -> Metric:
        return METRICS[self.metric]

    @property
    def limit(self) -> float:
        limit = self.at_most if self.definition.gap.side == "at_most" else self.at_least
        assert limit is not None  # noqa: S101 - a threshold without its limit cannot be built
        return limit

    def meets(self, value: float) -> bool:
        slack = _ROUNDING * max(1.0, abs(self.limit))
        if self.definition.gap.side == "at_most":
            return value <= self.limit + slack
        return value >= self.limit - slack

    def __str__(self) -> str:
        sign = "<=" if self.definition.gap.side == "at_most" else ">="
        return f"{sign} {self.limit:g}{self._how_sure}{self._where}"

    @property
    def _how_sure(self) -> str:
        """What passes rests on intervals, and what fails by a test on the corrected tests."""
        if self.decide_on == DecideOn.ESTIMATE:
            return ""
        sure = f" at {self.level:.4g} confidence"
        if self.decide_on == DecideOn.INTERVAL:
            return sure
        return f"{sure}, missed at a false discovery rate of {1 - self.level:.4g}"

    @property
    def _where(self) -> str:
        if not self.given:
            return ""
        each = "on average over" if self.across == Across.AVERAGE else "for each"
        return f" {each} {' & '.join(self.given)}"

    def as_json(self) -> dict[str, Any]:
        return {item.name: getattr(self, item.name) for item in fields(self)}


_CHOICES: Mapping[str, type[StrEnum]] = {
    "decide_on": DecideOn,
    "against": Against,
    "severity": Severity,
    "across": Across,
}


def _problems(threshold: Threshold) -> list[str]:
    problems = []
    metric = METRICS.get(threshold.metric)
    name = threshold.metric
    if metric is None:
        problems.append(unknown_metric(name))
    else:
        problems += _limit_problems(threshold, metric)
    for option, kind in _CHOICES.items():
        value = getattr(threshold, option)
        if value not in list(kind):
            known = ", ".join(repr(item.value) for item in kind)
            problems.append(f"{name}: {option} is one of {known}, found {value!r}")
    if not is_number(threshold.level) or not 0 < threshold.level <= _MOST_LEVEL:
        problems.append(f"{name}: level lies between 0 and 1, found {threshold.level!r}")
    problems += _interval_problems(threshold, metric)
    if threshold.decide_on != DecideOn.ESTIMATE and threshold.against == Against.OVERALL:
        problems.append(
            f"{name}: a comparison with all rows has no interval, because the group is among them; "
            "use decide_on='estimate'"
        )
    return problems


def _limit_problems(threshold: Threshold, metric: Metric) -> list[str]:
    wanted = metric.gap.side
    other = "at_least" if wanted == "at_most" else "at_most"
    limit, wrong = getattr(threshold, wanted), getattr(threshold, other)
    if wrong is not None:
        return [f"{metric.name}: {_KINDS[metric.gap]} takes {wanted}, found {other}={wrong!r}"]
    if not is_number(limit) or not _in_range(limit, metric):
        return [f"{metric.name}: expected {wanted}= {metric.range}, found {limit!r}"]
    if metric.to_best and threshold.against == Against.OVERALL:
        return [f"{metric.name}: compares with the group that is selected most, not with all rows"]
    return []


_KINDS: Mapping[Gap, str] = {
    Gap.DIFFERENCE: "a difference",
    Gap.RATIO: "a ratio",
    Gap.LOWEST: "a smallest value",
    Gap.HIGHEST: "a largest value",
}


def _in_range(limit: float, metric: Metric) -> bool:
    above = metric.least is None or limit >= metric.least
    return above and (metric.most is None or limit <= metric.most)


def _interval_problems(threshold: Threshold, metric: Metric | None) -> list[str]:
    if threshold.decide_on == DecideOn.ESTIMATE:
        return []
    problems = []
    if threshold.decide_on == DecideOn.TEST and metric is not None and not metric.has_test:
        problems.append(f"{metric.name}: only differences and ratios of rates can be tested")
    if metric is not None and not metric.has_interval:
        problems.append(f"{metric.name}: has no interval to decide on; use decide_on='estimate'")
    if threshold.across == Across.AVERAGE:
        problems.append(
            f"{threshold.metric}: an average over parts has no interval to decide on; "
            "use decide_on='estimate' or across='worst'"
        )
    return problems


def is_number(value: object) -> bool:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    return abs(value) <= sys.float_info.max


def parse_thresholds(demands: Any) -> tuple[Threshold, ...]:
    """Thresholds from a sequence of them, or from a mapping of metrics.

    ``{"four_fifths": {"at_least": 0.8}, "equalized_odds_difference": 0.1}``: a bare number is the
    limit, whichever way it goes; None takes the metric's own limit.

    :raises ArgumentInvalid: with everything that is wrong with them, one line each.
    """
    if isinstance(demands, Mapping):
        parsed: list[Threshold] = []
        problems: list[str] = []
        for metric, demand in demands.items():
            try:
                parsed.append(_threshold(metric, demand))
            except ArgumentInvalid as error:
                problems.append(str(error))
        if problems:
            raise ArgumentInvalid("\n".join(problems))
    elif isinstance(demands, (list, tuple)) and all(isinstance(d, Threshold) for d in demands):
        parsed = list(demands)
    else:
        raise ArgumentInvalid(
            "thresholds is a list of Threshold or a mapping of metrics to limits, "
            f"found {demands!r}"
        )
    if not parsed:
        raise ArgumentInvalid(
            "thresholds is empty, so nothing would be checked; "
            "name at least one metric, e.g. {'four_fifths': 0.8}"
        )
    return tuple(parsed)


def _threshold(metric: str, demand: Any) -> Threshold:
    metric = canonical(metric)
    if metric not in METRICS:
        raise ArgumentInvalid(unknown_metric(metric))
    if demand is None:
        return Threshold(metric=metric)
    if not isinstance(demand, Mapping):
        return Threshold(metric=metric, **{METRICS[metric].gap.side: demand})
    options = {item.name for item in fields(Threshold)} - {"metric"}
    unknown = sorted(str(name) for name in demand if name not in options)
    if unknown:
        raise ArgumentInvalid(
            f"{metric}: unknown {', '.join(unknown)}; expected {', '.join(sorted(options))}"
        )
    chosen = dict(demand)
    for option in ("features", "given"):
        if chosen.get(option) is not None:
            chosen[option] = tuple(chosen[option])
    return Threshold(metric=metric, **chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Which groups count, and what they are compared with.

    :param min_size: judged rows below which a group is too small to compare.
    :param min_share: the same as a share of all judged rows (New York City's Local Law 144 lets an
        audit leave out categories below 0.02); the larger of the two applies.
    :param min_rate_rows: rows that the denominator of a rate needs in a group, e.g. positive labels
        for a true positive rate; below it the group cannot be compared by that rate.
    :param small: what a group that is too small does to the verdict.
    :param reference: per feature the value that the other groups are compared with.
    :param exclude: per feature the values that are left out of every comparison; None is the
        missing slice. They stay in the table of groups, marked as excluded.
    """

    min_size: int = DEFAULT_MIN_GROUP_SIZE
    min_share: float = 0.0
    min_rate_rows: int = 1
    small: SmallGroups | str = SmallGroups.INSUFFICIENT
    reference: Mapping[str, str] = field(default_factory=dict)
    exclude: Mapping[str, frozenset[str | None]] = field(default_factory=dict)
