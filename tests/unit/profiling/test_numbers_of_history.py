"""The numbers that are compared with earlier runs are the same in every engine."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_gov_provider.domain.contracts import load


@pytest.mark.parametrize(
    ("of", "value"),
    [
        ("null_percent", 25.0),
        ("min", 1.0),
        ("max", 9.0),
        ("mean", 4.0),
        ("median", 2.0),
        ("sum", 12.0),
        ("stddev", 19.0**0.5),
    ],
)
def test_a_number_of_a_column(source: Any, of: str, value: float) -> None:
    contract = load(
        {"contract": "c", "version": "1", "checks": [{"anomaly": of, "column": "amount"}]}
    )
    source.create("data", {"amount": "double"}, [(1.0,), (2.0,), (9.0,), (None,)])

    measured = source.profile("data", contract.expectations).measurements[f"amount.anomaly({of})"]

    assert measured.value == pytest.approx(value)


def test_the_number_of_rows(source: Any) -> None:
    check = {"row_count_change": "10%", "where": "amount > 1", "id": "rows"}
    contract = load({"contract": "c", "version": "1", "checks": [check]})
    source.create("data", {"amount": "double"}, [(1.0,), (2.0,), (9.0,), (None,)])

    assert source.profile("data", contract.expectations).measurements["rows"].value == 2


def test_a_time_is_no_number(typed_source: Any) -> None:
    check = {"anomaly": "max", "column": "at", "id": "newest"}
    contract = load({"contract": "c", "version": "1", "checks": [check]})
    typed_source.create("data", {"at": "timestamp"}, [])

    error = typed_source.profile("data", contract.expectations).measurements["newest"].error

    assert error == "a time is no number that could be compared with others"
