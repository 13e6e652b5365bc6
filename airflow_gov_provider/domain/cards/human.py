"""The part of a card that only a person can write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from airflow_gov_provider.domain.cards.text import clean
from airflow_gov_provider.exceptions import ContractInvalid

MAX_TEXT = 5000

TEXT_KEYS = ("owner", "contact", "license", "intended_use", "task")
LIST_KEYS = ("users", "out_of_scope", "limitations", "ethical_considerations")
HUMAN_KEYS = (*TEXT_KEYS, *LIST_KEYS, "risks")

_PLACEHOLDER = re.compile(r"(?i)(todo|tbd|fixme|xxx)(\s*[:.(-].*)?|[?.…-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenRisk:
    risk: str
    mitigation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanPart:
    """What the author wrote; a key that was left out is None.

    :param task: the Hugging Face task name, e.g. ``tabular-classification``.
    :param origin: where it was written, for people.
    """

    origin: str
    owner: str | None = None
    contact: str | None = None
    license: str | None = None
    intended_use: str | None = None
    task: str | None = None
    users: tuple[str, ...] | None = None
    out_of_scope: tuple[str, ...] | None = None
    limitations: tuple[str, ...] | None = None
    ethical_considerations: tuple[str, ...] | None = None
    risks: tuple[WrittenRisk, ...] | None = None


def parse_human_part(content: Any, *, origin: str) -> HumanPart:
    """Read the human part of a card.

    :param content: a mapping of HUMAN_KEYS, or None for a card that nobody wrote anything for.
    :raises ContractInvalid: with every problem at once.
    """
    if content is None:
        return HumanPart(origin=origin)
    if not isinstance(content, Mapping):
        raise ContractInvalid(
            origin, [f"expected a mapping with {', '.join(HUMAN_KEYS)}; found {_kind(content)}"]
        )
    problems: list[str] = [_unknown(key) for key in content if key not in HUMAN_KEYS]
    values: dict[str, Any] = {}
    for key in HUMAN_KEYS:
        if key not in content:
            continue
        if key in TEXT_KEYS:
            values[key] = _text(key, content[key], problems)
        elif key in LIST_KEYS:
            values[key] = _texts(key, content[key], problems)
        else:
            values[key] = _risks(key, content[key], problems)
    if problems:
        raise ContractInvalid(origin, problems)
    return HumanPart(origin=origin, **values)


def _unknown(key: Any) -> str:
    near = get_close_matches(str(key), HUMAN_KEYS, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(HUMAN_KEYS)}"
    return f"{clean(str(key), limit=60)}: unknown key; {hint}"


def _kind(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__


def _text(place: str, value: Any, problems: list[str]) -> str | None:
    if not isinstance(value, str):
        problems.append(f"{place}: expected text, found {_kind(value)}")
        return None
    text = clean(value, limit=len(value))
    if not text:
        problems.append(f"{place}: is empty; leave it out, and the card says that it is missing")
    elif len(text) > MAX_TEXT:
        problems.append(f"{place}: has {len(text):,} characters; at most {MAX_TEXT:,} are allowed")
    elif _PLACEHOLDER.fullmatch(text):
        problems.append(
            f"{place}: is a placeholder; leave it out, and the card says that it is missing"
        )
    return text


def _texts(place: str, value: Any, problems: list[str]) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, (list, tuple)) or not value:
        problems.append(f"{place}: expected text or a list of texts, found {_listing(value)}")
        return ()
    texts = [_text(f"{place}[{index}]", item, problems) for index, item in enumerate(value)]
    return tuple(text for text in texts if text)


def _listing(value: Any) -> str:
    return "an empty list" if value in ([], ()) else _kind(value)


def _risks(place: str, value: Any, problems: list[str]) -> tuple[WrittenRisk, ...]:
    if not isinstance(value, (list, tuple)) or not value:
        problems.append(
            f"{place}: expected a list of mappings with risk and mitigation, "
            f"found {_listing(value)}"
        )
        return ()
    return tuple(
        risk
        for index, item in enumerate(value)
        if (risk := _risk(f"{place}[{index}]", item, problems)) is not None
    )


def _risk(place: str, item: Any, problems: list[str]) -> WrittenRisk | None:
    if not isinstance(item, Mapping):
        problems.append(
            f"{place}: expected a mapping with risk and mitigation, found {_kind(item)}"
        )
        return None
    problems.extend(
        f"{place}.{clean(str(key), limit=60)}: unknown key; known are risk and mitigation"
        for key in item
        if key not in ("risk", "mitigation")
    )
    if "risk" not in item:
        problems.append(f"{place}.risk: is required")
        return None
    risk = _text(f"{place}.risk", item["risk"], problems)
    mitigation = item.get("mitigation")
    if "mitigation" in item:
        mitigation = _text(f"{place}.mitigation", mitigation, problems)
    return WrittenRisk(risk=risk or "", mitigation=mitigation)
