"""The pair that reaches furthest is the one that looking at every pair finds."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.fairness.gaps import Pair, worst_bound
from airflow_gov_provider.domain.fairness.metrics import Gap
from airflow_gov_provider.domain.fairness.rates import Proportion

proportions = st.integers(1, 400).flatmap(
    lambda n: st.integers(0, n).map(lambda k: Proportion(value=k / n, rows=n, trials=float(n)))
)


def reach_of(one: Proportion, other: Proportion, gap: Gap, level: float) -> float | None:
    pair = Pair(rate="r", group=("a",), against=("b",), of_group=one, of_against=other)
    interval = pair.interval(gap, level)
    if interval is None:
        return None
    low, high = interval
    return max(-low, high) if gap is Gap.DIFFERENCE else min(low, 1 / high)


@given(
    st.lists(proportions, min_size=2, max_size=12),
    st.sampled_from(Gap),
    st.sampled_from([0.5, 0.9, 0.95, 0.999]),
)
def test_no_other_pair_reaches_further(found: list[Proportion], gap: Gap, level: float) -> None:
    # The first group is the missing slice: its key does not compare with the others.
    groups = {(str(i) if i else None,): one for i, one in enumerate(found)}

    bound = worst_bound("r", groups, None, gap, level)

    reaches = [reach_of(one, other, gap, level) for one, other in combinations(found, 2)]
    known = [reach for reach in reaches if reach is not None]
    if not known:
        assert bound is None
        return
    assert bound is not None
    expected = max(known) if gap is Gap.DIFFERENCE else min(known)
    assert abs(bound[0] - expected) < 1e-12
    assert reach_of(bound[1].of_group, bound[1].of_against, gap, level) == bound[0]
