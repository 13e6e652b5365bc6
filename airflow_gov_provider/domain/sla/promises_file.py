"""Commitments of many Dags in YAML, for whoever answers for them and edits no Dag.

.. code-block:: yaml

    version: 1
    calendars:
      working days:
        tz: Europe/Berlin
        weekdays: [mon, tue, wed, thu, fri]
        holidays:
          2026-12-25: Christmas
        maintenance:
          - {from: "2026-11-28 22:00", until: "2026-11-29 02:00", reason: backup, weekly: true}
    commitments:
      - select: {dag_id: "risk_*", tag: production}
        within: 2h
        severity: high
        floor: true
      - select: {owner: ml-platform}
        by: "10:00"
        tz: Europe/Berlin
        calendar: working days
      - asset: s3://warehouse/orders
        within: 1d

``select`` takes ``dag_id`` (a pattern), ``tag`` and ``owner``, each one or a list; a Dag has to fit
all that are given. An asset may do without. All else is what ``deadlines.sla`` takes, with ``from``
for its ``from_``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from airflow_gov_provider.domain.contracts.lines import with_lines
from airflow_gov_provider.domain.contracts.problems import Node, Problems
from airflow_gov_provider.domain.sla.calendar_terms import read_calendar
from airflow_gov_provider.domain.sla.calendars import Calendar
from airflow_gov_provider.domain.sla.effective import Entry, Selector
from airflow_gov_provider.domain.sla.terms import TERMS, read_promises
from airflow_gov_provider.exceptions import ContractInvalid

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisesFile:
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    entries: Sequence[Entry] = ()


def read_promises_file(text: str, *, name: str) -> PromisesFile:
    """:param name: of the file, for problems and for the source of its commitments.
    :raises ContractInvalid: with every problem at once, each with its place and line.
    """
    from airflow_gov_provider.domain.contracts.documents import parse_yaml

    problems = Problems()
    root = Node(parse_yaml(text, name), "", problems)
    fields = root.fields(("version", "calendars", "commitments"), required=("version",))
    if "version" in fields and fields["version"].integer() not in (None, VERSION):
        fields["version"].wrong(f"expected {VERSION}, found {fields['version'].value!r}")
    calendars = _calendars(fields.get("calendars"))
    items = fields["commitments"].items() if "commitments" in fields else []
    entries = [
        _entry(item, calendars, source=f"{name}: commitments[{index}]")
        for index, item in enumerate(items)
    ]
    if problems.found:
        raise ContractInvalid(name, with_lines(problems.found, text))
    return PromisesFile(calendars=calendars, entries=entries)


def _calendars(node: Node | None) -> dict[str, Calendar]:
    if node is None:
        return {}
    return {name: read_calendar(item, name=name) for name, item in node.fields(None).items()}


def _entry(node: Node, calendars: Mapping[str, Calendar], *, source: str) -> Entry:
    fields = node.fields((*TERMS, "select", "floor"))
    selector = _selector(fields["select"]) if "select" in fields else None
    if selector is None and "select" not in fields and "asset" not in fields and fields:
        node.wrong("'select' is missing: the Dags that it is for; '*' as dag_id is all of them")
    is_floor = bool(fields["floor"].flag()) if "floor" in fields else False
    if is_floor and "select" not in fields:
        fields["floor"].wrong("has no meaning without 'select'; leave it out")
    terms = {key: value for key, value in fields.items() if key in TERMS}
    promises = read_promises(node, terms, source=source, calendars=calendars)
    return Entry(selector=selector, promises=tuple(promises), is_floor=is_floor)


def _selector(node: Node) -> Selector:
    fields = node.fields(("dag_id", "tag", "owner"))
    if isinstance(node.value, Mapping) and not node.value:
        node.wrong("expected at least one of 'dag_id', 'tag' and 'owner'")
    return Selector(
        dag_ids=_words(fields.get("dag_id")),
        tags=_words(fields.get("tag")),
        owners=_words(fields.get("owner")),
    )


def _words(node: Node | None) -> tuple[str, ...]:
    if node is None:
        return ()
    items = node.items() if isinstance(node.value, list) else [node]
    if not items:
        node.wrong("expected at least one; an empty list would select every Dag")
    return tuple(word for word in (item.text() for item in items) if word is not None)
