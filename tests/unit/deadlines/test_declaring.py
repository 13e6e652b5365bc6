"""Promises in Dag code, and what Airflow makes of them."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, time, timedelta

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Asset
from fakes.dag_bag import DagBag
from fakes.metadata import BEGIN

from airflow_gov_provider.deadlines import Severity, sla
from airflow_gov_provider.domain.sla.commitments import CALLBACK, Commitment, CountsFrom, Kind
from airflow_gov_provider.exceptions import ArgumentInvalid

HOUR = timedelta(hours=1)
EVERY_KIND = {
    "run from queued": lambda: sla(within=HOUR),
    "run from logical date": lambda: sla(within=HOUR, from_="logical_date"),
    "run from run start": lambda: sla(within=HOUR, from_="run_start"),
    "task": lambda: sla(tasks={"train": timedelta(minutes=30), "load": HOUR}),
    "by": lambda: sla(by=time(10), tz="Europe/Berlin"),
    "asset": lambda: sla(asset=Asset("s3://bucket/orders"), within=HOUR),
}


def promised(alerts) -> list[Commitment]:
    return [Commitment.from_content(alert.callback.kwargs["commitment"]) for alert in alerts]


def a_dag(alerts, **more) -> DAG:
    with DAG("income", schedule=None, deadline=alerts, **more) as dag:
        EmptyOperator(task_id="train")
    return dag


def everything():
    return [alert for make in EVERY_KIND.values() for alert in make()]


def test_each_call_says_what_is_promised():
    (run,) = promised(
        sla(
            within=HOUR,
            from_="logical_date",
            severity="high",
            owner="ml-team",
            description="The bank opens at nine.",
            name="strict",
            target=0.999,
        )
    )

    assert run == Commitment(
        name="strict",
        kind=Kind.RUN,
        within=HOUR,
        counts_from=CountsFrom.LOGICAL_DATE,
        severity=Severity.HIGH,
        owner="ml-team",
        description="The bank opens at nine.",
        target=0.999,
    )


def test_every_task_is_a_promise_of_its_own_counted_from_the_start_of_the_run():
    train, load = promised(EVERY_KIND["task"]())

    assert (train.name, train.subject, train.within) == ("task train", "train", HOUR / 2)
    assert (load.name, load.counts_from) == ("task load", CountsFrom.RUN_START)


def test_a_time_of_day_is_of_its_zone_and_so_is_its_calendar():
    (by,) = promised(
        sla(
            by=time(6, 30),
            tz="Europe/Berlin",
            opens=time(20),
            calendar={
                "weekdays": ["mon", "Tuesday"],
                "holidays": {"2026-12-25": "Christmas"},
                "maintenance": [
                    {"from": "2026-12-01 22:00", "until": "2026-12-02 04:00", "reason": "move"}
                ],
            },
        )
    )

    assert (by.by, by.tz, by.opens) == (time(6, 30), "Europe/Berlin", time(20))
    assert (by.calendar.tz, by.calendar.weekdays) == ("Europe/Berlin", (0, 1))
    (window,) = by.calendar.maintenance
    assert window.starts.isoformat() == "2026-12-01T21:00:00+00:00"


def test_the_name_of_a_calendar_stands_for_one_of_the_commitments_file():
    (run,) = promised(sla(within=HOUR, calendar="working days"))

    assert run.calendar.name == "working days"


@pytest.mark.parametrize(
    ("arguments", "problems"),
    [
        ({}, ["nothing is promised"]),
        ({"within": HOUR, "by": time(10)}, ["within: has no meaning"]),
        ({"tasks": {"a": HOUR}, "by": time(10)}, ["'tasks' and 'by'; declare each by itself"]),
        ({"tasks": {}}, ["at least one task"]),
        ({"tasks": {"a": HOUR, "b": HOUR}, "name": "x"}, ["name: names one promise"]),
        ({"tasks": {"a": HOUR}, "from_": "queued"}, ["from_: tasks are counted from"]),
        ({"asset": "s3://x"}, ["'within' is missing"]),
        ({"within": timedelta(0)}, ["within: expected from 1 second"]),
        ({"within": timedelta(days=9999)}, ["within: expected from 1 second to 3660 days"]),
        ({"by": time(0)}, ["by: expected another time"]),
        ({"by": time(10, tzinfo=UTC)}, ["by: expected a time without a zone"]),
        ({"within": HOUR, "calendar": {"weekdays": []}}, ["at least one weekday"]),
        (
            {"within": HOUR, "calendar": {"holidays": {"soon": "x"}, "sundays": True}},
            ["unknown key 'sundays'", "calendar.holidays.soon: expected a date"],
        ),
        (
            {"within": 3600, "from_": "quued", "severity": "hgh", "target": 1.01},
            [
                "within: expected a duration",
                "from_: unknown value 'quued'; did you mean 'queued'?",
                "severity: unknown value 'hgh'; did you mean 'high'?",
                "target: expected a share above 0",
            ],
        ),
        ({"by": time(10), "tz": "Mars/Olympus"}, ["tz: expected the name of a time zone"]),
    ],
)
def test_all_that_is_wrong_with_the_arguments_is_told_at_once(arguments, problems):
    with pytest.raises(ArgumentInvalid) as caught:
        sla(**arguments)

    assert str(caught.value).count("\n  - ") == len(problems)
    for problem in problems:
        assert problem in str(caught.value)


def test_a_late_run_is_told_by_airflow_and_calls_back():
    queued, dated = sla(within=HOUR) + sla(within=HOUR, from_="logical_date")

    assert queued.reference.reference_name == "DagRunQueuedAtDeadline"
    assert dated.reference.reference_name == "DagRunLogicalDateDeadline"
    assert queued.interval == dated.interval == HOUR
    assert queued.callback.path == CALLBACK


@pytest.mark.parametrize("kind", ["run from run start", "task", "by", "asset"])
def test_what_airflow_does_not_know_how_to_watch_is_only_carried(kind):
    assert {alert.reference.reference_name for alert in EVERY_KIND[kind]()} == {"Carrier"}


def test_airflow_stores_every_promise_so_that_it_can_be_read_back(dag_bag: DagBag):
    dag_bag.parse(a_dag(everything()))

    stored = [row.callback_def["__data__"]["kwargs"] for row in dag_bag.rows("deadline_alert")]
    found = [Commitment.from_content(kwargs["commitment"]) for kwargs in stored]
    assert sorted(found, key=str) == sorted(promised(everything()), key=str)


def test_parsing_again_begins_no_version_and_another_promise_does(dag_bag: DagBag):
    assert dag_bag.parse(a_dag(everything()))
    alerts = dag_bag.rows("deadline_alert")
    dag_bag.create_run("income")
    (version,) = dag_bag.rows("dag_version")
    assert {task.dag_version_id for task in dag_bag.rows("task_instance")} == {version.id}

    assert not dag_bag.parse(a_dag(everything()))
    assert dag_bag.rows("deadline_alert") == alerts
    assert dag_bag.parse(a_dag(sla(within=2 * HOUR) + everything()[1:]))


def test_another_process_serialises_the_same_bytes():
    code = (
        "import json\n"
        "from datetime import timedelta\n"
        "from airflow.serialization.encoders import encode_deadline_alert\n"
        "from airflow_gov_provider.deadlines import sla\n"
        "tasks = {name: timedelta(hours=1) for name in ('train', 'load', 'évaluer')}\n"
        "alerts = sla(tasks=tasks, calendar={'weekdays': ['tue', 'mon'], 'holidays':\n"
        "    {'2026-12-26': 'b', '2026-12-25': 'a'}})\n"
        "print(json.dumps([encode_deadline_alert(alert) for alert in alerts]))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            text=True,
            env={"PYTHONHASHSEED": seed, **_environment()},
        ).stdout.splitlines()[-1]
        for seed in ("1", "2")
    }

    (bytes_,) = told
    assert len(json.loads(bytes_)) == 3


def _environment() -> dict[str, str]:
    import os

    return {name: value for name, value in os.environ.items() if name != "PYTHONHASHSEED"}


def test_a_run_gets_deadlines_of_airflow_only_where_airflow_can_judge_them(dag_bag: DagBag):
    dag_bag.parse(a_dag(everything()))

    dag_bag.create_run("income")

    deadlines = sorted(row.deadline_time for row in dag_bag.rows("deadline"))
    assert len(deadlines) == 2
    assert deadlines[0] == BEGIN + HOUR
    (run,) = dag_bag.rows("dag_run")
    assert deadlines[1] == run.queued_at + HOUR


def test_the_carrier_may_stand_alone(dag_bag: DagBag):
    dag_bag.parse(a_dag(EVERY_KIND["by"]()))

    dag_bag.create_run("income")

    assert dag_bag.count("deadline") == 0


def test_importing_it_brings_little_to_a_dag_file():
    """Beyond what every Dag file has anyway; no database, no web framework, no YAML reader."""
    code = (
        "import sys, airflow.sdk\n"
        "from airflow.sdk import DAG, Asset\n"
        "known = set(sys.modules)\n"
        "from airflow_gov_provider.deadlines import sla\n"
        "print('NEW', *sorted(set(sys.modules) - known))"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    new = next(line for line in run.stdout.splitlines() if line.startswith("NEW")).split()[1:]

    ours = {name for name in new if name.startswith("airflow_gov_provider.")}
    assert set(new) - ours <= sys.stdlib_module_names | {"airflow_gov_provider"}
    assert len(ours) <= 15
    assert not any(".store" in name or ".hooks" in name for name in ours)
