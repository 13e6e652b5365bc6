"""Printing one value without the encoder gives the encoder's bytes, and names stay what they were."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.events import canonical_line, printed, task_event_id

_values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.text('ab"\\\x7f\n ')
    | st.just(datetime(2026, 11, 21, tzinfo=UTC))
    | st.lists(st.text() | st.integers(), max_size=3)
)


@given(_values)
def test_a_value_is_printed_as_in_a_canonical_line(value):
    assert printed(value).encode() == canonical_line(value)


@given(st.text(), st.none() | st.integers(), st.integers())
def test_a_name_is_the_hash_of_what_it_stands_for(ti_id, try_number, occurred_ns):
    parts = ["task_instance", ti_id, try_number, "running", occurred_ns]

    name = task_event_id(
        ti_id=ti_id, try_number=try_number, state="running", occurred_ns=occurred_ns
    )

    assert name == hashlib.sha256(canonical_line(parts)).hexdigest()
