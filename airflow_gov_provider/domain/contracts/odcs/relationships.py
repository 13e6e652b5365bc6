"""``relationships``: foreign keys, in dotted names or in slashes and stable ids."""

from __future__ import annotations

from collections.abc import Sequence

from airflow_gov_provider.domain.contracts.odcs import terms
from airflow_gov_provider.domain.contracts.odcs.tables import Asked, Table
from airflow_gov_provider.domain.contracts.problems import Node, hint
from airflow_gov_provider.domain.expectations import CheckKind, Reference

End = tuple[Table, str]


def read_relationships(
    node: Node, *, tables: Sequence[Table], table: Table, column: str | None, asked: Asked
) -> None:
    """Read a list of them; under a property, ``column`` is their ``from``."""
    for item in node.items():
        fields = item.fields(terms.RELATIONSHIP, required=("to",))
        if "type" in fields and fields["type"].choice(("foreignKey",)) is None:
            continue
        if column is not None and "from" in fields:
            fields["from"].wrong("'from' is implied under a property; leave it out")
        if column is None and "from" not in fields:
            item.wrong("'from' is missing")
        if "to" not in fields or (column is None) is not ("from" in fields):
            continue
        if any("#" in str(each.value) for each in _each(fields["to"])):
            _in_another_contract(item, fields["to"], column, asked)
            continue
        target = _ends(fields["to"], tables)
        source = [(table, column)] if column is not None else _ends(fields["from"], tables)
        if target and source and _matching(item, source, target, table):
            asked.check(
                CheckKind.FOREIGN_KEY,
                columns=tuple(name for _, name in source),
                word="foreign_key",
                place=item.place,
                reference=Reference(
                    table=target[0][0].physical, columns=tuple(name for _, name in target)
                ),
            )


def _in_another_contract(node: Node, target: Node, column: str | None, asked: Asked) -> None:
    asked.cannot(
        "relationship",
        place=node.place,
        subject=column or "table",
        expected=f"refers to {target.value}",
        reason="it refers to another contract, which is not read",
    )


def _ends(node: Node, tables: Sequence[Table]) -> list[End]:
    """The columns that one side names; none after a problem."""
    found = [_resolved(each, tables) for each in _each(node)]
    return [] if any(end is None for end in found) else [end for end in found if end]


def _matching(node: Node, source: Sequence[End], target: Sequence[End], table: Table) -> bool:
    if len(source) != len(target):
        node.wrong(f"{len(source)} columns refer to {len(target)}; the two sides must match")
    elif len({each.name for each, _ in target}) > 1:
        node.wrong("the columns that a key refers to belong to one object")
    elif any(each.name != table.name for each, _ in source):
        node.wrong(f"'from' must belong to {table.name!r}, where the relationship stands")
    else:
        return True
    return False


def _each(node: Node) -> list[Node]:
    return node.items() if isinstance(node.value, (list, tuple)) else [node]


def _resolved(node: Node, tables: Sequence[Table]) -> End | None:
    """The table and the physical column behind ``users.id`` or ``schema/users/properties/id``."""
    text = node.text()
    if text is None:
        return None
    if "/" in text:
        parts = text.strip("/").split("/")
        sound = len(parts) == 4 and parts[0] == "schema" and parts[2] == "properties"  # noqa: PLR2004
        owner, name = (parts[1], parts[3]) if sound else ("", "")
    else:
        owner, _, name = text.partition(".")
    if not owner or not name:
        node.wrong(f"expected 'object.property' or 'schema/id/properties/id', found {text!r}")
        return None
    for table in tables:
        if owner in (table.names if "/" not in text else {table.id}):
            names = table.column_ids if "/" in text else table.columns
            if name in names:
                return table, names[name]
            node.wrong(f"{table.name!r} has no property {name!r}{hint(name, tuple(names))}")
            return None
    node.wrong(f"no schema object is called {owner!r}{hint(owner, [t.name for t in tables])}")
    return None
