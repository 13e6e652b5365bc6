"""Times as people type them. Standard library only: the definition of the commands imports it."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_SPAN = re.compile(r"(\d{1,6})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _utcnow() -> datetime:
    return datetime.now(tz=UTC)  # noqa: TID251 - spans count back from the clock on the wall


def moment(text: str, *, clock: Callable[[], datetime] = _utcnow) -> datetime:
    """``24h`` before now, or an ISO 8601 time; one without a zone is in UTC.

    :raises ArgumentTypeError: for anything else, which argparse turns into a usage error.
    """
    try:
        if span := _SPAN.fullmatch(text.strip()):
            return clock() - timedelta(**{_UNITS[span[2]]: int(span[1])})
        time = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        raise ArgumentTypeError(
            f"expected a span such as 30m, 24h or 7d, or an ISO 8601 time such as "
            f"2026-01-31T12:00Z; found {text!r}"
        ) from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def span(text: str) -> timedelta:
    """How long ``24h`` or ``30d`` is.

    :raises ArgumentTypeError: for anything else, and for no time at all.
    """
    found = _SPAN.fullmatch(text.strip())
    if found is None or not int(found[1]):
        raise ArgumentTypeError(f"expected a span such as 30m, 24h or 7d; found {text!r}")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
