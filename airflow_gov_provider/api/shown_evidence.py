"""What a request for approval shows, as it was recorded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from airflow_gov_provider.api.approval_schemas import ShownEvidence, ShownFinding
from airflow_gov_provider.domain.approvals.request import Request, Shown
from airflow_gov_provider.domain.canonical import digest
from airflow_gov_provider.domain.verdicts import Severity, Verdict
from airflow_gov_provider.store.approvals.pages import standing_evidence_ids
from airflow_gov_provider.store.evidence.rows import StoredEvidence, get_stored

MOST_DOCUMENTS = 100  # read for one request; of what is beyond, the verdict is shown alone
MOST_FINDINGS = 12  # of one piece of evidence
_TROUBLES = (Verdict.FAILED.value, Verdict.INSUFFICIENT.value, Verdict.WARNED.value)
_LONGEST_TEXT = 500


def shown_evidence(connection: Connection, request: Request) -> list[ShownEvidence]:
    """In the order of the request."""
    origin = request.origin
    standing = standing_evidence_ids(connection, origin.dag_id, origin.run_id)
    return [
        _item(
            shown,
            get_stored(connection, shown.evidence_id) if number < MOST_DOCUMENTS else None,
            stands=shown.evidence_id in standing,
        )
        for number, shown in enumerate(request.shown)
    ]


def _item(shown: Shown, stored: StoredEvidence | None, *, stands: bool) -> ShownEvidence:
    row = stored.row if stored else None
    troubles = _troubles(stored) if stored else []
    return ShownEvidence(
        evidence_id=shown.evidence_id,
        kind=shown.kind.value,
        task_id=shown.task_id,
        map_index=shown.map_index,
        verdict=shown.verdict.value,
        digest=shown.digest,
        subject=row.subject if row else None,
        summary=row.summary if row else None,
        recorded_at=row.recorded_at if row else None,
        digest_matches=stored is not None and digest(stored.document) == shown.digest,
        stands=stands,
        findings=[_finding(one) for one in troubles[:MOST_FINDINGS]],
        more_findings=max(0, len(troubles) - MOST_FINDINGS),
    )


def _troubles(stored: StoredEvidence) -> list[Mapping[str, Any]]:
    try:
        body = json.loads(stored.document).get("body")
    except (ValueError, RecursionError, AttributeError):
        return []
    findings = body.get("findings") if isinstance(body, Mapping) else None
    if not isinstance(findings, list):
        return []
    found = [
        one for one in findings if isinstance(one, Mapping) and one.get("verdict") in _TROUBLES
    ]
    return sorted(found, key=lambda one: _TROUBLES.index(one["verdict"]))


def _finding(finding: Mapping[str, Any]) -> ShownFinding:
    return ShownFinding(
        verdict=str(finding["verdict"]),
        kind=str(finding.get("kind") or ""),
        subject=str(finding.get("subject") or ""),
        expected=_text(finding.get("expected")),
        observed=_text(finding.get("observed")),
        reason=_text(finding.get("reason")),
        is_warning=finding.get("severity") == Severity.WARNING,
    )


def _text(value: object) -> str | None:
    if value is None:
        return None
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"
