"""``airflow governance evidence ...``"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow_gov_provider.api.schemas import EvidenceDetail, EvidenceItem
from airflow_gov_provider.cli import pages
from airflow_gov_provider.cli.border import command, fail
from airflow_gov_provider.cli.rendering import (
    Column,
    on_one_line,
    print_facts,
    print_json,
    print_table,
    shown,
    task_instance,
)
from airflow_gov_provider.domain.evidence import EvidenceKind
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.hooks.governance import governance_transaction
from airflow_gov_provider.store.evidence.rows import (
    EvidenceFilter,
    StoredEvidence,
    get_stored,
    page_of_rows,
)

_FILTERS = ("dag_id", "run_id", "task_id", "kind", "verdict", "since", "until")
_COLUMNS = [
    Column(title="id", kept=True, whole=True),
    Column(title="verdict", kept=True, whole=True),
    Column(title="kind", kept=True, whole=True),
    Column(title="dag"),
    Column(title="task"),
    Column(title="recorded (UTC)", whole=True),
    Column(title="subject"),
    Column(title="summary"),
]
_FINDING_COLUMNS = [
    Column(title="verdict", kept=True, whole=True),
    Column(title="check", kept=True),
    Column(title="subject", kept=True),
    Column(title="expected", kept=True),
    Column(title="observed", kept=True),
    Column(title="reason"),
]


@command
def list_evidence(args: Any) -> None:
    wanted = EvidenceFilter(
        **{name: getattr(args, name) for name in _FILTERS if name not in {"kind", "verdict"}},
        kind=EvidenceKind(args.kind) if args.kind else None,
        verdict=Verdict(args.verdict) if args.verdict else None,
    )
    with governance_transaction() as connection:
        rows, more = pages.read(
            lambda cursor, limit: page_of_rows(connection, wanted, before=cursor, limit=limit),
            limit=args.limit,
        )
    items = [EvidenceItem.of(row) for row in rows]
    if args.output == "json":
        print_json([item.model_dump(mode="json") for item in items])
        return
    pages.print_list(
        _COLUMNS,
        [
            (
                item.evidence_id,
                item.verdict,
                item.kind,
                item.dag_id,
                task_instance(item.task_id, item.map_index),
                item.recorded_at,
                item.subject,
                item.summary,
            )
            for item in items
        ],
        more=more,
        when_empty=_when_empty(filtered=pages.has_filters(args, *_FILTERS)),
    )


def _when_empty(*, filtered: bool) -> str:
    if filtered:
        return "No evidence matches these filters; leave one out to see more."
    return (
        "No evidence yet. A DataQualityGate, BiasCheck, ModelCardOperator, HumanApprovalSensor or "
        "PromoteModelOperator records it when it runs."
    )


@command
def show(args: Any) -> None:
    stored = stored_evidence(args.evidence_id)
    detail = EvidenceDetail.with_document(stored)
    if args.output == "json":
        print_json(detail.model_dump(mode="json"))
    else:
        _print_detail(detail)
    if not detail.digest_matches:
        fail(
            "the stored document is not the one that was recorded: expected the digest "
            f"{detail.digest}, found another; do not rely on what it says"
        )


def stored_evidence(evidence_id: str) -> StoredEvidence:
    with governance_transaction() as connection:
        stored = get_stored(connection, evidence_id)
    if stored is None:
        fail(
            f"there is no evidence {shown(evidence_id)!r}; "
            "`airflow governance evidence list` shows the ids"
        )
    return stored


def _print_detail(detail: EvidenceDetail) -> None:
    model = detail.model and f"{detail.model.name} version {detail.model.version}"
    state = "matches" if detail.digest_matches else "DOES NOT MATCH the stored document"
    print_facts(
        {
            "evidence": detail.evidence_id,
            "kind": detail.kind,
            "verdict": detail.verdict,
            "summary": detail.summary,
            "subject": detail.subject,
            "model": model,
            "dag": detail.dag_id,
            "run": detail.run_id,
            "task": f"{task_instance(detail.task_id, detail.map_index)}, try {detail.try_number}",
            "recorded": f"{shown(detail.recorded_at)} UTC",
            "digest": f"{detail.digest} ({state})",
        }
    )
    body = (detail.document or {}).get("body")
    if isinstance(body, Mapping):
        _print_body(body)


def _print_body(body: Mapping[str, Any]) -> None:
    findings = body.get("findings")
    others = {name: on_one_line(value) for name, value in body.items() if name != "findings"}
    if others:
        print()
        print_facts(others)
    if isinstance(findings, Sequence) and all(isinstance(item, Mapping) for item in findings):
        print()
        names = ("verdict", "check", "subject", "expected", "observed", "reason")
        print_table(_FINDING_COLUMNS, [[item.get(name) for name in names] for item in findings])
