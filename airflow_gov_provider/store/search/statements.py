"""The statements of a search: made once for each set of filters, with their values as parameters.

To make one, and to find that it was compiled before, takes SQLAlchemy longer than to execute it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    Select,
    Text,
    UnaryExpression,
    any_,
    bindparam,
    collate,
    func,
    or_,
    select,
)
from sqlalchemy.sql.operators import custom_op

from airflow_gov_provider.store.tables import event as table

BEFORE_DOT = "before_dot"  # the category with its dot
_MOST = 500


@dataclass(frozen=True, slots=True)
class Statements:
    """What the statements of a search depend on.

    :param names: of what a filter gives, in an order that is always the same.
    """

    dialect: str
    names: tuple[str, ...]

    def conditions(self) -> list[ColumnElement[bool]]:
        return conditions(self.names, unindexed=self.dialect == "sqlite")


@lru_cache(maxsize=_MOST)
def matching(statements: Statements, *, with_documents: bool) -> Select[Any]:
    """Of ``numbers`` those that fit, newest first."""
    columns = [table] if with_documents else [table.c.seq, table.c.dag_id]
    query = select(*columns).where(*statements.conditions(), _is_one_of(statements.dialect))
    return query.order_by(table.c.seq.desc())


@lru_cache(maxsize=_MOST)
def tail(statements: Statements, words: int | None) -> Select[Any]:
    """What fits from ``start`` on and below ``end``, newest first.

    :param words: how many are looked for in the documents; None for a search without any.
    """
    columns = [table.c.seq, table.c.dag_id, *([] if words is None else [table.c.document])]
    query = select(*columns).where(
        table.c.seq >= bindparam("start"),
        table.c.seq < bindparam("end"),
        *statements.conditions(),
    )
    if words is not None:
        query = _that_may_have(query, statements.dialect, words)
    return query.order_by(query.selected_columns.seq.desc())


def conditions(names: Iterable[str], *, unindexed: bool = False) -> list[ColumnElement[bool]]:
    """What rows have to fulfil: columns that equal a value, and four more kinds of names.

    :param unindexed: SQLite then takes the sequence numbers that are given instead of an index of
        another column; it would rather skip through one that begins with a column of few values.
    """

    def column(name: str) -> ColumnElement[Any]:
        found = table.c[name]
        if not unindexed:
            return found
        return UnaryExpression(found, operator=custom_op("+"), type_=found.type)

    return [_condition(name, column) for name in names if name != BEFORE_DOT]


def _condition(name: str, column: Callable[[str], ColumnElement[Any]]) -> ColumnElement[bool]:
    def given(name: str, like: str) -> BindParameter[Any]:
        return bindparam(name, type_=table.c[like].type)

    match name:
        case "category":
            inside = given(BEFORE_DOT, "type")
            begin = func.substr(table.c.type, 1, func.length(inside))
            return or_(table.c.type == given("category", "type"), begin == inside)
        case "without_type":
            return column("type") != given("without_type", "type")
        case "since":
            return column("occurred_at") >= given("since", "occurred_at")
        case "until":
            return column("occurred_at") < given("until", "occurred_at")
        case _:
            return column(name) == given(name, name)


def _that_may_have(query: Select[Any], dialect: str, words: int) -> Select[Any]:
    """Rows whose document may have the words; it has every one that a row is found by.

    A document is made small once for both, since that takes longer than to look.
    """
    is_sqlite = dialect == "sqlite"
    small = func.lower(table.c.document if is_sqlite else collate(table.c.document, "C"))
    has = func.instr if is_sqlite else func.strpos
    rows = query.add_columns(small.label("small")).offset(0).subquery()
    asked = (bindparam(f"word_{number}", type_=Text) for number in range(words))
    found = (has(rows.c.small, word) > 0 for word in asked)
    return select(*(rows.c[one.name] for one in query.selected_columns)).where(*found)


def _is_one_of(dialect: str) -> ColumnElement[bool]:
    """Of ``numbers``: one parameter, so that there is one statement for any count."""
    if dialect == "sqlite":
        each = func.json_each(bindparam("numbers", type_=Text)).table_valued("value")
        return table.c.seq.in_(select(each.c.value))
    return table.c.seq == any_(bindparam("numbers", type_=ARRAY(BigInteger)))
