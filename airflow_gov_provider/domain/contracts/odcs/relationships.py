"""``relationships``: foreign keys, in dotted names or in slashes and stable ids.

What a key refers to may lie outside of the contract; then it is not evaluated.
"""

from __future__ import annotations

from collections.abc import Sequence

from airflow_gov_provider.domain.contracts.odcs import terms
from airflow_gov_provider.domain.contracts.odcs.tables import Asked, Table
from airflow_gov_provider.domain.contracts.problems import Node, hint
from airflow_gov_provider.domain.quality.expectations import CheckKind, Reference

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
            item.lacks("'from' is missing", "from")
        if "to" not in fields or (column is None) is not ("from" in fields):
            continue
        if elsewhere := _elsewhere(fields["to"], tables):
            asked.cannot(
                "relationship",
                place=item.place,
                subject=column or "table",
                expected=f"refers to {fields['to'].value}",
                reason=elsewhere,
            )
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


def _elsewhere(node: Node, tables: Sequence[Table]) -> str | None:
    """Why a key cannot be followed, though it is written as it should be."""
    for each in _each(node):
        if "#" in str(each.value):
            return "it refers to another contract, which is not read"
        owner, name = _parts(str(each.value))
        if owner and name and _table(owner, str(each.value), tables) is None:
            near = hint(owner, [table.name for table in tables])
            return f"this contract describes no object {owner!r}{near}"
    return None


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
    owner, name = _parts(text)
    if not owner or not name:
        node.wrong(f"expected 'object.property' or 'schema/id/properties/id', found {text!r}")
        return None
    table = _table(owner, text, tables)
    if table is None:
        node.wrong(f"no schema object is called {owner!r}{hint(owner, [t.name for t in tables])}")
        return None
    names = table.column_ids if "/" in text else table.columns
    if name not in names:
        node.wrong(f"{table.name!r} has no property {name!r}{hint(name, tuple(names))}")
        return None
    return table, names[name]


def _parts(text: str) -> tuple[str, str]:
    """Object and property; empty where they are not to be made out."""
    if "/" not in text:
        owner, _, name = text.partition(".")
        return owner, name
    parts = text.strip("/").split("/")
    sound = len(parts) == 4 and parts[0] == "schema" and parts[2] == "properties"  # noqa: PLR2004
    return (parts[1], parts[3]) if sound else ("", "")


def _table(owner: str, text: str, tables: Sequence[Table]) -> Table | None:
    by_id = "/" in text
    return next((t for t in tables if owner in ({t.id} if by_id else t.names)), None)
