"""`make demo AUTO=1`, as a newcomer runs it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.e2e


def test_the_demo_ends_well_and_says_what_it_recorded(repository, tmp_path):
    home = tmp_path / "demo"
    demo = subprocess.run(
        [sys.executable, repository / "dags_examples" / "demo", "--auto", "--home", home],
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )

    assert demo.returncode == 0, demo.stdout + demo.stderr
    summary = json.loads((home / "summary.json").read_text())
    assert set(summary) >= {"dag_run", "events", "evidence", "approval", "promotion", "card"}
    assert summary["problems"] == []
    assert summary["approval"]["decided_by"]["id"] == "approver"
    assert summary["promotion"]["version_in_registry"] == "1"
    assert "Traceback" not in demo.stdout + demo.stderr


def test_a_home_that_no_demo_made_is_left_alone(repository, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    demo = subprocess.run(
        [sys.executable, repository / "dags_examples" / "demo", "--auto", "--home", tmp_path],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert demo.returncode == 1
    assert "holds files that no demo made" in demo.stderr
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
