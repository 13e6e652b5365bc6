"""What docs/bias_check.md says of a BiasCheck is what it takes."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from airflow_gov_provider.domain.fairness.resampling import (
    LEAST_REPLICATES,
    MOST_REPLICATES,
    MOST_SEED,
    least_replicates,
)
from airflow_gov_provider.domain.fairness.slice_terms import SliceSearch
from airflow_gov_provider.domain.fairness.thresholds import DecideOn, Threshold
from airflow_gov_provider.operators.bias import BiasCheck

PAGE = (Path(__file__).parents[2] / "docs" / "bias_check.md").read_text()
_BEFORE, *_PARTS = re.split(r"^## ", PAGE, flags=re.MULTILINE)
_OF = {part.splitlines()[0]: part for part in _PARTS}
_THRESHOLD, _INTERVALS, _SEARCH = (
    _OF[heading] for heading in ("What a threshold takes", "Intervals", "Search")
)


def _named(part: str) -> set[str]:
    """The first cells of a part's tables."""
    cells = re.findall(r"^\| (`.*?) \|", part, flags=re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def test_the_example_is_a_check() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    found: dict[str, Any] = {}
    exec(code, found)  # noqa: S102

    assert isinstance(found["check_loans"], BiasCheck)


@pytest.mark.parametrize(
    ("part", "known"),
    [
        (_BEFORE, set(inspect.signature(BiasCheck).parameters)),
        (_THRESHOLD, set(Threshold.__dataclass_fields__) | set(DecideOn)),
        (_SEARCH, set(SliceSearch.__dataclass_fields__)),
    ],
    ids=["arguments", "thresholds", "search"],
)
def test_every_word_of_its_tables_is_known(part: str, known: set[str]) -> None:
    assert _named(part)
    assert _named(part) <= known


def test_every_argument_has_a_row() -> None:
    taken = inspect.signature(BiasCheck).parameters.values()
    own = {each.name for each in taken if each.kind is inspect.Parameter.KEYWORD_ONLY}

    assert own
    assert own - _named(_BEFORE) == set()


def test_the_usual_values_are_those_of_the_signature() -> None:
    rows = re.findall(r"^\| (`.*?) \| (.*?) \|", _BEFORE, flags=re.MULTILINE)
    usual = {name: value.strip('`"') for cell, value in rows for name in [cell.strip("`")]}
    taken = inspect.signature(BiasCheck).parameters

    told = {
        name: value
        for name, value in usual.items()
        if name in taken and re.fullmatch(r"\S+", value)
    }
    for name in ("task", "intersections", "min_group_size", "max_unjudged_share", "max_groups"):
        assert name in told
    for name, value in told.items():
        default = taken[name].default
        if name != "positive_prediction":
            assert value == (f"{default:g}" if isinstance(default, float) else str(default))


def test_every_way_to_decide_is_explained() -> None:
    assert set(DecideOn) <= _named(_THRESHOLD)


def test_the_bounds_of_the_resampling_are_those_it_has() -> None:
    least, most, seed = f"{LEAST_REPLICATES}", f"{MOST_REPLICATES:,}", f"{MOST_SEED:,}"

    assert f"{least} to {most}" in _BEFORE
    assert f"0 to {seed}" in _BEFORE
    assert f"{least_replicates(0.95)} for 0.95" in _INTERVALS
