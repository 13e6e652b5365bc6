"""Tests of limits, their correction, and what the data could not have shown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import false_discovery_control, norm

from airflow_gov_provider.domain.fairness.intervals import two_proportion_p_value
from airflow_gov_provider.domain.fairness.metrics import Gap
from airflow_gov_provider.domain.fairness.power import Power, least_detectable
from airflow_gov_provider.domain.fairness.rates import Proportion
from airflow_gov_provider.domain.fairness.significance import adjusted, beyond


def share(positives: int, rows: int) -> Proportion:
    return Proportion(value=positives / rows, rows=rows, trials=float(rows))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusted_p_values_are_scipys(p_values: list[float]) -> None:
    assert adjusted(p_values) == pytest.approx(list(false_discovery_control(p_values)))


@given(st.lists(st.floats(0, 0.05), min_size=1, max_size=5), st.integers(0, 40))
def test_tests_that_found_nothing_count_without_being_listed(
    p_values: list[float], others: int
) -> None:
    everything = adjusted([*p_values, *[1.0] * others])

    assert adjusted(p_values, len(p_values) + others) == pytest.approx(everything[: len(p_values)])


def likelihood(rates: tuple[float, float], found: tuple[Proportion, Proportion]) -> float:
    total = 0.0
    for rate, one in zip(rates, found, strict=True):
        inner = min(1 - 1e-12, max(1e-12, rate))
        k = one.value * one.trials
        total += k * np.log(inner) + (one.trials - k) * np.log(1 - inner)
    return total


@pytest.mark.parametrize(
    ("low", "high", "gap", "limit"),
    [
        (share(30, 100), share(90, 180), Gap.DIFFERENCE, 0.1),
        (share(3, 40), share(60, 90), Gap.DIFFERENCE, 0.3),
        (share(45, 100), share(90, 180), Gap.DIFFERENCE, 0.1),
        (share(30, 100), share(90, 180), Gap.RATIO, 0.8),
        (share(80, 100), share(170, 180), Gap.RATIO, 0.9),
    ],
)
def test_the_test_of_a_limit_uses_the_likeliest_rates_that_meet_it(
    low: Proportion, high: Proportion, gap: Gap, limit: float
) -> None:
    def other(lower: float) -> float:
        return lower + limit if gap is Gap.DIFFERENCE else lower / limit

    top = 1 - limit if gap is Gap.DIFFERENCE else limit
    best = minimize_scalar(
        lambda r: -likelihood((r, other(r)), (low, high)), bounds=(1e-9, top - 1e-9), method="bounded",
        options={"xatol": 1e-12},
    )  # fmt: skip
    r = (best.x, other(best.x))
    weight = 1.0 if gap is Gap.DIFFERENCE else limit
    variance = r[0] * (1 - r[0]) / low.trials + weight**2 * r[1] * (1 - r[1]) / high.trials
    distance = (
        high.value - low.value - limit if gap is Gap.DIFFERENCE else limit * high.value - low.value
    )
    assert beyond(low, high, gap, limit) == pytest.approx(
        norm.sf(distance / variance**0.5), rel=1e-4
    )


@given(st.integers(1, 99), st.integers(1, 99))
def test_without_a_limit_it_is_the_pooled_test_of_equal_rates(one: int, other: int) -> None:
    low, high = share(min(one, other), 100), share(max(one, other), 100)

    found = beyond(low, high, Gap.DIFFERENCE, 0.0)

    two_sided = two_proportion_p_value(low.value, 100, high.value, 100)
    assert two_sided is not None
    assert found == pytest.approx(two_sided / 2, abs=1e-9)


@pytest.mark.parametrize(("gap", "limit"), [(Gap.DIFFERENCE, 0.1), (Gap.RATIO, 0.8)])
def test_a_gap_on_its_limit_is_beyond_it_by_chance_half_of_the_time(gap: Gap, limit: float) -> None:
    assert beyond(share(40, 100), share(50, 100), gap, limit) == pytest.approx(0.5)


def test_the_least_detectable_difference_is_found_in_four_of_five_samples() -> None:
    of, against = share(120, 300), share(400, 1000)
    terms = Power(alpha=0.05)

    least = least_detectable(of, against, Gap.DIFFERENCE, terms)

    assert least is not None
    rng = np.random.default_rng(3)
    one = rng.binomial(300, 0.4 - least, size=20_000) / 300
    other = rng.binomial(1000, 0.4, size=20_000) / 1000
    pooled = (one * 300 + other * 1000) / 1300
    z = np.abs(one - other) / np.sqrt(pooled * (1 - pooled) * (1 / 300 + 1 / 1000))
    assert (z > 1.959964).mean() == pytest.approx(0.8, abs=0.01)


@given(st.integers(5, 400), st.integers(2, 20), st.sampled_from([Gap.DIFFERENCE, Gap.RATIO]))
def test_more_rows_show_smaller_gaps_and_more_tests_only_larger_ones(
    rows: int, times: int, gap: Gap
) -> None:
    against = share(2 * rows, 5 * rows)
    few = least_detectable(share(rows, 3 * rows), against, gap, Power(alpha=0.05))
    many = least_detectable(
        share(rows * times, 3 * rows * times), share(2 * rows * times, 5 * rows * times), gap, Power(alpha=0.05)
    )  # fmt: skip
    strict = least_detectable(share(rows, 3 * rows), against, gap, Power(alpha=0.05 / times))

    sign = 1 if gap is Gap.DIFFERENCE else -1
    if few is None:
        assert strict is None
    else:
        assert many is not None
        assert many * sign < few * sign
        assert strict is None or strict * sign > few * sign


def test_three_rows_could_not_have_shown_anything() -> None:
    assert least_detectable(share(1, 3), share(200, 1000), Gap.RATIO, Power(alpha=0.05)) is None
