from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy

from airflow_gov_provider.domain.quality.distances import EMPTY_BIN, Distance, distance

PAIRS = (
    st.integers(2, 12)
    .flatmap(
        lambda size: st.tuples(
            *(st.lists(st.integers(0, 1000), min_size=size, max_size=size) for _ in range(2))
        )
    )
    .filter(lambda pair: sum(pair[0]) > 0 and sum(pair[1]) > 0)
)
BOUNDED = (
    Distance.JS,
    Distance.TOTAL_VARIATION,
    Distance.CHEBYSHEV,
    Distance.KS,
    Distance.WASSERSTEIN,
)


@given(pair=PAIRS, kind=st.sampled_from(list(Distance)))
def test_nothing_is_as_near_as_the_same(pair: tuple[list[int], list[int]], kind: Distance) -> None:
    assert distance(kind, pair[0], pair[0]) == 0
    assert distance(kind, *pair) >= 0


@given(pair=PAIRS, kind=st.sampled_from(list(Distance)), times=st.integers(2, 9))
def test_more_rows_in_the_same_shares_change_nothing(
    pair: tuple[list[int], list[int]], kind: Distance, times: int
) -> None:
    many = [count * times for count in pair[1]]

    assert distance(kind, pair[0], many) == pytest.approx(distance(kind, *pair), abs=1e-9)


@given(pair=PAIRS, kind=st.sampled_from(BOUNDED))
def test_what_has_a_most_stays_below_it_and_goes_both_ways(
    pair: tuple[list[int], list[int]], kind: Distance
) -> None:
    found = distance(kind, *pair)

    assert found <= 1 + 1e-12
    assert distance(kind, pair[1], pair[0]) == pytest.approx(found, abs=1e-9)


@given(pair=PAIRS)
def test_they_are_those_of_scipy(pair: tuple[list[int], list[int]]) -> None:
    p, q = ([count / sum(side) for count in side] for side in pair)

    assert distance(Distance.JS, p, q) == pytest.approx(jensenshannon(p, q, base=2), abs=1e-7)
    assume(all(p) and all(q))
    assert distance(Distance.KL, p, q) == pytest.approx(entropy(q, p), abs=1e-9)
    psi = entropy(q, p) + entropy(p, q)
    assert distance(Distance.PSI, p, q) == pytest.approx(psi, abs=1e-9)


def test_an_empty_bin_counts_as_a_little() -> None:
    expected = (0.5 - EMPTY_BIN) * math.log(0.5 / EMPTY_BIN) + (0.5 - 1) * math.log(0.5)

    assert distance(Distance.PSI, [1, 0], [1, 1]) == pytest.approx(expected)


def test_all_rows_in_the_other_bin_are_as_far_as_can_be() -> None:
    for kind in BOUNDED:
        assert distance(kind, [5, 0], [0, 3]) == pytest.approx(1)


@pytest.mark.parametrize("counts", [[0, 0], [1, -1], [1, float("nan")]])
def test_nothing_has_no_distribution(counts: list[float]) -> None:
    with pytest.raises(ValueError, match="has no rows"):
        distance(Distance.PSI, counts, [1, 1])
