"""What the demo says about its runs, whatever the approver decides."""

from __future__ import annotations

import copy

import pytest

ITEM = {
    "evidence_id": "1",
    "kind": "bias",
    "task_id": "check_bias",
    "subject": "income_model version 1",
    "verdict": "FAILED",
    "summary": "FAILED: 2 passed, 1 failed",
    "digest": "a" * 64,
    "did_not_pass": ["sex four_fifths: expected >= 0.8, found 0.24"],
}
TASKS = ("check_data", "train", "check_bias", "write_card", "approve", "promote")
APPROVED = {
    "dag_run": {
        "dag_id": "governed_income_model",
        "run_id": "r",
        "state": "success",
        "triggered_by": "requester",
        "tasks": dict.fromkeys(TASKS, "success"),
    },
    "events": {
        "total": 14,
        "tasks": {task: {"running": 1, "success": 1} for task in TASKS},
        "dag_run": {"running": 1, "success": 1},
    },
    "evidence": [
        {**ITEM, "evidence_id": "0", "kind": "quality", "verdict": "PASSED", "did_not_pass": []},
        ITEM,
    ],
    "approval": {
        "decision": "approved",
        "decided_by": {"id": "approver", "name": "approver"},
        "reason": "accepted here",
        "shown": [
            {"evidence_id": "0", "digest": "a" * 64},
            {"evidence_id": "1", "digest": "a" * 64},
        ],
    },
    "promotion": {
        "verdict": "PASSED",
        "model": "income_model",
        "alias": "champion",
        "version": "1",
        "previous_version": None,
        "version_in_registry": "1",
    },
    "card": {"digest": "c", "digest_of_file": "c", "files": []},
    "blocked": {
        "dag_id": "blocked_by_quality",
        "state": "failed",
        "tasks": {"train": "upstream_failed"},
        "evidence": [{**ITEM, "kind": "quality"}],
    },
    "problems": [],
}


@pytest.fixture
def summary(repository, monkeypatch):
    monkeypatch.syspath_prepend(repository / "dags_examples" / "demo")
    import summary

    return summary


def rejected():
    run = copy.deepcopy(APPROVED)
    run["dag_run"]["state"] = "failed"
    run["dag_run"]["tasks"] |= {"approve": "failed", "promote": "upstream_failed"}
    run["events"]["dag_run"] = {"running": 1, "failed": 1}
    run["events"]["tasks"] |= {"approve": {"running": 2, "failed": 1}, "promote": {}}
    run["approval"]["decision"] = "rejected"
    run["promotion"] = None
    return run


@pytest.mark.parametrize("run", [APPROVED, rejected()], ids=["approved", "rejected"])
def test_either_decision_of_the_approver_is_a_good_end(summary, run):
    assert summary._problems(run) == []


def test_a_rejection_that_promotes_is_a_problem(summary):
    run = {**rejected(), "promotion": APPROVED["promotion"]}

    assert summary._problems(run) == ["not true: nothing was promoted"]


def test_an_approval_that_promotes_nothing_is_a_problem(summary):
    assert summary._problems({**APPROVED, "promotion": None}) == [
        "not true: the promotion was recorded",
        "not true: the registry has the promoted version",
    ]


def test_it_says_what_failed_and_what_the_approver_had_in_view(summary):
    text = summary.render(rejected())

    assert "sex four_fifths: expected >= 0.8, found 0.24" in text
    assert "rejected by approver: accepted here" in text
    assert "the evidence in view: quality PASSED, bias FAILED" in text
    assert "Promotion\n  none\n" in text
