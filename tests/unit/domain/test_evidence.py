"""Evidence documents, their digests, and which of them stand."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from airflow_gov_provider.domain.evidence import (
    Evidence,
    EvidenceKind,
    ModelRef,
    Origin,
    standing,
)
from airflow_gov_provider.domain.verdicts import Verdict

ORIGIN = Origin(dag_id="d", run_id="r", task_id="check")
EXAMPLE = Evidence(
    evidence_id="0190-1",
    kind=EvidenceKind.BIAS,
    origin=ORIGIN,
    subject="predictions",
    model=ModelRef(name="m", version="3"),
    verdict=Verdict.FAILED,
    summary="FAILED: 1 failed",
    recorded_at=datetime(2026, 1, 2, tzinfo=UTC),
    body={"findings": [], "n": 3},
)


def test_a_document_reads_back_as_the_same_evidence():
    assert Evidence.from_document(EXAMPLE.document) == EXAMPLE


def test_the_digest_depends_on_everything_that_was_recorded():
    changed = [
        replace(EXAMPLE, evidence_id="0190-2"),
        replace(EXAMPLE, kind=EvidenceKind.CARD),
        replace(EXAMPLE, origin=replace(ORIGIN, try_number=2)),
        replace(EXAMPLE, subject="other"),
        replace(EXAMPLE, model=None),
        replace(EXAMPLE, verdict=Verdict.PASSED),
        replace(EXAMPLE, summary="PASSED"),
        replace(EXAMPLE, recorded_at=datetime(2026, 1, 3, tzinfo=UTC)),
        replace(EXAMPLE, body={"findings": [], "n": 4}),
    ]

    assert len({item.digest for item in [EXAMPLE, *changed]}) == len(changed) + 1


def test_a_document_of_another_version_is_refused():
    content = json.loads(EXAMPLE.document) | {"v": 99}

    with pytest.raises(ValueError, match="expected evidence document version 1, found 99"):
        Evidence.from_document(json.dumps(content).encode())


def test_a_later_try_replaces_an_earlier_one_and_other_tasks_stand_beside_it():
    second_try = replace(EXAMPLE, evidence_id="0190-3", verdict=Verdict.PASSED)
    other_index = replace(EXAMPLE, evidence_id="0190-2", origin=replace(ORIGIN, map_index=1))

    assert standing([second_try, EXAMPLE, other_index]) == (other_index, second_try)
