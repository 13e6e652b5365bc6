"""How far the reading of Airflow's log is behind."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from airflow_gov_provider.collector.reconcile import tables
from airflow_gov_provider.collector.reconcile.presence import log_position
from airflow_gov_provider.hooks.governance import governance_transaction

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """What is unread of Airflow's log.

    :param rows: at most so many; ids that were never used count as well.
    :param since: when the first of them was written.
    """

    rows: int
    since: datetime | None


def log_lag() -> Lag | None:
    """None where reading has not begun, or where one of the databases does not answer."""
    try:
        with governance_transaction() as connection:
            position = log_position(connection)
        span = tables.log_span()
        if position is None:
            return None
        rows = max(0, span[1] - position.log_id) if span else 0
        return Lag(rows=rows, since=tables.first_log_row_after(position.log_id) if rows else None)
    except Exception as error:  # noqa: BLE001 - a health page is no place to fail
        _log.warning("nobody can tell how far Airflow's log is read: %s", type(error).__name__)
        return None
