"""Lengths of time as people write them: ``24h``, ``1d12h`` or ISO 8601's ``PT24H``."""

from __future__ import annotations

import re
from datetime import timedelta

from airflow_gov_provider.domain.contracts.problems import Node

_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[smhdw])+", re.ASCII)
_ISO_DURATION = re.compile(
    r"P(?=.)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.ASCII
)
_DURATION_WORDS = 'a duration such as "24h", "90m", "1d12h" or "PT24H"'


def duration(node: Node) -> timedelta | None:
    """A positive length of time."""
    value = node.value
    if not isinstance(value, str):
        node.expected(_DURATION_WORDS)
        return None
    try:
        length = parsed_duration(value)
    except OverflowError:
        length = None
    if length is None or length <= timedelta(0):
        node.expected(_DURATION_WORDS)
        return None
    return length


def parsed_duration(text: str) -> timedelta | None:
    compact = text.strip().replace(" ", "")
    if _DURATION.fullmatch(compact):
        parts = re.findall(r"(\d+(?:\.\d+)?)([smhdw])", compact)
        return sum((float(amount) * _UNITS[unit] for amount, unit in parts), timedelta(0))
    iso = _ISO_DURATION.fullmatch(compact.upper())
    if iso:
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in iso.groups())
        return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return None
