"""An Airflow with rows in its tables, and a governance database of each supported kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fakes.actions import ActionMetadata


@pytest.fixture
def metadata() -> Iterator[ActionMetadata]:
    made = ActionMetadata()
    yield made
    made.clear()


@pytest.fixture
def session(metadata: ActionMetadata) -> Iterator[Any]:
    from airflow.utils.session import create_session

    with create_session(scoped=False) as opened:
        yield opened


@pytest.fixture
def store(store_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A migrated governance database that the settings point at."""
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", store_url)
    return store_url
