"""Other places than a spool directory, of each test's own, and nobody who writes there later."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fakes.syncing import ended_with_the_test

from airflow_gov_provider.store.spool import records as spool


@pytest.fixture(autouse=True)
def _other_places(tmp_path_factory, monkeypatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path_factory.mktemp("tmp")))
    monkeypatch.setattr(spool, "_MEMORY", str(tmp_path_factory.mktemp("memory")))


@pytest.fixture(autouse=True)
def _nobody_left(monkeypatch) -> Iterator[None]:
    with ended_with_the_test(monkeypatch):
        yield
