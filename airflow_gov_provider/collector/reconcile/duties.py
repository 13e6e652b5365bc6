"""What a collector does to know what is not recorded."""

from __future__ import annotations

from airflow_gov_provider.collector.duties import Duty
from airflow_gov_provider.collector.reconcile import coverage, finished, presence


def reconcile_duties() -> list[Duty]:
    there = presence.Presence()
    return [
        Duty(
            name="telling that it is there",
            run=there.tell,
            interval=presence.INTERVAL,
            at_end=there.say_goodbye,
        ),
        Duty(
            name="watching listeners",
            run=coverage.watch_listeners,
            interval=coverage.INTERVAL,
            single=True,
        ),
        Duty(
            name="comparing finished runs",
            run=finished.reconcile_finished,
            interval=finished.INTERVAL,
            single=True,
        ),
    ]
