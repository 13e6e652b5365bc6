"""Other places than a spool directory, of each test's own."""

from __future__ import annotations

import pytest

from airflow_gov_provider.store.spool import records as spool


@pytest.fixture(autouse=True)
def _other_places(tmp_path_factory, monkeypatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path_factory.mktemp("tmp")))
    monkeypatch.setattr(spool, "_MEMORY", str(tmp_path_factory.mktemp("memory")))
