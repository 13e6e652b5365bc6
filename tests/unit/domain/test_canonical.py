"""One byte sequence per value."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.canonical import canonical_bytes, digest, jsonable, parse
from airflow_gov_provider.domain.verdicts import Verdict

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_the_bytes_read_back_as_the_same_value_and_as_the_same_bytes(value):
    content = canonical_bytes(value)

    assert parse(content) == jsonable(value)
    assert canonical_bytes(parse(content)) == content


@given(st.dictionaries(st.text(), st.integers(-1000, 1000)))
def test_the_order_of_keys_does_not_matter(mapping):
    turned = dict(reversed(mapping.items()))

    assert digest(canonical_bytes(mapping)) == digest(canonical_bytes(turned))


def test_numbers_that_json_does_not_have_become_null():
    assert jsonable([math.nan, math.inf, -math.inf]) == [None, None, None]


def test_an_integer_that_other_readers_would_round_becomes_text():
    assert jsonable([2**53, 2**53 - 1]) == ["9007199254740992", 2**53 - 1]


def test_values_of_the_field_have_a_form():
    assert jsonable(
        {
            "verdict": Verdict.FAILED,
            "at": datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
            "day": date(2026, 1, 2),
            "share": Decimal("0.5"),
            "n": np.int64(3),
            "flag": np.bool_(True),
            "names": {"b", "a"},
        }
    ) == {
        "verdict": "FAILED",
        "at": "2026-01-02T03:04:00+00:00",
        "day": "2026-01-02",
        "share": 0.5,
        "n": 3,
        "flag": True,
        "names": ["a", "b"],
    }


def test_an_object_without_a_form_is_refused():
    with pytest.raises(TypeError, match="object has no JSON form"):
        jsonable({"x": object()})
