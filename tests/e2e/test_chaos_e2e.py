"""The short version of ``make chaos``, on an Airflow of its own."""

from __future__ import annotations

import pytest
from chaos.scenario import play

pytestmark = pytest.mark.e2e


def test_nothing_is_missing_or_double_after_processes_and_a_database_were_killed():
    outcome = play(transitions=300, seed=7, within=45)

    assert outcome.is_well, f"\n{outcome}"
    assert outcome.reckoning.transitions >= 300
    assert sum(outcome.strikes.values()) >= 5
