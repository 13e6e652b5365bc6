"""The story of `make seed-demo` ends with something to look at, whenever it is told."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest

SEED = Path(__file__).parents[2] / "dags_examples" / "seed"


@pytest.fixture
def seed(monkeypatch):
    """Gives modules of the seed, which lie beside each other and in no package."""
    monkeypatch.syspath_prepend(str(SEED))
    before = set(sys.modules)
    yield import_module
    for name in set(sys.modules) - before:
        if str(SEED) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.mark.parametrize("hour", range(24))
def test_the_newest_gate_of_the_mart_failed_and_nobody_has_looked_after_it(seed, hour):
    until = datetime(2026, 11, 22, hour, 20, tzinfo=UTC)
    (trouble,) = (
        one
        for one in seed("story").troubles(until)
        if (one.dag_id, one.task_id) == ("customer_data_mart", "check_customers")
        and until - timedelta(days=2) < datetime.combine(one.day, until.timetz())
    )
    mart = seed("pipelines").MART
    starts = datetime.combine(trouble.day, mart.times[0], tzinfo=UTC)
    before_the_gate = max(step.seconds for step in mart.steps[:2])
    gate = starts + timedelta(seconds=before_the_gate * 1.5)

    assert gate < until
    assert starts > until - seed("people")._UNTOUCHED
