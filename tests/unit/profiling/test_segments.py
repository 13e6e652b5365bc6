"""The same check in each group of rows, in every engine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_gov_provider.domain.contracts import Contract, load
from airflow_gov_provider.domain.quality.evaluation import evaluate
from airflow_gov_provider.domain.verdicts import Finding, Verdict
from airflow_gov_provider.exceptions import ContractInvalid
from airflow_gov_provider.profiling.engines.dialects import DuckDB
from airflow_gov_provider.profiling.places.source import TableSource
from airflow_gov_provider.profiling.places.sql import profile_table
from tests.unit.profiling.conftest import Files

NOW = datetime(2026, 6, 1, tzinfo=UTC)
COLUMNS = {"country": "text", "amount": "integer"}
Found = Callable[..., Finding]


def contract(check: Mapping[str, Any]) -> Contract:
    return load({"contract": "c", "version": "1", "checks": [check]})


@pytest.fixture
def found(source: Any) -> Found:
    def judged(rows: list[tuple[Any, ...]], check: Mapping[str, Any]) -> Finding:
        source.create("data", COLUMNS, rows)
        read = contract(check)
        report = evaluate(read, source.profile("data", read.expectations), now=NOW)
        return report.findings[-1]

    return judged


def by(rows: int = 1, **more: Any) -> dict[str, Any]:
    return {"columns": ["country"], "at_least_rows": rows, **more}


def worst(finding: Finding) -> list[Any]:
    listed: Any = finding.details["worst"]
    return [entry["group"] for entry in listed]


def test_the_worst_group_is_named_though_the_whole_table_would_pass(found: Found) -> None:
    rows = [("DE", n) for n in range(96)] + [("FR", n) for n in range(2)] + [("FR", None)] * 2
    check = {"not_null": True, "column": "amount", "tolerance": "5%", "segment_by": by()}

    finding = found(rows, check)

    assert finding.verdict is Verdict.FAILED
    assert finding.kind == "not_null"
    assert finding.subject == "amount by country"
    assert finding.observed == "1 of 2 groups do not pass, 2 of 100 rows fail (2%)"
    assert finding.reason == (
        "country=FR: found 2 of 4 rows fail (50%), more rows fail than the contract tolerates"
    )
    assert (finding.total, finding.failing) == (100, 2)
    assert worst(finding) == ["country=FR", "country=DE"]


def test_a_number_of_each_group_is_held_against_the_bounds(found: Found) -> None:
    rows = [("DE", 10), ("DE", 20), ("FR", 1), ("FR", 3), (None, 15)]
    check = {"mean": {"at_least": 5}, "column": "amount", "segment_by": by()}

    finding = found(rows, check)

    assert finding.verdict is Verdict.FAILED
    assert worst(finding)[0] == "country=FR"
    assert sorted(worst(finding)) == ["country=(none)", "country=DE", "country=FR"]
    assert finding.observed == "1 of 3 groups do not pass"
    assert finding.reason == "country=FR (2 rows): found 2.0, outside the bounds"


def test_a_group_without_a_number_is_told_with_its_rows(found: Found) -> None:
    rows = [("DE", 10), ("DE", 20), ("FR", None)]

    finding = found(rows, {"mean": {"at_least": 5}, "column": "amount", "segment_by": by()})

    assert finding.verdict is Verdict.INSUFFICIENT
    assert finding.reason == "country=FR (1 row): there was no value to take"


def test_the_worst_group_is_told_without_a_value_of_its_rows(found: Found) -> None:
    check = {"accepted_values": ["A"], "column": "country"}
    groups = {"columns": ["amount"], "at_least_rows": 1}

    finding = found([("A", 1), ("SECRET", 2)], {**check, "segment_by": groups})

    assert finding.reason == "amount=2: found 1 of 1 rows fail (100%), no row may fail"
    assert "SECRET" not in str(finding.as_json())


def test_an_estimate_in_a_group_is_called_one(found: Found, source: Any) -> None:
    median = {"median": {"at_most": 5, "approximate": True}, "column": "amount", "segment_by": by()}

    finding = found([("DE", 1), ("DE", 2)], median)

    assert finding.verdict is Verdict.PASSED
    assert finding.details.get("approximate") == (
        DuckDB().quantile_method if isinstance(source, Files) else None
    )


def test_rows_are_counted_in_each_group(found: Found) -> None:
    rows = [("DE", 1)] * 3 + [("FR", 1)]

    finding = found(rows, {"row_count": {"at_least": 2}, "segment_by": by()})

    assert (finding.verdict, worst(finding)[0]) == (Verdict.FAILED, "country=FR")


def test_small_groups_are_judged_together_where_rows_fail(found: Found) -> None:
    rows = [("DE", 1)] * 30 + [(f"C{n}", None if n < 15 else 1) for n in range(40)]
    check = {"not_null": True, "column": "amount", "tolerance": "10%", "segment_by": by(30)}

    finding = found(rows, check)

    assert finding.verdict is Verdict.FAILED
    assert worst(finding) == ["40 groups below 30 rows", "country=DE"]
    assert finding.details["small_groups_judged"] == "together"


def test_too_few_rows_for_a_share_are_told_and_not_judged(found: Found) -> None:
    rows = [("DE", 1)] * 30 + [("FR", None)]
    check = {"not_null": True, "column": "amount", "tolerance": "5%", "segment_by": by(30)}

    finding = found(rows, check)

    assert finding.verdict is Verdict.PASSED
    assert finding.details["small_groups"] == 1
    assert finding.details["rows_of_small_groups"] == 1
    assert finding.details["small_groups_judged"] == "not"


def test_a_row_that_may_not_fail_is_not_excused_by_the_size_of_its_group(found: Found) -> None:
    rows = [("DE", 1)] * 30 + [("FR", None), ("NL", 1)]
    check = {"not_null": True, "column": "amount", "segment_by": by(30)}

    finding = found(rows, check)

    assert (finding.verdict, finding.failing) == (Verdict.FAILED, 1)
    assert worst(finding)[0] == "2 groups below 30 rows"


def test_small_groups_without_a_value_are_told_and_block_nobody(found: Found) -> None:
    check = {"range": {"at_least": 0}, "column": "amount", "segment_by": by(30)}

    finding = found([("DE", 1)] * 30 + [("FR", None)], check)

    assert finding.verdict is Verdict.PASSED
    assert finding.details["small_groups_judged"] == "not"


def test_no_group_is_too_small_to_ask_how_large_it_is(found: Found) -> None:
    rows = [("DE", 1)] * 40 + [("FR", 1)] * 5

    finding = found(rows, {"row_count": {"at_least": 20}, "segment_by": "country"})

    assert finding.verdict is Verdict.FAILED
    assert finding.expected == "row count >= 20, in each group by country"
    assert worst(finding)[0] == "country=FR"


@pytest.mark.parametrize("rows", [[], [("DE", 1), ("FR", 1)]])
def test_without_a_group_that_is_large_enough_nothing_is_known(
    found: Found, rows: list[tuple[Any, ...]]
) -> None:
    finding = found(rows, {"mean": {"at_least": 0}, "column": "amount", "segment_by": "country"})

    assert finding.verdict is Verdict.INSUFFICIENT


def test_a_group_without_an_answer_keeps_the_check_from_passing(found: Found) -> None:
    rows = [("DE", 1), ("DE", 2), ("FR", None)]

    finding = found(rows, {"mean": {"at_least": 0}, "column": "amount", "segment_by": by()})

    assert finding.verdict is Verdict.INSUFFICIENT
    assert worst(finding)[0] == "country=FR"


def test_too_many_groups_are_a_mistake_in_their_choice(found: Found) -> None:
    rows = [(f"C{n}", n) for n in range(5)]
    check = {"not_null": True, "column": "amount", "segment_by": by(at_most_groups=4)}

    finding = found(rows, check)

    assert finding.verdict is Verdict.INSUFFICIENT
    assert finding.reason is not None
    assert finding.reason.startswith("there are more than 4 groups")


@pytest.mark.parametrize("word", ["not_null", "median", "failed_rows"])
def test_a_group_that_is_no_number_is_told_and_stops_nothing(postgres: Any, word: str) -> None:
    postgres.execute("CREATE TABLE data (amount integer, score numeric)")
    postgres.execute("INSERT INTO data VALUES (1, 'NaN'), (2, 'NaN'), (3, 1), (NULL, 2)")
    postgres.commit()
    asked: dict[str, Any] = {
        "not_null": {"not_null": "amount"},
        "median": {"median": {"column": "amount", "at_least": 0}},
        "failed_rows": {"failed_rows": {"query": "SELECT * FROM {table} WHERE amount > 9"}},
    }
    read = contract({**asked[word], "segment_by": {"columns": ["score"], "at_least_rows": 1}})

    profile = profile_table(postgres, "postgres", TableSource(table="data"), read.expectations)

    finding = evaluate(read, profile, now=NOW).findings[-1]
    assert finding.verdict is (Verdict.FAILED if word == "not_null" else Verdict.INSUFFICIENT)
    assert finding.reason is not None


def test_no_two_groups_have_the_same_name(found: Found) -> None:
    labels = [None, "(none)", '"(none)"', "a, b", '"a, b"', 'a "b"']
    rows = [(label, number) for number, label in enumerate(labels)]

    finding = found(rows, {"row_count": {"at_least": 2}, "segment_by": by()})

    assert sorted(worst(finding)) == sorted(
        [
            "country=(none)",
            'country="(none)"',
            r'country="\"(none)\""',
            'country="a, b"',
            r'country="\"a, b\""',
            'country=a "b"',
        ]
    )


def test_a_column_that_is_not_there_makes_no_groups(found: Found) -> None:
    finding = found([("DE", 1)], {"not_null": True, "column": "amount", "segment_by": "land"})

    assert finding.verdict is Verdict.INSUFFICIENT
    assert finding.reason is not None
    assert "'land'" in finding.reason


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "é", None]), st.one_of(st.none(), st.integers(-5, 5))
    ),
    max_size=40,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS)
def test_each_group_is_what_the_rows_of_the_group_alone_would_be(
    rows: list[tuple[Any, ...]], sqlite: Any
) -> None:
    from airflow_gov_provider.profiling.places.source import TableSource
    from airflow_gov_provider.profiling.places.sql import profile_table

    sqlite.execute("DROP TABLE IF EXISTS t")
    sqlite.execute("CREATE TABLE t (country TEXT, amount INTEGER)")
    sqlite.executemany("INSERT INTO t VALUES (?, ?)", rows)
    sqlite.commit()
    read = contract({"range": {"at_least": 0}, "column": "amount", "segment_by": by()})
    expected: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for country, amount in rows:
        counts = expected[f"country={country if country is not None else '(none)'}"]
        counts[0] += 1
        counts[1] += amount is not None
        counts[2] += amount is not None and amount < 0

    profile = profile_table(sqlite, "sqlite", TableSource(table="t"), read.expectations)

    groups = profile.measurements["amount.range.by(country)"].groups
    measured = {g.name: [g.rows, g.measurement.total, g.measurement.failing] for g in groups}
    assert measured == dict(expected)


@pytest.mark.parametrize(
    ("check", "problem"),
    [
        ({"not_null": True, "column": "a", "segment_by": []}, "at least one column"),
        ({"not_null": True, "column": "a", "segment_by": {"column": "b"}}, "unknown key 'column'"),
        (
            {"not_null": True, "column": "a", "segment_by": {"columns": "b", "at_least_rows": 0}},
            "expected 1 or more",
        ),
        ({"type": "integer", "column": "a", "segment_by": "b"}, "unknown key 'segment_by'"),
    ],
)
def test_a_slip_of_the_pen_is_told(check: dict[str, Any], problem: str) -> None:
    with pytest.raises(ContractInvalid, match=problem):
        contract(check)


@pytest.mark.parametrize("approximate", [True, False])
def test_different_values_are_counted_in_each_group(found: Found, *, approximate: bool) -> None:
    rows = [("DE", 1), ("DE", 2), ("DE", 2), ("DE", None), ("FR", 3), ("FR", 3)]
    asked = {"at_least": 2, "approximate": approximate}

    finding = found(rows, {"distinct_count": asked, "column": "amount", "segment_by": by()})

    assert (finding.verdict, worst(finding)) == (Verdict.FAILED, ["country=FR", "country=DE"])


def test_different_values_a_row_are_weighed_in_each_group(found: Found) -> None:
    rows = [("DE", 1), ("DE", 2), ("FR", 3), ("FR", 3), ("FR", None)]
    asked = {"distinct_ratio": {"at_least": 0.6}, "column": "amount", "segment_by": by()}

    assert worst(found(rows, asked)) == ["country=FR", "country=DE"]
