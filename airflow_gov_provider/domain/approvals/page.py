"""What the person who has to decide reads, as the GitHub-flavoured Markdown that Airflow shows.

An approver decides from this page alone: what is asked, the verdict of every gate in one table,
what exactly did not pass, and where the card is. Whatever comes from data, names or people is
escaped; Airflow drops raw HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from airflow_gov_provider.domain.approvals.request import Request, Rules, Vote
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef
from airflow_gov_provider.domain.verdicts import Severity, Verdict

MAX_FINDINGS = 12
_LONGEST_TEXT = 240
_DIGEST_PREFIX = 12
_TROUBLES = (Verdict.FAILED, Verdict.INSUFFICIENT)
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def escaped(text: object) -> str:
    """The text in one line, with nothing in it that Markdown or HTML would act upon."""
    line = " ".join(str(text).split())
    if len(line) > _LONGEST_TEXT:
        line = line[: _LONGEST_TEXT - 1] + "…"
    return _PUNCTUATION.sub(r"\\\1", line)


def page(
    request: Request,
    evidence: Sequence[Evidence],
    *,
    rules: Rules,
    model: ModelRef | None,
    base_url: str,
    refused: Vote | None = None,
) -> str:
    """Markdown of a request.

    :param evidence: what is shown, in the order of the request.
    :param refused: the latest answer, if it had no effect: Airflow called it successful.
    :param base_url: what the paths of the governance routes are appended to; empty for links that
        stay on the host the reader is on.
    """
    parts = [
        _refusal(refused),
        _facts(request, rules, model),
        _table(evidence),
        _troubles(evidence, base_url),
        _links(evidence, base_url),
        _consequence(evidence),
    ]
    return "\n\n".join(part for part in parts if part)


def _refusal(vote: Vote | None) -> str:
    if vote is None:
        return ""
    who = escaped(vote.answer.by.name) if vote.answer.by else "somebody"
    return (
        f"**The last answer does not count:** {escaped(vote.answer.choice)} by {who} at "
        f"{vote.answer.answered_at:%Y-%m-%d %H:%M} UTC: {escaped(vote.refusal)}. "
        "The question is open still."
    )


def _facts(request: Request, rules: Rules, model: ModelRef | None) -> str:
    facts = {
        "Model": f"{escaped(model.name)} version {escaped(model.version)}" if model else None,
        "Requested by": escaped(request.requester) if request.requester else "a schedule or event",
        "May answer": ", ".join(map(escaped, request.approvers)) or "anyone who may edit this Dag",
        "Ends": f"{request.expires_at:%Y-%m-%d %H:%M} UTC, unanswered means not approved"
        if request.expires_at
        else None,
    }
    lines = [f"**{name}:** {fact}" for name, fact in facts.items() if fact]
    if request.requester and not rules.allow_requester:
        lines.append(f"*{escaped(request.requester)} asked for this and cannot approve it.*")
    return "  \n".join(lines)


def _table(evidence: Sequence[Evidence]) -> str:
    if not evidence:
        return "**No evidence was recorded before this request: there is nothing to decide upon.**"
    rows = [
        f"| **{item.verdict}** | {_task(item)} ({item.kind}) "
        f"| {escaped(item.subject)} | {escaped(_counts(item))} "
        f"| {item.digest[:_DIGEST_PREFIX]} |"
        for item in evidence
    ]
    against = sum(not item.verdict.lets_pass for item in evidence)
    lead = f"**{against} of {len(evidence)} did not pass.**" if against else "**All passed.**"
    header = ["| Verdict | Gate | About | Result | Digest |", "|---|---|---|---|---|"]
    return "\n".join([lead, "", *header, *rows])


def _counts(item: Evidence) -> str:
    """The summary without the verdict that stands beside it already."""
    return item.summary.removeprefix(f"{item.body.get('verdict_before_policy', '')}: ")


def _task(item: Evidence) -> str:
    index = f"[{item.origin.map_index}]" if item.origin.map_index >= 0 else ""
    return escaped(f"{item.origin.task_id}{index}")


def _troubles(evidence: Iterable[Evidence], base_url: str) -> str:
    found = [
        (item, finding)
        for verdict in _TROUBLES
        for item in evidence
        for finding in _findings(item)
        if finding.get("verdict") == verdict
    ]
    if not found:
        return ""
    lines = [_trouble(item, finding) for item, finding in found[:MAX_FINDINGS]]
    hidden = found[MAX_FINDINGS:]
    if hidden:
        path = f"{base_url}/governance/v1/evidence"
        where = {
            item.evidence_id: f"[{_task(item)}]({path}/{item.evidence_id})" for item, _ in hidden
        }
        lines.append(f"- and {len(hidden)} more, in the evidence of {', '.join(where.values())}")
    return "\n".join([f"**What did not pass ({len(found)})**\n", *lines])


def _findings(item: Evidence) -> list[Mapping[str, Any]]:
    findings = item.body.get("findings")
    return [f for f in findings if isinstance(f, Mapping)] if isinstance(findings, list) else []


def _trouble(item: Evidence, finding: Mapping[str, Any]) -> str:
    observed = finding.get("observed")
    told = [f"expected {escaped(finding.get('expected'))}"]
    if observed is not None:
        told.append(f"found **{escaped(_number(observed))}**")
    if finding.get("reason"):
        told.append(escaped(finding["reason"]))
    if finding.get("severity") == Severity.WARNING:
        told.append("a warning only")
    what = f"{escaped(finding.get('subject'))}, {escaped(finding.get('kind'))}"
    return f"- {finding['verdict']} in {_task(item)}: **{what}**: {', '.join(told)}"


def _number(value: object) -> object:
    return f"{value:.4g}" if isinstance(value, float) else value


def _links(evidence: Iterable[Evidence], base_url: str) -> str:
    cards = [
        f"[Read the model card: {escaped(item.subject)}]"
        f"({base_url}/governance/v1/cards/{item.evidence_id}.html)"
        for item in evidence
        if item.kind is EvidenceKind.CARD
    ]
    return "  \n".join(cards)


def _consequence(evidence: Iterable[Evidence]) -> str:
    against = [_task(item) for item in evidence if not item.verdict.lets_pass]
    if against:
        return (
            f"Approving accepts what did not pass in {', '.join(against)}. Your name, your reason "
            "and the digests above become evidence."
        )
    return "Your name, your reason and the digests above become evidence."
