"""From what was seen of a table to its first contract."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.contracts import suggesting_odcs
from airflow_gov_provider.domain.contracts.linting import lint_text
from airflow_gov_provider.domain.contracts.observed import (
    Observed,
    ObservedColumn,
    look_personal,
    may_be_personal,
)
from airflow_gov_provider.domain.contracts.suggesting import written

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def text_of(*columns, rows=100):
    return written(Observed(source="t", rows=rows, columns=columns), name="t", now=NOW)


def column(name="a", **seen):
    usual = {"physical": "DOUBLE", "family": "floating point", "nulls": 0}
    return ObservedColumn(name=name, **usual | seen)


numbers = st.one_of(
    st.integers(-(10**12), 10**12), st.floats(-1e12, 1e12).filter(lambda x: abs(x) > 1e-6 or x == 0)
)


@given(numbers, numbers)
def test_a_range_holds_what_was_seen_and_little_more(one, other):
    low, high = sorted((one, other))

    bounds = yaml.safe_load(text_of(column(low=low, high=high)))["columns"]["a"]["range"]

    assert bounds["at_least"] <= low <= high <= bounds["at_most"]
    span = (high - low) or abs(high) or 1
    assert bounds["at_most"] - high <= 0.3 * span + 2
    assert not bounds["at_least"] < 0 <= low
    assert math.isfinite(bounds["at_least"])


@given(st.text(min_size=1).filter(str.strip), st.lists(st.text(min_size=1).filter(str.strip)))
def test_any_name_and_any_values_give_a_contract_that_lints_clean(name, values):
    chosen = tuple(dict.fromkeys(values))

    text = text_of(column(name, physical="VARCHAR", family="text", values=chosen, longest=3))
    found = lint_text(text, name="t")

    assert (list(found.errors), list(found.warnings)) == ([], [])
    assert list(yaml.safe_load(text)["columns"]) == [name]
    assert yaml.safe_load(text)["columns"][name].get("accepted_values", []) == list(chosen)


def test_only_the_likeliest_column_is_held_to_be_fresh_and_the_others_are_named():
    day = {"physical": "DATE", "family": "date", "low": date(2026, 1, 5)}

    text = text_of(
        column("ordered", high=date(2026, 11, 20), **day),
        column("loaded_on", high=date(2026, 11, 20), **day),
        column("archived", high=date(2025, 1, 1), **day),
        column("planned", high=date(2027, 1, 1), **day),
    )

    assert yaml.safe_load(text)["columns"]["loaded_on"]["freshness"] == "3d"
    assert text.count("freshness") == 2
    assert "candidate for freshness: the newest value was 1d 12h old" in text


@pytest.mark.parametrize(
    "name", ["email", "customer_name", "PhoneNumber", "ssn", "street", "birth-date", "userIDs"]
)
def test_names_of_personal_data_are_known(name):
    assert may_be_personal(name)


@pytest.mark.parametrize("name", ["sex", "grade", "status", "amount", "country", "filename_kind"])
def test_other_names_are_nobodys(name):
    assert not may_be_personal(name)


@pytest.mark.parametrize(
    "values", [["x", "a@b.org"], ["030-12 34 56"], ["Jane Doe", "John O'Roe"], ["x" * 41]]
)
def test_values_that_look_like_a_persons_are_known(values):
    assert look_personal(values)


@pytest.mark.parametrize("values", [["f", "m"], ["2026-1"], ["open", "in work", "done"]])
def test_words_of_a_system_are_nobodys(values):
    assert not look_personal(values)


def checks_of(*columns, rows=100):
    return yaml.safe_load(text_of(*columns, rows=rows))["columns"]


def key(name, **seen):
    return column(name, **{"physical": "BIGINT", "family": "integer", "is_unique": True} | seen)


def test_the_key_of_a_table_is_the_column_that_is_called_like_one():
    found = checks_of(key("position"), key("customer_id"), key("id"), key("order_id"))

    assert [name for name, checks in found.items() if "primary_key" in checks] == ["id"]
    assert not {"not_null", "unique"} & found["id"].keys()
    assert found["customer_id"]["unique"] is True


@pytest.mark.parametrize(
    "column_of_it", [key("id", is_unique=False), key("id", nulls=1), key("height"), key("valid")]
)
def test_no_key_is_suggested_of_what_is_none_or_is_called_otherwise(column_of_it):
    assert all("primary_key" not in checks for checks in checks_of(column_of_it).values())


@pytest.mark.parametrize(
    ("name", "newest", "holds"),
    [
        ("created_at", datetime(2026, 11, 21, 12, tzinfo=UTC), True),
        ("createdAt", datetime(2026, 11, 21, 12, 0, 1, tzinfo=UTC), False),
        ("loaded_on", date(2026, 11, 21), True),
        ("loaded_on", date(2026, 11, 22), False),
        ("date_of_birth", date(1999, 1, 1), True),
        ("paid_until", datetime(2020, 1, 1, tzinfo=UTC), False),
        ("valid_from", datetime(2020, 1, 1, tzinfo=UTC), False),
        ("when", datetime(2020, 1, 1, tzinfo=UTC), False),
        ("created_at", 3.0, False),
    ],
)
def test_times_of_what_has_happened_stay_in_the_past(name, newest, holds):
    found = checks_of(column(name, high=newest))

    assert ("not_in_future" in found[name]) is holds


def test_keys_and_times_stand_in_an_odcs_contract_too():
    seen = Observed(
        source="t",
        rows=9,
        columns=(key("id"), column("sent", high=datetime(2026, 1, 1, tzinfo=UTC))),
    )
    text = suggesting_odcs.written(seen, name="t", now=NOW)

    checks = {
        check.check_id: check.kind for check in lint_text(text, name="t").contracts[0].expectations
    }

    assert {"unique", "not_null", "not_in_future"} <= set(checks.values())
    assert lint_text(text, name="t").warnings == []
