"""The groups of rows that a check is asked of, and how one statement answers for all of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.quality.expectations import Measurement
from airflow_gov_provider.profiling.columns import Column, Family
from airflow_gov_provider.profiling.engines import literals
from airflow_gov_provider.profiling.engines.dialects import DuckDB, named
from airflow_gov_provider.profiling.engines.engine import Engine, Relation, Row
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.plans import Plan
from airflow_gov_provider.profiling.quarantine.singling import same_text

Label = tuple[Any, ...]
AnswerOf = Callable[[Label, Sequence[Any]], Measurement]
# Asks what there is to ask of all groups; what comes back answers for one of them, from its label
# and the values of the plan's metrics in it, and may raise Unmeasurable.
Ask = Callable[[Engine, "Groups", Plan], AnswerOf]
_MARK = "governance_g"
UNLIKE = "values that make one group are written in different ways"


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """All groups of a table.

    :param keys: of a row of the table; equal in two rows if these are of one group, NULL with NULL.
    :param sizes: by the label of a group, which is what its keys are, how many rows it has.
    :param found: by label, the values of the metrics of the check that is asked of it.
    """

    relation: Relation
    keys: tuple[exp.Expr, ...]
    sizes: Mapping[Label, int]
    found: Mapping[Label, Sequence[Any]]

    @property
    def marks(self) -> list[exp.Expr]:
        """The keys under names that no column of the data has, to stand first in a SELECT."""
        return [exp.alias_(key.copy(), f"{_MARK}_{i}") for i, key in enumerate(self.keys)]

    def names(self, table: str | None = None) -> list[exp.Expr]:
        """The keys as a SELECT around that one knows them."""
        return [exp.column(f"{_MARK}_{i}", table=table) for i in range(len(self.keys))]

    def same(self, one: str, other: str) -> exp.Expr:
        """True where two tables of these names, which have the marks, stand at the same group.

        A plain equality where no group lacks the key, since not every database can sort or hash by
        one that holds for NULL.
        """
        conditions: list[exp.Expr] = []
        for index, (left, right) in enumerate(zip(self.names(one), self.names(other), strict=True)):
            if any(label[index] is None for label in self.found):
                conditions.append(same_text([left], [right]))
                conditions.append(exp.NullSafeEQ(this=left, expression=right))
            else:
                conditions.append(exp.EQ(this=left, expression=right))
        return exp.and_(*conditions)

    def ordinals(self, more: int = 0) -> list[exp.Expr]:
        """For a GROUP BY of the keys, which stand first, and of what is selected next to them."""
        return [exp.Literal.number(i + 1) for i in range(len(self.keys) + more)]

    def parted(self, rows: Iterable[Row]) -> dict[Label, list[Row]]:
        """Rows that begin with a label, by it and without it; each group has an entry.

        :raises Unmeasurable: for a label that was not told before, as where letters of either case
            are one to the database.
        """
        parts: dict[Label, list[Row]] = {label: [] for label in self.found}
        width = len(self.keys)
        for row in rows:
            label = tuple(row[:width])
            if label not in parts:
                raise Unmeasurable(UNLIKE)
            parts[label].append(row[width:])
        return parts

    def one(self, rows: Iterable[Row]) -> dict[Label, Row | None]:
        """The same where a group has one row, or none."""
        parts = self.parted(rows)
        return {label: each[0] if each else None for label, each in parts.items()}


def as_key(dialect: DuckDB, column: Column) -> exp.Expr:
    """A column by which rows are grouped: a text by its code points, whatever its collation is."""
    if column.family in (Family.SYMBOL, Family.TEXT):
        return dialect.operand(column)
    return named(column)


def of_all_rows(
    ask: Ask,
) -> Callable[[Engine, Relation, Plan, Sequence[Any]], Measurement]:
    """The same asked of the whole table, as of a group in which all rows are."""

    def follow_up(
        engine: Engine, relation: Relation, plan: Plan, found: Sequence[Any]
    ) -> Measurement:
        groups = Groups(relation=relation, keys=(), sizes={}, found={(): found})
        return ask(engine, groups, plan)((), found)

    return follow_up


def one_by_one(engine: Engine, groups: Groups, plan: Plan) -> AnswerOf:
    """For what no statement can ask of all groups: the statements of the whole, in each group."""
    conditions = {label: _alone(groups.keys, label) for label in groups.found}
    sizes = _sizes(engine, groups.relation, conditions)

    def answer(label: Label, found: Sequence[Any]) -> Measurement:
        if plan.follow_up is None:
            return plan.answer(found)
        table = groups.relation.table
        rows = exp.select("*").from_(table.copy()).where(conditions[label].copy())
        only = rows.subquery(exp.to_identifier(table.alias_or_name, quoted=True))
        found_there = plan.follow_up(engine, replace(groups.relation, table=only), plan, found)
        if sizes[label] != groups.sizes[label]:
            raise Unmeasurable(UNLIKE)
        return found_there

    return answer


def _alone(keys: Sequence[exp.Expr], label: Label) -> exp.Expr:
    """True for a row of one group."""
    parts = [
        exp.Is(this=key.copy(), expression=exp.Null())
        if value is None
        else exp.EQ(this=key.copy(), expression=_literal(value))
        for key, value in zip(keys, label, strict=True)
    ]
    return exp.and_(*parts)


def _literal(value: object) -> exp.Expr:
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    if isinstance(value, str):
        return literals.text(value)
    if isinstance(value, int | float | Decimal) and math.isfinite(value):
        positive = exp.Literal.number(format(abs(Decimal(value)), "f"))
        return exp.Neg(this=positive) if value < 0 else positive
    if isinstance(value, date | time):
        return exp.cast(literals.text(value.isoformat()), _type_of(value))
    raise Unmeasurable(
        "rows are grouped by values that cannot be written in SQL, and this check asks each group "
        "in a statement of its own"
    )


def _type_of(value: date | time) -> str:
    if isinstance(value, datetime):
        return "timestamptz" if value.tzinfo else "timestamp"
    return "time" if isinstance(value, time) else "date"


def _sizes(
    engine: Engine, relation: Relation, conditions: Mapping[Label, exp.Expr]
) -> Mapping[Label, int]:
    """How many rows each condition finds: those of its group, if it tells them from all others."""
    labels, widest = list(conditions), engine.dialect.widest
    found: dict[Label, int] = {}
    for start in range(0, len(labels), widest):
        some = labels[start : start + widest]
        counts = [
            exp.alias_(_count_where(conditions[label]), f"n_{i}") for i, label in enumerate(some)
        ]
        (row,) = engine.fetch(exp.select(*counts).from_(relation.table.copy()))
        found |= {label: int(count) for label, count in zip(some, row, strict=True)}
    return found


def _count_where(condition: exp.Expr) -> exp.Expr:
    return exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=condition.copy()))
