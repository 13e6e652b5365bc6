"""What a collector does again and again about incidents."""

from __future__ import annotations

from airflow_gov_provider.collector.duties import Duty
from airflow_gov_provider.collector.incidents import clocks, ledger, surroundings
from airflow_gov_provider.collector.incidents.bypasses import watch_approvals
from airflow_gov_provider.collector.incidents.coverage import watch_coverage
from airflow_gov_provider.collector.incidents.gates import watch_gates

_INTERVAL = 5.0
_COVERAGE_INTERVAL = 10.0


def incident_duties() -> list[Duty]:
    around = surroundings.Surroundings()
    return [
        Duty(name=name, run=run, interval=interval, single=True)
        for name, run, interval in (
            ("watching gates", watch_gates, _INTERVAL),
            ("watching approvals", watch_approvals, _INTERVAL),
            ("watching coverage", watch_coverage, _COVERAGE_INTERVAL),
            ("verifying the ledger", ledger.verify_some, ledger.INTERVAL),
            ("looking downstream of incidents", around.look, surroundings.INTERVAL),
            ("watching reporting times", clocks.watch_clocks, clocks.INTERVAL),
        )
    ]
