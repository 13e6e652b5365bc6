"""What the counts cannot tell is left open: it neither passes nor goes unnoticed."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_gov_provider.domain.fairness import (
    ContingencyTable,
    Counts,
    Groups,
    Threshold,
    evaluate,
)
from airflow_gov_provider.domain.fairness.counts import Key
from airflow_gov_provider.domain.fairness.population import Breakdown, Population
from airflow_gov_provider.domain.fairness.residuals import Residuals
from airflow_gov_provider.domain.fairness.scores import Bin, ScoreHistogram
from airflow_gov_provider.domain.verdicts import Finding, Verdict


def averaged(cells: dict[Key, Counts], groups: Groups | None = None) -> Finding:
    threshold = Threshold(
        metric="demographic_parity_difference", at_most=0.3, given=("k",), across="average"
    )
    table = ContingencyTable(features=("g", "k"), cells=cells)
    found = evaluate(table, subject="s", thresholds=[threshold], groups=groups).report
    return found.findings[-1]


ALIKE: dict[Key, Counts] = {
    (group, stratum): Counts.of_rows(tp=50, tn=50) for group in "ab" for stratum in "uv"
}


def test_an_average_over_strata_does_not_pass_while_a_group_in_one_is_too_small() -> None:
    cells = ALIKE | {("c", "u"): Counts.of_rows(tp=4)}

    whole = averaged(ALIKE)
    found = averaged(cells)
    ignored = averaged(cells, Groups(small="ignore"))

    assert whole.verdict is Verdict.PASSED
    assert found.verdict is Verdict.INSUFFICIENT
    assert found.reason == "k=u: c cannot be compared: 4 judged rows, fewer than 30"
    assert ignored.verdict is Verdict.PASSED


def test_nor_where_a_stratum_with_such_a_group_is_itself_beyond_the_limit() -> None:
    apart: dict[Key, Counts] = {
        ("a", "u"): Counts.of_rows(tp=70, tn=30),
        ("b", "u"): Counts.of_rows(tp=30, tn=70),
        ("c", "u"): Counts.of_rows(tp=4),
    }

    found = averaged(ALIKE | apart)

    assert found.observed == pytest.approx(0.4 * 204 / 404)
    assert found.verdict is Verdict.INSUFFICIENT
    assert found.reason == "k=u: c cannot be compared: 4 judged rows, fewer than 30"


@pytest.mark.parametrize("metric", ["score_ks", "abroca"])
def test_scores_of_two_groups_in_one_bin_may_lie_apart_for_all_that_is_known(metric: str) -> None:
    def scores(low: float, high: float) -> ScoreHistogram:
        middle = (low + high) / 2
        one = Bin(100, 100.0, 100.0, 100 * middle, 100 * middle**2, low, high)
        return ScoreHistogram.of({(label, 4, 5): one for label in (False, True)})

    def judged(low: float, high: float) -> Finding:
        population = Population(
            counts=ContingencyTable(
                features=("g",),
                cells={(name,): Counts.of_rows(tn=100, fn=100) for name in "ab"},
            ),
            scores=Breakdown(features=("g",), cells={(name,): scores(low, high) for name in "ab"}),
        )
        threshold = Threshold(metric=metric, at_most=0.1)
        return evaluate(population, subject="s", thresholds=[threshold]).report.findings[-1]

    several, single = judged(0.46, 0.49), judged(0.48, 0.48)

    assert several.verdict is Verdict.INSUFFICIENT
    assert "take more score_bins or score_bins='exact'" in str(several.reason)
    assert single.verdict is Verdict.PASSED


def errors(*values: float) -> Residuals:
    return Residuals(
        rows=len(values),
        weight=float(len(values)),
        weight_squares=float(len(values)),
        total=sum(values),
        absolute=sum(map(abs, values)),
        squares=sum(value**2 for value in values),
        fourth=sum(value**4 for value in values),
    )


def of_errors(
    *groups: Residuals, metric: str = "mean_error_difference", **demand: object
) -> Finding:
    cells: dict[Key, Residuals] = {
        (name,): found for name, found in zip("abc", groups, strict=False)
    }
    counts = {key: Counts.of_rows(tn=found.rows) for key, found in cells.items()}
    population = Population(
        counts=ContingencyTable(features=("g",), cells=counts),
        residuals=Breakdown(features=("g",), cells=cells),
    )
    limits: Any = {"decide_on": "interval", **(demand or {"at_most": 0.1})}
    report = evaluate(
        population,
        subject="s",
        thresholds=[Threshold(metric=metric, **limits)],
        groups=Groups(min_size=1),
    ).report
    return report.findings[-1]


VARYING = errors(*[0.01, -0.01] * 50)


def test_the_mean_of_a_single_row_has_no_interval_to_pass_by() -> None:
    found = of_errors(errors(0.01), VARYING)

    assert found.verdict is Verdict.INSUFFICIENT
    assert "a has one row, too few for an interval" in str(found.reason)
    assert of_errors(errors(0.01, -0.01), VARYING).verdict is Verdict.PASSED


@pytest.mark.parametrize("value", [0.0, 0.01, 1 / 3 - 0.3])
@pytest.mark.parametrize("rows", [2, 40, 100_001])
def test_rows_that_are_all_equal_do_not_make_their_mean_certain(value: float, rows: int) -> None:
    equal = errors(*[value] * rows)

    found = of_errors(equal, VARYING)

    assert found.verdict is Verdict.INSUFFICIENT
    assert f"a has the same value in all {rows} rows" in str(found.reason)
    assert found.details["interval"] is None
    assert of_errors(equal, VARYING, at_most=0.1, decide_on="estimate").verdict is Verdict.PASSED


@pytest.mark.parametrize("metric", ["mean_error_max", "mean_absolute_error_max"])
def test_nor_the_worst_group_that_has_them(metric: str) -> None:
    found = of_errors(errors(*[0.05] * 40), VARYING, metric=metric)

    assert found.verdict is Verdict.INSUFFICIENT
    assert "a has the same value in all 40 rows" in str(found.reason)


def test_a_group_that_is_surely_beyond_the_limit_is_not_excused_by_one_whose_rows_are_equal() -> (
    None
):
    found = of_errors(errors(*[5.0] * 40), VARYING)

    assert found.verdict is Verdict.FAILED


def test_numbers_that_differ_little_beside_their_size_still_have_an_interval() -> None:
    near = errors(*[1000.01, 999.99] * 50)

    assert of_errors(near, near).verdict is Verdict.PASSED


def test_a_ratio_to_a_number_that_may_be_zero_is_not_passed_by_the_pairs_of_the_others() -> None:
    steady, wide = errors(*[0.98, 1.02] * 50), errors(0.0, 2.1)
    demand = {"metric": "mean_absolute_error_ratio", "at_least": 0.8}

    found = of_errors(steady, steady, wide, **demand)

    assert found.observed == pytest.approx(1 / 1.05)
    assert found.verdict is Verdict.INSUFFICIENT
    assert of_errors(steady, steady, **demand).verdict is Verdict.PASSED
