"""What the collector does again and again about actions and changes."""

from __future__ import annotations

from airflow_gov_provider.collector.actions.dag_versions import note_dag_versions
from airflow_gov_provider.collector.actions.import_errors import note_import_errors
from airflow_gov_provider.collector.actions.settling import settle_requests
from airflow_gov_provider.collector.duties import Duty

_INTERVAL = 5.0


def action_duties() -> list[Duty]:
    return [
        Duty(name=name, run=run, interval=_INTERVAL, single=True)
        for name, run in (
            ("settling requests without a log row", settle_requests),
            ("noting edited Dags", note_dag_versions),
            ("noting import errors", note_import_errors),
        )
    ]
