"""What a collector does to tell people of incidents."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from airflow_gov_provider.collector.duties import Duty
from airflow_gov_provider.collector.notices.delivering import Delivering, send_through_airflow
from airflow_gov_provider.collector.notices.escalating import escalate_waiting
from airflow_gov_provider.collector.notices.routing import route_entries
from airflow_gov_provider.exceptions import GovernanceError
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.store.incidents.notices import failing_channels

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
        Duty(name="sending notices", run=delivering.begin, interval=_INTERVAL, single=True),
        Duty(  # also of a collector that leads no more while it is sending
            name="noting sent notices",
            run=delivering.note,
            interval=_INTERVAL,
            at_end=delivering.finish,
        ),
    ]


def unreached_channels(*, clock: Callable[[], datetime] = utcnow) -> list[str]:
    """What a health page says of the channels of the rules that notices do not reach."""
    try:
        with governance_transaction() as connection:
            failing = failing_channels(connection, now=clock())
    except GovernanceError:
        return []
    return [
        f"{count} notices through {channel} did not arrive; `airflow governance incidents notices` "
        "lists them"
        for channel, count in sorted(failing.items())
    ]
