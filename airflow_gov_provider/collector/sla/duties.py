"""What a collector does about commitments."""

from __future__ import annotations

from airflow_gov_provider.collector.duties import Duty
from airflow_gov_provider.collector.sla import judging


def sla_duties() -> list[Duty]:
    return [
        Duty(
            name="judging commitments",
            run=judging.judge_commitments,
            interval=judging.INTERVAL,
            single=True,
        ),
    ]
