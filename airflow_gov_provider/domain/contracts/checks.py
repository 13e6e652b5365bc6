"""One check of the native format: its word, its keys, and the expectation it makes.

The same words serve under a column, in the list of checks, and inside an ODCS ``custom`` rule of
this engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from airflow_gov_provider.domain.contracts import values
from airflow_gov_provider.domain.contracts.drafts import Draft, base_id, draft
from airflow_gov_provider.domain.contracts.problems import Node, hint
from airflow_gov_provider.domain.expectations import (
    ROW_CHECKS,
    CheckKind,
    LogicalType,
    Reference,
    Statistic,
)

Fields = Mapping[str, Node]
_ABOUT_A_COLUMN_ONLY = (CheckKind.COLUMN_EXISTS, CheckKind.COLUMN_TYPE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a check word means.

    :param bare: the key that a bare value stands for, as in ``regex: "[a-z]+"``.
    :param keys: the check's own keys.
    :param read: its keys to fields of an expectation; None after a problem.
    :param columns: how many columns it takes: 0, 1, or 2 for one or more.
    """

    kind: CheckKind
    bare: str | None = None
    keys: tuple[str, ...] = ()
    read: Callable[[Fields, Node], dict[str, Any] | None]
    columns: int = 1

    @property
    def options(self) -> tuple[str, ...]:
        scope = () if self.kind in _ABOUT_A_COLUMN_ONLY else ("where",)
        tolerated = ("tolerance",) if self.kind in ROW_CHECKS else ()
        return (*scope, *tolerated, "severity", "id", "description", "dimension")


def _nothing(_fields: Fields, _owner: Node) -> dict[str, Any]:
    return {}


def _type(fields: Fields, owner: Node) -> dict[str, Any] | None:
    node = fields.get("is")
    if node is None:
        owner.wrong(f"expected a type: {', '.join(LogicalType)}")
        return None
    word = node.choice([kind.value for kind in LogicalType])
    return {"logical_type": LogicalType(word)} if word else None


def _physical_type(fields: Fields, owner: Node) -> dict[str, Any] | None:
    text = _required(fields, owner, "is")
    return {"physical_type": text.strip()} if text else None


def _required(fields: Fields, owner: Node, key: str) -> str | None:
    if key not in fields:
        owner.wrong(f"{key!r} is missing")
        return None
    return fields[key].text()


def _values(fields: Fields, owner: Node) -> dict[str, Any] | None:
    if "values" not in fields:
        owner.wrong("'values' is missing: a list of values")
        return None
    found = values.values(fields["values"])
    return {"values": found} if found else None


def _range(fields: Fields, owner: Node) -> dict[str, Any] | None:
    found = values.bounds(fields, owner)
    return {"bounds": found} if found else None


def _numeric_bounds(fields: Fields, owner: Node) -> dict[str, Any] | None:
    found = values.bounds(fields, owner, numeric=True)
    return {"bounds": found} if found else None


def _counted_bounds(fields: Fields, owner: Node) -> dict[str, Any] | None:
    """Bounds of rows or characters: whole numbers from zero."""
    sound = True
    for key in values.BOUND_KEYS:
        if key in fields:
            number = fields[key].integer()
            if number is not None and number < 0:
                fields[key].wrong(f"expected 0 or more, found {number}")
            sound = sound and number is not None and number >= 0
    return _numeric_bounds(fields, owner) if sound else None


def _pattern(fields: Fields, owner: Node) -> dict[str, Any] | None:
    if "pattern" not in fields:
        owner.wrong("'pattern' is missing")
        return None
    found = values.pattern(fields["pattern"])
    return {"pattern": found} if found else None


def _max_age(fields: Fields, owner: Node) -> dict[str, Any] | None:
    if "max_age" not in fields:
        owner.wrong("'max_age' is missing, such as \"24h\"")
        return None
    found = values.duration(fields["max_age"])
    return {"max_age": found} if found else None


def _expression(fields: Fields, owner: Node) -> dict[str, Any] | None:
    if "expression" not in fields:
        owner.wrong("'expression' is missing: a condition that every row must meet")
        return None
    found = values.condition(fields["expression"])
    return {"expression": found} if found else None


def _reference(fields: Fields, owner: Node) -> dict[str, Any] | None:
    if "references" not in fields:
        owner.wrong("'references' is missing: {table: ..., columns: [...]}")
        return None
    node = fields["references"]
    inner = node.fields(("table", "column", "columns"))
    table = _required(inner, node, "table")
    columns = column_names(inner, node)
    if not table or not columns:
        return None
    return {"reference": Reference(table=table, columns=columns)}


def _quantile(fields: Fields, owner: Node) -> dict[str, Any] | None:
    q = fields["q"].number() if "q" in fields else None
    if "q" not in fields:
        owner.wrong("'q' is missing: the quantile, from 0 to 1")
    elif q is not None and not 0 <= q <= 1:
        fields["q"].wrong(f"expected a quantile from 0 to 1, found {q}")
        q = None
    found = values.bounds(fields, owner, numeric=True)
    if q is None or found is None:
        return None
    return {"statistic": Statistic.QUANTILE, "quantile": float(q), "bounds": found}


def _statistic(statistic: Statistic) -> Form:
    extremes = (Statistic.MIN, Statistic.MAX)  # of times and text, too; a mean is of numbers only

    def read(fields: Fields, owner: Node) -> dict[str, Any] | None:
        found = values.bounds(fields, owner, numeric=statistic not in extremes)
        return {"statistic": statistic, "bounds": found} if found else None

    return Form(kind=CheckKind.STATISTIC, keys=values.BOUND_KEYS, read=read)


FORMS: Mapping[str, Form] = {
    "column_exists": Form(kind=CheckKind.COLUMN_EXISTS, read=_nothing),
    "type": Form(kind=CheckKind.COLUMN_TYPE, bare="is", keys=("is",), read=_type),
    "physical_type": Form(kind=CheckKind.COLUMN_TYPE, bare="is", keys=("is",), read=_physical_type),
    "not_null": Form(kind=CheckKind.NOT_NULL, read=_nothing),
    "unique": Form(kind=CheckKind.UNIQUE, read=_nothing, columns=2),
    "accepted_values": Form(
        kind=CheckKind.ACCEPTED_VALUES, bare="values", keys=("values",), read=_values
    ),
    "rejected_values": Form(
        kind=CheckKind.REJECTED_VALUES, bare="values", keys=("values",), read=_values
    ),
    "range": Form(kind=CheckKind.RANGE, keys=values.BOUND_KEYS, read=_range),
    "length": Form(
        kind=CheckKind.LENGTH, bare="exactly", keys=values.BOUND_KEYS, read=_counted_bounds
    ),
    "regex": Form(kind=CheckKind.REGEX, bare="pattern", keys=("pattern",), read=_pattern),
    "freshness": Form(kind=CheckKind.FRESHNESS, bare="max_age", keys=("max_age",), read=_max_age),
    "min": _statistic(Statistic.MIN),
    "max": _statistic(Statistic.MAX),
    "mean": _statistic(Statistic.MEAN),
    "stddev": _statistic(Statistic.STDDEV),
    "sum": _statistic(Statistic.SUM),
    "quantile": Form(kind=CheckKind.STATISTIC, keys=("q", *values.BOUND_KEYS), read=_quantile),
    "foreign_key": Form(
        kind=CheckKind.FOREIGN_KEY, keys=("references",), read=_reference, columns=2
    ),
    "row_count": Form(
        kind=CheckKind.ROW_COUNT,
        bare="exactly",
        keys=values.BOUND_KEYS,
        read=_counted_bounds,
        columns=0,
    ),
    "sql": Form(
        kind=CheckKind.SQL_EXPRESSION,
        bare="expression",
        keys=("expression",),
        read=_expression,
        columns=0,
    ),
}
COLUMN_FORMS = {word: form for word, form in FORMS.items() if form.columns}
# What a bare `true` asks for, and a bare `false` does not.
SWITCHES = ("column_exists", "not_null", "unique")
_COLUMN_KEYS = ("column", "columns")


def under_column(word: str, node: Node, column: str) -> Draft | None:
    """A check that stands under its column, as in ``columns: {age: {not_null: true}}``."""
    form = FORMS[word]
    if word in SWITCHES and isinstance(node.value, bool):
        return _made(word, {}, node, (column,)) if node.value else None
    known = (*form.keys, *form.options)
    if form.bare and not isinstance(node.value, Mapping):
        return _made(
            word, {form.bare: Node(node.value, node.place, node.problems)}, node, (column,)
        )
    return _made(word, node.fields(known), node, (column,))


def in_list(node: Node, *, column: str | None = None) -> Draft | None:
    """A check that stands alone: a mapping with one check word, and its keys inside or beside it.

    :param column: what it is about when it names no column itself.
    """
    if not isinstance(node.value, Mapping):
        node.expected("a mapping such as {row_count: {at_least: 1}}")
        return None
    words = [key for key in node.value if isinstance(key, str) and key in FORMS]
    if len(words) != 1:
        _report_words(node, words)
        return None
    word = words[0]
    form = FORMS[word]
    own = (*form.keys, *form.options, *(_COLUMN_KEYS if form.columns else ()))
    beside = node.fields((word, *own))
    inside = _inside(beside.pop(word, node.child(None, word)), word, own)
    for key in sorted(inside.keys() & beside.keys()):
        beside[key].wrong(f"{key!r} stands both inside and beside {word!r}; keep one")
    fields = {**beside, **inside}
    columns = column_names(fields, node, default=column) if form.columns else ()
    if form.columns and not columns:
        return None
    if form.columns == 1 and len(columns) > 1:
        node.wrong(f"{word!r} takes one column, found {len(columns)}")
        return None
    return _made(word, fields, node, columns)


def _inside(node: Node, word: str, known: tuple[str, ...]) -> dict[str, Node]:
    """The keys of a check from its value: a mapping, or what a bare value stands for."""
    form = FORMS[word]
    if isinstance(node.value, Mapping):
        return node.fields(known)
    if word in SWITCHES:
        if node.value is True or node.value is None:
            return {}
        return {"columns": node}
    if form.bare and node.value is not None:
        return {form.bare: node}
    if node.value is not None:
        node.expected("a mapping")
    return {}


def _report_words(node: Node, words: list[str]) -> None:
    if words:
        node.wrong(
            f"expected one check, found {len(words)}: {', '.join(words)}; write one an entry"
        )
        return
    options = {key for form in FORMS.values() for key in (*form.keys, *form.options)}
    strange = [
        key for key in node.value if isinstance(key, str) and key not in {*options, *_COLUMN_KEYS}
    ]
    found = f"; {strange[0]!r} is none{hint(strange[0], FORMS)}" if strange else ""
    node.wrong(f"expected one check{found or ': ' + ', '.join(FORMS)}")


def column_names(fields: Fields, owner: Node, *, default: str | None = None) -> tuple[str, ...]:
    """The column or columns that a check names, each once."""
    given = [fields[key] for key in _COLUMN_KEYS if key in fields]
    if not given:
        if default is None:
            owner.wrong("'column' is missing")
        return (default,) if default else ()
    if len(given) > 1:
        owner.wrong("expected 'column' or 'columns', found both")
        return ()
    node = given[0]
    items = node.items() if isinstance(node.value, (list, tuple)) else [node]
    names = [item.text() for item in items]
    if not items:
        node.wrong("expected at least one column")
    if any(name is None for name in names):
        return ()
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        node.wrong(f"the column {name!r} stands twice")
    return tuple(dict.fromkeys(name for name in names if name))


def _made(word: str, fields: Fields, owner: Node, columns: tuple[str, ...]) -> Draft | None:
    form = FORMS[word]
    own = form.read(fields, owner)
    shared = _shared(fields)
    if own is None:
        return None
    reference = own.get("reference")
    if reference is not None and len(reference.columns) != len(columns):
        owner.wrong(
            f"{len(columns)} columns refer to {len(reference.columns)}; the two sides must match"
        )
        return None
    base = "exists" if word == "column_exists" else word
    if own.get("quantile") is not None:
        base = f"quantile({own['quantile']:g})"
    return draft(
        form.kind,
        base=base_id(columns, base),
        columns=columns,
        place=owner.place,
        **own,
        **shared,
    )


def _shared(fields: Fields) -> dict[str, Any]:
    """The options that checks have in common, as fields of an expectation."""
    read: dict[str, Callable[[Node], Any]] = {
        "id": Node.text,
        "where": values.condition,
        "tolerance": values.tolerance,
        "severity": values.severity,
        "description": Node.text,
        "dimension": Node.text,
    }
    found = {key: reader(fields[key]) for key, reader in read.items() if key in fields}
    if "id" in found:
        found["check_id"] = found.pop("id")
    return found
