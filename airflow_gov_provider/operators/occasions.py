"""The moment of a Dag run, and what its gate measured in the runs before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_gov_provider.domain.evidence import EvidenceKind
from airflow_gov_provider.domain.quality.expectations import Expectation
from airflow_gov_provider.domain.quality.occasions import Occasion, remembers
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.operators.base import origin_of

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_gov_provider.domain.quality.anomalies import Earlier


def digest_as_written(*arguments: Any) -> str:
    """What tells the data of a gate from other data: its arguments before a template is rendered,
    so that a table of each day is the same data, and another table under the same task is not.
    """
    written = [None if each is None else str(each) for each in arguments]
    return hashlib.sha256(json.dumps(written).encode()).hexdigest()


def occasion_of(context: Context, checks: Sequence[Expectation], *, data: str) -> Occasion:
    """When a task of this run judges, and after what.

    The run's moment is the end of its data interval, else its logical date, else the time from
    which it may run, so that a run that somebody triggers has one as well.

    :param data: of ``digest_as_written``; earlier runs on other data do not count.
    :raises StoreUnavailable: if a check asks for its history and the store cannot be read.
    """
    start, end = _time(context, "data_interval_start"), _time(context, "data_interval_end")
    moments = {
        "data_interval_end": end,
        "logical_date": _time(context, "logical_date"),
        "run_after": _run_after(context),
    }
    taken_from = next((name for name, moment in moments.items() if moment is not None), None)
    logical = moments[taken_from] if taken_from else None
    earlier: dict[str, list[Earlier]] = {}
    if logical is not None and remembers(checks):
        earlier = _earlier(context, checks, data=data, before=logical)
    return Occasion(
        now=utcnow(),
        logical=logical,
        taken_from=taken_from,
        start=start,
        end=end,
        earlier=earlier,
    )


def _earlier(
    context: Context, checks: Sequence[Expectation], *, data: str, before: datetime
) -> dict[str, list[Earlier]]:
    from airflow_gov_provider.domain.quality.recollection import recollected
    from airflow_gov_provider.store.evidence.gate_history import runs_before

    origin = origin_of(context)
    with governance_transaction() as connection:
        evidence = runs_before(
            connection,
            dag_id=origin.dag_id,
            task_id=origin.task_id,
            map_index=origin.map_index,
            kind=EvidenceKind.QUALITY,
            before=before,
        )
    return recollected(evidence, checks, data=data)


def _time(context: Context, name: str) -> datetime | None:
    return _plain(context.get(name))


def _run_after(context: Context) -> datetime | None:
    return _plain(getattr(context.get("dag_run"), "run_after", None))


def _plain(found: Any) -> datetime | None:
    """Without pendulum, which Airflow gives and whose intervals no timedelta divides."""
    return datetime.fromisoformat(found.isoformat()) if isinstance(found, datetime) else None
