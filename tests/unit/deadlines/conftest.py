"""A real Airflow that knows no Dags yet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fakes.dag_bag import DagBag


@pytest.fixture
def dag_bag() -> Iterator[DagBag]:
    made = DagBag()
    yield made
    made.clear()
