"""One number for the whole: how unequally benefits are spread over people or groups.

A person's benefit is prediction - label + 1 (T. Speicher et al. 2018): 0 for a positive who was
refused, 1 for a right decision, 2 for a negative who was accepted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from airflow_gov_provider.domain.fairness.counts import Counts
from airflow_gov_provider.domain.fairness.facets import FACETS
from airflow_gov_provider.domain.fairness.measures import Facts, estimate

Spread = Sequence[tuple[float, float]]
"""Weights and benefits."""

ALPHA = 2


def generalized_entropy(spread: Spread, alpha: int = ALPHA) -> float | None:
    """The generalised entropy index of benefits; ``alpha`` 1 is Theil's index. 0 is equality.

    None where nobody has any benefit.
    """
    weight = sum(w for w, _ in spread)
    mean = sum(w * benefit for w, benefit in spread) / weight if weight > 0 else 0.0
    if mean <= 0:
        return None
    ratios = [(w / weight, benefit / mean) for w, benefit in spread]
    if alpha == 1:
        return max(0.0, sum(w * r * math.log(r) for w, r in ratios if r > 0))
    index = sum(w * (r**alpha - 1) for w, r in ratios) / (alpha * (alpha - 1))
    return max(0.0, index)


def of_people(counts: Counts) -> Spread:
    right = counts.tp.weight + counts.tn.weight
    return [(counts.fn.weight, 0.0), (right, 1.0), (counts.fp.weight, 2.0)]


def of_groups(groups: Sequence[Counts]) -> Spread:
    """Everybody has the mean benefit of their group."""
    spread = []
    for counts in groups:
        weight = counts.total.weight
        if weight > 0:
            spread.append((weight, 1 + (counts.fp.weight - counts.fn.weight) / weight))
    return spread


def coefficient_of_variation(spread: Spread) -> float | None:
    """The standard deviation by the mean."""
    index = generalized_entropy(spread)
    return None if index is None else math.sqrt(2 * index)


def _among_people(
    of: Callable[[Spread], float | None],
) -> Callable[[Sequence[Facts]], float | None]:
    return lambda groups: of(of_people(sum((f.counts for f in groups), start=Counts())))


def _between_groups(
    of: Callable[[Spread], float | None],
) -> Callable[[Sequence[Facts]], float | None]:
    return lambda groups: of(of_groups([f.counts for f in groups]))


def _theil(spread: Spread) -> float | None:
    return generalized_entropy(spread, alpha=1)


def _amplification(groups: Sequence[Facts]) -> float | None:
    """How much further apart the decisions are than the labels, as differential fairness."""
    found = [_furthest(groups, name) for name in ("smoothed_selection_rate", "smoothed_base_rate")]
    decisions, labels = found
    return None if decisions is None or labels is None else decisions - labels


def _furthest(groups: Sequence[Facts], measure: str) -> float | None:
    name = "differential_fairness"
    if measure == "smoothed_base_rate":
        name = "differential_fairness_of_labels"
    known = [(e.value, facts) for facts in groups if (e := estimate(measure, facts))]
    if len(known) < 2:  # noqa: PLR2004 - a comparison takes two
        return None
    low = min(known, key=lambda entry: entry[0])[1]
    high = max(known, key=lambda entry: entry[0])[1]
    compared = FACETS[name].compare(low, high)
    return compared[0] if compared else None


AMONG_PEOPLE: Mapping[str, Callable[[Sequence[Facts]], float | None]] = {
    "generalized_entropy_index": _among_people(generalized_entropy),
    "theil_index": _among_people(_theil),
    "coefficient_of_variation": _among_people(coefficient_of_variation),
}
BETWEEN_GROUPS: Mapping[str, Callable[[Sequence[Facts]], float | None]] = {
    "between_group_generalized_entropy_index": _between_groups(generalized_entropy),
    "between_group_theil_index": _between_groups(_theil),
    "between_group_coefficient_of_variation": _between_groups(coefficient_of_variation),
    "differential_fairness_bias_amplification": _amplification,
}
INEQUALITIES = {**AMONG_PEOPLE, **BETWEEN_GROUPS}
