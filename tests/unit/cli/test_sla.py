"""``airflow governance sla report`` and ``sla outcomes``, as Airflow calls them."""

from __future__ import annotations

import csv
import io
import json

import pytest

from airflow_gov_provider.store import database
from airflow_gov_provider.store.promises.commitments import declare
from tests.unit.api.conftest import NOON
from tests.unit.api.test_sla import HOUR, INCOME, kept, now, promise  # noqa: F401 - fixtures

pytestmark = pytest.mark.usefixtures("kept")


def test_a_report_for_people(run):
    done = run("sla", "report", "--by", "dag")

    lines = done.out.splitlines()
    assert done.code == 0
    assert lines[0].split()[:2] == ["dag", "attained"]
    assert lines[1].startswith("income")
    assert "75.00 %" in lines[1]
    assert "250.00 %" in lines[1]


def test_a_report_for_programs_says_the_same_as_the_api(run):
    report = json.loads(run("sla", "report", "--dag-id", "income", "-o", "json").out)

    (item,) = report["items"]
    assert (report["by"], report["total"]) == ("commitment", 1)
    assert (item["name"], item["attainment"], item["met"]) == ("an hour", 0.75, 3)


def test_a_report_for_spreadsheets_has_all_figures_and_no_formulas(run, sqlite_store):
    risky = promise("=cmd()")
    with database.transaction(sqlite_store) as connection:
        declare(connection, [INCOME, risky], now=NOON)
        from airflow_gov_provider.hooks.sla import pending
        from airflow_gov_provider.store.promises.outcomes import add_pending

        add_pending(connection, [pending(risky, "run", expected_at=NOON, now=NOON)])

    rows = list(csv.DictReader(io.StringIO(run("sla", "report", "--by", "dag", "-o", "csv").out)))

    by_dag = {row["dag_id"]: row for row in rows}
    assert by_dag["income"]["attainment"] == "0.75"
    assert float(by_dag["income"]["burn_rate_30d"]) == pytest.approx(2.5)
    assert by_dag["'=cmd()"]["pending"] == "1"


def test_a_window_and_an_owner_narrow_a_report(run):
    narrow = json.loads(run("sla", "report", "--window", "150m", "-d", "income", "-o", "json").out)

    assert [(one["met"], one["missed"]) for one in narrow["items"]] == [(1, 1)]
    assert run("sla", "report", "--owner", "nobody").out.startswith("Nothing")
    assert run("sla", "report", "--window", "soon").code == 2


def test_outcomes_are_listed_and_filtered(run):
    listed = run("sla", "outcomes", "--state", "missed")
    assert listed.out.splitlines()[1].split()[:2] == ["missed", "income"]
    found = json.loads(run("sla", "outcomes", "--dag-id", "income", "-o", "json").out)
    assert [one["occasion"] for one in found] == ["run 4", "run 3", "run 2", "run 1"]
    assert "--limit" in run("sla", "outcomes", "--limit", "2").err
    assert run("sla", "outcomes", "--state", "void").out.startswith("No outcome matches")
