"""Disks that are full or may only be read, as the kernel has them: tasks go on, nothing is silent."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

SMALL = 64 * 1024

_HOOKS = """
import json, logging, os, sys
from pathlib import Path
from types import SimpleNamespace
from airflow_gov_provider.store.spool import records as spool
given = json.loads(sys.argv[1])
spool._MEMORY = given["memory"]
os.environ["AIRFLOW__GOVERNANCE__SPOOL_DIR"] = given["spool"]
from airflow.sdk._shared.listeners.listener import ListenerManager
from airflow.sdk._shared.listeners.spec import taskinstance
from airflow_gov_provider.listeners import hooks
from airflow_gov_provider.store.spool.claims import claimed_files, spool_state

class Told(logging.Handler):
    lines = []
    def emit(self, record):
        self.lines.append(record.getMessage())

logging.getLogger(hooks.__name__).addHandler(Told())
manager = ListenerManager()
manager.add_hookspecs(taskinstance)
manager.add_listener(hooks)

def run_tasks(first, count):
    for number in range(first, first + count):
        ti = SimpleNamespace(id=str(number), dag_id="d", run_id="r" * 200, task_id=str(number),
                             map_index=-1, try_number=1)
        manager.hook.on_task_instance_running(previous_state="queued", task_instance=ti)

def ship():
    with claimed_files(Path(given["spool"]), limit=99) as files:
        records = [json.loads(record)["task_id"] for file in files for record in file.read()[0]]
        for file in files:
            file.remove()
    return records

run_tasks(0, given["tasks"])
state = spool_state(Path(given["spool"]))
arrived = ship()
run_tasks(10**6, 1)
print("RESULT", json.dumps({"told": Told.lines, "elsewhere": state.elsewhere, "lost": state.lost,
      "arrived": arrived, "next": ship()}))
"""


def mounted(mounts: str, **given: object) -> dict:
    """Run hooks where the mounts are what a shell has made of them, for this process alone."""
    script = f'set -e; {mounts}; exec "$0" -c "$1" "$2"'
    ran = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, sys.executable, _HOOKS, json.dumps(given)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "TMPDIR": str(given["tmp"])},
    )
    line = next(line for line in ran.stdout.splitlines() if line.startswith("RESULT"))
    return json.loads(line.removeprefix("RESULT"))


@pytest.fixture
def places(tmp_path) -> dict[str, str]:
    """Directories for the spool, what is temporary, and memory."""
    can = (
        shutil.which("unshare")
        and not subprocess.run(
            ["unshare", "-rm", "sh", "-c", f'mount -t tmpfs none "{tmp_path}"'],
            check=False,
            capture_output=True,
        ).returncode
    )
    if not can:
        pytest.skip("this system lets nobody mount a file system of one's own")
    names = ("spool", "tmp", "memory")
    for name in names:
        (tmp_path / name).mkdir(mode=0o700)
    return {name: str(tmp_path / name) for name in names}


def small(*paths: str) -> str:
    return "; ".join(f'mount -t tmpfs -o size={SMALL},mode=700 none "{path}"' for path in paths)


def test_what_a_full_disk_does_not_take_is_kept_elsewhere(places):
    found = mounted(small(places["spool"]), tasks=300, **places)

    assert sorted(map(int, found["arrived"])) == list(range(300))
    assert (found["elsewhere"], found["lost"]) == (1, 0)
    assert ["cannot be written to" in line for line in found["told"]] == [True]
    assert found["next"] == ["1000000"]


def test_what_a_disk_that_may_only_be_read_does_not_take_is_kept_elsewhere(places):
    readonly = f'mount -t tmpfs -o ro none "{places["spool"]}"'

    found = mounted(readonly, tasks=30, **places)

    assert sorted(map(int, found["arrived"])) == list(range(30))
    assert (found["elsewhere"], found["lost"]) == (1, 0)


def test_what_no_disk_takes_is_counted_or_told_one_by_one(places):
    found = mounted(small(*places.values()), tasks=900, **places)

    arrived = [int(name) for name in found["arrived"]]
    only_told = sum("could be noted nowhere but here" in line for line in found["told"])
    assert len(arrived) == len(set(arrived)) < 900
    assert len(arrived) + found["lost"] + only_told == 900
    assert any("is lost to the governance audit" in line for line in found["told"])
    assert found["next"] == ["1000000"]
