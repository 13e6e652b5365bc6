"""Columns of one row held against each other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from sqlglot import exp

from airflow_gov_provider.domain.contracts.forms.pairs import PairOrder, SumEquals
from airflow_gov_provider.domain.quality.expectations import Expectation
from airflow_gov_provider.profiling.columns import Column, Family
from airflow_gov_provider.profiling.engines import literals
from airflow_gov_provider.profiling.engines.dialects import either, named
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.plans import Plan, Planner

# The comparison that a row violates.
_VIOLATED: dict[str, type[exp.Binary]] = {
    "=": exp.NEQ,
    "<>": exp.EQ,
    "<": exp.GTE,
    "<=": exp.GT,
    ">": exp.LTE,
    ">=": exp.LT,
}
# Sums of fractions are only as exact as the numbers that stand for them.
_USUAL_MARGIN = 1e-6
_NAIVE = (Family.DATE, Family.TIMESTAMP)
_TEXTS = (Family.TEXT, Family.SYMBOL)


def _pair_order(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    wanted = expectation.parameters
    if not isinstance(wanted, PairOrder):
        raise Unmeasurable("the check does not say how the columns compare")
    left, right = (planner.column(name) for name in expectation.columns)
    is_order = wanted.sign not in ("=", "<>")
    _expect_comparable(left, right, is_order=is_order)
    dialect = planner.dialect
    write = dialect.sortable if is_order else dialect.operand
    violated = _VIOLATED[wanted.sign](this=write(left), expression=write(right))
    # What is not really of its column's type has no place in an order.
    failing = _or_odd(planner, violated, [left, right] if is_order else [])
    return planner.failing_rows(expectation, where, scope=[left, right], failing=failing)


def _or_odd(planner: Planner, failing: exp.Expr, columns: Sequence[Column]) -> exp.Expr:
    """True as well for a row with a NaN, or with a text in one of the columns' places."""
    odd = [spoilt for column in columns if (spoilt := planner.dialect.odd(column)) is not None]
    return either(failing, *odd) if odd else failing


def _expect_comparable(left: Column, right: Column, *, is_order: bool) -> None:
    one, other = left.family, right.family
    alike = (
        one == other
        or (one.is_number and other.is_number)
        or (one in _NAIVE and other in _NAIVE)
        or (one in _TEXTS and other in _TEXTS)
        or Family.UNKNOWN in (one, other)
    )
    ordered = not is_order or not {one, other} & {Family.BOOLEAN, Family.SYMBOL}
    if alike and ordered and Family.OTHER not in (one, other):
        return
    raise Unmeasurable(
        f"column {left.name!r} holds {one.value} and column {right.name!r} holds {other.value}; "
        f"they cannot be compared{' for order' if alike else ''}"
    )


def _sum_equals(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    wanted = expectation.parameters
    if not isinstance(wanted, SumEquals):
        raise Unmeasurable("the check does not say what the sum is")
    columns = [planner.column(name) for name in expectation.columns]
    for column in columns:
        if not (column.family.is_number or column.family is Family.UNKNOWN):
            raise Unmeasurable(
                f"a sum needs numbers, and column {column.name!r} holds "
                f"{column.family.value} ({column.physical})"
            )
    whole = all(column.family is Family.INTEGER for column in columns)
    written = [named(column) if whole else exp.cast(named(column), "double") for column in columns]
    total = written.pop() if wanted.total else literals.number(wanted.value or 0.0)
    added = reduce(lambda left, right: exp.Add(this=left, expression=right), written)
    distance = exp.Abs(this=exp.Sub(this=exp.paren(added), expression=exp.paren(total)))
    margin = wanted.within
    if margin is None:
        margin = 0.0 if whole else _USUAL_MARGIN
    within = exp.LTE(this=distance, expression=literals.number(margin))
    # A NaN among the parts equals no total, and SQLite takes a text for 0.
    apart = exp.not_(exp.paren(exp.Coalesce(this=within, expressions=[exp.false()])))
    failing = _or_odd(planner, apart, columns)
    return planner.failing_rows(expectation, where, scope=columns, failing=failing)


PLANS = {PairOrder.kind: _pair_order, SumEquals.kind: _sum_equals}
