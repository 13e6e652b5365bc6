"""May this model version be promoted? Decided from what the Dag run recorded, and nothing else.

* Evidence *concerns* the version if it names it, or names no model at all (a data set has none).
  Evidence that names another version says nothing about this one, in either direction.
* Each required kind has to be there. Bias, card and approval have to *name* the version.
* What stands as FAILED or INSUFFICIENT refuses, unless an approval that stands and passed saw
  exactly that piece: the same identifier and the same digest.
* An approval counts for what it was shown. If any of that has been replaced since, or something
  stands that names this version and was not shown, the promotion is refused until somebody approves
  again. Evidence about data alone may come from a branch that the approver need not see; it has to
  pass by itself then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef, standing
from airflow_gov_provider.domain.verdicts import Verdict

DEFAULT_REQUIRED = (EvidenceKind.QUALITY, EvidenceKind.BIAS, EvidenceKind.CARD)
REQUIRABLE = (*DEFAULT_REQUIRED, EvidenceKind.APPROVAL)

_NAMES_THE_VERSION = frozenset({EvidenceKind.BIAS, EvidenceKind.CARD, EvidenceKind.APPROVAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A bad verdict that a person accepted, and by which approval."""

    evidence: Evidence
    approval: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionDecision:
    """:param reasons: everything that stands in the way; empty if and only if it is allowed.
    :param considered: the standing evidence that concerns the version, oldest first.
    """

    reasons: tuple[str, ...]
    accepted: tuple[Accepted, ...]
    considered: tuple[Evidence, ...]

    @property
    def allowed(self) -> bool:
        return not self.reasons

    @property
    def approvals(self) -> tuple[Evidence, ...]:
        return tuple(e for e in self.considered if e.kind is EvidenceKind.APPROVAL)


def decide(
    model: ModelRef,
    evidence: Iterable[Evidence],
    *,
    required: Collection[EvidenceKind] = DEFAULT_REQUIRED,
    objections: Iterable[str] = (),
) -> PromotionDecision:
    """Judge a promotion.

    :param evidence: everything the Dag run recorded, replaced records included.
    :param objections: what else stands in the way, e.g. gates that should have recorded something.
    """
    recorded = list(evidence)
    current = [e for e in standing(recorded) if e.kind is not EvidenceKind.PROMOTION]
    # A promotion is what is decided here, or elsewhere; having seen an earlier one binds nobody.
    promotions = [e for e in recorded if e.kind is EvidenceKind.PROMOTION]
    concerning = [e for e in current if e.model in (None, model)]
    approvals = [e for e in concerning if e.kind is EvidenceKind.APPROVAL and e.model == model]
    gates = [e for e in concerning if e.kind is not EvidenceKind.APPROVAL]
    changed = {a.evidence_id: _changes(a, gates, current + promotions) for a in approvals}
    valid = [a for a in approvals if a.verdict is Verdict.PASSED and not changed[a.evidence_id]]
    accepted, unaccepted = _accepted(gates, valid)
    reasons = [
        *_absences(model, current, required),
        *objections,
        *(_bad(e, approvals) for e in unaccepted),
        *_unplaced_rejections(concerning),
        *(r for a in approvals for r in _refusals(a, changed[a.evidence_id])),
    ]
    return PromotionDecision(
        reasons=tuple(reasons), accepted=tuple(accepted), considered=tuple(concerning)
    )


def seen_by(approval: Evidence) -> dict[str, str]:
    """Identifier -> digest of what an approval was shown; unreadable entries were not shown."""
    shown = approval.body.get("shown")
    if not isinstance(shown, Sequence) or isinstance(shown, str):
        return {}
    return {
        str(item["evidence_id"]): str(item["digest"])
        for item in shown
        if isinstance(item, Mapping) and "evidence_id" in item and "digest" in item
    }


def _absences(
    model: ModelRef, current: Iterable[Evidence], required: Collection[EvidenceKind]
) -> list[str]:
    found = list(current)
    return [
        _absence(kind, model, [e for e in found if e.kind is kind])
        for kind in EvidenceKind
        if kind in required and not any(_counts(e, kind, model) for e in found)
    ]


def _counts(item: Evidence, kind: EvidenceKind, model: ModelRef) -> bool:
    if item.kind is not kind:
        return False
    return item.model == model or (item.model is None and kind not in _NAMES_THE_VERSION)


def _absence(kind: EvidenceKind, model: ModelRef, others: Sequence[Evidence]) -> str:
    missing = f"no {kind} evidence for {model}"
    if not others:
        return f"{missing} was recorded in this Dag run"
    named = sorted({str(e.model) if e.model else "no model version" for e in others})
    return f"{missing}: what was recorded names {', '.join(named)}"


def _accepted(
    gates: Iterable[Evidence], approvals: Sequence[Evidence]
) -> tuple[list[Accepted], list[Evidence]]:
    accepted: list[Accepted] = []
    unaccepted: list[Evidence] = []
    for item in gates:
        if item.verdict.lets_pass:
            continue
        approval = next((a for a in approvals if _saw(a, item)), None)
        if approval is None:
            unaccepted.append(item)
        else:
            accepted.append(Accepted(evidence=item, approval=approval))
    return accepted, unaccepted


def _saw(approval: Evidence, item: Evidence) -> bool:
    return seen_by(approval).get(item.evidence_id) == item.digest


def _bad(item: Evidence, approvals: Sequence[Evidence]) -> str:
    said = f"{_named(item)} is {item.verdict}"
    if not approvals:
        return f"{said}, and nobody has approved it: {item.summary}"
    return f"{said}, and no valid approval saw it: {item.summary}"


def _unplaced_rejections(concerning: Iterable[Evidence]) -> list[str]:
    """An approval that names no model lets nothing pass, and its No is heard all the same."""
    return [
        f"{_named(e)} is {e.verdict}: {e.summary}"
        for e in concerning
        if e.kind is EvidenceKind.APPROVAL and e.model is None and not e.verdict.lets_pass
    ]


def _refusals(approval: Evidence, changes: Sequence[str]) -> list[str]:
    if approval.verdict is not Verdict.PASSED:
        return [f"{_named(approval)} is {approval.verdict}: {approval.summary}"]
    return [f"{_named(approval)} does not hold any more: {change}" for change in changes]


def _changes(approval: Evidence, gates: Iterable[Evidence], known: Iterable[Evidence]) -> list[str]:
    """How the evidence that stands now differs from what the approval was shown."""
    shown = seen_by(approval)
    digests = {e.evidence_id: e.digest for e in known}
    changes = [
        f"evidence {identifier} that it saw has been replaced"
        if identifier not in digests
        else f"evidence {identifier} is not what it saw: the digests differ"
        for identifier, seen in shown.items()
        if digests.get(identifier) != seen
    ]
    unseen = [
        f"it did not see {_named(e)}"
        for e in gates
        if e.model == approval.model and e.evidence_id not in shown
    ]
    return changes + unseen


def _named(item: Evidence) -> str:
    return f"{item.kind} evidence {item.evidence_id} of task {item.origin.task_id}"
