"""Patterns that cannot mean the same on an engine are refused there, never reinterpreted."""

from __future__ import annotations

import pytest

from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.patterns import for_postgres


@pytest.mark.parametrize("pattern", ["(?m)a.b", "(?im)a", "(?sm)^a$"])
def test_the_flag_for_many_lines_is_refused_on_postgresql(pattern):
    with pytest.raises(Unmeasurable, match="no counterpart in PostgreSQL"):
        for_postgres(pattern)


def test_the_flags_that_postgresql_knows_are_kept():
    assert for_postgres("(?is)a.b") == "(?i)^(?:a.b)$"
