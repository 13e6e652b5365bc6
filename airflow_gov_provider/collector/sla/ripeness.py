"""Whether all is known of what has ended: people may have ended it, and the log says so later."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property

RIPENING = timedelta(seconds=10)  # longer than rows of Airflow's log wait until they are read
_SLACK = timedelta(seconds=2)
_PATIENCE = timedelta(minutes=10)  # with a log that is not read


class Ripeness:
    """As of one call of the duty."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def is_ripe(self, ended_at: datetime | None) -> bool:
        """Whether the ledger has what people did until then."""
        if ended_at is None or ended_at < self.now - _PATIENCE:
            return True
        if ended_at > self.now - RIPENING:
            return False
        return self._unread_since is None or self._unread_since > ended_at + _SLACK

    @cached_property
    def _unread_since(self) -> datetime | None:
        """When the first row of Airflow's log was written that is not read yet."""
        from airflow_gov_provider.collector.reconcile.lag import log_lag

        lag = log_lag()
        return None if lag is None else lag.since
