"""What the checks of a gate measured in its earlier runs, from the evidence of those runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from airflow_gov_provider.domain.evidence import Evidence
from airflow_gov_provider.domain.quality.anomalies import Earlier
from airflow_gov_provider.domain.quality.expectations import Expectation
from airflow_gov_provider.domain.quality.occasions import Occasion, remembers
from airflow_gov_provider.domain.quality.segments import MEASURED, Segmented

DATA_AS_WRITTEN = "data_as_written"


def occasion_recorded(occasion: Occasion) -> dict[str, Any]:
    """For the evidence of a run, so that later runs know which ones came before them."""
    return {
        "logical_date": occasion.logical,
        "taken_from": occasion.taken_from,
        "judged_at": occasion.now,
        "data_interval_start": occasion.start,
        "data_interval_end": occasion.end,
    }


def moment_of(evidence: Evidence) -> datetime | None:
    """The moment of the run that recorded it; None where nobody wrote it down."""
    recorded = evidence.body.get("occasion")
    written = recorded.get("logical_date") if isinstance(recorded, Mapping) else None
    try:
        moment = datetime.fromisoformat(written) if isinstance(written, str) else None
    except ValueError:
        return None
    return None if moment is None or moment.tzinfo is None else moment


def recollected(
    evidence: Iterable[Evidence], checks: Sequence[Expectation], *, data: str | None = None
) -> dict[str, list[Earlier]]:
    """By the id of each check that asks for them, the numbers of earlier runs.

    A finding that measured nothing is no past, and neither is one of another number, as of before a
    change of the contract. A number that was called an anomaly counts: if it is the first of many,
    they become usual.

    :param evidence: what stands of each run.
    :param data: what the evidence must have under ``DATA_AS_WRITTEN``: the past of another table,
        on which the same task was run before, is none of this one.
    """
    asking = {check.check_id: check for check in checks if remembers([check])}
    found: dict[str, list[Earlier]] = {check_id: [] for check_id in asking}
    for item in evidence:
        if item.body.get(DATA_AS_WRITTEN) != data:
            continue
        moment = moment_of(item)
        for finding in _findings(item) if moment else ():
            check = asking.get(str(finding.get("check")))
            if check is not None and moment is not None:
                found[check.check_id] += _numbers(finding, check, moment)
    return found


def _numbers(finding: Mapping[str, Any], check: Expectation, moment: datetime) -> Iterator[Earlier]:
    """What a finding measured: one number, or one in each group."""
    from airflow_gov_provider.domain.contracts.forms.history import measured_before

    asked = check.parameters
    if not isinstance(asked, Segmented):
        value = measured_before(finding, check)
        if value is not None:
            yield Earlier(moment=moment, value=value)
        return
    details = finding.get("details")
    measured = details.get(MEASURED) if isinstance(details, Mapping) else None
    for name, number in measured.items() if isinstance(measured, Mapping) else ():
        value = measured_before({**finding, "observed": number}, asked.check)
        if value is not None:
            yield Earlier(moment=moment, value=value, group=name)


def _findings(item: Evidence) -> list[Mapping[str, Any]]:
    found = item.body.get("findings")
    if not isinstance(found, Sequence) or isinstance(found, str):
        return []
    return [finding for finding in found if isinstance(finding, Mapping)]
