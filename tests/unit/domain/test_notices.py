"""What people are told of an incident, and what is kept of what other people's notifiers say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.incidents.notices import message_of, without_secrets


def test_a_promise_is_told_as_what_it_says():
    details = {"commitment": "by", "promise": "done by 10:00 (Europe/Berlin)"}

    told = message_of("1", {"title": "late"}, {"kind": "opened", "details": details})

    assert "Promise: done by 10:00 (Europe/Berlin)" in told["text"].splitlines()


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ("", ""),
        ("\n  535 authentication failed\nsecond line", "535 authentication failed"),
        (
            "POST https://hooks.example.com/services/T0/B0/XYZ failed: 404",
            "POST https://hooks.example.com/... failed: 404",
        ),
        ("no route to smtp://ada:hunter2@mail:25/", "no route to smtp://mail:25/..."),
        ("('https://chat/x?key=1')", "('https://chat/...')"),
        ("401: token=abc123 is expired", "401: token=... is expired"),
        ("Authorization: Bearer abc.def refused", "Authorization=... refused"),
        ("key sk4f9a8b7c6d5e4f3a2b1c is wrong", "key ... is wrong"),
        ("[Errno 111] Connection refused", "[Errno 111] Connection refused"),
    ],
)
def test_what_helps_is_kept_and_what_may_be_a_secret_is_not(message, kept):
    assert without_secrets(message) == kept


@given(st.text(max_size=5000))
def test_whatever_is_said_is_one_short_line(message):
    told = without_secrets(message)

    assert len(told) <= 203
    assert len(told.splitlines()) <= 1


secrets = st.text("abcdefghijkmnpqrstuvwxyz23456789", min_size=20, max_size=60).filter(
    lambda text: any(letter.isdigit() for letter in text) and any(c.isalpha() for c in text)
)


@given(secrets, st.sampled_from(["{}", "https://host/{}", "https://u:{}@host/", "a {}, b", "x={}"]))
def test_a_long_key_is_kept_nowhere(secret, around):
    assert secret not in without_secrets(around.format(secret))
