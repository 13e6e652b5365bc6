"""What Airflow's triggerer calls when a run is late: the miss is told within seconds.

The collector judges the same run from Airflow's tables, and its word counts. This module is also
imported wherever a Dag file is parsed, so it imports next to nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_gov_provider.domain.sla.outcomes import RunFacts

_log = logging.getLogger(__name__)


async def judge(*, commitment: Mapping[str, Any], context: Mapping[str, Any]) -> str:
    """Write down that the run of the context is late, unless it is not or somebody else has.

    Airflow calls this for runs that failed or were ended by hand in time as well; nothing is told
    of those. A database that does not answer delays the telling until the collector judges.

    :param commitment: the content of a ``Commitment`` of Dag code.
    :returns: what came of it, which Airflow keeps with the callback.
    """
    import asyncio

    try:
        return await asyncio.to_thread(_judge, commitment, context)
    except Exception as error:  # noqa: BLE001 - Airflow would keep what stands in its traceback
        _log.error("a late run is left to the collector: %s", _named(error))
        return "left to the collector"


def _named(error: Exception) -> str:
    from airflow_gov_provider.exceptions import GovernanceError

    return str(error) if isinstance(error, GovernanceError) else type(error).__name__


def _judge(commitment: Mapping[str, Any], context: Mapping[str, Any]) -> str:
    from airflow_gov_provider.domain.sla.commitments import Commitment
    from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
    from airflow_gov_provider.hooks.sla import settle_late_run

    run = _facts(context["dag_run"])
    promised = Commitment.from_content(commitment).of_dag(run.dag_id)
    with governance_transaction() as connection:
        outcome = settle_late_run(connection, promised, run, now=utcnow())
    return "nothing to tell" if outcome is None else outcome.state.value


def _facts(run: Mapping[str, Any]) -> RunFacts:
    """The run as the scheduler saw it when it found the deadline passed."""
    from airflow_gov_provider.domain.sla.outcomes import RunFacts

    return RunFacts(
        dag_id=run["dag_id"],
        run_id=run["dag_run_id"],
        state=run["state"],
        run_type=run["run_type"],
        logical_date=_time(run["logical_date"]),
        queued_at=_time(run["queued_at"]),
        started_at=_time(run["start_date"]),
        ended_at=_time(run["end_date"]),
    )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
