"""What people are told of an incident, as mail and chat show it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Any

_LONGEST_SUBJECT = 200
_WHAT = {
    "opened": "opened",
    "repeated": "happened again",
    "reopened": "came back",
    "acknowledged": "acknowledged",
    "assigned": "assigned",
    "commented": "commented",
    "resolved": "resolved",
    "escalated": "escalated",
    "reportable": "has to be reported to an authority",
    "report_sent": "was reported to the authority",
    "report_withdrawn": "need not be reported after all",
}
_SHOWN = (
    ("Severity", "severity"),
    ("State", "state"),
    ("Kind", "kind"),
    ("Dag", "dag_id"),
    ("Run", "run_id"),
    ("Task", "task_id"),
    ("Owner", "owner"),
    ("Assignee", "assignee"),
    ("Occurrences", "occurrences"),
    ("Opened (UTC)", "opened_at"),
    ("Incident", "incident_id"),
)
_OF_ENTRY = (
    ("By", "actor"),
    ("Promise", "promise"),
    ("Expected", "expected_at"),
    ("Happened", "actual_at"),
    ("Escalation", "escalation"),
    ("Duty to report", "regime"),
    ("Step", "step"),
    ("Due", "due_at"),
    ("Resolution", "resolution"),
    ("Reason", "reason"),
    ("Comment", "comment"),
)


def message_of(
    notice_id: str, incident: Mapping[str, Any], entry: Mapping[str, Any], *, url: str = ""
) -> dict[str, str]:
    """``id``, ``type``, ``subject`` (one line), ``text`` and ``html`` (escaped) of a notice.

    :param incident: its fields, JSON-safe.
    :param entry: what happened: ``kind``, ``actor``, ``at`` and ``details``.
    :param url: where people see the incident; left out if it is empty.
    """
    what = _WHAT.get(str(entry.get("kind")), str(entry.get("kind")))
    title = " ".join(str(incident.get("title")).split())
    subject = f"[{incident.get('severity')}] {title}: {what}"
    facts = [*_facts(_SHOWN, incident), *_facts(_OF_ENTRY, {**_details(entry), **entry})]
    facts += [("See", url)] if url else []
    lines = [subject, "", *(f"{name}: {value}" for name, value in facts)]
    rows = "".join(
        f"<tr><th align='left'>{escape(name)}</th><td>{escape(value)}</td></tr>"
        for name, value in facts
    )
    return {
        "id": notice_id,
        "type": f"incident.{entry.get('kind')}",
        "subject": subject[:_LONGEST_SUBJECT],
        "text": "\n".join(lines),
        "html": f"<p>{escape(subject)}</p><table>{rows}</table>",
    }


_LONGEST_REASON = 200
_ADDRESS = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)(?:[^\s/@]*@)?([^\s/?#'\")]*)[^\s'\")]*")
# Keys and tokens: long, and with both letters and digits; paths of modules and files are not.
_TOKEN = re.compile(r"(?=[\w+/=-]*\d)(?=[\w+/=-]*[A-Za-z])[\w+/=-]{20,}")
_NAMED = re.compile(
    r"(?i)\b(password|passwd|secret|token|api[_-]?key|authorization)\b['\"]?\s*[:=]\s*"
    r"(?:bearer\s+|basic\s+)?\S+"
)


def without_secrets(message: str) -> str:
    """The first line of somebody else's message, short and without what may be a secret.

    Of an address the host stays; a path, a query and a user may be what opens it.
    """
    first = next((line.strip() for line in message.splitlines() if line.strip()), "")
    told = _ADDRESS.sub(r"\1\2/...", first[: 10 * _LONGEST_REASON])
    told = _TOKEN.sub("...", _NAMED.sub(r"\1=...", told))
    return told if len(told) <= _LONGEST_REASON else f"{told[:_LONGEST_REASON]}..."


def _details(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    details = entry.get("details")
    return details if isinstance(details, Mapping) else {}


def _facts(names: tuple[tuple[str, str], ...], values: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (label, " ".join(str(values[name]).split()))
        for label, name in names
        if values.get(name) not in (None, "")
    ]
