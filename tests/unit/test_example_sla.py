"""The example with promises keeps what it says, on a real Airflow's tables."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes.dag_bag import DagBag
from sqlalchemy import create_engine

from airflow_gov_provider.collector.sla.catalog import Catalogue
from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.domain.sla.commitments import Kind
from airflow_gov_provider.store.promises.commitments import CommitmentFilter, page_of_commitments


@pytest.fixture
def example(repository: Path) -> Any:
    spec = importlib.util.spec_from_file_location(
        "sla_example", repository / "dags_examples/sla.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def dag_bag() -> Iterator[DagBag]:
    made = DagBag()
    yield made
    made.clear()


def test_its_three_promises_reach_the_table_of_commitments(example, dag_bag, sqlite_store):
    dag_bag.parse(example.nightly_income_report())

    assert Catalogue(paths=list).renew() == 3
    engine = create_engine(sqlite_store)
    with engine.connect() as connection:
        page = page_of_commitments(connection, CommitmentFilter())
    engine.dispose()
    by, run, task = (one.terms for one in page.items)
    assert (run.kind, run.within, run.owner) == (Kind.RUN, timedelta(minutes=30), "ml-team")
    assert (task.subject, task.target) == ("share_above_50k", 0.95)
    assert (by.by, by.tz, by.owner) == (time(7, 30), "Europe/Berlin", "risk-reporting")
    assert by.severity is Severity.CRITICAL
    assert by.calendar.day_off(by.calendar.holidays[0].day) == "Christmas"


def test_its_tasks_write_the_report(example, tmp_path, monkeypatch):
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    tables = [example.share_above_50k.function(group) for group in ("sex", "education")]

    report = json.loads(Path(example.publish.function(tables)).read_text())

    assert [table["group"] for table in report] == ["sex", "education"]
    assert set(report[0]["shares"]) == {"Female", "Male"}
    assert all(0 < share < 1 for share in report[0]["shares"].values())
