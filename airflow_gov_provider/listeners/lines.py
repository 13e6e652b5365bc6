"""The line of an event, printed in one pass where nothing has to be masked or cut.

That is nearly always so, and a task process is a fork: whatever code it enters first it pays for
with page faults, so that the masker's walk through a payload, bounding it and encoding it cost a
hook more than everything else it does. Two observations spare it all three:

* The masker replaces what it finds in a text. If it leaves alone all texts of a payload in one, it
  leaves alone each of them; and if no name that it hides is part of all names in one, it is part of
  none of them. Either can only be wrong in that there is nothing to mask after all.
* A payload of short texts and numbers that fits is its own bounded form.

Otherwise, and for anything unusual, the long way decides. Standard library only.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any

from airflow_gov_provider.domain.events import (
    ENVELOPE_VERSION,
    LISTENER,
    LONGEST_TEXT,
    Event,
    bounded,
    needs_escapes,
    printed,
)

_NUMBERS = (int, float, bool)
_HARMLESS = "-"  # too short to be a secret


def event_line(told: dict[str, Any], facts: dict[str, Any], *, max_bytes: int) -> bytes:
    """What ``Event.document`` prints once registered secrets are masked and limits are kept.

    :param told: fields of the event but its payload and witness; ``occurred_at`` is in UTC, and
        ``event_id``, ``state`` and ``type`` are plain words.
    :param facts: the payload; what is None is not known. Names are words of ASCII letters.
    :param max_bytes: which the payload may have.
    """
    text = _plainly(facts, max_bytes)
    if text is None:
        known = {name: as_text(value) for name, value in facts.items() if value is not None}
        return Event(**told, payload=bounded(masker()(known), max_bytes=max_bytes)).document
    said = told.get
    return (
        f'{{"actor":{printed(said("actor"))},"dag_id":{printed(said("dag_id"))},'
        f'"event_id":"{told["event_id"]}","map_index":{printed(said("map_index"))},'
        f'"occurred_at":"{told["occurred_at"].isoformat()}","payload":{text},'
        f'"run_id":{printed(said("run_id"))},"state":"{told["state"]}",'
        f'"task_id":{printed(said("task_id"))},"try_number":{printed(said("try_number"))},'
        f'"type":"{told["type"]}","v":{ENVELOPE_VERSION},"witness":"{LISTENER}"}}'
    ).encode()


def _plainly(facts: dict[str, Any], max_bytes: int) -> str | None:
    """The payload if it may be left as it is, else None."""
    texts, parts = [], []
    for name in sorted(facts):
        value = facts[name]
        if value is None:
            continue
        if type(value) is not str:
            value = as_text(value)
            if type(value) in _NUMBERS:
                parts.append(f'"{name}":{printed(value)}')
                continue
            if type(value) is not str:
                return None
        texts.append(value)
        parts.append(f'"{name}":"{value}"')
    if not (_names_show("_".join(facts)) and _texts_show(texts)):
        return None
    text = f"{{{','.join(parts)}}}"
    return text if len(text) <= max_bytes else None


def _texts_show(texts: list[str]) -> bool:
    """Whether they need no escapes, are not cut, and the masker leaves them alone."""
    together = " ".join(texts)
    if needs_escapes(together):
        return False
    if len(together) > LONGEST_TEXT and max(map(len, texts)) > LONGEST_TEXT:
        return False
    shown: bool = masker()(together) == together
    return shown


@cache  # there are a few kinds of payloads, and the settings decide, which a process reads once
def _names_show(names: str) -> bool:
    """Whether the masker shows what stands under these names."""
    shown: bool = masker()(_HARMLESS, names) == _HARMLESS
    return shown


def as_text(value: Any) -> Any:
    """Numbers stay, times are ISO 8601, an enumeration is its value, the rest is text."""
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, (bool, int, float, str, dict)):
        return value
    return value.isoformat() if isinstance(value, datetime) else str(value)


@cache  # an import statement is not free either
def masker() -> Any:
    """Airflow's own, of which the secrets that are registered later are known as well."""
    from airflow.sdk.log import redact  # type: ignore[attr-defined]

    return redact
