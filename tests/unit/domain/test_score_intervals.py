"""Intervals of what is measured of scores, and of inequality: do they cover the truth?"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import brier_score_loss, roc_auc_score

from airflow_gov_provider.domain.fairness import ContingencyTable, Counts, Threshold, evaluate
from airflow_gov_provider.domain.fairness.calibration import (
    brier,
    calibration_in_the_large,
    expected_calibration_error,
    maximum_calibration_error,
    mean_score,
    sweep,
)
from airflow_gov_provider.domain.fairness.estimates import Estimate
from airflow_gov_provider.domain.fairness.population import Breakdown, Population
from airflow_gov_provider.domain.fairness.ranking import auc
from airflow_gov_provider.domain.fairness.scores import EDGES, ScoreHistogram, place_numbers
from airflow_gov_provider.domain.verdicts import Finding, Verdict

Scores = np.ndarray
MEASURES: dict[str, Callable[[ScoreHistogram], Estimate | None]] = {
    "auc": auc,
    "brier": brier,
    "mean_score": mean_score,
    "calibration_in_the_large": calibration_in_the_large,
    "expected_calibration_error": expected_calibration_error,
    "maximum_calibration_error": maximum_calibration_error,
}


def histogram(
    scores: Scores, labels: Scores, *, bins: int = 0, weights: Scores | None = None
) -> ScoreHistogram:
    """As the engines count: every score by itself, or in ``bins``."""
    weights = np.ones(len(scores)) if weights is None else weights
    places = np.searchsorted(np.unique(scores), scores)
    if bins:
        places = np.floor(scores * bins + 0.5)
    reached = np.searchsorted(EDGES, scores, side="right")
    numbers = place_numbers(places, reached, label=False) + labels.astype(np.int64)
    sums = [np.ones(len(scores)), weights, weights**2, weights * scores, weights * scores**2]
    return ScoreHistogram.of_arrays(numbers, np.array(sums), np.array([scores, scores]))


def sample(draws: np.random.Generator, rows: int, *, honest: bool = True) -> tuple[Scores, Scores]:
    """Scores, and labels that happen as often as the scores say, or not so often."""
    scores = draws.beta(2, 3, size=rows)
    chance = scores if honest else scores**1.5
    return scores, draws.random(rows) < chance


def covered(name: str, rows: int, *, honest: bool, bins: int = 0, rounds: int = 300) -> float:
    """How often the 95 % interval of a sample holds what two million rows have."""
    draws = np.random.default_rng(7)
    truth = MEASURES[name](histogram(*sample(draws, 2_000_000, honest=honest), bins=1000))
    assert truth is not None
    held = 0
    for _ in range(rounds):
        found = MEASURES[name](histogram(*sample(draws, rows, honest=honest), bins=bins))
        assert found is not None
        low, high = found.interval(0.95)
        held += low - 2e-4 <= truth.value <= high + 2e-4
    return held / rounds


@pytest.mark.parametrize("rows", [60, 500])
@pytest.mark.parametrize("name", ["auc", "brier", "mean_score", "calibration_in_the_large"])
def test_intervals_hold_the_truth_as_often_as_they_say(name: str, rows: int) -> None:
    # A share of 300 rounds is within 0.03 of the true one in all but a few of a hundred cases.
    assert 0.915 <= covered(name, rows, honest=False) <= 0.985


@pytest.mark.parametrize("honest", [True, False])
@pytest.mark.parametrize("name", ["expected_calibration_error", "maximum_calibration_error"])
def test_sums_and_maxima_of_gaps_are_held_at_least_as_often_as_they_say(
    name: str,
    honest: bool,  # noqa: FBT001
) -> None:
    # The truth of calibrated scores is 0, where chance can only err to one side.
    assert min(covered(name, rows, honest=honest) for rows in (60, 1000)) >= 0.935


def test_the_bound_that_is_decided_on_is_no_longer_than_it_has_to_be() -> None:
    draws = np.random.default_rng(3)
    found = expected_calibration_error(histogram(*sample(draws, 100_000, honest=False)))

    low, high = found.interval(0.95)
    assert high - found.value < 0.005
    assert found.value - low < 0.005


@pytest.mark.parametrize("name", list(MEASURES))
def test_coarse_bins_make_intervals_longer_and_never_shorter(name: str) -> None:
    draws = np.random.default_rng(5)
    scores, labels = sample(draws, 400)
    exact, coarse = (
        MEASURES[name](histogram(scores, labels, bins=bins)).interval(0.95) for bins in (0, 8)
    )

    slack = 2e-3 if name == "auc" else 1e-9  # the middle of an AUC moves with its bins
    assert coarse[0] <= exact[0] + slack
    assert coarse[1] >= exact[1] - slack


def test_the_variance_of_an_auc_is_that_of_delong_from_single_rows() -> None:
    draws = np.random.default_rng(11)
    scores, labels = sample(draws, 300)
    scores = scores.round(2)  # ties
    positives, negatives = scores[labels], scores[~labels]
    wins = (positives[:, None] > negatives) + (positives[:, None] == negatives) / 2
    variance = wins.mean(axis=1).var(ddof=1) / len(positives)
    variance += wins.mean(axis=0).var(ddof=1) / len(negatives)
    area = roc_auc_score(labels, scores)
    half = stats.norm.ppf(0.975) * math.sqrt(variance) / (area * (1 - area))
    odds = math.log(area / (1 - area))

    found = auc(histogram(scores, labels))

    assert found.value == pytest.approx(area, abs=1e-12)
    expected = (1 / (1 + math.exp(half - odds)), 1 / (1 + math.exp(-half - odds)))
    assert found.interval(0.95) == pytest.approx(expected, abs=1e-9)


def test_a_perfect_order_of_a_few_rows_is_not_held_for_certain() -> None:
    scores = np.array([0.1, 0.2, 0.3, 0.7, 0.8, 0.9])

    found = auc(histogram(scores, scores > 0.5))

    low, high = found.interval(0.95)
    assert found.value == 1
    assert 0.4 < low < 0.8
    assert high == pytest.approx(1)


def test_a_brier_score_and_its_error_are_those_of_single_rows() -> None:
    draws = np.random.default_rng(13)
    scores, labels = sample(draws, 500)
    losses = (scores - labels) ** 2

    found = brier(histogram(scores, labels))

    assert found.value == pytest.approx(brier_score_loss(labels, scores), abs=1e-12)
    assert found.variance == pytest.approx(losses.var(), abs=1e-12)


@pytest.mark.parametrize("bins", [0, 10])
def test_scores_that_are_all_equal_do_not_make_their_mean_certain(bins: int) -> None:
    scores, labels = np.full(4000, 0.9), np.full(4000, fill_value=True)
    equal = histogram(scores, labels, bins=bins)

    assert mean_score(equal).interval(0.95) is None
    assert brier(equal).interval(0.95) is None
    assert calibration_in_the_large(equal).interval(0.95) is None


@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.booleans(), st.sampled_from([0.5, 1.0, 3.0])),
        min_size=1,
        max_size=40,
    ),
    st.randoms(use_true_random=False),
)
@settings(deadline=None, max_examples=60)
def test_neither_order_nor_chunks_change_an_interval(rows: list, shuffled: object) -> None:
    def measured(some: list) -> ScoreHistogram:
        scores, labels, weights = (
            np.array(column, dtype=float) for column in zip(*some, strict=True)
        )
        return histogram(scores / 20, labels.astype(bool), bins=20, weights=weights)

    mixed = list(rows)
    shuffled.shuffle(mixed)  # type: ignore[attr-defined]
    half = len(mixed) // 2
    parts = [measured(part) for part in (mixed[:half], mixed[half:]) if part]

    for of in MEASURES.values():
        one, other = of(measured(rows)), of(ScoreHistogram.merged(parts))
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            assert other.value == pytest.approx(one.value, abs=1e-12)
            ends, same = one.interval(0.9), other.interval(0.9)
            assert (ends is None) == (same is None)
            if ends is not None:
                assert same == pytest.approx(ends, abs=1e-9)
                assert ends[0] - 1e-12 <= one.value <= ends[1] + 1e-12


def judged(rows: int, demand: Threshold) -> Finding:
    """Of two groups with the same scores and chances."""
    draws = np.random.default_rng(19)
    cells = {
        (group,): histogram(*sample(draws, rows, honest=False), bins=1000) for group in ("a", "b")
    }
    counts = {key: Counts.of_rows(tp=rows // 2, tn=rows - rows // 2) for key in cells}
    assessment = evaluate(
        Population(
            counts=ContingencyTable(features=("g",), cells=counts),
            scores=Breakdown(features=("g",), cells=cells),
        ),
        subject="model",
        thresholds=[demand],
    )
    (found,) = (f for f in assessment.report.findings if f.kind == demand.metric)
    return found


@pytest.mark.parametrize("measure", [name for name in MEASURES if not name.startswith("maximum")])
def test_equal_groups_pass_on_the_interval_once_there_are_enough_rows(measure: str) -> None:
    demand = Threshold(metric=f"{measure}_difference", at_most=0.02, decide_on="interval")

    assert judged(100_000, demand).verdict is Verdict.PASSED
    few = judged(200, dataclasses.replace(demand, at_most=0.2 * 0.2))
    assert few.verdict in (Verdict.INSUFFICIENT, Verdict.FAILED)
    many = judged(100_000, demand).details
    low, high = many["interval"]
    assert low <= judged(100_000, demand).observed <= high <= many["bound"]["value"] + 1e-12


@pytest.mark.parametrize("measure", ["auc", "brier", "mean_score", "expected_calibration_error"])
def test_ratios_and_worst_groups_can_be_decided_on_their_intervals_too(measure: str) -> None:
    ratio = Threshold(metric=f"{measure}_ratio", at_least=0.8, decide_on="interval")
    worst = Threshold(metric=f"{measure}_max", at_most=0.9, decide_on="interval")

    found = judged(100_000, ratio)

    assert found.verdict is Verdict.PASSED
    assert 0.8 < found.details["bound"]["value"] < found.observed <= 1
    assert judged(100_000, worst).verdict is Verdict.PASSED


def test_a_sweep_counts_what_each_threshold_would_accept() -> None:
    draws = np.random.default_rng(17)
    scores, labels = sample(draws, 200)

    rows, weights, _ = sweep(histogram(scores, labels))

    for edge, found in zip(EDGES, rows, strict=True):
        accepted = scores >= edge
        expected = [
            (accepted & labels).sum(),
            (accepted & ~labels).sum(),
            (~accepted & labels).sum(),
            (~accepted & ~labels).sum(),
        ]
        assert found.tolist() == expected
    assert (rows == weights).all()
