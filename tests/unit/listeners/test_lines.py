"""The line that a hook writes is the one that masking, bounding and encoding would have made."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

import pytest
from airflow.sdk._shared.secrets_masker import _secrets_masker
from airflow.sdk.log import redact
from hypothesis import example, given
from hypothesis import strategies as st

from airflow_gov_provider.domain.events import Event, bounded
from airflow_gov_provider.listeners import lines
from airflow_gov_provider.listeners.lines import as_text, event_line

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TOLD = {
    "event_id": "ab" * 32,
    "type": "task_instance.running",
    "state": "running",
    "dag_id": 'a "quoted" name',
    "task_id": "zür\\ich",
    "occurred_at": NOON,
    "map_index": -1,
}

_letters = st.sampled_from('ab c"\\,\n\x00é*_')
_texts = st.text(_letters, max_size=12) | st.text(max_size=5) | st.just("x" * 1001)
_numbers = st.integers() | st.floats() | st.booleans() | st.none()
_others = st.uuids() | st.datetimes(timezones=st.just(UTC)) | st.dictionaries(_texts, _texts)
_names = st.text(string.ascii_lowercase + "_", min_size=1, max_size=12)
_payloads = st.dictionaries(_names, _texts | _numbers | _others, max_size=8)
_secrets = st.lists(st.text(_letters, min_size=1, max_size=4), max_size=3)


@contextmanager
def masking(*, secrets: Iterable[str] = (), hidden: Iterable[str] = ()) -> Iterator[None]:
    """Airflow's masker with these secrets, however short, and these names to hide."""
    masker = _secrets_masker()
    kept = dict(vars(masker))
    masker.reset_masker()
    masker.min_length_to_mask, masker.sensitive_variables_fields = 1, list(hidden)
    for secret in secrets:
        masker.add_mask(secret)
    lines._names_show.cache_clear()  # the names that a site hides are settings
    try:
        yield
    finally:
        lines._names_show.cache_clear()
        vars(masker).clear()
        vars(masker).update(kept)


@given(
    payload=_payloads,
    secrets=_secrets,
    hidden=st.lists(_names, max_size=2),
    max_bytes=st.sampled_from([0, 20, 100, 16_384]),
)
@example(payload={"a": "x b", "b": "c"}, secrets=["b c"], hidden=[], max_bytes=99)
@example(payload={"pool": 1, "queue": 2}, secrets=[], hidden=["pool_queue"], max_bytes=99)
@example(payload={"pool": "", "pid": 7}, secrets=[], hidden=["pid"], max_bytes=99)
@example(payload={"a": 'x"y'}, secrets=['x"y'], hidden=[], max_bytes=99)
@example(
    payload={"a": 0.00001, "b": 1e30, "c": 2.0, "d": 2**60}, secrets=[], hidden=[], max_bytes=99
)
def test_the_short_way_prints_what_the_long_way_does(payload, secrets, hidden, max_bytes):
    known = {name: as_text(value) for name, value in payload.items() if value is not None}

    with masking(secrets=secrets, hidden=hidden):
        line = event_line(TOLD, payload, max_bytes=max_bytes)
        safe = bounded(redact(known), max_bytes=max_bytes)

    assert line == Event(**TOLD, payload=safe).document


@pytest.mark.parametrize("text", ["{}", "before {}", "{} after", "{}{}", 'in "{}"', "\n{}\x00"])
@pytest.mark.parametrize(
    "secret", ["hunter2", 'hun"ter', "hun ter", "hun\\ter", "hünter", "a", ","]
)
def test_a_secret_is_in_no_line(text, secret):
    payload = {"hostname": text.format(secret, secret), "pool": "b"}

    with masking(secrets=[secret]):
        event = Event.from_document(event_line(TOLD, payload, max_bytes=16_384))

    assert secret not in event.payload["hostname"]
    assert "***" in event.payload["hostname"]


def test_a_name_that_the_site_calls_sensitive_is_hidden():
    with masking(hidden=["queue"]):
        line = event_line(TOLD, {"pool": "a", "queue": "b"}, max_bytes=16_384)

    assert Event.from_document(line).payload == {"pool": "a", "queue": "***"}


def test_a_line_can_be_read_back():
    facts = {"ti_id": UUID(int=1), "start_date": NOON, "pid": 3, "ok": True, "owner": None}

    event = Event.from_document(event_line(TOLD, facts, max_bytes=16_384))

    assert {name: getattr(event, name) for name in TOLD} == TOLD
    assert event.payload == {
        "ti_id": str(UUID(int=1)),
        "start_date": NOON.isoformat(),
        "pid": 3,
        "ok": True,
    }
