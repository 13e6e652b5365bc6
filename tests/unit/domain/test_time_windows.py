from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.quality.time_windows import (
    MOST_WINDOWS,
    Grid,
    Thin,
    runs_of,
    thin_windows,
)

START = datetime(2026, 3, 28, tzinfo=UTC)
HOUR = timedelta(hours=1)


def grid(hours: float, every: timedelta = HOUR, zone: str | None = None) -> Grid:
    return Grid(start=START, end=START + timedelta(hours=hours), every=every, zone=zone)


@given(hours=st.integers(1, 100), every=st.integers(1, 30))
def test_windows_follow_each_other_without_a_hole_and_stay_inside(hours: int, every: int) -> None:
    windows = grid(hours, timedelta(hours=every)).windows

    assert len(windows) == hours // every
    assert all(end - start == timedelta(hours=every) for start, end in windows)
    assert all(a[1] == b[0] for a, b in itertools.pairwise(windows))


@given(counts=st.dictionaries(st.integers(0, 23), st.integers(0, 5)), asked=st.integers(1, 4))
def test_a_window_is_thin_exactly_if_it_has_fewer_rows(counts: dict[int, int], asked: int) -> None:
    thin = thin_windows(grid(24), counts, at_least=asked)

    assert {(window.start - START) // HOUR for window in thin} == {
        hour for hour in range(24) if counts.get(hour, 0) < asked
    }


def test_a_day_of_a_zone_has_the_hours_that_its_clocks_show() -> None:
    lengths = [
        end - start for start, end in grid(96, timedelta(days=1), zone="Europe/Berlin").windows
    ]

    # On the 29th the clocks went forward; the 28th had begun at 23:00 UTC of the day before.
    assert (
        lengths == [timedelta(hours=23), timedelta(hours=24), timedelta(hours=24)][: len(lengths)]
    )
    assert lengths[0] == timedelta(hours=23)


def test_rows_of_a_zones_day_are_summed_over_its_quarters() -> None:
    berlin = grid(72, timedelta(days=1), zone="Europe/Berlin")
    in_the_last_quarter = 23 * 4 - 1

    thin = thin_windows(berlin, {in_the_last_quarter: 7}, at_least=7)

    assert [window.start for window in thin] == [berlin.windows[1][0]]


def test_windows_that_follow_each_other_are_told_as_one() -> None:
    hours = [Thin(start=START + n * HOUR, end=START + (n + 1) * HOUR, rows=n) for n in (0, 1, 5)]

    assert runs_of(hours) == [
        Thin(start=START, end=START + 2 * HOUR, rows=1),
        Thin(start=START + 5 * HOUR, end=START + 6 * HOUR, rows=5),
    ]


def test_a_grid_that_is_far_too_fine_stops_early() -> None:
    assert len(grid(1e6, timedelta(seconds=1)).windows) == MOST_WINDOWS + 1
