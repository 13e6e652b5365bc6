"""What a check word means, and the small readings that many words share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from airflow_gov_provider.domain.contracts import values
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.quality.expectations import ROW_CHECKS, CheckKind
from airflow_gov_provider.domain.quality.parameters import Parameters

Fields = Mapping[str, Node]
Read = Callable[[Fields, Node], dict[str, Any] | None]
COLUMN_KEYS = ("column", "columns")
_ABOUT_A_COLUMN_ONLY = (CheckKind.COLUMN_EXISTS, CheckKind.COLUMN_TYPE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One check word.

    :param kind: the kind of check, by name or by the class of its parameters.
    :param bare: the key that a bare value stands for, as in ``regex: "[a-z]+"``.
    :param keys: the check's own keys.
    :param read: its keys to fields of an expectation, and to further columns under ``beside``; None
        after a problem.
    :param columns: how many columns it takes: 0, 1, or 2 for one or more.
    :param fewest: where it takes more than one, how many at least.
    :param most: where it takes more than one, how many at most.
    :param takes_where: a condition can narrow its scope.
    :param switch: a bare ``true`` asks for it, and a bare ``false`` does not.
    :param named: from the fields that were read to what its identifier is called after, where the
        word alone does not say it.
    :param example: what to write, where neither a bare value nor bounds alone can be given.
    :param fits: from its columns and the fields that were read to what is wrong with the two.
    """

    kind: str | type[Parameters]
    bare: str | None = None
    keys: tuple[str, ...] = ()
    read: Read
    columns: int = 1
    fewest: int = 1
    most: int | None = None
    takes_where: bool = True
    switch: bool = False
    example: str = ""
    named: Callable[[Mapping[str, Any]], str] | None = None
    fits: Callable[[tuple[str, ...], Mapping[str, Any]], str | None] | None = None

    @property
    def counts_rows(self) -> bool:
        kind = self.kind
        return kind in ROW_CHECKS if isinstance(kind, str) else kind.counts_rows

    @property
    def needs_rows(self) -> bool:
        kind = self.kind
        return kind not in _ABOUT_A_COLUMN_ONLY if isinstance(kind, str) else kind.needs_rows

    @property
    def kind_name(self) -> str:
        return self.kind if isinstance(self.kind, str) else self.kind.kind

    @property
    def options(self) -> tuple[str, ...]:
        scope = ("where",) if self.needs_rows and self.takes_where else ()
        tolerated = ("tolerance", "mostly", "sample_limit") if self.counts_rows else ()
        grouped = ("segment_by",) if self.needs_rows else ()
        return (*scope, *tolerated, *grouped, "severity", "id", "description", "dimension")


def nothing(_fields: Fields, _owner: Node) -> dict[str, Any]:
    """The check has no keys of its own."""
    return {}


def required(fields: Fields, owner: Node, key: str, *, what: str = "") -> Node | None:
    """The node of a key that must be there; ``what`` says what belongs into it."""
    if key in fields:
        return fields[key]
    owner.lacks(f"{key!r} is missing{': ' + what if what else ''}", key)
    return None


def required_text(fields: Fields, owner: Node, key: str) -> str | None:
    node = required(fields, owner, key)
    return node.text() if node else None


def bounds(fields: Fields, owner: Node) -> dict[str, Any] | None:
    """Bounds of anything that has an order."""
    found = values.bounds(fields, owner)
    return {"bounds": found} if found else None


def numeric_bounds(fields: Fields, owner: Node) -> dict[str, Any] | None:
    found = values.bounds(fields, owner, numeric=True)
    return {"bounds": found} if found else None


def counted_bounds(fields: Fields, owner: Node) -> dict[str, Any] | None:
    """Bounds of rows or characters: whole numbers from zero."""
    sound = True
    for key in values.BOUND_KEYS:
        if key in fields:
            number = fields[key].integer()
            if number is not None and number < 0:
                fields[key].wrong(f"expected 0 or more, found {number}")
            sound = sound and number is not None and number >= 0
    return numeric_bounds(fields, owner) if sound else None


def column_names(fields: Fields, owner: Node, *, default: str | None = None) -> tuple[str, ...]:
    """The column or columns that a check names, each once."""
    given = [fields[key] for key in COLUMN_KEYS if key in fields]
    if not given:
        if default is None:
            owner.lacks("'column' is missing", *COLUMN_KEYS)
        return (default,) if default else ()
    if len(given) > 1:
        owner.wrong("expected 'column' or 'columns', found both")
        return ()
    return names(given[0])


def names(node: Node) -> tuple[str, ...]:
    """A name of a column, or a list of them, each once."""
    items = node.items() if isinstance(node.value, (list, tuple)) else [node]
    found = [item.text() for item in items]
    if not items:
        node.wrong("expected at least one column")
    if any(name is None for name in found):
        return ()
    for name in sorted({name for name in found if name and found.count(name) > 1}):
        node.wrong(f"the column {name!r} stands twice")
    return tuple(dict.fromkeys(name for name in found if name))
