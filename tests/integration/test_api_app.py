"""The tests of ``test_api.py``, in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.integration


def test_the_api_keeps_its_promises_inside_airflows_own_app(repository):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "tests/integration/test_api.py",
        ],
        cwd=repository,
        env={**os.environ, "GOVERNANCE_TESTS_OF_THE_API_APP": "yes"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )

    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
