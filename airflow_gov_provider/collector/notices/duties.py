"""What a collector does to tell people of incidents."""

from __future__ import annotations

from airflow_gov_provider.collector.duties import Duty
from airflow_gov_provider.collector.notices.delivering import Delivering, send_through_airflow
from airflow_gov_provider.collector.notices.escalating import escalate_waiting
from airflow_gov_provider.collector.notices.routing import route_entries

_INTERVAL = 2.0
_ESCALATING_INTERVAL = 15.0


def notice_duties() -> list[Duty]:
    delivering = Delivering(send=send_through_airflow)
    return [
        Duty(
            name="escalating incidents",
            run=escalate_waiting,
            interval=_ESCALATING_INTERVAL,
            single=True,
        ),
        Duty(name="routing notices", run=route_entries, interval=_INTERVAL, single=True),
        Duty(
            name="sending notices",
            run=delivering.round,
            interval=_INTERVAL,
            single=True,
            at_end=delivering.finish,
        ),
    ]
