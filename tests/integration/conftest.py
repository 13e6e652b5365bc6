"""Airflow's API app keeps state for its whole process, so its tests get one of their own."""

from __future__ import annotations

import os

IN_ITS_OWN_PROCESS = "GOVERNANCE_TESTS_OF_THE_API_APP"
OF_THE_API_APP = ["test_api.py", "test_request_witness.py"]

collect_ignore = [] if os.environ.get(IN_ITS_OWN_PROCESS) else OF_THE_API_APP
