"""What a gate found, attempt by attempt, as an operator of the host reads it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from fakes.tampering import unguarded
from fakes.task_instances import TaskInstance
from sqlalchemy import text, update

from airflow_gov_provider.operators.quality import DataQualityGate
from airflow_gov_provider.store import database
from airflow_gov_provider.store.tables import evidence as table
from tests.unit.api.conftest import evidence, of_dag

GATE = ("quality", "history", "--dag-id", "income", "--task-id", "gate")


def finding(check: str, verdict: str, observed: Any = 3) -> dict[str, Any]:
    return {
        "check": check,
        "kind": "range",
        "subject": "age",
        "verdict": verdict,
        "severity": "error",
        "expected": ">= 0",
        "observed": observed,
        "reason": None if verdict == "PASSED" else "no row may fail",
        "failing": 0 if verdict == "PASSED" else 3,
        "total": 9,
        "details": {},
    }


def attempt(number: int, verdict: str, **changes: Any) -> Any:
    body = {"findings": [finding("age.range", verdict, number), finding("rows", "PASSED")]}
    return evidence(number, **{"body": body, **changes})


def results(run: Any, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run(*GATE, *words, "--json").out)
    return found


@pytest.mark.usefixtures("sqlite_store")
def test_a_retry_and_a_cleared_run_add_an_attempt_and_change_none(run, tmp_path: Path):
    path = tmp_path / "people.csv"
    path.write_text("age\n36\n-1\n")
    contract = {"contract": "p", "version": "1", "columns": {"age": {"range": {"at_least": 0}}}}

    def tried(try_number: int) -> str:
        gate = DataQualityGate(task_id="gate", contract=contract, source=str(path))
        ti = TaskInstance(dag_id="income", run_id="r", task_id="gate", try_number=try_number)
        context: Any = {"ti": ti}
        if try_number < 3:
            with pytest.raises(AirflowFailException):
                gate.execute(context)
        else:
            gate.execute(context)
        return gate.evidence.digest if gate.evidence else ""

    first = tried(1)
    second = tried(2)  # a retry, or the same task cleared
    path.write_text("age\n36\n41\n")
    third = tried(3)

    found = results(run, "--check", "age.range")
    assert [(each["try_number"], each["verdict"]) for each in found] == [
        (3, "PASSED"),
        (2, "FAILED"),
        (1, "FAILED"),
    ]
    with database.transaction(_url()) as connection:
        kept = connection.execute(text("SELECT digest FROM evidence ORDER BY evidence_id"))
        assert [row[0] for row in kept] == [first, second, third]


def _url() -> str:
    import os

    return os.environ["AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN"]


def test_the_results_of_a_check_are_one_line_an_attempt_newest_first(run, record):
    record(attempt(1, "FAILED"), attempt(2, "PASSED"))
    header, *lines = run(*GATE, "--check", "age.range").out.splitlines()
    assert header.split()[:4] == ["recorded", "(UTC)", "verdict", "found"]
    assert [line.split()[2:4] for line in lines] == [["PASSED", "2"], ["FAILED", "1"]]


def test_without_a_check_every_check_says_how_often_it_passed(run, record):
    record(attempt(1, "FAILED"), attempt(2, "PASSED"), attempt(3, "INSUFFICIENT"))
    found = {each["check"]: each for each in results(run)}
    counts = {name: found["age.range"][name] for name in ("attempts", "passed", "failed")}
    assert counts == {"attempts": 3, "passed": 1, "failed": 1}
    assert found["age.range"]["insufficient"] == 1
    assert found["age.range"]["last"]["verdict"] == "INSUFFICIENT"
    assert found["rows"]["passed"] == 3
    assert "Of all 3 attempts" in run(*GATE).out


def test_only_the_attempts_of_this_gate_count(run, record):
    record(attempt(1, "PASSED"), attempt(2, "PASSED", origin=of_dag("other")))
    assert len(results(run, "--check", "age.range")) == 1


def test_a_list_goes_on_where_the_last_one_ended(run, record):
    record(*[attempt(number, "PASSED") for number in range(1, 6)])
    first = results(run, "--check", "age.range", "--limit", "2")
    rest = results(run, "--check", "age.range", "--before", first[-1]["evidence_id"])
    assert [each["observed"] for each in (*first, *rest)] == [5, 4, 3, 2, 1]


def test_the_times_bound_which_attempts_are_read(run, record):
    items = [attempt(number, "PASSED") for number in (1, 2, 3)]
    record(*items)
    at = (items[1].recorded_at - timedelta(seconds=1)).isoformat()
    found = results(run, "--check", "age.range", "--since", at)
    assert [each["observed"] for each in found] == [3, 2]


def test_a_record_that_was_changed_is_no_answer(run, record, sqlite_store):
    item = attempt(1, "FAILED")
    record(item)
    with database.transaction(sqlite_store) as connection:
        changed = item.document.decode().replace('"FAILED"', '"PASSED"')
        with unguarded(connection):
            connection.execute(update(table).values(document=changed))
    (found,) = results(run, "--check", "age.range")
    assert (found["verdict"], found["observed"]) == ("INSUFFICIENT", None)
    assert "was changed" in found["reason"]


def test_an_attempt_that_had_no_such_check_says_so(run, record):
    record(attempt(1, "PASSED"))
    (found,) = results(run, "--check", "salary.range")
    assert found["verdict"] is None
    assert found["reason"] == "this attempt had no such check"


@pytest.mark.usefixtures("sqlite_store")
def test_a_gate_that_recorded_nothing_is_told_where_to_look(run):
    assert "evidence list" in run(*GATE).out
    assert "evidence list" in run(*GATE, "--check", "x").out
