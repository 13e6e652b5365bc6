"""The document as a whole: its fundamentals, its schema objects, and the choice of one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from airflow_gov_provider.domain.contracts.drafts import report_unknown_columns, with_ids
from airflow_gov_provider.domain.contracts.model import Contract
from airflow_gov_provider.domain.contracts.odcs import terms
from airflow_gov_provider.domain.contracts.odcs.properties import read_properties
from airflow_gov_provider.domain.contracts.odcs.relationships import read_relationships
from airflow_gov_provider.domain.contracts.odcs.rules import read_rules
from airflow_gov_provider.domain.contracts.odcs.service_levels import (
    ServiceLevels,
    read_service_levels,
)
from airflow_gov_provider.domain.contracts.odcs.tables import Asked, Table, tables
from airflow_gov_provider.domain.contracts.problems import Node, hint

_FUNDAMENTALS = ("version", "apiVersion", "kind", "id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A schema object together with what it asks."""

    table: Table
    asked: Asked


def read(document: Node, *, digest: str, object_name: str | None) -> Contract | None:
    """The contract of one schema object, or None after problems were noted."""
    fields = document.fields(terms.DOCUMENT, required=_FUNDAMENTALS)
    texts = {key: fields[key].text() for key in (*_FUNDAMENTALS, "name") if key in fields}
    api_version = _api_version(fields, texts.get("apiVersion"))
    if "kind" in fields:
        fields["kind"].choice(("DataContract",))
    objects = fields["schema"].items() if "schema" in fields else []
    if not objects and isinstance(document.value.get("schema", []), (list, tuple, type(None))):
        document.lacks("'schema' has no objects, so there is no table to check", "schema")
    named = tables(objects)
    levels = read_service_levels(
        fields.get("slaProperties"), fields.get("slaDefaultElement"), named
    )
    parts = [
        part for node in objects if (part := _object(node, named, levels, api_version)) is not None
    ]
    chosen = _chosen(document, parts, object_name)
    if chosen is None or document.problems.found:
        return None
    return _contract(document, chosen, texts, digest, several=len(parts) > 1)


def _contract(
    document: Node, part: Part, texts: Mapping[str, str | None], digest: str, *, several: bool
) -> Contract | None:
    expectations, not_evaluated = with_ids(part.asked.drafts, document.problems)
    if not expectations and not not_evaluated:
        document.wrong(f"{part.table.name!r} asks for nothing: no properties and no quality rules")
        return None
    name = texts.get("name") or texts["id"] or ""
    return Contract(
        id=texts["id"] or "",
        version=texts["version"] or "",
        name=f"{name}/{part.table.name}" if several else name,
        format="odcs",
        format_version=texts["apiVersion"],
        object_name=part.table.name,
        expectations=expectations,
        not_evaluated=not_evaluated,
        outside=tuple(part.asked.outside),
        digest=digest,
    )


def _api_version(fields: Mapping[str, Node], text: str | None) -> str:
    if text is not None and not terms.API_VERSIONS.fullmatch(text):
        fields["apiVersion"].wrong(f"expected v3.0.x or v3.1.x, found {text!r}")
    return text or ""


def _object(
    node: Node, named: Sequence[Table], levels: ServiceLevels, api_version: str
) -> Part | None:
    fields = node.fields(terms.OBJECT, required=("name",))
    name = fields["name"].text() if "name" in fields else None
    table = next((each for each in named if each.name == name), None)
    if table is None:
        return None
    if [each.name for each in named].count(table.name) > 1:
        node.wrong(f"two schema objects are called {table.name!r}")
    asked = Asked()
    if "logicalType" in fields:
        fields["logicalType"].choice(("object",))
    if "properties" in fields:
        read_properties(fields["properties"], table=table, asked=asked, api_version=api_version)
        _property_relationships(fields["properties"], named, table, asked)
    if "relationships" in fields:
        read_relationships(
            fields["relationships"], tables=named, table=table, column=None, asked=asked
        )
    if "quality" in fields:
        read_rules(fields["quality"], table=table, column=None, asked=asked)
    levels.add_to(asked, table)
    if table.columns:
        report_unknown_columns(asked.drafts, tuple(table.columns.values()), node.problems)
    return Part(table=table, asked=asked)


def _property_relationships(node: Node, named: Sequence[Table], table: Table, asked: Asked) -> None:
    for item in node.items():
        if not isinstance(item.value, Mapping) or item.value.get("relationships") is None:
            continue
        column = table.columns.get(str(item.value.get("name")))
        read_relationships(
            item.child(item.value["relationships"], "relationships"),
            tables=named,
            table=table,
            column=column,
            asked=asked,
        )


def _chosen(document: Node, parts: Sequence[Part], object_name: str | None) -> Part | None:
    names = [part.table.name for part in parts]
    if object_name is None:
        if len(parts) == 1:
            return parts[0]
        if parts:
            document.wrong(
                f"the contract has {len(parts)} schema objects ({', '.join(names)}); choose one "
                "with object_name= (of an operator) or --object (of a command)"
            )
        return None
    for part in parts:
        if object_name in part.table.names:
            return part
    document.wrong(
        f"object_name: no schema object is called {object_name!r}{hint(object_name, names)}"
    )
    return None
