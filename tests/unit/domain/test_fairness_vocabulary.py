"""The page of metrics says what the code does; write it anew with GOLDEN_UPDATE=1."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_gov_provider.domain.fairness import METRICS, Threshold, parse_thresholds
from airflow_gov_provider.domain.fairness.facets import FACETS
from airflow_gov_provider.domain.fairness.measures import MEASURES
from airflow_gov_provider.domain.fairness.metric_names import ALIASES
from airflow_gov_provider.domain.fairness.metrics import Kind, Metric, Needs
from airflow_gov_provider.domain.fairness.rates import RATES
from airflow_gov_provider.exceptions import ArgumentInvalid

PAGE = Path(__file__).parents[3] / "docs" / "fairness_metrics.md"

_HEAD = """# Fairness metrics

Every name that `thresholds=` of a `BiasCheck` takes. A difference is the distance of two groups and
a ratio the smaller by the larger, neither with a sign; `..._min` and `..._max` are the value of the
worst group itself. Where a feature has a reference group, its other groups are compared with that
one; otherwise the two groups furthest apart decide.

The metrics of the last two tables have the sign of the tool they are known from, which is kept in
the evidence; a limit is on the absolute value. There a group d is compared with a: the reference
group, or all other groups together. `clarify_...` are those of SageMaker Clarify: d is its
disadvantaged facet, and all are a less d except DCR, SD, DRR and TE, which are d less a, and DI,
which is d by a. CDDL and CDDPL need control features (`given=` or `control_features=`). The
counterfactual flip test (FT), consistency and log loss are refused with the reason.

Kinds of data: *counts* come from `prediction=` or from `score=` with `threshold=`; *scores* need
`score=`; *classes* need `task="multiclass"`, where a metric of counts is taken of every class
against the rest; *residuals* need `task="regression"`. *interval*: whether
`decide_on="interval"` is possible. What thresholds and `BiasCheck` take beside these names is in
[bias_check.md](bias_check.md).
"""


def _page() -> str:
    tables = [
        ("Between groups, and of the worst group", Kind.GAP),
        ("One group against another", Kind.FACET),
        ("Over strata", Kind.DISPARITY),
        ("Spread over everybody or over groups", Kind.INEQUALITY),
    ]
    lines = [_HEAD]
    for title, kind in tables:
        lines += [f"## {title}", "", *_table([m for m in METRICS.values() if m.kind is kind]), ""]
    return "\n".join(lines)


def _table(metrics: list[Metric]) -> Iterator[str]:
    yield "| metric | also | data | limit | interval |"
    yield "|---|---|---|---|---|"
    for metric in metrics:
        others = ", ".join(f"`{a}`" for a, name in ALIASES.items() if name == metric.name)
        limit = f"`{metric.gap.side}` {metric.range}"
        interval = "yes" if metric.has_interval else ""
        yield f"| `{metric.name}` | {others} | {metric.needs.value} | {limit} | {interval} |"


def test_the_page_of_metrics_is_what_the_code_knows() -> None:
    if os.environ.get("GOLDEN_UPDATE"):
        PAGE.write_text(_page())

    assert PAGE.read_text() == _page()


@pytest.mark.parametrize("alias", sorted(ALIASES))
def test_another_name_of_a_metric_is_the_same_demand(alias: str) -> None:
    metric = METRICS[ALIASES[alias]]
    limit = {metric.gap.side: 0.5}

    assert Threshold(metric=alias, **limit) == Threshold(metric=metric.name, **limit)
    assert parse_thresholds({alias: 0.5})[0].metric == metric.name


@pytest.mark.parametrize(
    ("name", "heard"),
    [
        ("FT", "cannot be computed: the flip test asks the model again"),
        ("consistency", "cannot be computed: .* nearest neighbours"),
        ("log_loss", "cannot be computed: one confident mistake"),
        ("clarify_dlp", "did you mean .*clarify_dpl"),
        ("auc_diference", "did you mean auc_difference"),
        ("roc_auc_diff", "did you mean roc_auc_difference"),
    ],
)
def test_a_metric_that_is_none_is_explained(name: str, heard: str) -> None:
    with pytest.raises(ArgumentInvalid, match=heard):
        parse_thresholds({name: 0.1})


@pytest.mark.parametrize(
    ("demand", "heard"),
    [
        ({"matthews_correlation_difference": 3}, "a number from 0 to 2, found 3"),
        ({"matthews_correlation_min": -2}, "a number from -1 to 1, found -2"),
        ({"mean_absolute_error_difference": -1}, "a number of at least 0, found -1"),
        ({"mean_error_max": "1"}, "expected at_most= a number, found '1'"),
        ({"auc_min": {"at_most": 0.8}}, "a smallest value takes at_least"),
        ({"brier_max": {"at_least": 0.8}}, "a largest value takes at_most"),
        ({"f1_min": {"at_least": 0.8, "decide_on": "interval"}}, "no interval"),
        ({"clarify_te": {"at_most": 1, "decide_on": "interval"}}, "no interval"),
        (
            {
                "base_rate_difference": {
                    "at_most": 1,
                    "decide_on": "interval",
                    "given": ["age"],
                    "across": "average",
                }
            },
            "an average over parts has no interval",
        ),
        ({"base_rate_difference": {"at_most": 1, "across": "median"}}, "'worst', 'average'"),
    ],
)
def test_a_limit_outside_of_a_metric_is_refused(demand: dict[str, object], heard: str) -> None:
    with pytest.raises(ArgumentInvalid, match=heard):
        parse_thresholds(demand)


def test_every_metric_is_made_of_something_that_can_be_measured() -> None:
    for metric in METRICS.values():
        if metric.kind is Kind.GAP:
            assert all(name in RATES or name in MEASURES for name in metric.rates), metric
    assert all(facet.shows in RATES or facet.shows in MEASURES for facet in FACETS.values())
    assert {metric.needs for metric in METRICS.values()} == set(Needs)
