"""SQL that a contract's author wrote: checked as a whole, then used exactly as written."""

from __future__ import annotations

import re

from sqlglot import exp, parse, tokenize
from sqlglot.errors import SqlglotError

from airflow_gov_provider.exceptions import SourceInvalid
from airflow_gov_provider.profiling.columns import Columns, Family
from airflow_gov_provider.profiling.failures import Unmeasurable

_MAY_BE_BOOLEAN = (exp.DataType.Type.BOOLEAN, exp.DataType.Type.UNKNOWN, exp.DataType.Type.NULL)
_MOST_NAMES = 20
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
_KNOWN = ("duckdb", "postgres", "sqlite", "snowflake", "bigquery", "databricks", "spark", "trino")
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


def condition(sql: str, *, dialect: str, columns: Columns) -> exp.Expr:
    """One boolean expression over one row, in parentheses and in its author's words.

    :raises Unmeasurable: if it is anything else.
    """
    tree = _single_statement(sql, dialect)
    if tree is None:
        raise Unmeasurable("expected one SQL condition, found text that is not valid SQL")
    if any(token.comments for token in tokenize(sql, read=dialect)):
        raise Unmeasurable("a condition may not contain a comment; it could hide part of it")
    if _writes(tree) or not _is_true_or_false(tree.unnest(), columns):
        raise Unmeasurable("expected a condition that is true or false for a row, like a > 0")
    _refuse_what_spans_rows(tree)
    _refuse_unknown_columns(tree, columns)
    return exp.Paren(this=exp.Var(this=sql.strip()))


def query(sql: str, *, dialect: str) -> exp.Expr:
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
    names = [name for name in tree.named_selects if name != "*"]
    if len(set(names)) != len(names):
        raise SourceInvalid("two columns of the query have the same name; give each its own")
    # The line break ends a comment in the last line, which would swallow the parenthesis.
    return exp.Paren(this=exp.Var(this=text + "\n"))


def is_readable(sql: str) -> bool:
    """Whether some database that is known here would read it as one statement or condition."""
    return any(_single_statement(sql, dialect) is not None for dialect in _KNOWN)


def _single_statement(sql: str, dialect: str) -> exp.Expr | None:
    try:
        trees = parse(sql, read=dialect)
    except SqlglotError:
        return None
    return trees[0] if len(trees) == 1 else None


def _is_true_or_false(tree: exp.Expr, columns: Columns) -> bool:
    """Whether it can be a condition, as far as its form tells.

    DuckDB and SQLite take any number for one, so ``amount`` alone would silently mean
    ``amount <> 0``.
    """
    if isinstance(tree, _NOT_A_CONDITION):
        return False
    if isinstance(tree, exp.Column) and tree.name in columns:
        return columns[tree.name].family in (Family.BOOLEAN, Family.UNKNOWN)
    if isinstance(tree, exp.Func):
        from sqlglot.optimizer.annotate_types import annotate_types

        kind = annotate_types(tree.copy()).type
        return kind is None or kind.this in _MAY_BE_BOOLEAN
    return True


def _writes(tree: exp.Expr) -> bool:
    return tree.find(*_WRITES) is not None


def _refuse_what_spans_rows(tree: exp.Expr) -> None:
    if tree.find(exp.Placeholder, exp.Parameter):
        raise Unmeasurable("a condition may not contain a placeholder; write the value itself")
    for node in tree.find_all(exp.AggFunc, exp.Window):
        if node.find_ancestor(exp.Query) is None:
            raise Unmeasurable("a condition is about one row; it may not contain an aggregate")


def _refuse_unknown_columns(tree: exp.Expr, columns: Columns) -> None:
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


def no_such_column(name: str, columns: Columns) -> str:
    """What to tell somebody who names a column that is not there."""
    alike = [other for other in columns if other.casefold() == name.casefold()]
    hint = f"did you mean {alike[0]!r}?" if alike else _having(columns)
    return f"there is no column {name!r}; {hint}"


def _having(columns: Columns) -> str:
    more = ", ..." if len(columns) > _MOST_NAMES else ""
    return f"the columns are {_listing(list(columns)[:_MOST_NAMES])}{more}"


def _listing(names: set[str] | list[str]) -> str:
    ordered = sorted(names) if isinstance(names, set) else names
    return ", ".join(repr(name) for name in ordered) or "none"


def table_name(written: str) -> tuple[str | None, str]:
    """Split ``schema.table`` or ``table``; a name that contains a point is written in quotes."""
    parts = [part.removeprefix('"').removesuffix('"') for part in _NAME_PART.findall(written)]
    match parts:
        case [schema, table]:
            return schema, table
        case [table]:
            return None, table
    return None, written
