"""A search among errors of predicted numbers finds the slice whose errors differ."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from airflow_gov_provider.domain.fairness.evaluate import Assessment
from airflow_gov_provider.domain.fairness.population import Breakdown, added
from airflow_gov_provider.domain.fairness.residuals import Residuals
from airflow_gov_provider.domain.fairness.slice_findings import slices_as_text, with_slices
from airflow_gov_provider.domain.fairness.slice_terms import MEANS, SliceSearch, parse_search
from airflow_gov_provider.domain.fairness.slices import Found, SliceCounts, search_slices
from airflow_gov_provider.domain.verdicts import Report, Verdict
from airflow_gov_provider.exceptions import ArgumentInvalid

NAMES = ("region", "age", "device")
PLANTED = {"region": "1", "age": "2"}


def errors(seed: int, *, shift: float = 0.0, spread: float = 1.0, rows: int = 30_000) -> Any:
    """Predictions are off by about one, and in the planted slice by more."""
    draws = np.random.default_rng(seed)
    codes = draws.integers(0, 4, size=(rows, len(NAMES)))
    bad = np.all([codes[:, NAMES.index(n)] == int(v) for n, v in PLANTED.items()], axis=0)
    found = draws.normal(size=rows) * np.where(bad, spread, 1.0) + np.where(bad, shift, 0.0)
    return codes, found


def table(codes: Any, found: Any) -> Breakdown[Residuals]:
    cells = []
    for key in np.unique(codes, axis=0):
        some = found[(codes == key).all(axis=1)]
        sums = Residuals(
            rows=len(some),
            weight=float(len(some)),
            weight_squares=float(len(some)),
            total=float(some.sum()),
            absolute=float(abs(some).sum()),
            squares=float((some**2).sum()),
            fourth=float((some**4).sum()),
        )
        cells.append((tuple(str(code) for code in key), sums))
    return Breakdown(features=NAMES, cells=added(cells))


def search(codes: Any, found: Any, **options: Any) -> Found:
    terms = SliceSearch(features=NAMES, task="regression", **{"at_most": 0.2, **options})
    return search_slices(SliceCounts(tables=[table(codes, found)]), terms)


@pytest.mark.parametrize("shift", [0.8, -0.8])
def test_a_mean_error_may_be_off_to_either_side(shift: float) -> None:
    codes, found = errors(3, shift=shift)

    worst = search(codes, found).worst[0]

    assert worst.values == PLANTED
    assert worst.rate == "mean_error"
    assert worst.worse == pytest.approx(0.8, abs=0.1)
    assert worst.interval[0] < 0.8 < worst.interval[1]


@pytest.mark.parametrize("rate", ["mean_absolute_error", "mean_squared_error"])
def test_larger_errors_are_worse_and_smaller_ones_are_not(rate: str) -> None:
    larger, smaller = (search(*errors(5, spread=s), rates=(rate,)) for s in (2.0, 0.2))

    assert larger.worst[0].values == PLANTED
    assert PLANTED not in [one.values for one in smaller.worst]


def test_the_interval_is_that_of_the_single_rows() -> None:
    codes, found = errors(7, shift=0.8)
    inside = np.all([codes[:, NAMES.index(n)] == int(v) for n, v in PLANTED.items()], axis=0)
    one, other = found[inside], found[~inside]

    worst = search(codes, found).worst[0]

    half = 1.959964 * np.sqrt(one.var() / len(one) + other.var() / len(other))
    apart = one.mean() - other.mean()
    assert worst.interval == pytest.approx((apart - half, apart + half), abs=1e-6)


def test_where_nothing_is_wrong_one_search_in_twenty_says_otherwise() -> None:
    alarms = sum(bool(search(*errors(seed, rows=6000)).worst) for seed in range(60))

    assert alarms <= 8


def test_the_finding_and_the_evidence_are_in_the_units_of_the_data() -> None:
    terms = parse_search({"features": list(NAMES), "at_most": 0.3}, "regression")
    assert terms is not None
    empty = Assessment(report=Report(subject="model", findings=()), body={"features": []})
    counts = SliceCounts(tables=[table(*errors(9, shift=0.8))])

    found = with_slices(empty, counts, terms)

    (finding,) = found.report.findings
    assert finding.verdict is Verdict.FAILED
    assert finding.expected == "no slice worse than the rest by more than 0.3"
    assert "mean_error" in str(finding.reason)
    body = json.loads(json.dumps(found.body))["search"]
    assert body["terms"]["task"] == "regression"
    assert body["terms"]["rates"] == ["mean_error"]
    assert 0 < body["detectable"]["mean_error"] < 1
    assert any("region=1 & age=2: mean_error" in line for line in slices_as_text(found.body))


@pytest.mark.parametrize(
    ("given", "task", "heard"),
    [
        (["region"], "regression", "at_most is missing; of predicted numbers"),
        ({"features": ["a"], "at_most": 1, "rates": ["accuracy"]}, "regression", "rates are of"),
        ({"features": ["a"], "rates": ["true_positive_rate"]}, "multiclass", "rates are of"),
        ({"features": ["a"], "positive_class": "x"}, "binary", "belongs to task='multiclass'"),
        (SliceSearch(features=("a",)), "multiclass", "expected a SliceSearch with task='multi"),
        ({"features": ["a"], "task": "regression"}, "regression", "unknown task"),
    ],
)
def test_what_does_not_fit_the_task_is_named(given: Any, task: str, heard: str) -> None:
    with pytest.raises(ArgumentInvalid, match=heard):
        parse_search(given, task)


def test_each_task_has_its_usual_rates() -> None:
    usual = {
        task: parse_search({"features": ["a"], "at_most": 0.1}, task)
        for task in ("binary", "multiclass", "regression")
    }
    named = parse_search({"features": ["a"], "positive_class": "high"}, "multiclass")

    assert usual["binary"].rates == named.rates  # type: ignore[union-attr]
    assert usual["multiclass"].rates == ("accuracy",)  # type: ignore[union-attr]
    assert usual["regression"].rates == ("mean_error",)  # type: ignore[union-attr]


def test_every_mean_can_be_searched_for() -> None:
    found = search(*errors(11, shift=0.5, spread=2.0), rates=MEANS)

    assert {one.rate for one in found.worst} == {*MEANS}
