"""When a check of fairness passes, fails, or has to say that it cannot tell."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_gov_provider.domain.canonical import canonical_bytes
from airflow_gov_provider.domain.fairness import (
    Cell,
    ContingencyTable,
    Counts,
    Groups,
    Threshold,
    evaluate,
)
from airflow_gov_provider.domain.fairness.counts import group_name, group_value, value_name
from airflow_gov_provider.domain.fairness.evaluate import Assessment
from airflow_gov_provider.domain.fairness.rates import rate
from airflow_gov_provider.domain.fairness.text import as_text
from airflow_gov_provider.domain.verdicts import Finding, Verdict


def table(**groups: Counts) -> ContingencyTable:
    return ContingencyTable(features=("g",), cells={(name,): c for name, c in groups.items()})


def selected(chosen: int, of: int) -> Counts:
    """A group in which ``chosen`` of ``of`` rows are selected, all of them rightly."""
    return Counts.of_rows(tp=chosen, tn=of - chosen)


def assess(of: ContingencyTable, *thresholds: Threshold, **options: Any) -> Assessment:
    return evaluate(of, subject="model", thresholds=thresholds, **options)


def only(assessment: Assessment, kind: str) -> Finding:
    (finding,) = [f for f in assessment.report.findings if f.kind == kind]
    return finding


PARITY = Threshold(metric="demographic_parity_difference", at_most=0.1)
FIFTHS = Threshold(metric="four_fifths")


def test_a_gap_within_the_limit_passes() -> None:
    found = only(assess(table(a=selected(50, 100), b=selected(45, 100)), PARITY), PARITY.metric)

    assert found.verdict is Verdict.PASSED
    assert found.observed == pytest.approx(0.05)
    assert found.expected == "<= 0.1"


def test_a_gap_beyond_the_limit_fails_and_names_the_worst_pair() -> None:
    groups = table(a=selected(50, 100), b=selected(45, 100), c=selected(60, 200))

    found = only(assess(groups, PARITY), PARITY.metric)

    assert found.verdict is Verdict.FAILED
    pair = found.details["worst_pair"]
    assert (pair["group"], pair["group_rate"], pair["group_n"]) == ("c", 0.3, 200)
    assert (pair["against"], pair["against_rate"], pair["against_n"]) == ("a", 0.5, 100)
    assert pair["interval"][0] < 0.2 < pair["interval"][1]
    assert found.reason == "selection_rate 0.3000 of c (n=200) against 0.5000 of a (n=100)"


def test_exactly_four_fifths_pass_however_floating_point_rounds_them() -> None:
    assert (32 / 100) / (40 / 100) < 0.8

    found = only(assess(table(a=selected(40, 100), b=selected(32, 100)), FIFTHS), "four_fifths")

    assert found.verdict is Verdict.PASSED


def test_four_fifths_report_how_many_rows_and_how_significant() -> None:
    found = only(assess(table(a=selected(60, 100), b=selected(30, 100)), FIFTHS), "four_fifths")

    pair = found.details["worst_pair"]
    # By hand: z = 0.3 / sqrt(0.45 * 0.55 * 0.02) = 4.264
    assert pair["p_value"] == pytest.approx(2.0e-5, rel=0.01)
    assert (pair["group_n"], pair["against_n"]) == (100, 100)


def test_a_group_too_small_turns_a_pass_into_insufficient() -> None:
    found = only(
        assess(table(a=selected(50, 100), b=selected(45, 100), c=selected(5, 10)), PARITY),
        PARITY.metric,
    )

    assert found.verdict is Verdict.INSUFFICIENT
    assert found.observed == pytest.approx(0.05)
    assert found.reason == "c cannot be compared: 10 judged rows, fewer than 30"


def test_a_group_too_small_cannot_excuse_a_failure_among_the_others() -> None:
    found = only(
        assess(table(a=selected(50, 100), b=selected(5, 100), c=selected(5, 10)), PARITY),
        PARITY.metric,
    )

    assert found.verdict is Verdict.FAILED
    assert found.details["left_out"] == {"c": "10 judged rows, fewer than 30"}


def test_small_groups_can_be_left_out_in_code_and_the_evidence_says_so() -> None:
    assessment = assess(
        table(a=selected(50, 100), b=selected(45, 100), c=selected(0, 10)),
        PARITY,
        groups=Groups(small="ignore"),
    )

    assert only(assessment, PARITY.metric).verdict is Verdict.PASSED
    assert assessment.body["groups"]["small"] == "ignore"
    assert not assessment.body["features"][0]["groups"][2]["sufficient"]


def test_a_small_share_of_the_rows_is_too_small_as_well() -> None:
    groups = table(a=selected(5000, 10_000), b=selected(5000, 10_000), c=selected(0, 100))

    strict = assess(groups, PARITY)
    lenient = assess(groups, PARITY, groups=Groups(min_share=0.02, small="ignore"))

    assert only(strict, PARITY.metric).verdict is Verdict.FAILED
    assert only(lenient, PARITY.metric).verdict is Verdict.PASSED


def test_an_excluded_group_takes_no_part_and_stays_visible() -> None:
    assessment = assess(
        table(a=selected(50, 100), b=selected(45, 100), c=selected(0, 100)),
        PARITY,
        groups=Groups(exclude={"g": frozenset({"c"})}),
    )

    assert only(assessment, PARITY.metric).verdict is Verdict.PASSED
    group = assessment.body["features"][0]["groups"][2]
    assert (group["group"], group["excluded"], group["n"]) == ("c", True, 100)
    assert assessment.body["groups"]["exclude"] == {"g": ["c"]}


def test_a_rate_can_need_more_than_one_row() -> None:
    opportunity = Threshold(metric="equal_opportunity_difference", at_most=0.5)
    groups = table(a=Counts.of_rows(tp=50, fn=50, tn=100), b=Counts.of_rows(fn=2, tn=100))

    by_default = only(assess(groups, opportunity), opportunity.metric)
    asked = only(assess(groups, opportunity, groups=Groups(min_rate_rows=10)), opportunity.metric)

    assert by_default.observed == 0.5
    assert asked.verdict is Verdict.INSUFFICIENT
    assert "b cannot be compared: 2 rows with a positive label, fewer than 10" in str(asked.reason)


def test_a_feature_with_one_group_is_insufficient() -> None:
    found = only(assess(table(a=selected(50, 100)), PARITY), PARITY.metric)

    assert (found.verdict, found.observed) == (Verdict.INSUFFICIENT, None)
    assert found.reason == "a is the only group left to compare by selection_rate"


def test_a_feature_without_any_value_is_insufficient() -> None:
    empty = ContingencyTable(features=("g",), cells={(None,): selected(50, 100)})

    found = only(assess(empty, PARITY), PARITY.metric)

    assert (found.verdict, found.reason) == (
        Verdict.INSUFFICIENT,
        "g has no value in any row",
    )


def test_no_rows_at_all_are_insufficient() -> None:
    assessment = assess(ContingencyTable(features=("g",), cells={}), PARITY)

    assert assessment.report.verdict is Verdict.INSUFFICIENT
    assert {f.verdict for f in assessment.report.findings} == {Verdict.INSUFFICIENT}


def test_half_of_equalized_odds_can_fail_but_not_pass() -> None:
    odds = Threshold(metric="equalized_odds_difference", at_most=0.1)
    no_negatives = Counts.of_rows(tp=90, fn=10)

    equal = table(a=Counts.of_rows(tp=90, fn=10, fp=5, tn=95), b=no_negatives)
    apart = table(a=Counts.of_rows(tp=50, fn=50, fp=5, tn=95), b=no_negatives)

    assert only(assess(equal, odds), odds.metric).verdict is Verdict.INSUFFICIENT
    assert only(assess(apart, odds), odds.metric).verdict is Verdict.FAILED


def test_hundreds_of_small_groups_do_not_flood_the_reason() -> None:
    many = {f"g{i:03}": selected(1, 2) for i in range(300)}
    assessment = assess(table(a=selected(50, 100), b=selected(45, 100), **many), PARITY)

    found = only(assessment, PARITY.metric)
    assert str(found.reason).endswith("295 groups more cannot be compared either")
    assert len(found.details["left_out"]) == 20
    assert found.details["left_out_groups"] == 300
    assert sum(not group["sufficient"] for group in assessment.body["features"][0]["groups"]) == 300


# Reference groups, and all rows together.


def test_with_a_reference_group_only_distances_to_it_count() -> None:
    groups = table(a=selected(60, 100), b=selected(50, 100), c=selected(40, 100))
    limit = Threshold(metric="demographic_parity_difference", at_most=0.15)

    worst_pair = only(assess(groups, limit), limit.metric)
    referred = only(assess(groups, limit, groups=Groups(reference={"g": "b"})), limit.metric)

    assert worst_pair.observed == pytest.approx(0.2)
    assert referred.observed == pytest.approx(0.1)
    assert referred.verdict is Verdict.PASSED


def test_a_reference_group_that_does_not_occur_is_insufficient() -> None:
    groups = table(a=selected(50, 100), b=selected(50, 100))

    found = only(assess(groups, PARITY, groups=Groups(reference={"g": "A"})), PARITY.metric)

    assert found.verdict is Verdict.INSUFFICIENT
    assert found.reason == "the reference group A does not occur; found a, b"


def test_a_reference_group_too_small_is_insufficient() -> None:
    groups = table(a=selected(50, 100), b=selected(50, 100), c=selected(5, 10))

    found = only(assess(groups, PARITY, groups=Groups(reference={"g": "c"})), PARITY.metric)

    assert found.verdict is Verdict.INSUFFICIENT
    assert "the reference group c cannot be compared with" in str(found.reason)


def test_a_group_that_is_ahead_of_the_reference_group_counts_as_well() -> None:
    ahead = table(a=selected(90, 100), b=selected(50, 100))
    ratio = Threshold(metric="demographic_parity_ratio", at_least=0.8)

    found = only(assess(ahead, ratio, groups=Groups(reference={"g": "b"})), ratio.metric)

    assert found.verdict is Verdict.FAILED
    assert found.observed == pytest.approx(5 / 9)


def test_an_intersection_has_a_reference_group_where_its_features_have() -> None:
    cells = {
        (sex, race): selected(n, 100)
        for (sex, race), n in {
            ("F", "X"): 40,
            ("F", "Y"): 50,
            ("M", "X"): 60,
            ("M", "Y"): 55,
        }.items()
    }
    assessment = assess(
        ContingencyTable(features=("sex", "race"), cells=cells),
        Threshold(metric="demographic_parity_difference", at_most=0.12, features=("sex & race",)),
        groups=Groups(reference={"sex": "F", "race": "Y"}),
        intersections=[("sex", "race")],
    )

    found = only(assessment, "demographic_parity_difference")
    assert found.subject == "sex & race"
    assert found.observed == pytest.approx(0.1)
    assert assessment.body["features"][2]["reference"] == "sex=F & race=Y"


def test_a_comparison_with_all_rows_ignores_the_reference_group() -> None:
    groups = table(a=selected(60, 100), b=selected(40, 100))
    limit = Threshold(metric="demographic_parity_difference", at_most=0.1, against="overall")

    found = only(assess(groups, limit, groups=Groups(reference={"g": "nobody"})), limit.metric)

    assert found.verdict is Verdict.PASSED
    assert found.details["worst_pair"]["against"] == "(overall)"


# Deciding on the interval.

SURE = Threshold(metric="demographic_parity_difference", at_most=0.1, decide_on="interval")


def test_enough_rows_let_the_interval_pass() -> None:
    found = only(
        assess(table(a=selected(5000, 10_000), b=selected(4900, 10_000)), SURE), SURE.metric
    )

    assert found.verdict is Verdict.PASSED
    assert found.expected == "<= 0.1 at 0.95 confidence"


def test_what_a_test_decides_is_said_as_it_decides() -> None:
    tested = Threshold(
        metric="demographic_parity_difference", at_most=0.1, decide_on="test", level=0.9
    )
    found = only(assess(table(a=selected(5, 10), b=selected(3, 10)), tested), tested.metric)

    assert found.verdict is Verdict.INSUFFICIENT
    assert found.expected == "<= 0.1 at 0.9 confidence, missed at a false discovery rate of 0.1"


def test_too_few_rows_leave_the_question_open_although_the_estimate_is_fine() -> None:
    found = only(assess(table(a=selected(50, 100), b=selected(49, 100)), SURE), SURE.metric)

    assert found.verdict is Verdict.INSUFFICIENT
    assert found.details["bound"]["value"] > 0.1
    assert "too few rows to tell" in str(found.reason)


def test_an_estimate_beyond_the_limit_fails_on_the_interval_too() -> None:
    found = only(assess(table(a=selected(50, 100), b=selected(39, 100)), SURE), SURE.metric)

    assert found.verdict is Verdict.FAILED


def test_the_interval_of_every_pair_counts_and_not_only_that_of_the_worst() -> None:
    """The small group has the smaller gap and the longer interval."""
    groups = table(a=selected(5000, 10_000), b=selected(4500, 10_000), c=selected(20, 42))

    found = only(assess(groups, SURE), SURE.metric)

    assert found.details["worst_pair"]["group"] == "b"
    assert found.details["interval"][1] < 0.1
    furthest = found.details["bound"]["pair"]
    assert "c" in (furthest["group"], furthest["against"])
    assert found.verdict is Verdict.INSUFFICIENT


def test_a_higher_level_asks_for_more_rows() -> None:
    groups = table(a=selected(500, 1000), b=selected(480, 1000))
    limits = [
        Threshold(
            metric="demographic_parity_difference", at_most=0.07, decide_on="interval", level=level
        )
        for level in (0.9, 0.999)
    ]

    verdicts = [only(assess(groups, limit), limit.metric).verdict for limit in limits]

    assert verdicts == [Verdict.PASSED, Verdict.INSUFFICIENT]


def test_a_ratio_decided_on_its_interval_looks_at_the_lower_end() -> None:
    sure = Threshold(metric="four_fifths", decide_on="interval")

    few = only(assess(table(a=selected(50, 100), b=selected(48, 100)), sure), "four_fifths")
    many = only(
        assess(table(a=selected(5000, 10_000), b=selected(4800, 10_000)), sure), "four_fifths"
    )

    assert few.details["interval"][0] < 0.8
    assert (few.verdict, many.verdict) == (Verdict.INSUFFICIENT, Verdict.PASSED)


def test_groups_in_which_everybody_is_selected_still_have_an_honest_interval() -> None:
    """Katz' formula would say [1, 1] for 30 of 30 against 30 of 30."""
    sure = Threshold(metric="four_fifths", at_least=0.9, decide_on="interval")

    found = only(assess(table(a=selected(30, 30), b=selected(30, 30)), sure), "four_fifths")

    assert found.observed == 1
    assert found.details["interval"][0] == pytest.approx(30 / (30 + 1.959964**2), rel=1e-6)
    assert found.verdict is Verdict.INSUFFICIENT


# Rows without label or prediction.


def test_rows_that_cannot_be_judged_are_counted_and_warned_about() -> None:
    groups = table(a=selected(50, 99) + Counts(unjudged=1), b=selected(50, 100))

    assessment = assess(groups, PARITY)

    found = only(assessment, "judged_rows")
    assert (found.verdict, found.failing, found.total) == (Verdict.WARNED, 1, 200)
    assert assessment.report.verdict is Verdict.WARNED
    assert assessment.body["rows"] == {"total": 200, "judged": 199, "unjudged": 1}


def test_too_many_of_them_are_insufficient() -> None:
    groups = table(a=selected(50, 100) + Counts(unjudged=20), b=selected(50, 100))

    assert only(assess(groups, PARITY), "judged_rows").verdict is Verdict.INSUFFICIENT
    assert only(assess(groups, PARITY, max_unjudged=0.2), "judged_rows").verdict is Verdict.WARNED


def test_too_many_of_them_in_one_group_are_insufficient_however_few_they_are_overall() -> None:
    groups = table(a=selected(5000, 10_000), b=selected(20, 40) + Counts(unjudged=40))

    found = only(assess(groups, PARITY), "judged_rows")

    assert found.observed < 0.05
    assert found.verdict is Verdict.INSUFFICIENT
    assert found.reason == "label or prediction is missing in 50.0% of g=b"


def test_more_than_two_values_of_the_label_are_a_warning() -> None:
    groups = ContingencyTable(
        features=("g",),
        cells={("a",): selected(50, 100), ("b",): selected(50, 100)},
        label_values=5,
        prediction_values=2,
    )

    assert only(assess(groups, PARITY), "two_outcomes").verdict is Verdict.WARNED


# Weights.


def test_weights_shorten_the_effective_sample_and_widen_the_interval() -> None:
    # Half of 100 rows weigh 3, the others 1: (200)² / (50 * 9 + 50) = 80 effective rows.
    uneven = Counts(
        tp=Cell(rows=50, weight=100.0, squares=250.0), tn=Cell(rows=50, weight=100.0, squares=250.0)
    )

    even, weighted = rate("selection_rate", selected(50, 100)), rate("selection_rate", uneven)

    assert even is not None
    assert weighted is not None
    assert weighted.value == even.value
    assert weighted.trials == pytest.approx(80)
    assert weighted.interval(0.95)[0] < even.interval(0.95)[0]


def test_a_group_whose_weights_are_all_zero_has_no_rates() -> None:
    groups = table(
        a=selected(50, 100),
        b=selected(50, 100),
        c=Counts(tp=Cell(rows=100, weight=0.0, squares=0.0)),
    )

    found = only(assess(groups, PARITY), PARITY.metric)

    assert found.verdict is Verdict.INSUFFICIENT
    assert "c cannot be compared" in str(found.reason)


def test_one_weight_beyond_all_others_leaves_a_ratio_open_and_never_passes_it() -> None:
    heavy = Counts(
        tp=Cell(rows=100, weight=100.0, squares=100.0), fn=Cell(rows=1, weight=1e9, squares=1e18)
    )
    sure = Threshold(metric="demographic_parity_ratio", at_least=1e-9, decide_on="interval")

    assessment = assess(table(a=heavy, b=selected(50, 100)), sure)

    found = only(assessment, sure.metric)
    assert found.verdict is Verdict.INSUFFICIENT
    assert "too few rows to tell" in str(found.reason)
    assert canonical_bytes(assessment.body)


# Names of groups.


@pytest.mark.parametrize("text", ["(missing)", "(overall)", "", " a", "'(missing)'", "''"])
def test_no_value_can_pass_itself_off_as_something_else(text: str) -> None:
    shown = value_name(text)

    assert shown != value_name(None)
    assert shown.startswith("'")
    assert shown[1:-1].replace("''", "'") == text


def test_whole_numbers_are_the_same_group_in_an_integer_and_a_float_column() -> None:
    assert group_value(1) == group_value(1.0) == "1"
    assert group_value(1.5) == "1.5"
    assert group_value(float("nan")) is None
    assert group_value(True) == "true"


def test_a_crossed_group_names_its_features() -> None:
    assert group_name(("sex", "race"), ("Female", None)) == "sex=Female & race=(missing)"


# The document and the log.


def test_the_document_is_json_and_holds_every_group_and_metric() -> None:
    assessment = assess(
        ContingencyTable(
            features=("sex", "race"),
            cells={
                ("F", "X"): selected(40, 100),
                ("F", None): selected(0, 3),
                ("M", "X"): selected(50, 100),
            },
        ),
        PARITY,
        FIFTHS,
        intersections=[("sex", "race")],
    )

    body = assessment.body
    canonical_bytes(body)
    assert body["schema"] == "fairness/1"
    assert [f["feature"] for f in body["features"]] == ["sex", "race", "sex & race"]
    female = body["features"][0]["groups"][0]
    assert female["group"] == "F"
    assert female["counts"] == {"tp": 40.0, "fp": 0.0, "fn": 0.0, "tn": 63.0}
    assert female["rates"]["selection_rate"] == 40 / 103
    assert female["rates"]["false_negative_rate"] == 0.0
    assert female["intervals"]["selection_rate"][0] < 40 / 103
    assert [g["group"] for g in body["features"][1]["groups"]] == ["X", "(missing)"]
    assert body["features"][1]["groups"][1]["values"] == {"race": None}
    assert body["features"][1]["groups"][1]["rates"]["positive_predictive_value"] is None
    assert [m["metric"] for m in body["features"][0]["metrics"]] == [PARITY.metric, "four_fifths"]
    assert body["features"][0]["metrics"][0]["threshold"]["at_most"] == 0.1


def test_two_thresholds_on_one_metric_are_two_findings_with_names_of_their_own() -> None:
    warn = Threshold(metric="four_fifths", at_least=0.9, severity="warning")
    assessment = assess(table(a=selected(50, 100), b=selected(43, 100)), FIFTHS, warn)

    checks = [f.check for f in assessment.report.findings if f.kind == "four_fifths"]
    assert checks == ["g:four_fifths", "g:four_fifths#2"]
    assert assessment.report.verdict is Verdict.WARNED


def test_the_log_shows_groups_and_findings() -> None:
    text = as_text(assess(table(a=selected(50, 100), b=selected(5, 100)), PARITY))

    assert "a  100    0.5000" in text
    assert "FAILED: g demographic_parity_difference 0.4500, expected <= 0.1" in text
