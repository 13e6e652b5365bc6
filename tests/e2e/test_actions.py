"""What people do in a running Airflow: who it was, from where, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from e2e.harness.airflow import RunningAirflow
from e2e.harness.settings import write_dag
from sqlalchemy import select

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.store import database
from airflow_gov_provider.store.tables import event as table

pytestmark = pytest.mark.e2e

SECRET = "s3cret-4711-never-to-be-kept"
DAG_FILE = """\
from airflow.sdk import DAG, task
with DAG("edited", schedule=None):
    @task
    def {task}() -> None: ...
    {task}()
"""


def events(airflow: RunningAirflow, type_: str, **columns: Any) -> list[Event]:
    query = select(table.c.document).where(table.c.type == type_)
    query = query.where(*(table.c[name] == value for name, value in columns.items()))
    with database.transaction(airflow.governance_url) as connection:
        found = connection.scalars(query.order_by(table.c.seq))
        return [Event.from_document(document.encode()) for document in found]


def event(
    airflow: RunningAirflow,
    type_: str,
    *,
    where: Callable[[Event], bool] = lambda _: True,
    **columns: Any,
) -> Event:
    """The one event of this kind, once it is there."""

    def found() -> Event | None:
        fitting = [one for one in events(airflow, type_, **columns) if where(one)]
        assert len(fitting) <= 1, [one.document for one in fitting]
        return fitting[0] if fitting else None

    def tell() -> str:
        with database.transaction(airflow.governance_url) as connection:
            newest = select(table.c.document).order_by(table.c.seq.desc()).limit(30)
            return "\n".join(connection.scalars(newest))

    return airflow.wait_until(f"{type_} {columns} is in the ledger", found, within=150, tell=tell)


def came_from(event: Event, method: str, path: str, status: int = 200) -> bool:
    return event.payload["request"] == {
        "client": "127.0.0.1",
        "method": method,
        "path": path,
        "status": status,
    }


@pytest.fixture(scope="module")
def run_id(airflow: RunningAirflow) -> str:
    """A run that failed, which somebody triggered without a name for it."""
    run_id = airflow.trigger("actions", conf={"limit": SECRET})
    airflow.wait_for_run("actions", run_id, "failed")
    return run_id


def test_a_triggered_run_has_who_triggered_it_and_the_names_of_what_it_was_given(airflow, run_id):
    made = event(airflow, "action.trigger_run", dag_id="actions", run_id=run_id)

    assert made.actor == "requester"
    assert made.payload["conf_keys"] == ["limit"]
    assert made.payload["effective"] is True
    assert came_from(made, "POST", "/api/v2/dags/actions/dagRuns")


def test_marking_a_task_is_an_override_and_its_transition_has_the_same_actor(airflow, run_id):
    path = f"/api/v2/dags/actions/dagRuns/{run_id}/taskInstances/fail"
    answer = airflow.api("approver").patch(path, json={"new_state": "success"})
    assert answer.is_success, answer.text

    made = event(airflow, "override.mark_task", run_id=run_id)
    assert (made.actor, made.task_id) == ("approver", "fail")
    assert (made.payload["before"], made.payload["new_state"]) == ("failed", "success")
    assert made.payload["effective"] is True
    assert came_from(made, "PATCH", path)

    seen = event(airflow, "task_instance.success", run_id=run_id, task_id="fail")
    assert (seen.actor, seen.payload["manual"]) == ("approver", True)
    assert seen.payload["request"] == {"client": "127.0.0.1", "method": "PATCH", "path": path}


def test_marking_a_run_is_an_override(airflow, run_id):
    path = f"/api/v2/dags/actions/dagRuns/{run_id}"
    answer = airflow.api("reviewer").patch(path, json={"state": "success", "note": SECRET})
    assert answer.is_success, answer.text

    made = event(airflow, "override.mark_run", run_id=run_id)
    assert (made.actor, made.payload["new_state"]) == ("reviewer", "success")
    assert came_from(made, "PATCH", path)
    seen = event(
        airflow,
        "dag_run.success",
        run_id=run_id,
        where=lambda one: bool(one.payload.get("manual")),
    )
    assert seen.actor == "reviewer"


def test_a_clear_says_what_was_before_and_a_dry_run_leaves_nothing(airflow):
    run_id = airflow.trigger("actions")
    airflow.wait_for_run("actions", run_id, "failed")
    path = "/api/v2/dags/actions/clearTaskInstances"
    body = {"dag_run_id": run_id, "task_ids": ["work"], "only_failed": False}
    body["include_downstream"] = True
    for dry_run in (True, False):
        answer = airflow.api("approver").post(path, json=body | {"dry_run": dry_run})
        assert answer.is_success, answer.text

    made = event(airflow, "override.clear", run_id=run_id)
    assert made.actor == "approver"
    assert made.payload["cleared"] == [
        {"task_id": "fail", "before": "failed", "try_number": 1},
        {"task_id": "work", "before": "success", "try_number": 1},
    ]
    assert made.payload["flags"] == ["include_downstream"]
    assert came_from(made, "POST", path)
    airflow.wait_for_run("actions", run_id, "failed")


def test_pausing_and_unpausing_a_dag_are_told_apart(airflow):
    airflow.wait_for_dag("questions")
    for paused in (True, False):
        answer = airflow.api("approver").patch("/api/v2/dags/questions", json={"is_paused": paused})
        assert answer.is_success, answer.text

    for type_ in ("action.pause", "action.unpause"):
        made = event(airflow, type_, dag_id="questions")
        assert made.actor == "approver"
        assert came_from(made, "PATCH", "/api/v2/dags/questions")


THINGS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "connection": (
        "connections",
        {"connection_id": "dwh", "conn_type": "http", "password": SECRET, "host": SECRET},
        {"connection_id": "dwh", "conn_type": "http", "extra": f'{{"token": "{SECRET}"}}'},
    ),
    "variable": (
        "variables",
        {"key": "dwh", "value": SECRET},
        {"key": "dwh", "value": SECRET + "2"},
    ),
    "pool": (
        "pools",
        {"name": "dwh", "slots": 4711, "description": SECRET},
        {"name": "dwh", "slots": 4712, "description": SECRET, "include_deferred": False},
    ),
}


@pytest.mark.parametrize("kind", THINGS)
def test_a_changed_thing_has_its_name_and_who_changed_it_and_never_its_value(airflow, kind):
    where, first, second = THINGS[kind]
    client, path = airflow.api("admin"), f"/api/v2/{where}"
    answers = [
        client.post(path, json=first),
        client.patch(f"{path}/dwh", json=second),
        client.delete(f"{path}/dwh"),
    ]
    assert all(answer.is_success for answer in answers), [answer.text for answer in answers]

    asked = {"created": ("POST", path), "updated": ("PATCH", f"{path}/dwh")}
    asked["deleted"] = ("DELETE", f"{path}/dwh")
    for (change, (method, at)), answer in zip(asked.items(), answers, strict=True):
        made = event(
            airflow, f"change.{kind}", where=lambda one, c=change: one.payload["change"] == c
        )
        assert (made.actor, made.payload["name"]) == ("admin", "dwh")
        assert came_from(made, method, at, answer.status_code)


def test_a_viewer_who_may_not_is_denied_and_that_is_kept(airflow, run_id):
    path = f"/api/v2/dags/actions/dagRuns/{run_id}/taskInstances/work"
    answer = airflow.api("viewer").patch(path, json={"new_state": "failed"})
    assert answer.status_code == 403

    made = event(airflow, "access.denied", actor="viewer", run_id=run_id)
    assert (made.dag_id, made.task_id) == ("actions", "work")
    assert made.payload["attempted"] == "override.mark_task"
    assert made.payload["request"]["client"] == "127.0.0.1"
    assert (made.payload["request"]["path"], made.payload["request"]["status"]) == (path, 403)


def test_only_the_answer_that_airflow_took_is_effective(airflow):
    run_id = airflow.trigger("questions")
    path = f"/api/v2/dags/questions/dagRuns/{run_id}/taskInstances/ask/-1/hitlDetails"
    airflow.wait_for_request("questions", run_id, "ask")
    body = {"chosen_options": ["Go"], "params_input": {"why": SECRET}}
    statuses = {
        user: airflow.api(user).patch(path, json=body).status_code
        for user in ("reviewer", "approver")
    }
    statuses["approver again"] = airflow.api("approver").patch(path, json=body).status_code
    assert statuses == {"reviewer": 403, "approver": 200, "approver again": 409}

    taken = event(airflow, "human_input.answered", run_id=run_id)
    assert (taken.actor, taken.payload["effective"]) == ("approver", True)
    assert taken.payload["chosen_options"] == ["Go"]
    assert came_from(taken, "PATCH", path)
    for user, status in (("reviewer", 403), ("approver", 409)):
        refused = event(airflow, "human_input.refused", run_id=run_id, actor=user)
        assert refused.payload["effective"] is False
        assert came_from(refused, "PATCH", path, status)


def test_an_edited_dag_file_is_a_new_version(airflow):
    write_dag(airflow.home, "edited.py", DAG_FILE.format(task="before"))
    run_id = airflow.trigger("edited")
    airflow.wait_for_run("edited", run_id, "success")
    first = event(airflow, "change.dag", dag_id="edited")
    assert (first.payload["version_number"], first.payload["change"]) == (1, "created")

    write_dag(airflow.home, "edited.py", DAG_FILE.format(task="after"))
    second = event(
        airflow,
        "change.dag",
        dag_id="edited",
        where=lambda one: one.payload["version_number"] > 1,
    )
    assert second.payload["version_number"] == 2
    assert second.payload["new"] == ["version"]
    assert second.payload["bundle_name"] == "written"
    assert second.payload["previous"]["version_number"] == 1


def test_a_broken_file_is_told_once_and_once_more_when_it_is_well(airflow):
    broken = f"# an airflow dag\nraise ValueError('{SECRET}')\n"

    def parsed_at() -> str | None:
        listed = airflow.api().get("/api/v2/importErrors").json()["import_errors"]
        return next((one["timestamp"] for one in listed if one["filename"] == "broken.py"), None)

    write_dag(airflow.home, "broken.py", broken)
    times = {airflow.wait_until("the error is found", parsed_at)}
    for _ in range(2):
        write_dag(airflow.home, "broken.py", broken)

        def again() -> str | None:
            at = parsed_at()
            return at if at not in times else None

        times.add(airflow.wait_until("the file is parsed again", again))
    of_file = {"where": lambda one: one.payload["file"] == "broken.py"}
    found = event(airflow, "import_error.found", **of_file)
    assert found.payload == {
        "bundle_name": "written",
        "file": "broken.py",
        "error_class": "ValueError",
    }
    mended = DAG_FILE.format(task="well").replace("edited", "mended")
    write_dag(airflow.home, "broken.py", mended)

    resolved = event(airflow, "import_error.resolved", **of_file)
    assert resolved.payload == found.payload
    assert event(airflow, "import_error.found", **of_file) == found


def test_no_secret_that_anybody_typed_is_in_the_database(airflow):
    path = Path(airflow.governance_url.removeprefix("sqlite:///"))
    kept = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    assert kept
    assert SECRET.encode() not in kept
    spooled = [file.read_bytes() for file in (airflow.home / "spool").iterdir()]
    assert not any(SECRET.encode() in content for content in spooled)
