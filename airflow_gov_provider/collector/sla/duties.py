"""What a collector does about commitments."""

from __future__ import annotations

from airflow_gov_provider.collector.duties import Duty
from airflow_gov_provider.collector.sla import catalog, judging


def sla_duties() -> list[Duty]:
    return [
        Duty(
            name="reading commitments",
            run=catalog.Catalogue().renew,
            interval=catalog.INTERVAL,
            single=True,
        ),
        Duty(
            name="judging commitments",
            run=judging.judge_commitments,
            interval=judging.INTERVAL,
            single=True,
        ),
    ]
