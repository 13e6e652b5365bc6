"""Promises on a running Airflow with two schedulers: what is kept, what is not, and who is told."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from e2e.harness.airflow import RunningAirflow
from e2e.harness.settings import free_port
from fakes.receivers import Mailbox, mail_server
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

pytestmark = pytest.mark.e2e

LATE = ("sla_run_too_late", "sla_task_too_late", "sla_mapped_too_late")
RULES = """
version: 1
channels:
  ops:
    notifier: airflow.providers.smtp.notifications.smtp.SmtpNotifier
    arguments:
      from_email: governance@example.com
      to: ops@example.com
      subject: "{{ notice.subject }}"
      html_content: "{{ notice.html }}"
rules:
  - when: {kind: sla_miss}
    notify: [ops]
    events: [opened]
"""
BY = """
version: 1
commitments:
  - name: there in time
    select: {{dag_id: sla_never_runs}}
    by: "{by}"
    tz: {tz}
    severity: high
"""


def database_in(server: str, name: str) -> str:
    """URL of a new database there."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return make_url(server).set(database=name).render_as_string(hide_password=False)


class Promised:
    """An Airflow whose Dags have promised something, and what is known of their promises."""

    def __init__(self, home: Path, server: str) -> None:
        self.commitments, self.rules = home / "commitments.yaml", home / "rules.yaml"
        self.commitments.write_text("version: 1\ncommitments: []\n", encoding="utf-8")
        self.rules.write_text(RULES, encoding="utf-8")
        own = database_in(server, "sla_airflow").replace("+psycopg:", "+psycopg2:")
        settings = {
            "core__parallelism": "12",
            "database__sql_alchemy_conn": own,
            "governance__sql_alchemy_conn": database_in(server, "sla_governance"),
            "governance__commitments": str(self.commitments),
            "governance__incident_rules": str(self.rules),
        }
        self.airflow = RunningAirflow(home, settings)
        self.mail_port = free_port()
        extra = {"disable_ssl": True, "disable_tls": True, "retry_limit": 1, "timeout": 5}
        self.airflow.env["AIRFLOW_CONN_SMTP_DEFAULT"] = json.dumps(
            {"conn_type": "smtp", "host": "127.0.0.1", "port": self.mail_port, "extra": extra}
        )
        self.runs: dict[str, str] = {}

    def start(self) -> None:
        self.airflow.airflow("governance", "db", "migrate")
        self.airflow.start()
        self.airflow.components.start("second scheduler")

    def get(self, path: str, user: str = "viewer", **parameters: Any) -> dict[str, Any]:
        answer = self.airflow.api(user).get(f"/governance/v1/{path}", params=parameters)
        assert answer.is_success, answer.text
        return dict(answer.json())

    def outcomes(self, dag_id: str, **parameters: Any) -> list[dict[str, Any]]:
        return list(self.get("outcomes", dag_id=dag_id, **parameters)["items"])

    def incidents(self, **parameters: Any) -> list[dict[str, Any]]:
        return list(self.get("incidents", **parameters)["items"])

    def settled(self, dag_id: str) -> list[dict[str, Any]]:
        """The outcomes of the Dag as soon as none is pending but that of the next day."""

        def look() -> list[dict[str, Any]] | None:
            found = self.outcomes(dag_id)
            of_now = [one for one in found if one["kind"] != "by" or one["state"] != "pending"]
            settled = all(one["state"] != "pending" for one in of_now)
            return of_now if of_now and settled else None

        return self.airflow.wait_until(
            f"the promises of {dag_id} are judged",
            look,
            within=180,
            tell=lambda: str(self.outcomes(dag_id)),
        )


def promise_of_noon() -> tuple[str, datetime]:
    """A file with a promise for a minute or so from now, in a zone where it is about noon."""
    now = datetime.now(tz=UTC)  # noqa: TID251 - of this test's own clock
    deadline = (now + timedelta(seconds=75)).replace(microsecond=0)
    offset = 12 - now.hour
    local = deadline + timedelta(hours=offset)
    zone = f"Etc/GMT{-offset:+d}" if offset else "UTC"
    return BY.format(by=local.strftime("%H:%M:%S"), tz=zone), deadline


@pytest.fixture(scope="module")
def promised(tmp_path_factory: pytest.TempPathFactory, postgres_server: str) -> Iterator[Promised]:
    """All promises under way, while the mail server is away."""
    found = Promised(tmp_path_factory.mktemp("promised"), postgres_server)
    found.start()
    try:
        content, _ = promise_of_noon()
        found.commitments.write_text(content, encoding="utf-8")
        for dag_id in (
            *LATE,
            "sla_kept",
            "sla_failed_before",
            "sla_marked_before",
        ):
            found.runs[dag_id] = found.airflow.trigger(dag_id)
        mark_success(found, "sla_marked_before")
        yield found
    finally:
        found.airflow.stop()


def mark_success(promised: Promised, dag_id: str) -> None:
    answer = promised.airflow.api("approver").patch(
        f"/api/v2/dags/{dag_id}/dagRuns/{promised.runs[dag_id]}", json={"state": "success"}
    )
    assert answer.is_success, answer.text


def test_a_run_that_is_too_late_is_missed_at_once_and_its_end_is_noted(promised):
    def missed() -> list[dict[str, Any]]:
        return promised.outcomes("sla_run_too_late", state="missed")

    (early,) = promised.airflow.wait_until("the miss is told", missed, within=120)
    promised.airflow.wait_for_run("sla_run_too_late", promised.runs["sla_run_too_late"], "success")

    def ended() -> dict[str, Any] | None:
        (outcome,) = missed()
        return outcome if outcome["actual_at"] else None

    outcome = promised.airflow.wait_until("its end is noted", ended, within=60)
    assert outcome["outcome_id"] == early["outcome_id"]
    assert outcome["actual_at"] > outcome["expected_at"]
    assert outcome["owner"] == "late-team"


def test_a_task_can_be_too_late_while_its_run_is_in_time(promised):
    states = {one["name"]: one["state"] for one in promised.settled("sla_task_too_late")}
    assert states == {"task wait": "missed", "run from queued": "met"}


def test_a_mapped_task_is_late_if_one_of_its_indexes_is(promised):
    states = {one["name"]: one["state"] for one in promised.settled("sla_mapped_too_late")}
    assert states == {"task wait": "missed", "task first": "met"}


def test_what_is_kept_is_met_and_no_incident(promised):
    (outcome,) = promised.settled("sla_kept")
    assert outcome["state"] == "met"
    assert outcome["actual_at"] <= outcome["expected_at"]
    assert promised.incidents(dag_id="sla_kept") == []


def test_a_promise_by_a_time_of_day_is_missed_without_any_run(promised):
    (outcome,) = promised.settled("sla_never_runs")
    assert outcome["state"] == "missed"
    assert outcome["run_id"] is None
    (incident,) = promised.incidents(dag_id="sla_never_runs")
    assert incident["severity"] == "high"


@pytest.mark.parametrize("dag_id", ["sla_failed_before", "sla_marked_before"])
def test_a_run_that_ended_otherwise_before_its_deadline_is_void_and_no_alert(promised, dag_id):
    (outcome,) = promised.settled(dag_id)
    deadline = datetime.fromisoformat(outcome["expected_at"])
    while datetime.now(tz=UTC) < deadline + timedelta(seconds=10):  # noqa: TID251
        time.sleep(1)
    (outcome,) = promised.outcomes(dag_id)
    assert outcome["state"] == "void"
    assert ("approver" in outcome["reason"]) == (dag_id == "sla_marked_before")
    assert promised.incidents(dag_id=dag_id) == []


def test_two_schedulers_and_a_callback_make_one_incident_of_a_miss(promised):
    for dag_id in LATE:
        promised.settled(dag_id)
        (incident,) = promised.incidents(dag_id=dag_id)
        assert incident["occurrences"] == 1
    severities = {one["dag_id"]: one["severity"] for one in promised.incidents()}
    assert severities["sla_run_too_late"] == "critical"


def test_mail_that_could_not_be_sent_arrives_once_when_its_server_is_back(promised):
    wanted = {*LATE, "sla_never_runs"}
    for dag_id in wanted:
        promised.settled(dag_id)

    with mail_server(promised.mail_port) as box:
        promised.airflow.wait_until(
            "every mail arrives", lambda: len(box.mails) >= len(wanted), within=180
        )
        time.sleep(10)  # for whatever would come twice
        told = Counter(dag_of(promised, box))
    assert told == Counter(wanted)


def dag_of(promised: Promised, box: Mailbox) -> list[str]:
    """The Dag of each mail."""
    titles = {incident["title"]: incident["dag_id"] for incident in promised.incidents()}
    return [
        dag_id
        for mail in box.mails
        for title, dag_id in titles.items()
        if title in " ".join(str(mail["subject"]).split())
    ]


def test_a_user_takes_an_incident_up_and_closes_it_and_a_viewer_may_not(promised):
    promised.settled("sla_task_too_late")
    (incident,) = promised.incidents(dag_id="sla_task_too_late")
    path = f"/governance/v1/incidents/{incident['incident_id']}"
    seen = {"version": incident["version"]}

    def act(user: str, what: str, **body: Any) -> tuple[int, dict[str, Any]]:
        answer = promised.airflow.api(user).post(f"{path}/{what}", json=body)
        return answer.status_code, answer.json()

    assert act("viewer", "acknowledge", **seen)[0] == 403
    status, taken = act("approver", "acknowledge", **seen)
    assert (status, taken["acknowledged_by"]) == (200, "approver")
    status, refused = act("reviewer", "acknowledge", **seen)
    assert status == 409
    assert "approver" in refused["error"]["message"]
    status, closed = act(
        "approver",
        "resolve",
        version=taken["version"],
        resolution="accepted",
        comment="the source was late as well",
    )
    assert (status, closed["state"]) == (200, "resolved")
    kinds = [
        entry["kind"] for entry in promised.get(path.removeprefix("/governance/v1/"))["timeline"]
    ]
    assert kinds == ["opened", "acknowledged", "resolved"]


def test_attainment_is_what_one_counts_by_hand(promised):
    dag_ids = (*LATE, "sla_kept", "sla_failed_before", "sla_marked_before", "sla_never_runs")
    counted = {
        dag_id: Counter(one["state"] for one in promised.settled(dag_id)) for dag_id in dag_ids
    }
    report = json.loads(
        promised.airflow.airflow("governance", "sla", "report", "--by", "dag", "--output", "json")
    )
    told = {row["subject"]: row for row in report["items"]}
    for dag_id, states in counted.items():
        row = told[dag_id]
        assert (row["met"], row["missed"], row["void"]) == (
            states["met"],
            states["missed"],
            states["void"],
        )
        judged = states["met"] + states["missed"]
        assert row["attainment"] == (states["met"] / judged if judged else None)
