"""``airflow governance ledger reconcile``"""

from __future__ import annotations

import json

import pytest

from tests.fakes.metadata import Metadata
from tests.unit.collector.reconcile.conftest import run_event, task_event


@pytest.fixture
def metadata():
    made = Metadata()
    yield made
    made.clear()


def test_a_complete_ledger_exits_with_0(run, metadata, record):
    metadata.run()
    metadata.task()
    record(task_event("success"), run_event("success"))

    done = run("ledger", "reconcile", "--json")

    assert done.code == 0
    report = json.loads(done.out)
    assert report["is_complete"] is True
    assert (report["runs"], report["compared"]) == (1, 2)


def test_what_is_missing_and_doubled_is_named_and_exits_with_1(run, metadata, record):
    metadata.run()
    metadata.task()
    metadata.task("twice")
    record(
        *(task_event("success", "twice", witness=name) for name in ("log", "listener")),
        run_event("success"),
    )

    table = run("ledger", "reconcile")
    document = json.loads(run("ledger", "reconcile", "-o", "json").out)

    assert table.code == 1
    assert "1 states have no event, 1 have more than one" in table.err
    rows = [line.split()[:5] for line in table.out.splitlines()[1:3]]
    assert rows == [
        ["missing", "success", "dag", "run", "task"],
        ["doubled", "success", "dag", "run", "twice"],
    ]
    assert document["missing"]["first"][0]["task_id"] == "task"
    assert len(document["doubled"]["first"][0]["event_ids"]) == 2
    assert document["is_complete"] is False


def test_a_run_under_way_is_named(run, metadata, sqlite_store):
    metadata.run("going", state="queued")

    done = run("ledger", "reconcile", "--since", "1h")

    assert done.code == 0
    assert "under way: dag going" in done.out
