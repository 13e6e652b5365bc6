"""``sla()``: what a Dag file promises, as Airflow's own deadline alerts.

A Dag file is parsed again and again. The same arguments give alerts that serialise to the same
bytes, so that a Dag version begins only where a promise has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from airflow_gov_provider.deadlines.carrier import Carrier
from airflow_gov_provider.domain.contracts.problems import Node, Problems
from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.domain.sla.commitments import (
    CALLBACK,
    DAG_CODE,
    USUAL_TARGET,
    Commitment,
    CountsFrom,
    Kind,
)
from airflow_gov_provider.domain.sla.terms import TERMS, read_promises
from airflow_gov_provider.exceptions import ArgumentInvalid

if TYPE_CHECKING:
    from airflow.sdk import Asset

_REFERENCES: dict[CountsFrom | None, Any] = {
    CountsFrom.QUEUED: DeadlineReference.DAGRUN_QUEUED_AT,
    CountsFrom.LOGICAL_DATE: DeadlineReference.DAGRUN_LOGICAL_DATE,
}


def sla(
    *,
    within: timedelta | None = None,
    from_: str | None = None,
    tasks: Mapping[str, timedelta] | None = None,
    by: time | None = None,
    tz: str | None = None,
    opens: time | None = None,
    asset: Asset | str | None = None,
    name: str | None = None,
    severity: Severity | str = Severity.MEDIUM,
    owner: str | None = None,
    description: str | None = None,
    target: float = USUAL_TARGET,
    calendar: Mapping[str, Any] | str | None = None,
) -> list[DeadlineAlert]:
    """What is promised, for ``deadline=`` of a Dag; several promises are added with ``+``.

    One call makes one kind of promise:

    * ``within``: each run succeeds within so long, counted from when it was queued, from its
      logical date or from its start (``from_``: ``queued``, ``logical_date``, ``run_start``).
    * ``tasks``: each of these tasks is done so long after the start of its run, with all of its
      mapped indexes.
    * ``by``: a run has succeeded by this time of each day, also if none was ever created. The day
      begins at ``opens`` (midnight), or on the evening before if that is later than ``by``; both
      are times of the zone ``tz`` (UTC).
    * ``asset`` with ``within``: the asset is at most so old.

    :param name: tells two promises about the same thing apart.
    :param severity: of a miss: ``low``, ``medium``, ``high`` or ``critical``.
    :param owner: who answers for it; the Dag's owner where it is not given.
    :param target: the share of outcomes that should be met, such as 0.99.
    :param calendar: the days it is for and what excuses a miss, as a calendar of a commitments
        file is written, or the name of one: ``{"weekdays": ["mon"], "holidays": {...}}``.
    :raises ArgumentInvalid: with everything that is wrong with the arguments at once.
    """
    given = {
        "within": within,
        "from": from_,
        "tasks": tasks,
        "by": by,
        "tz": tz,
        "opens": opens,
        "asset": getattr(asset, "uri", asset),
        "name": name,
        "severity": severity,
        "owner": owner,
        "description": description,
        "target": target,
        "calendar": calendar,
    }
    return [_alert(commitment) for commitment in _promises(given)]


def _promises(given: Mapping[str, Any]) -> list[Commitment]:
    problems = Problems()
    node = Node(given, "", problems)
    fields = node.fields(TERMS)
    promises = read_promises(node, fields, source=DAG_CODE, calendars=None)
    if problems.found:
        listing = "".join(f"\n  - {_in_python(problem)}" for problem in problems.found)
        raise ArgumentInvalid(f"sla() cannot promise this:{listing}")
    return promises


def _in_python(problem: str) -> str:
    return problem.replace("from:", "from_:", 1) if problem.startswith("from:") else problem


def _alert(promised: Commitment) -> DeadlineAlert:
    """Airflow tells of a late run itself; everything else is for the collector to find out."""
    counts_from = promised.counts_from if promised.kind is Kind.RUN else None
    return DeadlineAlert(
        reference=_REFERENCES.get(counts_from) or Carrier(),
        interval=promised.within or timedelta(),  # of a carrier, nothing counts it
        callback=AsyncCallback(CALLBACK, kwargs={"commitment": promised.content}),
        name=promised.name,
    )
