"""`airflow governance ...` as a process of its own, the way it is typed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

AIRFLOW = str(Path(sys.executable).parent / "airflow")


@pytest.fixture
def governance(tmp_path):
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path),
        "COLUMNS": "100",
        "PATH": f"{Path(AIRFLOW).parent}:{os.environ['PATH']}",
    }
    environment.pop("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", None)

    def run(words, **settings):
        return subprocess.run(
            ["sh", "-c", f"airflow governance {words}"],
            env={**environment, **settings},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


def test_a_new_home_is_checked_migrated_and_read(governance, tmp_path):
    checked = governance("db check")
    assert checked.returncode == 1
    assert "migrates itself when it is used" in checked.stderr
    migrated = governance("db migrate")
    assert migrated.returncode == 0
    assert f"{tmp_path}/governance.db migrated from revision none" in migrated.stdout

    facts = governance("db info --output json")
    assert json.loads(facts.stdout)["is_current"] is True
    listed = governance("evidence list --output json")
    assert (json.loads(listed.stdout), listed.stderr) == ([], "")


def test_the_url_may_come_from_a_command(governance, tmp_path):
    """As with every sensitive setting of Airflow's; a password need not be in the environment."""
    secret = tmp_path / "url"
    secret.write_text(f"sqlite:///{tmp_path}/elsewhere.db")

    info = governance("db info", AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN_CMD=f"cat {secret}")

    assert f"sqlite:///{tmp_path}/elsewhere.db" in info.stdout


def test_a_reader_that_has_seen_enough_is_no_error(governance):
    outcome = governance("evidence list --help | head -n 1; airflow governance db info | true")

    assert "Traceback" not in outcome.stderr
    assert "BrokenPipe" not in outcome.stderr


def test_a_wrong_command_ends_with_2_and_a_failing_one_with_1(governance):
    assert governance("events --since yesterday").returncode == 2
    unknown = governance("evidence show nothing")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert unknown.stderr.startswith("error: there is no evidence 'nothing'")
