"""A task that goes on although its gate lets nobody pass says why, and what follows."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from fakes.task_instances import TaskInstance

from airflow_gov_provider.hooks.governance import recorded_in_run
from airflow_gov_provider.operators.bias import BiasCheck
from airflow_gov_provider.operators.quality import DataQualityGate

Log = Callable[[], list[str]]
CONTEXT: Any = {"ti": TaskInstance(dag_id="d", run_id="r", task_id="t", map_index=-1, try_number=1)}


def gate(path: Path, on_fail: str, least: int) -> DataQualityGate:
    checks = [{"row_count": {"at_least": least}}]
    contract = {"contract": "people", "version": "1", "checks": checks}
    return DataQualityGate(task_id="t", contract=contract, source=path, on_fail=on_fail)


def bias(path: Path, on_fail: str, least: int) -> BiasCheck:
    return BiasCheck(
        task_id="t",
        predictions=path,
        label="y",
        positive_label=1,
        prediction="p",
        sensitive_features=["g"],
        thresholds={"accuracy_min": least / 1000},
        on_fail=on_fail,
    )


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    lines = [f"{'ab'[i % 2]},{i // 2 % 2},{i // 4 % 2}" for i in range(200)]
    path.write_text("\n".join(["g,y,p", *lines]))
    return path


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Log:
    """The lines of the log so far."""
    caplog.set_level(logging.INFO)
    return lambda: (capsys.readouterr().out + caplog.text).strip().splitlines()


@pytest.mark.usefixtures("sqlite_store")
@pytest.mark.parametrize("made", [gate, bias])
@pytest.mark.parametrize(
    ("on_fail", "consequence"),
    [
        ("warn", "records it as WARNED, which stops neither later tasks nor a promotion"),
        ("review", "PromoteModelOperator refuses in this run until a person has approved"),
    ],
)
def test_the_last_line_of_the_log_says_why_the_task_goes_on(
    made: Any,
    rows: Path,
    on_fail: str,
    consequence: str,
    log: Log,
) -> None:
    made(rows, on_fail, 999).execute(CONTEXT)

    told = log()[-1]
    evidence = recorded_in_run("d", "r")[-1]
    assert f"The verdict is FAILED, and the task goes on because of on_fail='{on_fail}'" in told
    assert evidence.evidence_id in told
    assert consequence in told


@pytest.mark.usefixtures("sqlite_store")
@pytest.mark.parametrize("made", [gate, bias])
@pytest.mark.parametrize("on_fail", ["warn", "review", "block"])
def test_a_gate_that_lets_pass_has_nothing_to_explain(
    made: Any, rows: Path, on_fail: str, log: Log
) -> None:
    made(rows, on_fail, 1).execute(CONTEXT)

    told = log()
    assert told
    assert "goes on" not in "".join(told)


@pytest.mark.usefixtures("sqlite_store")
@pytest.mark.parametrize("made", [gate, bias])
def test_a_gate_that_blocks_does_not_say_that_it_goes_on(made: Any, rows: Path, log: Log) -> None:
    with pytest.raises(AirflowFailException):
        made(rows, "block", 999).execute(CONTEXT)

    told = log()
    assert told
    assert "goes on" not in "".join(told)
