"""From recorded evidence to what a card says about data quality and bias.

Evidence comes from the store and may have been written by another version of this package, so a
part that is not understood is left out rather than refused: the card names the evidence either way.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from airflow_gov_provider.domain.cards.model import (
    BiasGate,
    Feature,
    Gap,
    Gate,
    Group,
    Number,
    Rate,
    Trouble,
)
from airflow_gov_provider.domain.cards.text import MAX_ITEMS, clean
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef, standing
from airflow_gov_provider.domain.verdicts import Verdict


def quality_gates(evidence: Iterable[Evidence], model: ModelRef) -> tuple[Gate, ...]:
    """The standing quality evidence that is about this version or about data in general."""
    return tuple(
        Gate(**_gate(item))
        for item in standing(evidence)
        if item.kind is EvidenceKind.QUALITY and item.model in (None, model)
    )


def bias_gates(evidence: Iterable[Evidence], model: ModelRef) -> tuple[BiasGate, ...]:
    """The standing bias evidence that names this very version."""
    return tuple(
        BiasGate(**_gate(item), features=_features(item.body))
        for item in standing(evidence)
        if item.kind is EvidenceKind.BIAS and item.model == model
    )


def _gate(item: Evidence) -> dict[str, Any]:
    findings = [f for f in _list(item.body.get("findings")) if isinstance(f, Mapping)]
    troubles = [t for f in findings if (t := _trouble(f)) is not None]
    return {
        "evidence_id": item.evidence_id,
        "digest": item.digest,
        "task_id": item.origin.task_id,
        "subject": clean(item.subject),
        "verdict": item.verdict,
        "summary": clean(item.summary),
        "checks": len(findings),
        "troubles": tuple(troubles[:MAX_ITEMS]),
    }


def _trouble(finding: Mapping[str, Any]) -> Trouble | None:
    verdict = _verdict(finding.get("verdict"))
    if verdict in (None, Verdict.PASSED):
        return None
    observed = finding.get("observed")
    return Trouble(
        check=_text(finding.get("check")) or "",
        kind=_text(finding.get("kind")) or "",
        subject=_text(finding.get("subject")) or "",
        verdict=verdict,
        expected=_text(finding.get("expected")) or "",
        observed=_text(observed) if isinstance(observed, str) else _number(observed),
        reason=_text(finding.get("reason")),
    )


def _features(body: Mapping[str, Any]) -> tuple[Feature, ...]:
    return tuple(
        Feature(
            feature=_text(item.get("feature")) or "",
            reference=_text(item.get("reference")),
            groups=tuple(
                _group(group)
                for group in _list(item.get("groups"))[:MAX_ITEMS]
                if isinstance(group, Mapping)
            ),
            gaps=tuple(
                _gap(gap)
                for gap in _list(item.get("metrics"))[:MAX_ITEMS]
                if isinstance(gap, Mapping)
            ),
        )
        for item in _list(body.get("features"))
        if isinstance(item, Mapping)
    )


def _group(item: Mapping[str, Any]) -> Group:
    rates, intervals = _mapping(item.get("rates")), _mapping(item.get("intervals"))
    total = _number(item.get("n"))
    return Group(
        group=_text(item.get("group")) or "",
        n=int(total) if total is not None else 0,
        sufficient=bool(item.get("sufficient", True)),
        reason=_text(item.get("reason")),
        rates=tuple(
            Rate(
                name=clean(str(name)),
                value=_number(value),
                **_interval(intervals.get(name)),
            )
            for name, value in rates.items()
        ),
    )


def _gap(item: Mapping[str, Any]) -> Gap:
    threshold = _mapping(item.get("threshold"))
    return Gap(
        name=_text(item.get("metric")) or "",
        value=_number(item.get("value")),
        **_interval(item.get("interval")),
        expected=_text(item.get("expected")),
        at_least=_number(threshold.get("at_least")),
        at_most=_number(threshold.get("at_most")),
        against=_text(threshold.get("against")) or "groups",
        verdict=_verdict(item.get("verdict")),
        reason=_text(item.get("reason")),
    )


def _interval(value: Any) -> dict[str, Number | None]:
    if isinstance(value, Mapping):
        return {"low": _number(value.get("low")), "high": _number(value.get("high"))}
    if _is_list(value) and len(value) == 2:  # noqa: PLR2004 - a lower and an upper bound
        return {"low": _number(value[0]), "high": _number(value[1])}
    return {"low": None, "high": None}


def _verdict(value: Any) -> Verdict | None:
    return Verdict(value) if value in set(Verdict) else None


def _number(value: Any) -> Number | None:
    if isinstance(value, (int, float)) and math.isfinite(value):
        return value
    return None


def _text(value: Any) -> str | None:
    return None if value is None else clean(str(value))


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _list(value: Any) -> list[Any]:
    return list(value) if _is_list(value) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
