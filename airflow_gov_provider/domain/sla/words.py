"""What a promise says, for people."""

from __future__ import annotations

from datetime import timedelta

from airflow_gov_provider.domain.sla.commitments import (
    Commitment,
    CountsFrom,
    Kind,
    usual_name,
)

_UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
_LONGEST_SUBJECT = 200
_SINCE = {
    CountsFrom.QUEUED: "being queued",
    CountsFrom.LOGICAL_DATE: "its logical date",
    CountsFrom.RUN_START: "its start",
}


def title_of(terms: Commitment) -> str:
    """The name that its author gave it, else what is promised.

    A promise without a name of its own is known by one that leaves out what may change, such as
    ``by``; that identifies it and tells a reader nothing.
    """
    usual = usual_name(terms.kind, subject=terms.subject, counts_from=terms.counts_from)
    return terms.name if terms.name != usual else promised_in(terms)


def promised_in(terms: Commitment) -> str:
    """For example ``done by 10:00 (Europe/Berlin)`` or ``done within 2 h of being queued``."""
    subject = terms.subject[:_LONGEST_SUBJECT]
    within = length_in_words(terms.within or timedelta())
    match terms.kind:
        case Kind.BY:
            return f"done by {terms.by:%H:%M} ({terms.tz or 'UTC'})" if terms.by else "done by"
        case Kind.TASK:
            return f"task {subject} done within {within} of the run's start"
        case Kind.ASSET:
            return f"{subject} updated every {within}"
        case Kind.RUN:
            since = _SINCE[terms.counts_from or CountsFrom.QUEUED]
            return f"done within {within} of {since}"


def length_in_words(length: timedelta) -> str:
    """For example ``1 d 12 h``; parts of a second are told where there is nothing else."""
    left = int(length.total_seconds())
    parts = []
    for unit, seconds in _UNITS:
        count, left = divmod(left, seconds)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or f"{length.total_seconds():g} s"
