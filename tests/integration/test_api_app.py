"""The tests inside Airflow's API app, each module in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("module", ["test_api.py", "test_request_witness.py"])
def test_we_keep_our_promises_inside_airflows_own_app(repository, module):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            f"tests/integration/{module}",
        ],
        cwd=repository,
        env={**os.environ, "GOVERNANCE_TESTS_OF_THE_API_APP": "yes"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )

    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
