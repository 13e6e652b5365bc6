"""The names in a contract's schema: how its parts refer to each other and to the real table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow_gov_provider.domain.contracts.drafts import Draft, base_id
from airflow_gov_provider.domain.contracts.model import NotEvaluated
from airflow_gov_provider.domain.contracts.problems import Node, hint
from airflow_gov_provider.domain.quality.expectations import Expectation
from airflow_gov_provider.domain.verdicts import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One schema object.

    :param physical: what the table is called where it lives.
    :param columns: name of a property to the column's physical name.
    :param column_ids: stable id of a property to the column's physical name.
    """

    name: str
    physical: str
    id: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    column_ids: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(filter(None, (self.name, self.physical, self.id)))

    def column(self, node: Node) -> str | None:
        """The physical name of the property that a node names."""
        name = node.text()
        if name is None:
            return None
        found = self.columns.get(name) or (name if name in self.columns.values() else None)
        if found is None:
            node.wrong(f"{self.name!r} has no property {name!r}{hint(name, tuple(self.columns))}")
        return found


def tables(objects: Sequence[Node]) -> list[Table]:
    """What the schema objects are called; their mistakes are reported when they are read."""
    return [_table(node.value) for node in objects if isinstance(node.value, Mapping)]


def _table(value: Mapping[str, Any]) -> Table:
    properties = value.get("properties")
    entries = [
        entry
        for entry in (properties if isinstance(properties, (list, tuple)) else ())
        if isinstance(entry, Mapping) and isinstance(entry.get("name"), str)
    ]
    name = str(value.get("name") or "")
    return Table(
        name=name,
        physical=str(value.get("physicalName") or name),
        id=str(value["id"]) if value.get("id") else None,
        columns={entry["name"]: _physical(entry) for entry in entries},
        column_ids={str(entry["id"]): _physical(entry) for entry in entries if entry.get("id")},
    )


def _physical(entry: Mapping[str, Any]) -> str:
    physical = entry.get("physicalName")
    return physical if isinstance(physical, str) and physical.strip() else str(entry["name"])


@dataclass(slots=True, kw_only=True)
class Asked:
    """What one schema object asks: collected while it is read."""

    drafts: list[Draft] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def check(
        self,
        kind: str,
        *,
        columns: Sequence[str],
        word: str,
        place: str,
        check_id: str | None = None,
        base: str | None = None,
        **fields: Any,
    ) -> None:
        """Add an expectation.

        :param check_id: its author's own identifier.
        :param base: what to number otherwise; by default its columns and ``word``.
        """
        made = Expectation(
            check_id=check_id or base or base_id(columns, word),
            kind=kind,
            columns=tuple(columns),
            place=place,
            **fields,
        )
        self.drafts.append(Draft(check=made, named=check_id is not None))

    def cannot(
        self,
        kind: str,
        *,
        place: str,
        subject: str,
        expected: str,
        reason: str,
        check_id: str | None = None,
        severity: Severity = Severity.ERROR,
        dimension: str | None = None,
    ) -> None:
        """Add something that is asked and not evaluated."""
        made = NotEvaluated(
            check_id=check_id or f"{subject}.{kind}",
            kind=kind,
            subject=subject,
            expected=expected,
            reason=reason,
            severity=severity,
            place=place,
            dimension=dimension,
        )
        self.drafts.append(Draft(check=made, named=check_id is not None))
