"""The one word for a whole Dag run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from airflow_gov_provider.domain.chain.parts import Recorded
from airflow_gov_provider.domain.evidence import EvidenceKind, standing
from airflow_gov_provider.domain.models.promotion import seen_by
from airflow_gov_provider.domain.verdicts import Verdict, worst


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStanding:
    """Where a Dag run stands.

    :param verdict: the worst of what stands, where evidence that did not pass counts as WARNED
        once an approval that passed saw exactly it. A changed record has no verdict: it counts as
        INSUFFICIENT, also a replaced one, because what replaced what is then not known.
    :param accepted: how many pieces that is so for.
    :param by_kind: the worst verdict of each kind as it was recorded, acceptance left aside;
        INSUFFICIENT for what was changed.
    :param counts: how many pieces of each kind stand.
    :param changed: how many records are not those that were recorded.
    :param changed_kinds: the kinds of those that stand among them.
    """

    verdict: Verdict
    accepted: int
    by_kind: Mapping[EvidenceKind, Verdict]
    counts: Mapping[EvidenceKind, int]
    changed: int = 0
    changed_kinds: frozenset[EvidenceKind] = frozenset()


def current_of(recorded: Iterable[Recorded]) -> list[Recorded]:
    """What counts now, oldest first: the newest record of each kind and task instance."""
    by_id = {item.evidence.evidence_id: item for item in recorded}
    return [by_id[e.evidence_id] for e in standing(item.evidence for item in by_id.values())]


def accepted_by(item: Recorded, approvals: Iterable[Recorded]) -> Recorded | None:
    """The approval that saw exactly this piece, by id and digest, and passed.

    None for a changed piece, which nobody saw, and none that was changed itself.
    """
    if not item.intact:
        return None
    wanted = item.evidence.evidence_id
    return next(
        (
            a
            for a in approvals
            if a.intact
            and a.evidence.verdict is Verdict.PASSED
            and seen_by(a.evidence).get(wanted) == item.digest
        ),
        None,
    )


def standing_of(recorded: Sequence[Recorded]) -> RunStanding:
    """:param recorded: everything of one run; of approvals also the body."""
    current = current_of(recorded)
    approvals = [r for r in current if r.evidence.kind is EvidenceKind.APPROVAL]
    accepted = {
        r.evidence.evidence_id
        for r in current
        if not r.evidence.verdict.lets_pass and accepted_by(r, approvals)
    }
    of_kind = {
        kind: [_verdict_of(r) for r in current if r.evidence.kind is kind] for kind in EvidenceKind
    }
    unknown = [Verdict.INSUFFICIENT for r in recorded if not r.intact]
    return RunStanding(
        verdict=worst(
            [
                Verdict.WARNED if r.evidence.evidence_id in accepted else _verdict_of(r)
                for r in current
            ]
            + unknown,
            when_empty=Verdict.INSUFFICIENT,
        ),
        accepted=len(accepted),
        by_kind={
            kind: worst(found, when_empty=Verdict.INSUFFICIENT)
            for kind, found in of_kind.items()
            if found
        },
        counts={kind: len(found) for kind, found in of_kind.items() if found},
        changed=len(unknown),
        changed_kinds=frozenset(r.evidence.kind for r in current if not r.intact),
    )


def _verdict_of(item: Recorded) -> Verdict:
    return item.evidence.verdict if item.intact else Verdict.INSUFFICIENT
