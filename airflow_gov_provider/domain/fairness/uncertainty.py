"""How much a judgement could be chance: corrected tests, power, and resampled intervals.

Nothing here decides; what a threshold decides on is in ``judging``. It is recorded beside the
decision, so that a reader sees how many comparisons were made, which of them would stand after a
correction for that, and how small a gap the data could have shown at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from airflow_gov_provider.domain.fairness.comparing import FacetPair, RateGap
from airflow_gov_provider.domain.fairness.counts import Counts, Key
from airflow_gov_provider.domain.fairness.gaps import OVERALL, Pair
from airflow_gov_provider.domain.fairness.metrics import Gap, Kind
from airflow_gov_provider.domain.fairness.power import Power, least_detectable
from airflow_gov_provider.domain.fairness.rates import Proportion
from airflow_gov_provider.domain.fairness.replicated import REPLICATED, GapOf, interval_of_gap
from airflow_gov_provider.domain.fairness.resampling import PLAN, Resampled, Resampling
from airflow_gov_provider.domain.fairness.scopes import Scope
from airflow_gov_provider.domain.fairness.significance import Correction, adjusted, beyond
from airflow_gov_provider.domain.fairness.thresholds import Against, DecideOn, Threshold

BETWEEN = (Gap.DIFFERENCE, Gap.RATIO)

# Gaps are written with three digits.
_SHOWN = 0.0005

_Compared = tuple[Pair, Proportion, Proportion]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detectable:
    """What the data could not have shown.

    :param best: no gap smaller than this (or no ratio nearer to 1) could have been found, whichever
        groups it were between.
    :param worst: for the group with the fewest rows, no gap smaller than this could; None if none
        could.
    :param group: that group.
    """

    terms: Power
    best: float | None
    worst: float | None
    group: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertainty:
    """:param p_adjusted: of each comparison, in the order of the pairs of the gaps.
    :param detectable: None where the metric is no gap between rates.
    :param resampled: where the threshold has no interval in closed form.
    """

    correction: Correction | None
    p_adjusted: Sequence[float | None]
    detectable: Detectable | None = None
    resampled: Resampled | None = None
    plan: Resampling = PLAN


NOTHING_KNOWN = Uncertainty(correction=None, p_adjusted=())


def uncertainty_of(
    scope: Scope,
    threshold: Threshold,
    gaps: Sequence[RateGap],
    plan: Resampling = PLAN,
) -> Uncertainty:
    """What is said of one threshold on one feature."""
    q = 1 - threshold.level
    pairs = [pair for gap in gaps for pair in gap.pairs]
    known = [p for pair in pairs if (p := pair.p_value) is not None]
    tests = _tests(scope, threshold, gaps)
    corrected = iter(adjusted(known, tests))
    return Uncertainty(
        correction=Correction(tests=tests, q=q) if known else None,
        p_adjusted=[None if pair.p_value is None else next(corrected) for pair in pairs],
        detectable=_detectable(pairs, threshold, tests, q),
        resampled=_resampled(scope, threshold, gaps, plan),
        plan=plan,
    )


def _chosen(scope: Scope, threshold: Threshold) -> bool:
    """Whether the counterpart was chosen by looking at the data, so that all pairs were looked at
    although only those with it are listed.
    """
    if threshold.against == Against.OVERALL:
        return False
    return threshold.definition.to_best or scope.reference is None


def _tests(scope: Scope, threshold: Threshold, gaps: Sequence[RateGap]) -> int:
    counts = [sum(pair.p_value is not None for pair in gap.pairs) for gap in gaps]
    if _chosen(scope, threshold):
        return sum(listed * (listed + 1) // 2 for listed in counts)
    return sum(counts)


def chance_of_missing(scope: Scope, threshold: Threshold, gaps: Sequence[RateGap]) -> str | None:
    """Why a value beyond its limit may be chance; None if it is not, or if nobody wants to know."""
    if threshold.decide_on != DecideOn.TEST:
        return None
    gap, q = threshold.definition.gap, 1 - threshold.level
    p_values = []
    for pair in (pair for one in gaps for pair in one.pairs):
        size, (low, high) = pair.size(gap), pair.in_order
        if size is None or threshold.meets(size):
            continue
        if isinstance(low, Proportion) and isinstance(high, Proportion):
            p = beyond(low, high, gap, threshold.limit)
            p_values.append(1.0 if p is None else p)
    tests = _tests(scope, threshold, gaps)
    least = min(adjusted(p_values, tests), default=1.0)
    if least <= q:
        return None
    return (
        "the estimate misses the limit, but that may be chance: p = "
        f"{least:.3f} after the correction for {tests} comparisons, more than {q:.3g}"
    )


def _detectable(
    pairs: Sequence[Pair], threshold: Threshold, tests: int, q: float
) -> Detectable | None:
    gap = threshold.definition.gap
    compared: list[_Compared] = [
        (pair, pair.of_group, pair.of_against)
        for pair in pairs
        if isinstance(pair.of_group, Proportion)
        and isinstance(pair.of_against, Proportion)
        and not isinstance(pair, FacetPair)
        and OVERALL not in (pair.group, pair.against)
    ]
    if not compared or gap not in BETWEEN:
        return None
    terms = Power(alpha=q / max(1, tests))
    # The counterpart is the same in all pairs of a rate, so rows decide what can be shown.
    most = [max(of_rate, key=_size) for of_rate in _by_rate(compared)]
    fewest = [min(of_rate, key=_size) for of_rate in _by_rate(compared)]
    found = [least_detectable(of, to, gap, terms) for _, of, to in most]
    best = [least for least in found if least is not None]
    hidden = [(least_detectable(of, to, gap, terms), pair.group) for pair, of, to in fewest]
    worst, group = max(hidden, key=lambda entry: _hidden(entry[0], gap))
    choose = min if gap is Gap.DIFFERENCE else max
    return Detectable(terms=terms, best=choose(best) if best else None, worst=worst, group=group)


def _by_rate(compared: Sequence[_Compared]) -> list[list[_Compared]]:
    rates = dict.fromkeys(pair.rate for pair, _, _ in compared)
    return [[one for one in compared if one[0].rate == rate] for rate in rates]


def _size(compared: _Compared) -> float:
    """Half the harmonic mean of the effective rows of both sides."""
    _, of, to = compared
    return 1 / (1 / of.trials + 1 / to.trials)


def _hidden(least: float | None, gap: Gap) -> float:
    if least is None:
        return 2.0
    return least if gap is Gap.DIFFERENCE else 1 - least


def _resampled(
    scope: Scope, threshold: Threshold, gaps: Sequence[RateGap], plan: Resampling
) -> Resampled | None:
    """Of what has no formula: a gap of measures that are no share of rows, and a gap to all rows,
    which the group is a part of; of an index of inequality it is there already.
    """
    metric, to_all = threshold.definition, threshold.against == Against.OVERALL
    if metric.kind is Kind.INEQUALITY:
        return next((gap.resampled for gap in gaps), None)
    if metric.kind is not Kind.GAP or metric.gap not in BETWEEN or metric.mean:
        return None
    if metric.has_interval and not to_all:
        return None
    names = [gap.rate for gap in gaps]
    if not (REPLICATED.issuperset(names) and all(gap.pairs for gap in gaps) and find_spec("numpy")):
        return None
    compared = list(_compared(gaps))
    rest = sum((c for key, c in scope.counts.items() if key not in compared), start=Counts())
    groups = [*(scope.counts[key] for key in compared), rest]
    to = None
    if not to_all and not _chosen(scope, threshold) and scope.reference in compared:
        to = compared.index(scope.reference)
    of = GapOf(rates=names, gap=metric.gap, groups=len(compared), to=to, to_all=to_all)
    return interval_of_gap(groups, of, level=threshold.level, plan=plan)


def _compared(gaps: Sequence[RateGap]) -> Iterator[Key]:
    """The groups that have every rate, the one that the others are compared with among them."""
    named = [{key for pair in gap.pairs for key in (pair.group, pair.against)} for gap in gaps]
    for key in dict.fromkeys(key for pair in gaps[0].pairs for key in (pair.group, pair.against)):
        if key != OVERALL and all(key in keys for keys in named):
            yield key


def as_json(found: Uncertainty, scope: Scope) -> dict[str, Any]:
    """The part of a metric's document that says how sure it is."""
    detectable, resampled = found.detectable, found.resampled
    return {
        "correction": found.correction.as_json() if found.correction else None,
        "detectable": None
        if detectable is None
        else {
            **detectable.terms.as_json(),
            "best": detectable.best,
            "worst": detectable.worst,
            "worst_group": scope.label(detectable.group),
        },
        "resampled": None
        if resampled is None
        else {
            "interval": list(resampled.interval),
            "method": resampled.method,
            "error": resampled.error,
            **found.plan.as_json(),
        },
    }


def in_words(metric: Mapping[str, Any]) -> str | None:
    """What the data could not have shown by a metric of the document, as a sentence."""
    found = metric.get("detectable")
    if not found:
        return None
    of = " or ".join(dict.fromkeys(pair["rate"] for pair in metric["comparisons"]))
    if found["best"] is None:
        return f"these data could not have shown any gap in {of}"
    is_ratio = metric["gap"] == Gap.RATIO
    gap = f"a ratio of {of} above" if is_ratio else f"a difference of {of} below"
    least = f"these data could not have shown {gap} {found['best']:.3f}"
    if found["worst"] is None:
        return f"{least}, and none at all for {found['worst_group']}"
    if abs(found["worst"] - found["best"]) < _SHOWN:
        return least
    return f"{least}, for {found['worst_group']} {found['worst']:.3f}"
