"""Nothing passes only because there was nothing to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from airflow_gov_provider.domain.fairness import ContingencyTable, Counts, Groups, evaluate
from airflow_gov_provider.domain.fairness.counts import Cell, Key
from airflow_gov_provider.domain.fairness.population import Breakdown, Population
from airflow_gov_provider.domain.fairness.residuals import Residuals
from airflow_gov_provider.domain.fairness.slice_terms import SliceSearch
from airflow_gov_provider.domain.fairness.thresholds import parse_thresholds
from airflow_gov_provider.domain.verdicts import Report, Verdict
from airflow_gov_provider.exceptions import ArgumentInvalid

APART: dict[Key, Counts] = {
    ("a",): Counts.of_rows(tp=50, tn=50, fp=1, fn=1),
    ("b",): Counts.of_rows(tp=25, fp=25, fn=25, tn=25),
}
WEIGHTLESS = Counts(tp=Cell(rows=40))


def judged(cells: Mapping[Key, Counts], demands: Mapping[str, Any], **options: Any) -> Report:
    table = ContingencyTable(features=("g",), cells=cells)
    thresholds = parse_thresholds(demands)
    return evaluate(table, subject="s", thresholds=thresholds, features=("g",), **options).report


def errors(values: Sequence[float], weights: Sequence[float] | None = None) -> Residuals:
    pairs = list(zip(values, weights or [1.0] * len(values), strict=True))
    return Residuals(
        rows=len(pairs),
        weight=sum(w for _, w in pairs),
        weight_squares=sum(w * w for _, w in pairs),
        total=sum(w * e for e, w in pairs),
        absolute=sum(w * abs(e) for e, w in pairs),
        squares=sum(w * e**2 for e, w in pairs),
        fourth=sum(w * e**4 for e, w in pairs),
    )


def judged_errors(cells: Mapping[Key, Residuals], demands: Mapping[str, Any]) -> Report:
    counts = {
        key: Counts(tn=Cell(rows=e.rows, weight=e.weight, squares=e.weight_squares))
        for key, e in cells.items()
    }
    population = Population(
        counts=ContingencyTable(features=("g",), cells=counts, weighted=True),
        residuals=Breakdown(features=("g",), cells=cells),
    )
    return evaluate(population, subject="s", thresholds=parse_thresholds(demands)).report


def test_a_demand_that_no_feature_is_left_for_is_left_open() -> None:
    found = judged(APART, {"four_fifths": {"given": ["g"]}})

    assert found.verdict is Verdict.INSUFFICIENT
    assert "no feature is left to compare by" in str(found.findings[-1].reason)


@pytest.mark.parametrize(
    "metric", ["between_group_theil_index", "between_group_generalized_entropy_index"]
)
def test_one_group_alone_has_no_inequality_between_groups(metric: str) -> None:
    alone: dict[Key, Counts] = {("a",): APART["a",]}
    with_small: dict[Key, Counts] = {**alone, ("b",): Counts.of_rows(fn=5)}

    assert judged(alone, {metric: 0.1}).verdict is Verdict.INSUFFICIENT
    ignoring = judged(with_small, {metric: 0.1}, groups=Groups(small="ignore"))
    assert ignoring.verdict is Verdict.INSUFFICIENT


@pytest.mark.parametrize("metric", ["differential_fairness", "between_group_theil_index"])
@pytest.mark.parametrize("others", [{}, {("a",): APART["a",]}, {**APART}])
def test_a_group_without_weight_is_left_open(metric: str, others: dict[Key, Counts]) -> None:
    found = judged({**others, ("z",): WEIGHTLESS}, {metric: 100})

    assert found.verdict is Verdict.INSUFFICIENT
    assert "z cannot be compared: no judged rows" in str(found.findings[-1].reason)


def test_a_group_that_is_small_because_labels_are_missing_is_not_ignored() -> None:
    many = Counts.of_rows(tp=40_000, fp=30_000, fn=10_000, tn=20_000)
    hidden: dict[Key, Counts] = {
        ("a",): many,
        ("b",): many,
        ("c",): Counts.of_rows(tp=5, unjudged=995),
    }

    found = judged(hidden, {"accuracy_difference": 0.1}, groups=Groups(small="ignore"))

    assert found.verdict is Verdict.INSUFFICIENT
    assert found.findings[0].reason == "label or prediction is missing in 99.5% of g=c"


def test_a_ratio_to_no_error_at_all_is_judged_on_its_interval() -> None:
    cells: dict[Key, Residuals] = {("a",): errors([0.0] * 40), ("b",): errors([1.0, 2.0] * 20)}
    demand = {"mean_absolute_error_ratio": {"at_least": 0.5, "decide_on": "interval"}}

    assert judged_errors(cells, demand).verdict is Verdict.FAILED


def test_one_row_with_all_the_weight_has_no_interval_to_pass_by() -> None:
    heavy = errors([0.0] + [5.0] * 39, [1.0] + [0.0] * 39)
    cells: dict[Key, Residuals] = {("a",): heavy, ("b",): errors([0.05, -0.05] * 20)}
    demand = {"mean_error_difference": {"at_most": 0.5, "decide_on": "interval"}}

    assert judged_errors(cells, demand).verdict is Verdict.INSUFFICIENT


@pytest.mark.parametrize("scale", [1e-70, 1.0, 1e80, 1e140])
def test_a_correlation_does_not_depend_on_the_unit_of_weights(scale: float) -> None:
    def scaled(cell: Cell) -> Cell:
        return Cell(rows=cell.rows, weight=cell.weight * scale, squares=cell.squares * scale**2)

    cells = {
        key: Counts(tp=scaled(c.tp), fp=scaled(c.fp), fn=scaled(c.fn), tn=scaled(c.tn))
        for key, c in APART.items()
    }

    found = judged(cells, {"matthews_correlation_difference": 0.1})

    assert found.verdict is Verdict.FAILED
    assert found.findings[-1].observed == pytest.approx(0.96078, abs=1e-5)


@pytest.mark.parametrize("metric", ["theil_index", "between_group_theil_index"])
def test_no_mistake_in_a_few_rows_is_no_interval_of_length_zero(metric: str) -> None:
    right = Counts.of_rows(tp=15, tn=15)

    found = judged(
        {("a",): right, ("b",): right}, {metric: {"at_most": 0.001, "decide_on": "interval"}}
    )

    assert found.verdict is Verdict.INSUFFICIENT


def test_scores_that_are_all_on_one_side_of_the_threshold_are_left_open() -> None:
    none = Counts.of_rows(fn=50, tn=50)
    table = ContingencyTable(features=("g",), cells={("a",): none, ("b",): none}, one_sided=True)

    found = evaluate(
        table, subject="s", thresholds=parse_thresholds({"demographic_parity_difference": 0.1})
    ).report

    assert found.verdict is Verdict.INSUFFICIENT
    assert "no score reaches the threshold" in str(found.findings[1].reason)


@pytest.mark.parametrize("level", [0.9999999999999999, 10**400])
def test_a_level_that_has_no_quantile_is_refused(level: float) -> None:
    with pytest.raises(ArgumentInvalid, match="level lies between 0 and 1"):
        parse_thresholds({"four_fifths": {"level": level}})


def test_a_search_that_could_find_nothing_is_refused() -> None:
    with pytest.raises(ArgumentInvalid, match="q is a number"):
        SliceSearch(features=("g",), q=0)
    with pytest.raises(ArgumentInvalid, match="at_most is a number"):
        SliceSearch(features=("g",), task="regression", at_most=float("inf"))
