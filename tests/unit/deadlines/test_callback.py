"""A late run is told by the triggerer within seconds, and everything else is left alone."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG
from fakes.dag_bag import DagBag
from sqlalchemy import create_engine, select

from airflow_gov_provider.deadlines import sla
from airflow_gov_provider.store.promise_tables import incident, sla_outcome
from airflow_gov_provider.store.tables import event

HOUR = timedelta(hours=1)


@pytest.fixture
def late(dag_bag: DagBag, store_url: str, monkeypatch: pytest.MonkeyPatch) -> DagBag:
    """A Dag with a promise, and a run that was queued two hours ago."""
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", store_url)
    with DAG("income", schedule=None, deadline=sla(within=HOUR, severity="high")) as dag:
        EmptyOperator(task_id="train")
    dag_bag.parse(dag)
    dag_bag.create_run("income")
    (run,) = dag_bag.rows("dag_run")
    dag_bag.change("dag_run", queued_at=run.queued_at - 2 * HOUR)
    (deadline,) = dag_bag.rows("deadline")
    dag_bag.change("deadline", deadline_time=deadline.deadline_time - 2 * HOUR)
    return dag_bag


def fire(dag_bag: DagBag) -> str:
    """What the scheduler and the triggerer do when a deadline has passed."""
    from airflow.models.callback import TriggererCallback
    from airflow.models.deadline import Deadline
    from airflow.triggers.callback import CallbackTrigger
    from airflow.utils.session import create_session

    with create_session(scoped=False) as session:
        deadline = session.scalars(select(Deadline)).one()
        deadline.handle_miss(session)
        assert isinstance(deadline.callback, TriggererCallback)
        data = dict(deadline.callback.data)
        session.rollback()
    kwargs = dict(data["kwargs"])
    kwargs.pop("dag_id", None)

    async def last() -> dict[str, str]:
        trigger = CallbackTrigger(callback_path=data["path"], callback_kwargs=kwargs)
        return [told.payload async for told in trigger.run()][-1]

    # In a thread of its own, because a browser test may have left this one with a running loop.
    with ThreadPoolExecutor(1) as triggerer:
        ended = triggerer.submit(asyncio.run, last()).result()
    assert ended["state"] == "success", ended["body"]
    return ended["body"]


def stored(url: str, table, *columns):
    with create_engine(url).connect() as connection:
        return connection.execute(select(*(table.c[name] for name in columns))).all()


def test_a_late_run_is_told_with_its_event_and_its_incident(late, store_url):
    assert fire(late) == "missed"

    (outcome,) = stored(store_url, sla_outcome, "dag_id", "run_id", "state", "judged_by")
    assert outcome == ("income", "run", "missed", "callback")
    (opened,) = stored(store_url, incident, "dag_id", "severity", "state")
    assert opened == ("income", "high", "open")
    told = {row.type: row.witness for row in stored(store_url, event, "type", "witness")}
    assert told["sla.missed"] == "callback"
    assert "incident.opened" in told


def test_a_callback_that_comes_twice_tells_once(late, store_url):
    assert [fire(late), fire(late)] == ["missed", "nothing to tell"]

    (opened,) = stored(store_url, incident, "occurrences")
    assert opened.occurrences == 1


@pytest.mark.parametrize("state", ["failed", "success"])
def test_a_run_that_failed_or_was_marked_before_its_deadline_is_no_miss(late, store_url, state):
    """Airflow calls back for these all the same."""
    (run,) = late.rows("dag_run")
    late.change("dag_run", state=state, end_date=run.queued_at + HOUR / 2)

    assert fire(late) == "nothing to tell"
    assert stored(store_url, incident, "incident_id") == []
    assert {row.state for row in stored(store_url, sla_outcome, "state")} <= {"pending"}


def test_a_database_that_does_not_answer_leaves_it_to_the_collector(late, monkeypatch, caplog):
    nowhere = "postgresql+psycopg://nobody:hunter2@127.0.0.1:1/none"
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", nowhere)

    assert fire(late) == "left to the collector"
    assert "hunter2" not in caplog.text
