"""What two model cards say differently, field by field.

Both are taken apart into single statements with a path of names: entries of a list are told apart
by what names them (a parameter by its name, a gate by its task, a group by its value), never by
their place. Where something was read and which evidence it stands in says nothing about the model,
and is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from airflow_gov_provider.domain.cards.building import card_json
from airflow_gov_provider.domain.cards.model import ModelCard

Value = str | int | float | bool | None
Path = tuple[str, ...]


class ChangeKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One statement that differs.

    :param path: from the section to the statement, e.g. ``evaluation, metrics, accuracy``.
    :param before: None where the first card does not say it.
    :param difference: after minus before, where both are numbers.
    """

    path: Path
    kind: ChangeKind
    before: Value
    after: Value
    difference: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardDiff:
    """:param equal: how many statements both cards make alike."""

    changes: tuple[Change, ...]
    equal: int


def diff(first: ModelCard, second: ModelCard) -> CardDiff:
    """From the first card to the second, in the order of the cards."""
    before, after = _statements(first), _statements(second)
    changes, equal = [], 0
    for path in dict.fromkeys([*before, *after]):
        if path in before and path in after and _same(before[path], after[path]):
            equal += 1
        else:
            changes.append(_change(path, before, after))
    return CardDiff(changes=tuple(changes), equal=equal)


def _same(before: Value, after: Value) -> bool:
    return before == after and isinstance(before, bool) == isinstance(after, bool)


def _change(path: Path, before: Mapping[Path, Value], after: Mapping[Path, Value]) -> Change:
    if path not in before:
        return Change(path=path, kind=ChangeKind.ADDED, before=None, after=after[path])
    if path not in after:
        return Change(path=path, kind=ChangeKind.REMOVED, before=before[path], after=None)
    old, new = before[path], after[path]
    both = _is_number(old) and _is_number(new)
    return Change(
        path=path,
        kind=ChangeKind.CHANGED,
        before=old,
        after=new,
        difference=float(new) - float(old) if both else None,  # type: ignore[arg-type]
    )


def _is_number(value: Value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_NOT_COMPARED = frozenset({"schema_version", "generator", "generated_at"})
_OF_THE_RECORD = frozenset({"source", "provenance", "evidence_id", "digest", "omitted"})
_NAMES = ("name", "task_id", "feature", "group", "check", "risk")


def _statements(card: ModelCard) -> dict[Path, Value]:
    content = {k: v for k, v in card_json(card).items() if k not in _NOT_COMPARED}
    found: dict[Path, Value] = {}
    for path, value in _walk((), content):
        name, number = path, 1
        while name in found:  # two of the same name, told apart by their order
            number += 1
            name = (*path[:-1], f"{path[-1]} ({number})")
        found[name] = value
    return found


def _walk(path: Path, value: Any) -> Iterator[tuple[Path, Value]]:
    if isinstance(value, Mapping):
        if "provenance" in value:
            yield from _walk(path, value.get("value"))
        else:
            for key, each in value.items():
                if key not in _OF_THE_RECORD or path[:1] == ("training",):
                    yield from _walk((*path, key), each)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for each in value:
            yield from _entry(path, each)
    elif value is not None:
        yield path, value


def _entry(path: Path, entry: Any) -> Iterator[tuple[Path, Value]]:
    """One entry of a list, under what names it."""
    if not isinstance(entry, Mapping):
        yield (*path, str(entry)), entry
        return
    key = next((name for name in _NAMES if entry.get(name)), None)
    label = str(entry[key]) if key else "(unnamed)"
    if entry.get("role"):
        label = f"{label}, {entry['role']}"
    rest = {k: v for k, v in entry.items() if k != key}
    if set(rest) == {"value"} and rest["value"] is not None:
        yield (*path, label), rest["value"]
    else:
        said = list(_walk((*path, label), rest))
        yield from said or [((*path, label), label)]
