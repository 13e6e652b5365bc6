"""From a statement in DuckDB's terms to one that a warehouse understands, or a refusal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from sqlglot import exp, tokenize
from sqlglot.tokenizer_core import Token, TokenType

from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.warehouses.functions import DOCUMENTED

MOST_PARTS = 3
_NAME_PART = re.compile(r'"(?:[^"]|"")+"|`[^`]+`|[^."`]+')
_QUANTILE = "governance_quantile"
# Words that may stand before a parenthesis and call nothing.
_NO_CALL = re.compile(
    r"ALL|AND|ANY|AS|AT|BETWEEN|BY|CASE|DISTINCT|ELSE|EXCEPT|EXISTS|FILTER|FROM|GROUP"
    r"|HAVING|IN|INTERSECT|INTERVAL|IS|JOIN|LIKE|NOT|OF|OFFSET|ON|OR|ORDER|OVER"
    r"|PARTITION|SELECT|THEN|UNION|USING|VALUES|WHEN|WHERE|WITH|WITHIN|BIGNUMERIC|CHAR"
    r"|DECIMAL|NUMBER|NUMERIC|TIME|TIMESTAMP_NTZ|VARCHAR|TIMESTAMPNTZ"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantile:
    """An exact quantile that a statement asks for.

    :param value: the expression whose quantile it is; NULL in rows that do not count.
    :param relation: what the statement reads, with its own WHERE if it has one.
    """

    value: exp.Expr
    share: exp.Expr
    relation: exp.Select


def quantile(value: exp.Expr, share: exp.Expr) -> exp.Expr:
    """A mark that ``finished`` replaces."""
    return exp.Anonymous(this=_QUANTILE, expressions=[value, share])


def finished(
    query: exp.Expr,
    *,
    casts: Mapping[str, exp.DataType],
    filters: bool,
    quantile: Callable[[Quantile], exp.Expr],
) -> exp.Expr:
    """The same question in a warehouse's terms.

    :param casts: how the types of times are written.
    :param filters: whether the warehouse knows FILTER.
    :param quantile: its way to an exact quantile.
    :raises Unmeasurable: for a quantile of groups, which few of them can give.
    """
    tree = query.copy()
    for mark in list(tree.find_all(exp.Anonymous)):
        if mark.this == _QUANTILE:
            _replace_quantile(mark, quantile)
    for node in list(tree.find_all(exp.Filter)):
        node.replace(_pushed(node.this, node.expression.this, filters=filters))
    for truth in list(tree.find_all(exp.Is)):
        if isinstance(truth.expression, exp.Boolean):
            truth.replace(_is_boolean(truth.this, truth.expression))
    for cast in tree.find_all(exp.Cast):
        to = cast.to
        if not to.expressions and to.this.value in casts:
            cast.set("to", casts[to.this.value].copy())
    return tree


def _is_boolean(condition: exp.Expr, wanted: exp.Boolean) -> exp.Expr:
    """``x IS TRUE``, which is not everywhere known, and must not become ``x``: NULL is not true."""
    if wanted.this:
        return exp.Coalesce(this=condition.copy(), expressions=[exp.false()])
    return exp.not_(exp.Coalesce(this=condition.copy(), expressions=[exp.true()]))


def _replace_quantile(mark: exp.Anonymous, make: Callable[[Quantile], exp.Expr]) -> None:
    select = mark.find_ancestor(exp.Select)
    if select is None or select.args.get("group"):
        raise Unmeasurable("an exact quantile of each group cannot be asked of this database")
    value, share = mark.expressions
    whole: exp.Expr = mark
    if isinstance(mark.parent, exp.Filter):
        whole = mark.parent
        value = _only_if(mark.parent.expression.this, value)
    relation = exp.Select(from_=select.args["from_"].copy())
    if where := select.args.get("where"):
        relation.set("where", where.copy())
    whole.replace(make(Quantile(value=value.copy(), share=share.copy(), relation=relation)))


def _pushed(expression: exp.Expr, condition: exp.Expr, *, filters: bool) -> exp.Expr:
    """Each aggregate of an expression over the rows that meet the condition."""
    if isinstance(expression, exp.AggFunc | exp.WithinGroup):
        return _filtered(expression, condition, filters=filters)
    tree = expression.copy()
    for aggregate in list(tree.find_all(exp.AggFunc)):
        if not isinstance(aggregate.parent, exp.WithinGroup):
            aggregate.replace(_filtered(aggregate, condition, filters=filters))
    return tree


def _filtered(aggregate: exp.Expr, condition: exp.Expr, *, filters: bool) -> exp.Expr:
    if filters:
        where = exp.Where(this=condition.copy())
        return exp.Filter(this=aggregate.copy(), expression=where)
    copy = aggregate.copy()
    if isinstance(copy, exp.WithinGroup):
        for ordered in copy.find_all(exp.Ordered):
            ordered.set("this", _only_if(condition, ordered.this))
    elif isinstance(copy.this, exp.Star):
        copy.set("this", _only_if(condition, exp.Literal.number(1)))
    elif isinstance(copy.this, exp.Distinct):
        distinct = copy.this
        distinct.set("expressions", [_only_if(condition, each) for each in distinct.expressions])
    else:
        copy.set("this", _only_if(condition, copy.this))
    return copy


def _only_if(condition: exp.Expr, value: exp.Expr) -> exp.Expr:
    return exp.case().when(condition.copy(), value.copy())


def expect_known(tree: exp.Expr, *, dialect: str, title: str) -> None:
    """:raises Unmeasurable: if our part of a statement calls what the dialect does not document."""
    unknown = sorted(set(called(without_authors(tree).sql(dialect=dialect), dialect=dialect)))
    unknown = [name for name in unknown if name not in DOCUMENTED[dialect]]
    if unknown:
        raise Unmeasurable(
            f"{title} cannot be asked this: it documents no function {', '.join(unknown)}"
        )


def without_authors(tree: exp.Expr) -> exp.Expr:
    """The tree without the conditions and queries that an author wrote and answers for."""

    def replaced(node: exp.Expr) -> exp.Expr:
        is_theirs = isinstance(node, exp.Paren) and isinstance(node.this, exp.Var)
        return exp.paren(exp.true()) if is_theirs else node

    return tree.copy().transform(replaced)


def called(sql: str, *, dialect: str) -> Iterator[str]:
    """The names, in capitals, that stand before a parenthesis as a function does."""
    tokens = tokenize(sql, read=dialect)
    before = ""
    for token, following in pairwise(tokens):
        is_type = before == "AS"  # CAST(x AS TIMESTAMP(6))
        if following.token_type is TokenType.L_PAREN and _may_be_called(token) and not is_type:
            yield token.text.upper()
        before = token.text.upper()


def _may_be_called(token: Token) -> bool:
    if token.token_type in (TokenType.IDENTIFIER, TokenType.STRING, TokenType.NUMBER):
        return False
    return token.text.replace("_", "").isalnum() and not _NO_CALL.fullmatch(token.text.upper())


def parts_of_name(written: str) -> list[str]:
    parts = _NAME_PART.findall(written)
    return [part[1:-1].replace('""', '"') if part[0] in '"`' else part for part in parts]
