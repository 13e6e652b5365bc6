"""Judging: one finding for every expectation, and no way to pass by saying nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.contracts import Contract, NotEvaluated
from airflow_gov_provider.domain.quality.evaluation import evaluate, judge
from airflow_gov_provider.domain.quality.expectations import (
    ROW_CHECKS,
    Bounds,
    CheckKind,
    Expectation,
    Limit,
    LogicalType,
    Measurement,
    Profile,
    Reference,
    Statistic,
    Tolerance,
    Value,
)
from airflow_gov_provider.domain.verdicts import Finding, Severity, Verdict

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PASSED, FAILED, INSUFFICIENT = Verdict.PASSED, Verdict.FAILED, Verdict.INSUFFICIENT


def expect(kind: CheckKind, **fields: Any) -> Expectation:
    return Expectation(**{"check_id": "x", "columns": ("a",), **fields}, kind=kind)


def profile(
    measurement: Measurement | None = None,
    *,
    rows: int = 100,
    columns: Mapping[str, str] | None = None,
) -> Profile:
    return Profile(
        source="t",
        columns={"a": "BIGINT", "b": "VARCHAR"} if columns is None else columns,
        rows=rows,
        measurements={} if measurement is None else {"x": measurement},
    )


def counted(failing: int, total: int = 100) -> Measurement:
    return Measurement(failing=failing, total=total)


def judged(expectation: Expectation, measurement: Measurement | None, **more: Any) -> Finding:
    return judge(expectation, profile(measurement, **more), now=NOW)


def contract(*expectations: Expectation, asked: tuple[NotEvaluated, ...] = ()) -> Contract:
    return Contract(
        id="c",
        version="1",
        name="c",
        format="native",
        expectations=expectations,
        not_evaluated=asked,
        digest="0" * 64,
    )


class TestRowChecks:
    @pytest.mark.parametrize("kind", sorted(ROW_CHECKS))
    def test_no_failing_row_passes_and_one_fails(self, kind: CheckKind):
        assert judged(expect(kind), counted(0)).verdict is PASSED
        finding = judged(expect(kind), counted(1))
        assert finding.verdict is FAILED
        assert (finding.failing, finding.total) == (1, 100)
        assert finding.observed == "1 of 100 rows fail (1%)"
        assert finding.reason == "no row may fail"

    def test_one_row_of_a_hundred_is_one_percent(self):
        check = expect(CheckKind.NOT_NULL, tolerance=Tolerance(share=0.01))
        assert judged(check, counted(1)).verdict is PASSED
        assert judged(check, counted(2)).verdict is FAILED

    @pytest.mark.parametrize(("failing", "total"), [(3, 10), (7, 70), (29, 100), (57, 1000)])
    def test_a_share_is_the_decimal_fraction_that_was_written(self, failing: int, total: int):
        written = float(Decimal(failing) / Decimal(total))
        check = expect(CheckKind.RANGE, tolerance=Tolerance(share=written))
        assert judged(check, counted(failing, total)).verdict is PASSED
        assert judged(check, counted(failing + 1, total)).verdict is FAILED

    def test_a_tolerated_count_is_the_last_that_passes(self):
        check = expect(CheckKind.UNIQUE, tolerance=Tolerance(count=5))
        assert judged(check, counted(5)).verdict is PASSED
        assert judged(check, counted(6)).verdict is FAILED

    def test_a_share_is_of_the_rows_in_scope(self):
        check = expect(CheckKind.RANGE, tolerance=Tolerance(share=0.1))
        assert judged(check, counted(1, total=10), rows=1_000).verdict is PASSED
        assert judged(check, counted(2, total=10), rows=1_000).verdict is FAILED

    def test_a_percentage_of_odcs_is_of_all_rows(self):
        limit = Limit(bounds=Bounds(less_than=1), percent=True)
        check = expect(CheckKind.ACCEPTED_VALUES, limits=(limit,))
        assert judged(check, counted(9, total=10), rows=1_000).verdict is PASSED
        assert judged(check, counted(10, total=10), rows=1_000).verdict is FAILED

    def test_a_limit_may_ask_for_failing_rows(self):
        check = expect(CheckKind.UNIQUE, limits=(Limit(bounds=Bounds(more_than=10)),))
        assert judged(check, counted(10)).verdict is FAILED
        assert judged(check, counted(11)).verdict is PASSED

    def test_all_limits_must_hold(self):
        between = Limit(bounds=Bounds(more_than=2, less_than=6))
        check = expect(
            CheckKind.NOT_NULL,
            limits=(between, Limit(bounds=Bounds(at_least=4, at_most=4), inside=False)),
        )
        verdicts = [judged(check, counted(n)).verdict for n in range(2, 7)]
        assert verdicts == [FAILED, PASSED, FAILED, PASSED, FAILED]


class TestWhatCouldNotBeMeasured:
    @pytest.mark.parametrize("kind", sorted(set(CheckKind) - {"column_exists", "column_type"}))
    def test_is_never_a_pass(self, kind: CheckKind):
        check = expect(kind, bounds=Bounds(at_least=0), max_age=timedelta(days=1))
        for measurement in (None, Measurement(), Measurement(error="no such function")):
            assert judged(check, measurement).verdict is INSUFFICIENT

    def test_its_reason_is_told(self):
        finding = judged(expect(CheckKind.REGEX), Measurement(error="SQLite has no REGEXP"))
        assert finding.reason == "SQLite has no REGEXP"

    def test_no_row_that_meets_the_condition(self):
        check = expect(CheckKind.RANGE, where="b = 'x'")
        finding = judged(check, counted(0, total=0))
        assert (finding.verdict, finding.reason) == (
            INSUFFICIENT,
            "no row meets the condition and has a value",
        )

    def test_a_column_of_nothing_but_null(self):
        finding = judged(expect(CheckKind.RANGE), counted(0, total=0))
        assert (finding.verdict, finding.reason) == (INSUFFICIENT, "no row has a value")

    def test_a_statistic_of_nothing(self):
        check = expect(CheckKind.STATISTIC, statistic=Statistic.MEAN, bounds=Bounds(at_least=0))
        assert judged(check, Measurement(total=0)).verdict is INSUFFICIENT

    @pytest.mark.parametrize("value", ["text", date(2026, 1, 1), True, float("nan")])
    def test_a_statistic_of_another_type_than_its_bounds(self, value: Value):
        check = expect(CheckKind.STATISTIC, statistic=Statistic.MAX, bounds=Bounds(at_least=0))
        assert judged(check, Measurement(value=value, total=5)).verdict is INSUFFICIENT

    def test_what_the_contract_asks_and_nobody_evaluates_is_listed_with_its_severity(self):
        asked = tuple(
            NotEvaluated(
                check_id=f"table.manual.{level}",
                kind="manual",
                subject="table",
                expected="Signed by the owner.",
                reason="a person has to check it",
                severity=level,
            )
            for level in Severity
        )
        hard = evaluate(contract(asked=asked[:1]), profile(), now=NOW)
        soft = evaluate(contract(asked=asked[1:]), profile(), now=NOW)
        assert hard.verdict is INSUFFICIENT
        assert soft.verdict is Verdict.WARNED
        assert soft.findings[0].verdict is INSUFFICIENT


class TestAnEmptyTable:
    def test_fails_a_not_null_check(self):
        finding = judged(expect(CheckKind.NOT_NULL), counted(0, total=0), rows=0)
        assert (finding.verdict, finding.reason) == (FAILED, "the table is empty")

    def test_fails_a_not_null_check_whatever_is_tolerated(self):
        check = expect(CheckKind.NOT_NULL, tolerance=Tolerance(share=1.0), where="b = 1")
        assert judged(check, counted(0, total=0), rows=0).verdict is FAILED

    @pytest.mark.parametrize("kind", sorted(ROW_CHECKS - {CheckKind.NOT_NULL}))
    def test_leaves_other_row_checks_without_an_answer(self, kind: CheckKind):
        check = expect(kind, tolerance=Tolerance(share=1.0))
        finding = judged(check, counted(0, total=0), rows=0)
        assert (finding.verdict, finding.reason) == (INSUFFICIENT, "the table is empty")

    @pytest.mark.parametrize(
        ("bounds", "verdict"),
        [
            (Bounds(at_least=1), FAILED),
            (Bounds(at_most=100), FAILED),
            (Bounds(less_than=100), FAILED),
            (Bounds(at_least=0), PASSED),
            (Bounds(at_least=0, at_most=10), PASSED),
            (Bounds(more_than=0), FAILED),
        ],
        ids=str,
    )
    def test_fails_its_row_count_unless_zero_is_named_as_enough(
        self, bounds: Bounds, verdict: Verdict
    ):
        check = expect(CheckKind.ROW_COUNT, columns=(), bounds=bounds)
        finding = judged(check, Measurement(value=0, total=0), rows=0)
        assert (finding.verdict, finding.observed) == (verdict, 0)

    def test_has_nothing_to_count_bad_rows_among(self):
        check = expect(
            CheckKind.ROW_COUNT, columns=(), where="a < 0", bounds=Bounds(at_least=0, at_most=0)
        )
        assert judged(check, Measurement(value=0), rows=0).verdict is INSUFFICIENT
        assert judged(check, Measurement(value=0), rows=5).verdict is PASSED
        assert judged(check, Measurement(value=1), rows=5).verdict is FAILED

    def test_has_its_columns_all_the_same(self):
        check = expect(CheckKind.COLUMN_EXISTS)
        assert judged(check, None, rows=0).verdict is PASSED


class TestColumns:
    def test_a_missing_one_fails_once_and_leaves_its_other_checks_without_an_answer(self):
        every = contract(
            expect(CheckKind.COLUMN_EXISTS, check_id="exists", columns=("z",)),
            expect(CheckKind.NOT_NULL, check_id="not_null", columns=("z",)),
            expect(CheckKind.UNIQUE, check_id="unique", columns=("a", "z")),
            expect(CheckKind.COLUMN_TYPE, check_id="type", columns=("z",), physical_type="INT"),
        )
        report = evaluate(every, profile(), now=NOW)
        assert [f.verdict for f in report.findings] == [
            FAILED,
            INSUFFICIENT,
            INSUFFICIENT,
            INSUFFICIENT,
        ]
        assert {f.reason for f in report.findings} == {
            "column 'z' does not exist; the table has: a, b"
        }

    def test_of_a_wide_table_not_all_are_listed(self):
        wide = {f"c{n}": "INTEGER" for n in range(200)}
        reason = judged(expect(CheckKind.COLUMN_EXISTS), None, columns=wide).reason or ""
        assert reason.endswith("c29, ...")

    def test_a_type_is_judged_by_what_it_is_called(self):
        check = expect(CheckKind.COLUMN_TYPE, logical_type=LogicalType.STRING)
        assert judged(check, None).verdict is FAILED
        assert judged(check, None, columns={"a": "character varying(20)"}).verdict is PASSED

    @pytest.mark.parametrize("physical", ["", "  ", "GEOGRAPHY_V2"])
    def test_an_unknown_type_answers_nothing(self, physical: str):
        check = expect(CheckKind.COLUMN_TYPE, logical_type=LogicalType.STRING)
        assert judged(check, None, columns={"a": physical}).verdict is INSUFFICIENT

    def test_several_types_may_satisfy_one_check(self):
        check = expect(
            CheckKind.COLUMN_TYPE,
            logical_type=LogicalType.DATE,
            or_types=(LogicalType.TIMESTAMP,),
        )
        assert judged(check, None, columns={"a": "TIMESTAMP"}).verdict is PASSED

    def test_a_physical_type_that_nobody_knows_cannot_be_compared(self):
        check = expect(CheckKind.COLUMN_TYPE, physical_type="NUMBER_38")
        assert judged(check, None).verdict is INSUFFICIENT


class TestStatistics:
    def test_a_mean_at_its_bound_passes_and_beyond_it_fails(self):
        check = expect(
            CheckKind.STATISTIC, statistic=Statistic.MEAN, bounds=Bounds(at_least=0.1, at_most=0.3)
        )
        assert judged(check, Measurement(value=0.1)).verdict is PASSED
        assert judged(check, Measurement(value=0.3)).verdict is PASSED
        assert judged(check, Measurement(value=0.1 + 0.2)).verdict is FAILED

    def test_a_finding_is_called_after_its_statistic(self):
        check = expect(CheckKind.STATISTIC, statistic=Statistic.STDDEV, bounds=Bounds(less_than=5))
        finding = judged(check, Measurement(value=2.5, total=9))
        assert (finding.kind, finding.observed, finding.expected) == ("stddev", 2.5, "< 5")

    def test_the_smallest_text_is_compared_and_not_recorded(self):
        check = expect(CheckKind.STATISTIC, statistic=Statistic.MIN, bounds=Bounds(at_least="B"))
        finding = judged(check, Measurement(value="Ada Lovelace", total=3))
        assert finding.verdict is FAILED
        assert "Ada" not in repr(finding)

    @pytest.mark.parametrize("value", [float("inf"), Decimal("1e400"), 10**30])
    def test_numbers_beyond_the_ordinary_are_compared_as_they_are(self, value: Any):
        check = expect(CheckKind.STATISTIC, statistic=Statistic.SUM, bounds=Bounds(at_most=10))
        assert judged(check, Measurement(value=value)).verdict is FAILED

    def test_times_are_compared_in_utc(self):
        check = expect(
            CheckKind.STATISTIC,
            statistic=Statistic.MAX,
            bounds=Bounds(at_most=datetime(2026, 1, 1, 12, tzinfo=UTC)),
        )
        ahead = timezone(timedelta(hours=2))
        later = datetime(2026, 1, 1, 14, 0, 1, tzinfo=ahead)
        assert judged(check, Measurement(value=datetime(2026, 1, 1, 12))).verdict is PASSED  # noqa: DTZ001
        assert judged(check, Measurement(value=later)).verdict is FAILED


class TestFreshness:
    CHECK = expect(CheckKind.FRESHNESS, max_age=timedelta(hours=24))

    def verdict(self, newest: Value | None) -> Verdict:
        return judged(self.CHECK, Measurement(value=newest, total=9)).verdict

    def test_a_value_of_exactly_the_largest_age_is_fresh(self):
        assert self.verdict(NOW - timedelta(hours=24)) is PASSED
        assert self.verdict(NOW - timedelta(hours=24, seconds=1)) is FAILED

    def test_a_time_without_a_zone_is_utc(self):
        assert self.verdict((NOW - timedelta(hours=24)).replace(tzinfo=None)) is PASSED
        assert self.verdict((NOW - timedelta(hours=25)).replace(tzinfo=None)) is FAILED

    def test_a_date_is_its_first_moment(self):
        assert self.verdict(date(2026, 11, 20)) is PASSED
        assert self.verdict(date(2026, 11, 19)) is FAILED

    def test_times_may_be_written_as_text(self):
        assert self.verdict("2026-11-20 11:00:00") is PASSED
        assert self.verdict("2026-11-18T11:00:00Z") is FAILED

    def test_the_future_fails_beyond_the_difference_of_clocks(self):
        assert self.verdict(NOW + timedelta(minutes=5)) is PASSED
        assert self.verdict(NOW + timedelta(minutes=6)) is FAILED

    def test_tomorrow_is_already_there_in_the_east(self):
        assert self.verdict(date(2026, 11, 21)) is PASSED
        assert self.verdict(date(2026, 11, 22)) is FAILED

    @pytest.mark.parametrize("newest", [None, "yesterday", 1_700_000_000, 1.5, True])
    def test_what_is_no_time_has_no_age(self, newest: Value | None):
        assert self.verdict(newest) is INSUFFICIENT

    def test_the_age_is_told_in_words(self):
        finding = judged(self.CHECK, Measurement(value=NOW - timedelta(days=3, hours=5, minutes=7)))
        assert (finding.observed, finding.expected) == ("3d 5h", "at most 1d")


class TestTheReport:
    def test_findings_say_where_they_come_from(self):
        check = expect(
            CheckKind.FOREIGN_KEY,
            place="checks[3]",
            where="b = 1",
            description="Every order has a customer.",
            dimension="consistency",
            reference=Reference(table="customers", columns=("id",)),
        )
        finding = judged(check, counted(0))
        assert finding.expected == "found in customers (id), where b = 1"
        assert finding.details == {
            "place": "checks[3]",
            "where": "b = 1",
            "dimension": "consistency",
            "description": "Every order has a customer.",
        }

    def test_a_long_list_of_accepted_values_is_cut(self):
        check = expect(CheckKind.ACCEPTED_VALUES, values=tuple(range(20)))
        assert judged(check, counted(0)).expected == "one of 0, 1, 2, 3, 4, 5, 6, 7 and 12 more"


severities = st.sampled_from(list(Severity))
kinds = st.sampled_from(sorted(ROW_CHECKS))
tolerances = st.one_of(
    st.none(),
    st.builds(Tolerance, count=st.integers(0, 120)),
    st.builds(Tolerance, share=st.floats(0, 1)),
)
measurements = st.one_of(
    st.none(),
    st.builds(Measurement, error=st.just("no")),
    st.integers(0, 100).flatmap(
        lambda total: st.builds(Measurement, total=st.just(total), failing=st.integers(0, total))
    ),
)
ORDER = [PASSED, FAILED]


@given(kinds, tolerances, st.integers(0, 99))
def test_one_more_failing_row_never_helps(
    kind: CheckKind, tolerance: Tolerance | None, failing: int
):
    check = expect(kind, tolerance=tolerance)
    fewer, more = (judged(check, counted(n)).verdict for n in (failing, failing + 1))
    assert ORDER.index(fewer) <= ORDER.index(more)


@given(kinds, st.floats(0, 1), st.floats(0, 1), st.integers(0, 100))
def test_more_tolerance_never_hurts(kind: CheckKind, one: float, other: float, failing: int):
    little, much = sorted((one, other))
    strict, lax = (
        judged(expect(kind, tolerance=Tolerance(share=share)), counted(failing)).verdict
        for share in (little, much)
    )
    assert ORDER.index(lax) <= ORDER.index(strict)


@given(
    checks=st.lists(st.tuples(kinds, tolerances, severities, measurements), min_size=1, max_size=6),
    rows=st.integers(0, 3),
)
def test_one_error_that_does_not_pass_is_enough_to_let_nobody_pass(
    checks: list[tuple[CheckKind, Tolerance | None, Severity, Measurement | None]], rows: int
):
    expectations = [
        expect(kind, check_id=str(n), tolerance=tolerance, severity=severity)
        for n, (kind, tolerance, severity, _) in enumerate(checks)
    ]
    measured = {str(n): check[3] for n, check in enumerate(checks) if check[3] is not None}
    table = replace(profile(rows=rows), measurements=measured)
    report = evaluate(contract(*expectations), table, now=NOW)
    assert [f.check for f in report.findings] == [e.check_id for e in expectations]
    blocking = [
        f for f in report.findings if f.severity is Severity.ERROR and not f.verdict.lets_pass
    ]
    assert report.verdict.lets_pass is not bool(blocking)
    if rows == 0:
        assert not any(f.verdict.lets_pass for f in report.findings)
