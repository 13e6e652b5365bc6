"""Times as people type them, and tables that fit where they are printed."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.cli.rendering import Column, fitted, print_table, shown, task_instance
from airflow_gov_provider.cli.times import moment

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", NOW - timedelta(seconds=90)),
        ("30m", NOW - timedelta(minutes=30)),
        ("24h", NOW - timedelta(days=1)),
        (" 7d ", NOW - timedelta(days=7)),
        ("2w", NOW - timedelta(days=14)),
        ("0s", NOW),
        ("2026-01-30", datetime(2026, 1, 30, tzinfo=UTC)),
        ("2026-01-30T10:00", datetime(2026, 1, 30, 10, tzinfo=UTC)),
        ("2026-01-30 10:00:00+02:00", datetime(2026, 1, 30, 8, tzinfo=UTC)),
        ("2026-01-30T10:00Z", datetime(2026, 1, 30, 10, tzinfo=UTC)),
    ],
)
def test_a_time_is_a_span_back_from_now_or_an_iso_time(text, expected):
    assert moment(text, clock=lambda: NOW) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "7", "d", "-7d", "1.5h", "7y", "999999w", "²d"])
def test_anything_else_is_explained(text):
    with pytest.raises(ArgumentTypeError, match="expected a span such as 30m, 24h or 7d"):
        moment(text, clock=lambda: NOW)


COLUMNS = [
    Column(title="id", kept=True, whole=True),
    Column(title="dag"),
    Column(title="recorded", whole=True),
    Column(title="summary"),
]
widths = st.lists(st.integers(min_value=1, max_value=200), min_size=4, max_size=4)


@given(widths, st.integers(min_value=1, max_value=400))
def test_a_row_fits_the_terminal_unless_only_what_must_be_kept_is_left(natural, available):
    chosen = fitted(COLUMNS, natural, available)

    total = sum(chosen.values()) + 2 * (len(chosen) - 1)
    assert total <= available or chosen.keys() == {0}
    assert chosen[0] == natural[0]
    assert chosen.get(2, natural[2]) == natural[2]
    assert all(
        min(natural[index], 10) <= width <= natural[index] for index, width in chosen.items()
    )


@given(widths)
def test_in_a_pipe_nothing_is_shortened(natural):
    assert fitted(COLUMNS, natural, None) == dict(enumerate(natural))


def test_wide_letters_do_not_bend_a_table(capsys):
    print_table([Column(title="dag"), Column(title="n")], [("数据", 1), ("data", 2)])

    assert capsys.readouterr().out == "dag   n\n数据  1\ndata  2\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        ("", "-"),
        (0, "0"),
        (False, "False"),
        (0.1234567891, "0.123457"),
        (datetime(2026, 1, 31, 13, 0, 0, 999, tzinfo=UTC), "2026-01-31 13:00:00"),
        ("two\nlines\x9b", "two\ufffdlines\ufffd"),
    ],
)
def test_a_value_takes_one_line(value, text):
    assert shown(value) == text


@pytest.mark.parametrize(
    ("task_id", "map_index", "text"),
    [("t", -1, "t"), ("t", None, "t"), ("t", 0, "t[0]"), (None, None, None)],
)
def test_a_mapped_task_instance_shows_its_index(task_id, map_index, text):
    assert task_instance(task_id, map_index) == text
