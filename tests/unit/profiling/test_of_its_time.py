"""Freshness, ages and gaps, held against the moment of a run: the same in every engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from airflow_gov_provider.domain.contracts import Contract, load
from airflow_gov_provider.domain.quality.evaluation import evaluate
from airflow_gov_provider.domain.quality.occasions import Occasion, settled
from airflow_gov_provider.domain.verdicts import Finding, Verdict
from airflow_gov_provider.exceptions import ContractInvalid

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
END = datetime(2026, 3, 2, tzinfo=UTC)
BACKFILL = Occasion(now=NOW, logical=END, start=END - timedelta(days=1), end=END)
TIMES = {"at": "timestamp"}
Rows = list[tuple[Any, ...]]
Found = Callable[..., Finding]


def contract(check: Mapping[str, Any]) -> Contract:
    return load({"contract": "c", "version": "1", "checks": [check]})


@pytest.fixture
def found(source: Any) -> Found:
    """The finding of one check on one table on one occasion."""

    def judged(
        columns: Mapping[str, str],
        rows: Rows,
        check: Mapping[str, Any],
        occasion: Occasion = BACKFILL,
    ) -> Finding:
        source.create("data", columns, rows)
        meant = settled(contract(check), occasion)
        report = evaluate(meant, source.profile("data", meant.expectations), now=occasion.now)
        return report.findings[-1]

    return judged


def at(hours: float, *, before: datetime = END) -> tuple[Any, ...]:
    return ((before - timedelta(hours=hours)).replace(tzinfo=None),)


def fresh(**more: Any) -> dict[str, Any]:
    return {"freshness": {"max_age": "6h", "column": "at", **more}}


def test_a_backfill_is_judged_by_its_own_day(found: Found) -> None:
    rows = [at(30), at(5), at(-24 * 60)]  # the last one is of another day, months later

    finding = found(TIMES, rows, fresh(relative_to="logical_date"))

    assert finding.verdict is Verdict.PASSED
    assert finding.observed == "5h"
    assert finding.expected == "at most 6h at the logical date"


def test_rows_that_came_later_do_not_make_an_old_day_fresh(found: Found) -> None:
    finding = found(TIMES, [at(30), at(-1)], fresh(relative_to="logical_date"))

    assert finding.verdict is Verdict.FAILED
    assert finding.observed == "1d 6h"


def test_a_day_before_all_rows_is_insufficient(found: Found) -> None:
    finding = found(TIMES, [at(-1)], fresh(relative_to="logical_date"))

    assert finding.verdict is Verdict.INSUFFICIENT
    assert finding.reason == "no value is from before 2026-03-02T00:00:00+00:00"


def test_without_a_run_there_is_no_logical_date(found: Found) -> None:
    finding = found(TIMES, [at(1)], fresh(relative_to="logical_date"), Occasion(now=NOW))

    assert finding.verdict is Verdict.INSUFFICIENT
    assert finding.reason is not None
    assert "--logical-date" in finding.reason


def test_dates_and_zones_are_held_against_the_same_moment(found: Found) -> None:
    rows = [(date(2026, 3, 1), END - timedelta(hours=2)), (date(2026, 3, 9), END)]
    columns = {"day": "date", "at": "instant"}

    by_day = found(
        columns,
        rows,
        {"freshness": {"column": "day", "max_age": "24h", "relative_to": "logical_date"}},
    )

    assert (by_day.verdict, by_day.observed) == (Verdict.PASSED, "1d")


def test_values_after_the_moment_are_in_the_future(found: Found) -> None:
    rows: Rows = [at(1), at(-0.05), at(-1), (None,)]
    check = {"not_in_future": True, "column": "at", "relative_to": "logical_date"}

    finding = found(TIMES, rows, check)

    assert (finding.total, finding.failing) == (3, 1)  # three minutes are how clocks differ
    assert finding.expected == "not after the logical date"


def test_what_clocks_may_differ_by_can_be_said(found: Found) -> None:
    check = {"not_in_future": {"allow": "2h", "relative_to": "logical_date"}, "column": "at"}

    assert found(TIMES, [at(-1), at(-3)], check).failing == 1


@pytest.mark.parametrize(("word", "failing"), [("older_than", 1), ("newer_than", 2)])
def test_ages_have_a_least_and_a_most(found: Found, word: str, failing: int) -> None:
    rows = [at(10), at(48), at(72), at(48.001)]
    check = {word: {"age": "2d", "relative_to": "logical_date"}, "column": "at"}

    assert found(TIMES, rows, check).failing == failing


def test_an_hour_without_rows_is_named(found: Found) -> None:
    rows = [at(24 - hour - 0.5) for hour in range(24) if hour not in (3, 4, 20)]
    rows += [at(24.5), at(-0.5), (None,)]

    finding = found(TIMES, rows, {"gaps": "1h", "column": "at"})

    assert finding.verdict is Verdict.FAILED
    assert finding.observed == "3 of 24 windows hold fewer"
    assert finding.reason is not None
    assert finding.reason.startswith("too few rows from 2026-03-01T03:00:00+00:00 to ")
    assert list(finding.details["missing"]) == [  # type: ignore[arg-type]
        "2026-03-01T03:00:00+00:00 to 2026-03-01T05:00:00+00:00: 0 rows",
        "2026-03-01T20:00:00+00:00 to 2026-03-01T21:00:00+00:00: 0 rows",
    ]


def test_a_window_holds_its_beginning_and_not_its_end(found: Found) -> None:
    rows = [at(hours) for hours in range(1, 25)]

    assert found(TIMES, rows, {"gaps": "1h", "column": "at"}).verdict is Verdict.PASSED


def test_windows_may_reach_further_back_than_the_run(found: Found) -> None:
    rows = [at(24 * days - 1) for days in range(1, 8) if days != 3]
    check = {"gaps": {"every": "1d", "over": "7d"}, "column": "at"}

    finding = found(TIMES, rows, check)

    assert finding.observed == "1 of 7 windows hold fewer"
    assert finding.expected == "at least 1 row in every 1d of the last 7d"


def test_rows_before_1970_have_windows_as_well(found: Found) -> None:
    end = datetime(1960, 1, 2, tzinfo=UTC)
    occasion = Occasion(now=NOW, logical=end, start=end - timedelta(hours=3), end=end)
    rows = [at(0.25, before=end), at(2.75, before=end)]

    finding = found(TIMES, rows, {"gaps": "1h", "column": "at"}, occasion)

    assert list(finding.details["missing"]) == [  # type: ignore[arg-type]
        "1960-01-01T22:00:00+00:00 to 1960-01-01T23:00:00+00:00: 0 rows"
    ]


def test_a_run_without_an_interval_has_no_windows(found: Found) -> None:
    occasion = Occasion(now=NOW, logical=END, start=END, end=END)

    finding = found(TIMES, [at(1)], {"gaps": "1h", "column": "at"}, occasion)

    assert finding.verdict is Verdict.INSUFFICIENT
    assert finding.reason is not None
    assert "'over'" in finding.reason


@pytest.mark.parametrize(
    ("check", "problem"),
    [
        ({"gaps": {}, "column": "at"}, "'every' is missing"),
        ({"gaps": "often", "column": "at"}, "expected a duration"),
        ({"gaps": {"every": "1h", "at_least": 0}, "column": "at"}, "expected 1 or more"),
        ({"gaps": {"every": "1d", "over": "1h"}, "column": "at"}, "shorter than one window"),
        ({"gaps": {"every": "1d", "zone": "Mars/Base"}, "column": "at"}, "expected a time zone"),
        ({"older_than": {}, "column": "at"}, "'age' is missing"),
        ({"freshness": {"max_age": "1d", "relative_to": "noon"}, "column": "at"}, "unknown value"),
    ],
)
def test_a_slip_of_the_pen_is_told_with_its_place(check: dict[str, Any], problem: str) -> None:
    with pytest.raises(ContractInvalid, match=problem):
        contract(check)
