"""``airflow governance ship``"""

from __future__ import annotations

import time
from typing import Any

from airflow_gov_provider import config
from airflow_gov_provider.cli.border import command, note
from airflow_gov_provider.exceptions import GovernanceError
from airflow_gov_provider.hooks.shipping import ShipReport, ship_once
from airflow_gov_provider.store.spool.shippers import show_presence


@command
def ship(args: Any) -> None:
    if args.follow:
        _follow()
        return
    report = ship_once()
    if report == ShipReport():
        print(f"nothing waits in {config.spool_dir()}")
    else:
        _say(report)


def _follow() -> None:
    note(f"shipping from {config.spool_dir()} until interrupted")
    while True:
        show_presence(config.spool_dir(), lasting=config.presence_lasts())
        try:
            report = ship_once()
        except GovernanceError as error:
            if not error.retry_helps:
                raise
            note(f"error: {error}; the events stay on this host, and it is tried again")
        else:
            if report != ShipReport():
                _say(report)
        time.sleep(config.ship_interval())


def _say(report: ShipReport) -> None:
    events, files = _counted(report.events, "event"), _counted(report.files, "file")
    print(f"shipped {events} from {files}, {report.new} of them new", flush=True)
    if report.quarantined:
        kept = _counted(report.quarantined, "record")
        note(f"kept {kept} that could not be used in {config.spool_dir()}")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"
