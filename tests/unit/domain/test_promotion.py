from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef, Origin
from airflow_gov_provider.domain.models.promotion import PromotionDecision, decide
from airflow_gov_provider.domain.verdicts import Verdict

MODEL = ModelRef(name="credit", version="3")
OTHER = ModelRef(name="credit", version="2")
QUALITY, BIAS, CARD, APPROVAL = (
    EvidenceKind.QUALITY,
    EvidenceKind.BIAS,
    EvidenceKind.CARD,
    EvidenceKind.APPROVAL,
)


def piece(
    number: int,
    kind: EvidenceKind,
    *,
    verdict: Verdict = Verdict.PASSED,
    model: ModelRef | None = MODEL,
    task: str | None = None,
    saw: tuple[Evidence, ...] = (),
    body: dict[str, Any] | None = None,
) -> Evidence:
    shown = [
        {
            "evidence_id": e.evidence_id,
            "digest": e.digest,
            "kind": e.kind.value,
            "verdict": e.verdict.value,
        }
        for e in saw
    ]
    return Evidence(
        evidence_id=f"0190{number:08d}",
        kind=kind,
        origin=Origin(dag_id="d", run_id="r", task_id=task or f"{kind}_task"),
        subject=f"subject of {kind}",
        verdict=verdict,
        summary=f"{verdict.value}: summary",
        recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
        model=model,
        body=body or ({"shown": shown} if kind is APPROVAL else {}),
    )


def complete(**verdicts: Verdict) -> list[Evidence]:
    return [
        piece(1, QUALITY, model=None, verdict=verdicts.get("quality", Verdict.PASSED)),
        piece(2, BIAS, verdict=verdicts.get("bias", Verdict.PASSED)),
        piece(3, CARD, verdict=verdicts.get("card", Verdict.PASSED)),
    ]


def reasons(decision: PromotionDecision) -> str:
    return "\n".join(decision.reasons)


def test_complete_passing_evidence_allows_a_promotion():
    decision = decide(MODEL, complete())

    assert decision.allowed
    assert decision.accepted == ()
    assert [e.kind for e in decision.considered] == [QUALITY, BIAS, CARD]


def test_warnings_allow_a_promotion():
    assert decide(MODEL, complete(card=Verdict.WARNED, quality=Verdict.WARNED)).allowed


def test_without_any_evidence_everything_missing_is_said_at_once():
    decision = decide(MODEL, [])

    assert not decision.allowed
    assert len(decision.reasons) == 3
    for kind in ("quality", "bias", "card"):
        assert f"no {kind} evidence for credit version 3" in reasons(decision)


@pytest.mark.parametrize("kind", [BIAS, CARD])
@pytest.mark.parametrize(
    ("named", "said"), [(OTHER, "names credit version 2"), (None, "names no model version")]
)
def test_evidence_that_does_not_name_the_version_does_not_count(kind, named, said):
    evidence = [e for e in complete() if e.kind is not kind] + [piece(9, kind, model=named)]

    decision = decide(MODEL, evidence)

    assert len(decision.reasons) == 1
    assert f"no {kind} evidence for credit version 3" in decision.reasons[0]
    assert said in decision.reasons[0]


def test_quality_evidence_of_another_version_does_not_count():
    evidence = [piece(1, QUALITY, model=OTHER), *complete()[1:]]

    assert "no quality evidence" in reasons(decide(MODEL, evidence))


def test_a_failure_of_another_version_does_not_stand_in_the_way():
    evidence = [*complete(), piece(9, BIAS, model=OTHER, task="other", verdict=Verdict.FAILED)]

    assert decide(MODEL, evidence).allowed


def test_a_failure_that_names_no_version_stands_in_the_way():
    evidence = [*complete(), piece(9, BIAS, model=None, task="other", verdict=Verdict.FAILED)]

    assert not decide(MODEL, evidence).allowed


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.INSUFFICIENT])
@pytest.mark.parametrize("kind", ["quality", "bias", "card"])
def test_a_bad_verdict_that_nobody_approved_refuses(kind, verdict):
    decision = decide(MODEL, complete(**{kind: verdict}))

    assert len(decision.reasons) == 1
    assert verdict in decision.reasons[0]
    assert "nobody has approved it" in decision.reasons[0]


def test_an_approval_that_saw_the_failure_accepts_it():
    evidence = complete(bias=Verdict.FAILED)
    approval = piece(8, APPROVAL, saw=tuple(evidence))

    decision = decide(MODEL, [*evidence, approval])

    assert decision.allowed
    assert [(a.evidence, a.approval) for a in decision.accepted] == [(evidence[1], approval)]
    assert decision.approvals == (approval,)


@pytest.mark.parametrize("named", [OTHER, None])
def test_an_approval_of_another_version_or_of_none_accepts_nothing(named):
    evidence = complete(bias=Verdict.FAILED)
    approval = piece(8, APPROVAL, saw=tuple(evidence), model=named)

    assert not decide(MODEL, [*evidence, approval]).allowed
    assert "no approval evidence" in reasons(
        decide(MODEL, [*evidence, approval], required=(APPROVAL,))
    )


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.INSUFFICIENT, Verdict.WARNED])
def test_an_approval_that_did_not_pass_refuses_even_good_evidence(verdict):
    evidence = complete()
    rejection = piece(8, APPROVAL, saw=tuple(evidence), verdict=verdict)

    decision = decide(MODEL, [*evidence, rejection])

    assert len(decision.reasons) == 1
    assert f"is {verdict}" in decision.reasons[0]


def test_a_rejection_that_names_no_model_is_heard():
    rejection = piece(8, APPROVAL, model=None, verdict=Verdict.FAILED)

    assert "approval evidence" in reasons(decide(MODEL, [*complete(), rejection]))


def test_evidence_that_was_recorded_again_after_the_approval_refuses():
    evidence = complete(bias=Verdict.FAILED)
    approval = piece(8, APPROVAL, saw=tuple(evidence))
    again = piece(9, BIAS, verdict=Verdict.FAILED)

    decision = decide(MODEL, [*evidence, approval, again])

    text = reasons(decision)
    assert f"evidence {evidence[1].evidence_id} that it saw has been replaced" in text
    assert f"it did not see bias evidence {again.evidence_id}" in text
    assert f"{again.evidence_id} of task bias_task is FAILED" in text


def test_evidence_that_now_passes_still_needs_the_approval_again():
    evidence = complete(bias=Verdict.FAILED)
    approval = piece(8, APPROVAL, saw=tuple(evidence))

    decision = decide(MODEL, [*evidence, approval, piece(9, BIAS)])

    assert "does not hold any more" in reasons(decision)


def test_evidence_whose_document_was_changed_is_not_what_the_approver_saw():
    evidence = complete(bias=Verdict.FAILED)
    approval = piece(8, APPROVAL, saw=tuple(evidence))
    changed = piece(2, BIAS, verdict=Verdict.FAILED, body={"value": 1})

    decision = decide(MODEL, [evidence[0], changed, evidence[2], approval])

    assert "the digests differ" in reasons(decision)


def test_an_approval_that_was_shown_nothing_of_the_version_does_not_hold():
    decision = decide(MODEL, [*complete(), piece(8, APPROVAL)])

    assert "it did not see bias evidence" in reasons(decision)
    assert "it did not see card evidence" in reasons(decision)


def test_passing_data_evidence_of_another_branch_need_not_be_shown():
    evidence = complete()
    approval = piece(8, APPROVAL, saw=tuple(evidence))
    aside = piece(9, QUALITY, model=None, task="aside")

    assert decide(MODEL, [*evidence, approval, aside]).allowed


def test_each_of_two_approvals_has_to_hold():
    evidence = complete()
    risk = piece(7, APPROVAL, saw=tuple(evidence), task="risk")
    legal = piece(8, APPROVAL, saw=tuple(evidence), task="legal", verdict=Verdict.FAILED)

    assert decide(MODEL, [*evidence, risk]).allowed
    assert not decide(MODEL, [*evidence, risk, legal]).allowed


def test_a_second_approval_may_see_the_first():
    evidence = complete()
    risk = piece(7, APPROVAL, saw=tuple(evidence), task="risk")
    legal = piece(8, APPROVAL, saw=(*evidence, risk), task="legal")

    assert decide(MODEL, [*evidence, risk, legal]).allowed


def test_a_later_approval_of_the_same_task_replaces_its_rejection():
    evidence = complete()
    rejected = piece(7, APPROVAL, saw=tuple(evidence), verdict=Verdict.FAILED)
    approved = piece(8, APPROVAL, saw=tuple(evidence))

    assert decide(MODEL, [*evidence, rejected, approved]).allowed


def test_an_earlier_refused_promotion_is_no_obstacle():
    refused = piece(7, EvidenceKind.PROMOTION, verdict=Verdict.FAILED)

    assert decide(MODEL, [*complete(), refused]).allowed


def test_an_approval_that_saw_an_earlier_promotion_holds_after_the_next_one():
    evidence = complete()
    earlier = piece(7, EvidenceKind.PROMOTION, verdict=Verdict.FAILED, task="promote")
    approval = piece(8, APPROVAL, saw=(*evidence, earlier))
    later = piece(9, EvidenceKind.PROMOTION, verdict=Verdict.INSUFFICIENT, task="promote")

    assert decide(MODEL, [*evidence, earlier, approval, later]).allowed


@pytest.mark.parametrize("shown", [None, "text", [1, None], [{"evidence_id": "x"}]])
def test_an_approval_whose_record_cannot_be_read_was_shown_nothing(shown):
    evidence = complete(bias=Verdict.FAILED)

    assert not decide(MODEL, [*evidence, piece(8, APPROVAL, body={"shown": shown})]).allowed


# Any history of at most six records of a few tasks, approvals that saw any part of what was before.
@st.composite
def histories(draw: st.DrawFn) -> list[Evidence]:
    history: list[Evidence] = []
    for number in range(draw(st.integers(0, 6))):
        kind = draw(st.sampled_from([QUALITY, BIAS, CARD, APPROVAL]))
        seen = draw(st.booleans()) if kind is APPROVAL else False
        history.append(
            piece(
                number,
                kind,
                verdict=draw(st.sampled_from(list(Verdict))),
                model=draw(st.sampled_from([MODEL, MODEL, OTHER, None])),
                task=draw(st.sampled_from(["a", "b"])),
                saw=tuple(history) if seen else (),
            )
        )
    return history


requirements = st.sets(st.sampled_from([QUALITY, BIAS, CARD, APPROVAL]))


@given(histories(), requirements, st.sampled_from([QUALITY, BIAS, CARD, APPROVAL]))
def test_another_bad_record_never_turns_a_refusal_into_permission(history, required, kind):
    before = decide(MODEL, history, required=required)
    worse = piece(99, kind, verdict=Verdict.FAILED, task="new")

    after = decide(MODEL, [*history, worse], required=required)

    if kind is not APPROVAL:
        assert not after.allowed
    assert before.allowed or not after.allowed


@given(histories(), requirements, requirements)
def test_asking_for_more_never_allows_more(history, some, more):
    lenient = decide(MODEL, history, required=some)
    strict = decide(MODEL, history, required=some | more)

    assert lenient.allowed or not strict.allowed
    assert set(lenient.reasons) <= set(strict.reasons)


@given(histories(), requirements, st.randoms(use_true_random=False))
def test_the_order_of_reading_does_not_matter(history, required, random):
    shuffled = list(history)
    random.shuffle(shuffled)

    assert decide(MODEL, history, required=required) == decide(MODEL, shuffled, required=required)


@given(histories(), requirements)
def test_permission_means_that_nothing_bad_stands_unaccepted(history, required):
    decision = decide(MODEL, history, required=required)

    accepted = {a.evidence.evidence_id for a in decision.accepted}
    if decision.allowed:
        for item in decision.considered:
            assert item.verdict.lets_pass or item.evidence_id in accepted
            if item.kind is APPROVAL and item.model == MODEL:
                assert item.verdict is Verdict.PASSED
