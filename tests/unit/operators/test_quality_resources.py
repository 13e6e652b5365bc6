"""What the settings say of memory, disk and connections reaches the profile of a gate."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from airflow_gov_provider.exceptions import ArgumentInvalid, SourceUnavailable
from airflow_gov_provider.operators.quality_source import Database, Files, resources


@pytest.fixture
def people(tmp_path: Path) -> Files:
    path = tmp_path / "people.csv"
    path.write_text("name,age\nAnn,40\n")
    return Files(path=str(path))


def test_memory_and_directory_are_those_of_the_settings(
    people: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__PROFILING_MEMORY", "512MB")
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__PROFILING_SPILL_DIR", str(tmp_path))

    assert (resources().memory, resources().spill) == (512 * 1024**2, tmp_path)
    assert people.profile([]).rows == 1


def test_a_size_that_is_none_is_refused_before_anything_is_read(
    people: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__PROFILING_MEMORY", "plenty")

    with pytest.raises(ArgumentInvalid, match="profiling_memory is 'plenty'"):
        people.profile([])


def test_a_directory_that_is_not_there_is_no_finding(
    people: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__PROFILING_SPILL_DIR", str(tmp_path / "gone"))

    with pytest.raises(SourceUnavailable, match="profiling_spill_dir"):
        people.profile([])


@pytest.mark.parametrize(("connections", "may"), [(None, "may"), ("2", "may"), ("1", "")])
def test_a_gate_keeps_to_one_connection_where_the_setting_says_so(
    connections: str | None, may: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow_gov_provider.profiling.places import sql

    if connections is not None:
        monkeypatch.setenv("AIRFLOW__GOVERNANCE__PROFILING_CONNECTIONS", connections)
    path = tmp_path / "data.db"
    sqlite3.connect(path).close()
    monkeypatch.setenv("AIRFLOW_CONN_DATA", json.dumps({"conn_type": "sqlite", "host": str(path)}))
    given = {}
    monkeypatch.setattr(sql, "profile_table", lambda *_, **more: given.update(more))

    Database(conn_id="data", table="t", query=None).profile([])

    assert (given["another"] is not None) is bool(may)
