"""The chain of a run: an edge only where a document says so, and a step that is missing is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from fakes.governed_runs import NOON, GovernedRun, named
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.approvals.request import Request, Shown, State
from airflow_gov_provider.domain.chain import (
    NodeKind,
    Recorded,
    Relation,
    Status,
    TaskSeen,
    chain_of,
    standing_of,
)
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef, Origin
from airflow_gov_provider.domain.verdicts import Verdict


def stored(*items: Evidence) -> list[Recorded]:
    return [Recorded(evidence=item, digest=item.digest) for item in items]


def nodes(chain, kind):
    return [node for node in chain.nodes if node.kind is kind]


def only(chain, kind):
    (node,) = nodes(chain, kind)
    return node


def edges(chain, relation):
    return [(e.source, e.target) for e in chain.edges if e.relation is relation]


@pytest.fixture
def run() -> GovernedRun:
    return GovernedRun()


def test_a_whole_run_reads_from_its_data_to_its_promotion(run):
    chain = chain_of(stored(*run.whole().recorded))

    order = [node.kind for node in chain.nodes]
    assert order == sorted(order, key=list(NodeKind).index)
    assert {node.kind for node in chain.nodes} == set(NodeKind)
    assert all(node.status is Status.RECORDED for node in chain.nodes)
    quality, bias, card, approval, promotion = (e.evidence_id for e in run.recorded)
    assert edges(chain, Relation.SHOWN) == [(e, approval) for e in (quality, bias, card)]
    assert (approval, promotion) in edges(chain, Relation.COUNTED)
    assert (f"data:sha256:{'ab' * 32}", quality) in edges(chain, Relation.MEASURED)
    assert edges(chain, Relation.STATED) == [(quality, card), (bias, card)]
    assert all(edge.holds for edge in chain.edges)


def test_what_follows_in_time_and_names_nothing_has_no_edge(run):
    run.quality()
    run.card()
    run.promotion()

    chain = chain_of(stored(*run.recorded))

    quality, card, promotion = (e.evidence_id for e in run.recorded)
    assert not {quality, card, promotion} & {e.source for e in chain.edges}


def test_gates_that_read_the_same_bytes_share_their_data(run):
    for index in range(3):
        run.quality(map_index=index, path=f"copy {index}.parquet")
    run.quality(task_id="other", sha256="ef" * 32)

    chain = chain_of(stored(*run.recorded))

    assert len(nodes(chain, NodeKind.QUALITY)) == 4
    assert len(nodes(chain, NodeKind.DATA)) == 2


def test_data_without_a_digest_is_known_by_its_place(run):
    table = {"kind": "database", "conn_id": "warehouse", "table": "people", "query": None}
    run.record(EvidenceKind.QUALITY, source=table, task_id="a")
    run.record(EvidenceKind.QUALITY, source=table, task_id="b")

    data = only(chain_of(stored(*run.recorded)), NodeKind.DATA)

    assert data.title == "people of warehouse"
    assert data.facts["Connection"] == "warehouse"


def test_a_retry_replaces_what_was_recorded_and_stays_visible(run):
    first = run.quality(verdict=Verdict.FAILED)
    second = run.quality(try_number=2)

    node = only(chain_of(stored(*run.recorded)), NodeKind.QUALITY)

    assert (node.evidence_id, node.verdict) == (second.evidence_id, Verdict.PASSED)
    assert [e.evidence_id for e in node.earlier] == [first.evidence_id]


def test_an_approval_that_saw_an_earlier_record_does_not_hold(run):
    seen = run.bias()
    run.approval(seen)
    run.bias(try_number=2)

    chain = chain_of(stored(*run.recorded))

    (edge,) = [e for e in chain.edges if e.relation is Relation.SHOWN]
    assert edge.source == only(chain, NodeKind.BIAS).node_id
    assert not edge.holds
    assert "replaced" in edge.note


def test_evidence_that_was_named_and_is_gone_is_missing(run):
    gone = run.bias()
    approval = run.approval(gone)

    chain = chain_of(stored(approval))

    node = only(chain, NodeKind.BIAS)
    assert (node.status, node.node_id) == (Status.MISSING, gone.evidence_id)
    assert "not in the database" in node.problem


def test_a_digest_that_is_another_one_breaks_the_edge(run):
    quality = run.quality()
    approval = run.approval(quality)
    changed = Recorded(evidence=quality, digest="0" * 64, intact=False)

    chain = chain_of([changed, *stored(approval)])

    (edge,) = [e for e in chain.edges if e.relation is Relation.SHOWN]
    assert not edge.holds
    assert not only(chain, NodeKind.QUALITY).intact
    assert "not what was recorded" in only(chain, NodeKind.QUALITY).problem


def changed(item):
    return Recorded(evidence=item, digest=item.digest, intact=False)


def test_a_changed_record_has_no_verdict_and_holds_no_edge(run):
    quality = run.quality()
    approval = run.approval(quality)

    chain = chain_of([changed(quality), *stored(approval)])

    assert only(chain, NodeKind.QUALITY).verdict is None
    (edge,) = [e for e in chain.edges if e.relation is Relation.SHOWN]
    assert (edge.holds, edge.note) == (False, "it was changed since it was recorded")


def test_a_changed_record_never_lets_a_run_pass(run):
    quality, bias = run.quality(), run.bias(verdict=Verdict.PASSED)

    standing = standing_of([changed(quality), *stored(bias)])

    assert standing.verdict is Verdict.INSUFFICIENT
    assert standing.by_kind[EvidenceKind.QUALITY] is Verdict.INSUFFICIENT
    assert standing.by_kind[EvidenceKind.BIAS] is Verdict.PASSED
    assert (standing.changed, standing.changed_kinds) == (1, {EvidenceKind.QUALITY})


def test_a_run_whose_replaced_record_was_changed_does_not_pass(run):
    first, second = run.quality(), run.quality()

    standing = standing_of([changed(first), *stored(second)])

    assert standing.verdict is Verdict.INSUFFICIENT
    assert (standing.changed, standing.changed_kinds) == (1, frozenset())
    (earlier,) = only(chain_of([changed(first), *stored(second)]), NodeKind.QUALITY).earlier
    assert not earlier.intact


@pytest.mark.parametrize("which", ["bias", "approval"])
def test_nothing_is_accepted_by_or_through_a_changed_record(run, which):
    bias = run.bias(verdict=Verdict.FAILED)
    approval = run.approval(bias)
    found = {"bias": bias, "approval": approval}
    recorded = [changed(e) if name == which else stored(e)[0] for name, e in found.items()]

    standing = standing_of(recorded)

    assert standing.accepted == 0
    assert standing.verdict is (Verdict.FAILED if which == "approval" else Verdict.INSUFFICIENT)


def test_a_refused_promotion_says_why_and_shows_what_it_required(run):
    run.quality()
    run.promotion(
        stage="refused",
        verdict=Verdict.FAILED,
        required=["quality", "bias", "card"],
        reasons=["no bias evidence", "no card evidence"],
    )

    chain = chain_of(stored(*run.recorded))

    assert only(chain, NodeKind.PROMOTION).problem == "no bias evidence; no card evidence"
    assert only(chain, NodeKind.BIAS).status is Status.MISSING
    assert only(chain, NodeKind.CARD).status is Status.MISSING
    assert len(edges(chain, Relation.REQUIRED)) == 2


def test_evidence_about_another_version_is_not_what_a_promotion_requires(run):
    other = GovernedRun(model=ModelRef(name="income", version="2"), first=50)
    other.bias()
    run.promotion(stage="refused", verdict=Verdict.FAILED, required=["bias"])

    chain = chain_of(stored(*other.recorded, *run.recorded))

    assert [n.status for n in nodes(chain, NodeKind.BIAS)] == [Status.RECORDED, Status.MISSING]


def test_several_models_have_a_training_run_each(run):
    run.card(run_id="first")
    other = GovernedRun(model=ModelRef(name="churn", version="1"), first=50)
    other.card(run_id="second", task_id="other_card")
    other.bias(task_id="other_bias")

    chain = chain_of(stored(*run.recorded, *other.recorded))

    found = {n.title: n.facts["MLflow run"] for n in nodes(chain, NodeKind.TRAINING)}
    assert found == {"income version 3": "first", "churn version 1": "second"}
    assert edges(chain, Relation.JUDGED) == [("training:churn:1", other.recorded[1].evidence_id)]


def test_a_model_without_a_card_has_no_known_training_run(run):
    run.bias()

    training = only(chain_of(stored(*run.recorded)), NodeKind.TRAINING)

    assert training.status is Status.MISSING
    assert training.problem == "No card names the run that trained it"


def request(*shown: Evidence, task_id="approval_task", state=State.PENDING) -> Request:
    return Request(
        request_id="01" * 18,
        origin=Origin(dag_id="income", run_id="run 1", task_id=task_id),
        subject="Promote?",
        requester="requester",
        approvers=("ada",),
        shown=tuple(Shown.of(item) for item in shown),
        shown_digest="",
        opened_at=NOON + timedelta(hours=1),
        state=state,
    )


def test_a_question_that_nobody_answered_is_a_step_that_waits(run):
    bias = run.bias()

    chain = chain_of(stored(bias), requests=[request(bias)])

    node = only(chain, NodeKind.APPROVAL)
    assert (node.status, node.summary, node.verdict) == (Status.WAITING, "waiting for ada", None)
    assert edges(chain, Relation.SHOWN) == [(bias.evidence_id, node.node_id)]


def test_a_question_that_is_asked_again_keeps_the_answer_before(run):
    first = run.approval(run.bias(), verdict=Verdict.FAILED)

    chain = chain_of(stored(*run.recorded), requests=[request()])

    node = only(chain, NodeKind.APPROVAL)
    assert node.status is Status.WAITING
    assert [e.evidence_id for e in node.earlier] == [first.evidence_id]
    assert edges(chain, Relation.SHOWN) == []


@pytest.mark.parametrize("state", [s for s in State if s is not State.PENDING])
def test_a_question_that_is_settled_adds_nothing(run, state):
    chain = chain_of(stored(run.bias()), requests=[request(state=state)])

    assert nodes(chain, NodeKind.APPROVAL) == []


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("failed", Status.MISSING),
        ("upstream_failed", Status.MISSING),
        ("success", Status.MISSING),
        ("running", Status.RUNNING),
        ("awaiting_input", Status.RUNNING),
        ("skipped", None),
    ],
)
def test_a_governance_task_that_recorded_nothing_is_told_unless_it_was_skipped(run, state, status):
    task = TaskSeen(task_id="check", map_index=-1, kind=NodeKind.BIAS, state=state)

    found = nodes(chain_of(stored(run.quality()), tasks=[task]), NodeKind.BIAS)

    assert [node.status for node in found] == ([status] if status else [])


def test_a_task_that_recorded_is_no_step_of_its_own(run):
    task = TaskSeen(task_id="bias_task", map_index=-1, kind=NodeKind.BIAS, state="failed")

    chain = chain_of(stored(run.bias(verdict=Verdict.FAILED)), tasks=[task])

    assert only(chain, NodeKind.BIAS).verdict is Verdict.FAILED


def test_a_failure_that_a_person_saw_and_accepted_is_a_warning(run):
    standing = standing_of(stored(*run.whole().recorded))

    assert (standing.verdict, standing.accepted) == (Verdict.WARNED, 1)
    assert standing.by_kind[EvidenceKind.BIAS] is Verdict.FAILED


@pytest.mark.parametrize(
    "change", [{"verdict": Verdict.FAILED}, {"shown": []}], ids=["rejected", "not shown"]
)
def test_a_failure_that_nobody_accepted_stays_one(run, change):
    bias = run.bias(verdict=Verdict.FAILED)
    approval = run.approval(bias, verdict=change.get("verdict", Verdict.PASSED))
    if "shown" in change:
        approval = replace(approval, body={**approval.body, "shown": change["shown"]})

    standing = standing_of(stored(bias, approval))

    assert (standing.verdict, standing.accepted) == (Verdict.FAILED, 0)


def test_only_what_stands_counts(run):
    run.quality(verdict=Verdict.FAILED)
    run.quality(try_number=2)

    standing = standing_of(stored(*run.recorded))

    assert standing.verdict is Verdict.PASSED
    assert standing.counts == {EvidenceKind.QUALITY: 1}


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
_keys = st.sampled_from(
    [
        "source",
        "card",
        "shown",
        "decided_upon",
        "required",
        "accepted",
        "reasons",
        "contract",
        "rows",
    ]
)


@given(st.dictionaries(_keys, _json, max_size=6), st.sampled_from(list(EvidenceKind)))
def test_no_document_keeps_a_chain_from_being_shown(body, kind):
    run = GovernedRun()
    run.record(kind, **body)

    chain = chain_of(stored(*run.recorded))

    ids = {node.node_id for node in chain.nodes}
    assert run.recorded[0].evidence_id in ids
    assert {end for e in chain.edges for end in (e.source, e.target)} <= ids


@given(st.data())
def test_every_edge_leads_from_one_step_to_another(data):
    run = GovernedRun()
    kinds = st.sampled_from(list(EvidenceKind))
    for _ in range(data.draw(st.integers(1, 12))):
        seen = (
            data.draw(st.lists(st.sampled_from(run.recorded), max_size=3)) if run.recorded else []
        )
        run.record(
            data.draw(kinds),
            task_id=data.draw(st.sampled_from("ab")),
            shown=[named(e) for e in seen],
            decided_upon=[named(e) for e in seen],
        )
    kept = data.draw(st.lists(st.sampled_from(run.recorded), min_size=1, unique_by=id))

    chain = chain_of(stored(*kept))

    ids = [node.node_id for node in chain.nodes]
    assert len(ids) == len(set(ids))
    assert {end for e in chain.edges for end in (e.source, e.target)} <= set(ids)
    assert all(e.source != e.target for e in chain.edges)
