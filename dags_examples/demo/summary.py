"""What the demo recorded, read back from where it is kept, and whether all of it is true."""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from environment import Demo
from rest import Airflow

from airflow_gov_provider.domain.canonical import digest
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, standing
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.store import database
from airflow_gov_provider.store.evidence.rows import evidence_of_run
from airflow_gov_provider.store.search.pages import EventFilter, page_of_events

GOVERNED, BLOCKED = "governed_income_model", "blocked_by_quality"
TASKS = ("check_data", "train", "check_bias", "write_card", "approve", "promote")
MODEL, ALIAS = "income_model", "champion"
SECONDS_TO_SHIP = 20


def summarise(demo: Demo, airflow: Airflow, *, governed: str, blocked: str) -> dict[str, Any]:
    """Everything about both runs; ``problems`` lists what is not as it should be."""
    events = _events(demo, governed)
    with database.transaction(demo.governance_url) as connection:
        recorded = standing(evidence_of_run(connection, GOVERNED, governed))
        stopped = standing(evidence_of_run(connection, BLOCKED, blocked))
    by_kind = {item.kind: item for item in recorded}
    summary = {
        "dag_run": _dag_run(airflow, governed),
        "events": events,
        "evidence": [_evidence(item) for item in recorded],
        "approval": _approval(by_kind.get(EvidenceKind.APPROVAL)),
        "promotion": _promotion(demo, by_kind.get(EvidenceKind.PROMOTION)),
        "card": _card(by_kind.get(EvidenceKind.CARD)),
        "blocked": {
            "dag_id": BLOCKED,
            "run_id": blocked,
            "state": airflow.run(BLOCKED, blocked)["state"],
            "tasks": airflow.tasks(BLOCKED, blocked),
            "evidence": [_evidence(item) for item in stopped],
        },
    }
    return {**summary, "problems": _problems(summary)}


def _dag_run(airflow: Airflow, run_id: str) -> dict[str, Any]:
    run = airflow.run(GOVERNED, run_id)
    return {
        "dag_id": GOVERNED,
        "run_id": run_id,
        "state": run["state"],
        "triggered_by": run.get("triggering_user_name"),
        "tasks": airflow.tasks(GOVERNED, run_id),
    }


def _events(demo: Demo, run_id: str) -> dict[str, Any]:
    """Events per task; waits for the last ones to be shipped."""
    deadline = time.monotonic() + SECONDS_TO_SHIP
    while True:
        with database.transaction(demo.governance_url) as connection:
            wanted = EventFilter(dag_id=GOVERNED, run_id=run_id)
            stored = page_of_events(connection, wanted, limit=1000).items
        events = [item.event for item in reversed(stored) if item.event.state]
        finished = {e.type for e in events} & {"dag_run.success", "dag_run.failed"}
        if finished or time.monotonic() > deadline:
            break
        time.sleep(1)
    tasks = {t: dict(Counter(e.state for e in events if e.task_id == t)) for t in TASKS}
    return {
        "total": len(events),
        "tasks": tasks,
        "dag_run": dict(Counter(e.state for e in events if e.task_id is None)),
    }


def _evidence(item: Evidence) -> dict[str, Any]:
    return {
        "evidence_id": item.evidence_id,
        "kind": item.kind.value,
        "task_id": item.origin.task_id,
        "subject": item.subject,
        "verdict": item.verdict.value,
        "summary": item.summary,
        "digest": item.digest,
        "did_not_pass": [
            f"{found['subject']} {found['kind']}: expected {found['expected']}, "
            f"found {_number(found['observed'])}"
            for found in item.body.get("findings", ())
            if found["verdict"] in (Verdict.FAILED, Verdict.INSUFFICIENT)
        ],
    }


def _number(value: object) -> object:
    return f"{value:.4g}" if isinstance(value, float) else value


def _approval(item: Evidence | None) -> dict[str, Any] | None:
    if item is None:
        return None
    keys = ("decision", "decided_by", "reason", "answered_at", "requester", "shown")
    return {"evidence_id": item.evidence_id, **{key: item.body.get(key) for key in keys}}


def _promotion(demo: Demo, item: Evidence | None) -> dict[str, Any] | None:
    if item is None:
        return None
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=demo.mlflow_url, registry_uri=demo.mlflow_url)
    aliases = client.get_registered_model(MODEL).aliases
    return {
        "evidence_id": item.evidence_id,
        "verdict": item.verdict.value,
        "model": MODEL,
        "alias": ALIAS,
        "version": item.model and item.model.version,
        "previous_version": item.body.get("previous_version"),
        "version_in_registry": str(aliases[ALIAS]) if ALIAS in aliases else None,
    }


def _card(item: Evidence | None) -> dict[str, Any] | None:
    if item is None:
        return None
    where = urlparse(str(item.body.get("artifact_uri")))
    folder = Path(unquote(where.path))
    files = sorted(str(path) for path in folder.glob("*") if path.is_file())
    return {
        "evidence_id": item.evidence_id,
        "digest": item.body.get("card_digest"),
        "digest_of_file": _digest_of(folder / "model_card.json"),
        "path": str(folder),
        "files": files,
    }


def _digest_of(path: Path) -> str | None:
    return digest(path.read_bytes()) if path.is_file() else None


def _problems(summary: dict[str, Any]) -> list[str]:
    """Sentences about what should be true and is not; empty when all is well."""
    rejected = (summary["approval"] or {}).get("decision") == "rejected"
    decided = _after_a_rejection(summary) if rejected else _after_an_approval(summary)
    must_hold = {**_in_any_case(summary), **decided}
    return [f"not true: {sentence}" for sentence, holds in must_hold.items() if not holds]


def _in_any_case(summary: dict[str, Any]) -> dict[str, bool]:
    approval, card = summary["approval"] or {}, summary["card"] or {}
    verdicts = {item["kind"]: item["verdict"] for item in summary["evidence"]}
    shown = {(item["evidence_id"], item["digest"]) for item in approval.get("shown") or ()}
    decided_on = {
        (item["evidence_id"], item["digest"])
        for item in summary["evidence"]
        if item["kind"] in ("quality", "bias", "card")
    }
    blocked = summary["blocked"]
    return {
        "the data passed": verdicts.get("quality") == Verdict.PASSED,
        "the bias finding stands": verdicts.get("bias") == Verdict.FAILED,
        "the approver decided, with a reason": (
            approval.get("decision") in ("approved", "rejected")
            and (approval.get("decided_by") or {}).get("id") == "approver"
            and bool(approval.get("reason"))
        ),
        "the approval names the very evidence that stands": decided_on <= shown,
        "the card was written, and is the one that was recorded": (
            card.get("digest") is not None and card.get("digest") == card.get("digest_of_file")
        ),
        "spoiled data was blocked": (
            blocked["state"] == "failed"
            and blocked["tasks"].get("train") == "upstream_failed"
            and [item["verdict"] for item in blocked["evidence"]] == ["FAILED"]
        ),
    }


def _after_an_approval(summary: dict[str, Any]) -> dict[str, bool]:
    promotion = summary["promotion"] or {}
    return {
        "the governed run succeeded": summary["dag_run"]["state"] == "success",
        "every task has its running and success events": all(
            states.get("running") and states.get("success")
            for states in summary["events"]["tasks"].values()
        ),
        "the Dag run has its running and success events": (
            {"running", "success"} <= set(summary["events"]["dag_run"])
        ),
        "the promotion was recorded": promotion.get("verdict") == Verdict.PASSED,
        "the registry has the promoted version": (
            promotion.get("version") is not None
            and promotion.get("version") == promotion.get("version_in_registry")
        ),
    }


def _after_a_rejection(summary: dict[str, Any]) -> dict[str, bool]:
    tasks = summary["dag_run"]["tasks"]
    return {
        "the rejection ended the governed run": summary["dag_run"]["state"] == "failed",
        "the Dag run has its running and failed events": (
            {"running", "failed"} <= set(summary["events"]["dag_run"])
        ),
        "nothing was promoted": (
            summary["promotion"] is None and tasks.get("promote") == "upstream_failed"
        ),
    }


def render(summary: dict[str, Any]) -> str:
    run, approval, promotion = summary["dag_run"], summary["approval"], summary["promotion"]
    lines = [
        "",
        f"{run['dag_id']} {run['run_id']}: {run['state']}, triggered by {run['triggered_by']}",
        "",
        f"Events ({summary['events']['total']})",
    ]
    for task_id, states in summary["events"]["tasks"].items():
        counts = ", ".join(f"{state} {count}" for state, count in states.items())
        lines.append(f"  {task_id:12} {counts or 'none'}")
    lines += ["", "Evidence (kind, verdict, start of its SHA-256, result)"]
    lines += [line for item in summary["evidence"] for line in _evidence_lines(item)]
    lines += ["", "Approval"]
    if approval:
        who = (approval["decided_by"] or {}).get("name")
        lines.append(f"  {approval['decision']} by {who}: {approval['reason']}")
        lines.append(f"  the evidence in view: {', '.join(_in_view(summary)) or 'none'}")
    lines += ["", "Promotion"]
    if promotion:
        lines.append(
            f"  {promotion['model']}@{promotion['alias']} -> version {promotion['version']} "
            f"(before: {promotion['previous_version'] or 'none'})"
        )
    else:
        lines.append("  none")
    if summary["card"]:
        lines += ["", "Card", *(f"  {path}" for path in summary["card"]["files"])]
    stopped = summary["blocked"]
    lines += ["", f"{stopped['dag_id']}: {stopped['state']} (it is meant to fail)"]
    lines += [line for item in stopped["evidence"] for line in _evidence_lines(item)]
    lines += ["", *(summary["problems"] or ["Checked: everything that should hold does."]), ""]
    return "\n".join(lines)


def _in_view(summary: dict[str, Any]) -> list[str]:
    shown = {item["evidence_id"] for item in summary["approval"]["shown"] or ()}
    return [
        f"{item['kind']} {item['verdict']}"
        for item in summary["evidence"]
        if item["evidence_id"] in shown
    ]


def _evidence_lines(item: dict[str, Any]) -> list[str]:
    result = item["summary"].removeprefix(f"{item['verdict']}: ")
    first = f"  {item['kind']:10} {item['verdict']:12} {item['digest'][:16]}  {result}"
    return [first, *(f"             {trouble}" for trouble in item["did_not_pass"])]
