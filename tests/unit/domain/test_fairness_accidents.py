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


def counted(*, labels: int | None, predictions: int | None, **cells: Counts) -> ContingencyTable:
    return ContingencyTable(
        features=("g",),
        cells={(name,): counts for name, counts in cells.items()},
        label_values=labels,
        prediction_values=predictions,
    )


def outcomes(table: ContingencyTable, *metrics: str) -> dict[str, tuple[str, str]]:
    thresholds = parse_thresholds(dict.fromkeys(metrics, 0.8))
    found = evaluate(table, subject="s", thresholds=thresholds).report.findings
    return {f.subject: (f.verdict.value, str(f.reason)) for f in found if f.kind == "two_outcomes"}


ALL_POSITIVE, BOTH = Counts.of_rows(tp=100), Counts.of_rows(tp=50, fp=20, fn=10, tn=20)


def test_positive_values_that_name_every_value_there_is_are_left_open() -> None:
    table = counted(labels=2, predictions=2, a=ALL_POSITIVE, b=ALL_POSITIVE)

    found = outcomes(table, "demographic_parity_difference")

    assert found["label"][0] == found["prediction"][0] == "INSUFFICIENT"
    assert "positive_label names (2 distinct values in all)" in found["label"][1]
    assert "every one of 2 distinct predictions counts as positive" in found["prediction"][1]


def test_so_are_labels_of_one_value_where_a_metric_rests_on_them() -> None:
    labelled = Counts.of_rows(tp=60, fn=40)
    table = counted(labels=1, predictions=2, a=labelled, b=labelled)

    assert outcomes(table, "accuracy_difference")["label"][0] == "INSUFFICIENT"
    assert outcomes(table, "clarify_dpl")["label"][0] == "INSUFFICIENT"
    for of_decisions in ("four_fifths", "clarify_dppl", "cohens_d", "clarify_cddpl"):
        assert outcomes(table, of_decisions) == {}


def test_so_are_labels_that_are_never_positive_where_there_is_a_prediction() -> None:
    labelled = Counts.of_rows(fp=60, tn=40, unjudged=3)
    table = counted(labels=2, predictions=2, a=labelled, b=labelled)

    verdict, reason = outcomes(table, "accuracy_difference")["label"]

    assert verdict == "INSUFFICIENT"
    assert "no judged row has a positive label" in reason
    assert outcomes(table, "demographic_parity_difference") == {}


@pytest.mark.parametrize(
    ("cell", "reason"), [("tp", "every decision is positive"), ("fn", "no decision is positive")]
)
def test_so_are_decisions_that_are_all_alike(cell: str, reason: str) -> None:
    alike = Counts.of_rows(**{cell: 50}) + Counts.of_rows(**{{"tp": "fp", "fn": "tn"}[cell]: 50})
    table = counted(labels=2, predictions=1, a=alike, b=alike)

    verdict, told = outcomes(table, "demographic_parity_difference")["prediction"]

    assert (verdict, told.split(",")[0]) == ("INSUFFICIENT", reason)
    assert outcomes(table, "base_rate_difference") == {}


@pytest.mark.parametrize("values", [2, None])
def test_labels_and_decisions_of_both_kinds_say_nothing(values: int | None) -> None:
    assert outcomes(counted(labels=values, predictions=values, a=BOTH, b=BOTH), "four_fifths") == {}


def crossed(
    odd: Counts, groups: Groups | None = None, *, usual: Counts = APART["a",]
) -> dict[str, Any]:
    cells = {(g, h): usual for g in "ab" for h in "uv"} | {("a", "v"): odd}
    table = ContingencyTable(features=("g", "h"), cells=cells)
    report = evaluate(
        table,
        subject="s",
        thresholds=parse_thresholds({"accuracy_difference": 1.0}),
        groups=groups,
        intersections=[("g", "h")],
        max_unjudged=0.4,
    ).report
    return {finding.check: finding for finding in report.findings}


IGNORE = Groups(small="ignore")


def test_a_group_of_an_intersection_without_labels_is_not_ignored_as_a_small_one() -> None:
    hidden = crossed(Counts.of_rows(tp=5, unjudged=50), IGNORE)["judged_rows"]

    assert hidden.verdict is Verdict.INSUFFICIENT
    assert hidden.reason == "label or prediction is missing in 90.9% of g=a & h=v"


def test_a_missing_label_in_a_group_of_an_intersection_may_be_chance() -> None:
    by_chance = crossed(Counts.of_rows(tp=17, unjudged=13), IGNORE)["judged_rows"]
    surely = crossed(Counts.of_rows(tp=17, unjudged=50), IGNORE)["judged_rows"]

    assert 13 / 30 > 0.4
    assert (by_chance.verdict, surely.verdict) == (Verdict.WARNED, Verdict.INSUFFICIENT)


def test_small_groups_that_are_most_of_the_rows_are_not_ignored() -> None:
    few = Counts.of_rows(tp=15, tn=10)
    most = crossed(Counts.of_rows(tp=30, tn=40), IGNORE, usual=few)
    half = crossed(Counts.of_rows(tp=40, tn=60), IGNORE, usual=few)

    found = most["g & h:judged_groups"]
    assert found.verdict is Verdict.INSUFFICIENT
    assert found.reason == (
        "3 of 4 groups are left out as too small, and have 75 of 145 judged rows"
    )
    assert "g & h:judged_groups" not in half
    assert "g:judged_groups" not in most


def test_groups_that_the_author_excludes_by_name_may_be_most_of_the_rows() -> None:
    excluding = Groups(small="ignore", exclude={"g": frozenset({"b"})})

    assert not any("judged_groups" in check for check in crossed(APART["a",], excluding))
