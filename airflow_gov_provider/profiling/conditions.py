"""SQL that a contract's author wrote: checked as a whole, then used exactly as written."""

from __future__ import annotations

import re

from sqlglot import exp, parse, tokenize
from sqlglot.errors import SqlglotError

from airflow_gov_provider.exceptions import SourceInvalid
from airflow_gov_provider.profiling.columns import Columns
from airflow_gov_provider.profiling.failures import Unmeasurable

_NAME_PART = re.compile(r'"[^"]+"|[^."]+')

_WRITES = (
    exp.DML,
    exp.DDL,
    exp.Drop,
    exp.Alter,
    exp.Command,
    exp.Into,
    exp.Lock,
    exp.Set,
    exp.Pragma,
    exp.Attach,
    exp.Copy,
    exp.TruncateTable,
)
_NOT_A_CONDITION = (
    exp.Query,
    exp.Alias,
    exp.Literal,
    exp.Star,
    exp.Tuple,
    exp.Add,
    exp.Sub,
    exp.Mul,
    exp.Div,
    exp.Mod,
    exp.Neg,
    exp.DPipe,
)


def condition(sql: str, *, dialect: str, columns: Columns) -> exp.Expression:
    """One boolean expression over one row, in parentheses and in its author's words.

    :raises Unmeasurable: if it is anything else.
    """
    tree = _single_statement(sql, dialect)
    if tree is None:
        raise Unmeasurable("expected one SQL condition, found text that is not valid SQL")
    if any(token.comments for token in tokenize(sql, read=dialect)):
        raise Unmeasurable("a condition may not contain a comment; it could hide part of it")
    if isinstance(tree.unnest(), _NOT_A_CONDITION) or _writes(tree):
        raise Unmeasurable("expected a condition that is true or false for a row, like a > 0")
    _refuse_what_spans_rows(tree)
    _refuse_unknown_columns(tree, columns)
    return exp.Paren(this=exp.Var(this=sql.strip()))


def query(sql: str, *, dialect: str) -> exp.Expression:
    """One SELECT that can stand in a FROM.

    :raises SourceInvalid: if it is anything else.
    """
    text = sql.strip().removesuffix(";")
    tree = _single_statement(text, dialect)
    if not isinstance(tree, exp.Query) or _writes(tree):
        raise SourceInvalid(
            "the query of the source is expected to be one SELECT that changes nothing; "
            "found something else. Write a single SELECT without a trailing statement"
        )
    # The line break ends a comment in the last line, which would swallow the parenthesis.
    return exp.Paren(this=exp.Var(this=text + "\n"))


def _single_statement(sql: str, dialect: str) -> exp.Expression | None:
    try:
        trees = parse(sql, read=dialect)
    except SqlglotError:
        return None
    return trees[0] if len(trees) == 1 else None  # type: ignore[return-value]


def _writes(tree: exp.Expression) -> bool:
    return tree.find(*_WRITES) is not None


def _refuse_what_spans_rows(tree: exp.Expression) -> None:
    if tree.find(exp.Placeholder, exp.Parameter):
        raise Unmeasurable("a condition may not contain a placeholder; write the value itself")
    for node in tree.find_all(exp.AggFunc, exp.Window):
        if node.find_ancestor(exp.Query) is None:
            raise Unmeasurable("a condition is about one row; it may not contain an aggregate")


def _refuse_unknown_columns(tree: exp.Expression, columns: Columns) -> None:
    """SQLite reads a quoted name that it does not know as a string, and the check would pass."""
    known = {name.casefold() for name in columns}
    unknown = {
        column.name
        for column in tree.find_all(exp.Column)
        if isinstance(column.this, exp.Identifier)
        and column.this.quoted
        and column.name.casefold() not in known
        and column.find_ancestor(exp.Query) is None
    }
    if unknown:
        raise Unmeasurable(f"it names {_listing(unknown)}; {_having(columns)}")


def column_named(name: str, columns: Columns) -> str:
    """Why there is no such column, for people."""
    alike = [other for other in columns if other.casefold() == name.casefold()]
    hint = f"did you mean {alike[0]!r}?" if alike else _having(columns)
    return f"there is no column {name!r}; {hint}"


def _having(columns: Columns) -> str:
    return f"the columns are {_listing(list(columns)[:20])}" + (", ..." * (len(columns) > 20))  # noqa: PLR2004


def _listing(names: set[str] | list[str]) -> str:
    ordered = sorted(names) if isinstance(names, set) else names
    return ", ".join(repr(name) for name in ordered) or "none"


def table_name(written: str) -> tuple[str | None, str]:
    """Schema and table of ``schema.table`` or ``table``; quote a name that contains a point."""
    parts = [part.removeprefix('"').removesuffix('"') for part in _NAME_PART.findall(written)]
    if len(parts) == 2:  # noqa: PLR2004
        return parts[0], parts[1]
    return None, parts[0] if len(parts) == 1 else written
