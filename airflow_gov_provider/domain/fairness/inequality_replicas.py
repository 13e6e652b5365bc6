"""Intervals of inequality indices: the vectorised twins of ``inequality``, resampled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

from airflow_gov_provider.domain.fairness.counts import Counts
from airflow_gov_provider.domain.fairness.resampling import (
    CELLS,
    Resampled,
    Resampling,
    Statistic,
    bca,
)

if TYPE_CHECKING:
    from airflow_gov_provider.domain.fairness.resampling import Floats

_FN, _FP = CELLS.index("fn"), CELLS.index("fp")


def _among_people(of: Callable[[Floats, Floats], Floats], weights: Floats) -> Floats:
    import numpy as np

    cells = weights.sum(axis=-2)
    refused, accepted = cells[..., _FN], cells[..., _FP]
    right = cells.sum(axis=-1) - refused - accepted
    spread = np.stack([refused, right, accepted], axis=-1)
    return of(spread, np.broadcast_to([0.0, 1.0, 2.0], spread.shape))


def _between_groups(of: Callable[[Floats, Floats], Floats], weights: Floats) -> Floats:
    import numpy as np

    whole = weights.sum(axis=-1)
    gained = weights[..., _FP] - weights[..., _FN]
    share = np.divide(gained, whole, out=np.zeros(whole.shape), where=whole > 0)
    return of(whole, 1 + share)


def _entropy(weights: Floats, benefits: Floats) -> Floats:
    """The generalised entropy index with alpha 2."""
    shares, ratios = _relative(weights, benefits)
    found: Floats = (shares * (ratios**2 - 1)).sum(axis=-1) / 2
    return found.clip(min=0.0)


def _theil(weights: Floats, benefits: Floats) -> Floats:
    import numpy as np

    shares, ratios = _relative(weights, benefits)
    logs = np.log(ratios, out=np.zeros(ratios.shape), where=ratios > 0)
    found: Floats = (shares * ratios * logs).sum(axis=-1)
    return found.clip(min=0.0)


def _variation(weights: Floats, benefits: Floats) -> Floats:
    found: Floats = (2 * _entropy(weights, benefits)) ** 0.5
    return found


def _relative(weights: Floats, benefits: Floats) -> tuple[Floats, Floats]:
    """Shares of the whole weight, and benefits by their mean; NaN where nobody has a benefit."""
    import numpy as np

    whole = weights.sum(axis=-1, keepdims=True)
    shares = np.divide(weights, whole, out=np.full(weights.shape, np.nan), where=whole > 0)
    mean = (shares * benefits).sum(axis=-1, keepdims=True)
    nothing = np.full(benefits.shape, np.nan)
    return shares, np.divide(benefits, mean, out=nothing, where=mean > 0)


_INDICES: Mapping[str, Callable[[Floats, Floats], Floats]] = {
    "generalized_entropy_index": _entropy,
    "theil_index": _theil,
    "coefficient_of_variation": _variation,
}
STATISTICS: Mapping[str, Statistic] = {
    **{name: partial(_among_people, of) for name, of in _INDICES.items()},
    **{f"between_group_{name}": partial(_between_groups, of) for name, of in _INDICES.items()},
}
# Indices that have an interval.
REPLICATED = frozenset(STATISTICS)


def interval_of_inequality(
    name: str, groups: Sequence[Counts], *, level: float, plan: Resampling
) -> Resampled | None:
    """The BCa interval of an index; None for one that is not in ``REPLICATED``, and where too many
    replicates have no value.
    """
    if name not in REPLICATED or find_spec("numpy") is None:
        return None
    if not name.startswith("between"):
        groups = [sum(groups, start=Counts())]
    return bca(groups, STATISTICS[name], level=level, plan=plan)
