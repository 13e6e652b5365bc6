"""``slaProperties``: how fresh the data must be; other promises are not about its content.

``latency`` and ``freshness`` are taken as the largest age of the newest value of their element.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from airflow_gov_provider.domain.contracts.odcs import terms
from airflow_gov_provider.domain.contracts.odcs.tables import Asked, Table
from airflow_gov_provider.domain.contracts.problems import Node, described, hint
from airflow_gov_provider.domain.contracts.values import duration
from airflow_gov_provider.domain.quality.expectations import CheckKind
from airflow_gov_provider.domain.verdicts import Severity

_FRESHNESS = frozenset({"latency", "ly", "freshness", "fr"})
_WITHOUT_ELEMENT = "it names no 'element', so there is no column whose age could be taken"
_UNITS: Mapping[str, timedelta] = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), timedelta(seconds=1)),
    **dict.fromkeys(("min", "minute", "minutes"), timedelta(minutes=1)),
    **dict.fromkeys(("h", "hr", "hour", "hours"), timedelta(hours=1)),
    **dict.fromkeys(("d", "day", "days"), timedelta(days=1)),
    **dict.fromkeys(("w", "week", "weeks"), timedelta(weeks=1)),
    **dict.fromkeys(("mo", "month", "months"), timedelta(days=30)),
    **dict.fromkeys(("y", "yr", "year", "years"), timedelta(days=365)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A largest age for one column of one table."""

    table: Table
    column: str
    max_age: timedelta
    place: str
    description: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """A promise of freshness that is about no column of this contract."""

    place: str
    expected: str
    reason: str
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLevels:
    """What the document promises for all of its objects."""

    promises: tuple[Promise, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()
    outside: tuple[str, ...] = ()

    def add_to(self, asked: Asked, table: Table) -> None:
        """Hand a table its part."""
        for promise in self.promises:
            if promise.table is table:
                asked.check(
                    CheckKind.FRESHNESS,
                    columns=(promise.column,),
                    word="freshness",
                    place=promise.place,
                    max_age=promise.max_age,
                    dimension="timeliness",
                    description=promise.description,
                )
        for left in self.unanswered:
            asked.cannot(
                "sla",
                place=left.place,
                subject="table",
                expected=left.expected,
                reason=left.reason,
                severity=left.severity,
                dimension="timeliness",
            )
        asked.outside.extend(self.outside)


def read_service_levels(
    node: Node | None, default_element: Node | None, tables: Sequence[Table]
) -> ServiceLevels:
    promises: list[Promise] = []
    unanswered: list[Unanswered] = []
    outside: list[str] = []
    for item in node.items() if node else ():
        fields = item.fields(terms.SERVICE_LEVEL, required=("property", "value"))
        name = fields["property"].text() if "property" in fields else None
        if name is None or "value" not in fields:
            continue
        if name.strip().lower() not in _FRESHNESS:
            outside.append(f"{item.place}: {name} {_amount(fields)}".rstrip())
            continue
        age = _age(fields)
        element = fields.get("element") or default_element
        expected = f"{name} of at most {_amount(fields)}"
        if element is None:
            unanswered.append(
                Unanswered(place=item.place, expected=expected, reason=_WITHOUT_ELEMENT)
            )
        elif age is not None:
            unanswered += _elsewhere(element, tables, place=item.place, expected=expected)
            words = fields["description"].text() if "description" in fields else None
            promises += [
                Promise(
                    table=table, column=column, max_age=age, place=item.place, description=words
                )
                for table, column in _elements(element, tables)
            ]
    return ServiceLevels(
        promises=tuple(promises), unanswered=tuple(unanswered), outside=tuple(outside)
    )


def _amount(fields: Mapping[str, Node]) -> str:
    unit = fields["unit"].value if "unit" in fields else ""
    return f"{fields['value'].value} {unit}".strip()


def _age(fields: Mapping[str, Node]) -> timedelta | None:
    value = fields["value"]
    if "unit" not in fields:
        if isinstance(value.value, (int, float)) and not isinstance(value.value, bool):
            value.wrong(f"a number needs a 'unit' beside it; known: {', '.join(_units())}")
            return None
        return duration(value)
    unit = fields["unit"].text()
    number = value.number()
    if unit is None or number is None:
        return None
    size = _UNITS.get(unit.strip().lower())
    if size is None:
        fields["unit"].wrong(f"unknown unit {unit!r}{hint(unit, _units())}")
        return None
    try:
        age = number * size
    except OverflowError:
        age = timedelta(0)
    if age <= timedelta(0):
        value.wrong(f"expected a length of time above 0, found {described(value.value)}")
        return None
    return age


def _units() -> list[str]:
    return ["s", "min", "h", "d", "w", "mo", "y"]


def _elsewhere(
    node: Node, tables: Sequence[Table], *, place: str, expected: str
) -> list[Unanswered]:
    """A promise about an object that the contract does not describe.

    Among several objects nobody knows whether it is about the one that is checked, so that it only
    warns.
    """
    found = []
    for part in (node.value if isinstance(node.value, str) else "").split(","):
        owner, _, _ = part.strip().rpartition(".")
        if owner and _owner(owner, tables) is None:
            near = hint(owner, [each.name for each in tables])
            found.append(
                Unanswered(
                    place=place,
                    expected=f"{expected}, of {part.strip()}",
                    reason=f"this contract describes no object {owner!r}{near}",
                    severity=Severity.ERROR if len(tables) == 1 else Severity.WARNING,
                )
            )
    return found


def _owner(name: str, tables: Sequence[Table]) -> Table | None:
    return next((each for each in tables if not name or name in each.names), None)


def _elements(node: Node, tables: Sequence[Table]) -> list[tuple[Table, str]]:
    """``table.column``, several separated by commas; the table may be left out if there is one."""
    text = node.text()
    found = []
    for part in (text or "").split(","):
        owner, _, name = part.strip().rpartition(".")
        if not owner and len(tables) != 1:
            node.wrong(
                f"expected 'object.property', as there are {len(tables)} objects; found {part!r}"
            )
            continue
        table = _owner(owner, tables)
        if table is None:
            continue
        column = table.column(Node(name, node.place, node.problems))
        if column is not None:
            found.append((table, column))
    return found if text else []
