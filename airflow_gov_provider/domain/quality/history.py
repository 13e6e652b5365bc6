"""How the checks of one gate went over the last runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow_gov_provider.domain.evidence import Evidence
from airflow_gov_provider.domain.verdicts import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One check in one run. :param observed: None for what could not be measured."""

    verdict: Verdict
    observed: str | float | bool | None
    expected: str


@dataclass(slots=True, kw_only=True)
class Series:
    """One check over the runs; ``points`` has one entry a run, None where it was not checked."""

    check: str
    kind: str
    subject: str
    points: list[Point | None] = field(default_factory=list)


def series_of(evidence: Sequence[Evidence]) -> list[Series]:
    """Every check of the evidence, those of the newest first.

    :param evidence: one piece a run, oldest first.
    """
    found: dict[str, Series] = {}
    for finding in (f for item in reversed(evidence) for f in _findings(item)):
        found.setdefault(
            finding["check"],
            Series(
                check=finding["check"],
                kind=str(finding.get("kind") or ""),
                subject=str(finding.get("subject") or ""),
            ),
        )
    for item in evidence:
        points = {f["check"]: _point(f) for f in _findings(item)}
        for name, series in found.items():
            series.points.append(points.get(name))
    return list(found.values())


def newest_of_each_run(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Without what was replaced in the same run; oldest first."""
    newest: dict[str, Evidence] = {}
    for item in sorted(evidence, key=lambda e: e.evidence_id):
        newest.pop(item.origin.run_id, None)
        newest[item.origin.run_id] = item
    return list(newest.values())


def _findings(item: Evidence) -> list[Mapping[str, Any]]:
    found = item.body.get("findings")
    if not isinstance(found, Sequence) or isinstance(found, str):
        return []
    return [f for f in found if isinstance(f, Mapping) and isinstance(f.get("check"), str)]


def _point(finding: Mapping[str, Any]) -> Point | None:
    if finding.get("verdict") not in set(Verdict):
        return None
    observed = finding.get("observed")
    return Point(
        verdict=Verdict(finding["verdict"]),
        observed=observed if isinstance(observed, (str, int, float)) else None,
        expected=str(finding.get("expected") or ""),
    )
