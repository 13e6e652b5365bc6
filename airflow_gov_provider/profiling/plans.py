"""From an expectation to the numbers it needs, and from those numbers to its measurement.

How each kind of check is planned stands in ``profiling.planning``, one module a family; here is
what they share.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from airflow_gov_provider.domain.quality.expectations import Expectation, Measurement
from airflow_gov_provider.profiling.columns import Column, Columns
from airflow_gov_provider.profiling.conditions import condition, no_such_column
from airflow_gov_provider.profiling.engines.dialects import DuckDB, named, present
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.quarantine.singling import Singled

if TYPE_CHECKING:
    from airflow_gov_provider.profiling.engines.engine import Engine, Relation


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One aggregate over all rows.

    :param key: its SQL; equal metrics are asked once.
    :param sorts: it needs the rows in order.
    """

    key: str
    expression: exp.Expr
    sorts: bool = False


Answer = Callable[[Sequence[Any]], Measurement]
Failing = Callable[["Engine", "Relation"], Singled]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How one expectation is answered.

    :param answer: from the values of ``metrics``, in their order, to the measurement.
    :param follow_up: asks further statements instead, once the values of ``metrics`` are known; it
        may raise Unmeasurable and StatementFailed.
    :param scope: the rows in scope, for the checks that need a statement of their own.
    :param written_by_hand: contains SQL of the contract's author, which a database may refuse.
    :param failing: of a row check: which rows fail it, for whoever wants these rows. It may ask
        statements of its own, and raise Unmeasurable and StatementFailed.
    """

    expectation: Expectation
    metrics: tuple[Metric, ...]
    answer: Answer
    follow_up: Callable[[Engine, Relation, Plan, Sequence[Any]], Measurement] | None = None
    scope: exp.Expr
    written_by_hand: bool = False
    failing: Failing | None = None


class Planner:
    """Plans checks on one table in one dialect.

    :ivar all_rows: the count of all rows, which is asked in any case.
    :ivar by: the columns of the groups of which each row is judged among its own; none for the
        table as a whole. Only what singles out failing rows minds them.
    """

    def __init__(self, dialect: DuckDB, columns: Columns) -> None:
        self.dialect, self.columns = dialect, columns
        self.all_rows = self.metric(exp.Count(this=exp.Star()))
        self.by: tuple[Column, ...] = ()
        self._lists = count(1)

    def plan(self, expectation: Expectation) -> Plan:
        """Work out what must be asked.

        :raises Unmeasurable: if no statement could answer it.
        """
        from airflow_gov_provider.profiling.planning import PLANS

        make = PLANS.get(expectation.kind)
        if make is None:
            kind = str(expectation.kind)
            raise Unmeasurable(f"the profiler does not know the check {kind!r}")
        return make(self, expectation, self.condition(expectation.where))

    def column(self, name: str) -> Column:
        """:raises Unmeasurable: if the table has no such column."""
        if name not in self.columns:
            raise Unmeasurable(no_such_column(name, self.columns))
        return self.columns[name]

    def condition(self, sql: str | None) -> list[exp.Expr]:
        """A condition of the contract's author: none or one.

        :raises Unmeasurable: if it is no condition on one row.
        """
        if sql is None:
            return []
        return [condition(sql, dialect=self.dialect.name, columns=self.columns)]

    def list_name(self) -> str:
        """A name for a list of keys beside the table, which no other list has."""
        return f"governance_list_{next(self._lists)}"

    def of_groups(self, by: Sequence[Column]) -> Planner:
        """One whose plans single out the rows that fail within their own group."""
        planner = copy(self)
        planner.by = tuple(by)
        return planner

    def failing_rows(
        self,
        expectation: Expectation,
        where: Sequence[exp.Expr],
        *,
        scope: Sequence[Column],
        failing: exp.Expr,
    ) -> Plan:
        """The plan of a row check.

        :param scope: columns that must have a value for a row to be in scope.
        :param failing: true for a row in scope that violates the check.
        """
        values = [present(named(column)) for column in scope]
        total = self.count_present(scope, where) if scope else self.count_where(where)
        return Plan(
            expectation=expectation,
            metrics=(total, self.count_where([*where, *values, failing])),
            answer=lambda values: Measurement(total=values[0], failing=values[1]),
            scope=all_of([*where, *values]),
            written_by_hand=bool(where),
            failing=lambda *_: Singled(condition=all_of([*where, *values, failing])),
        )

    def count_present(self, columns: Sequence[Column], where: Sequence[exp.Expr]) -> Metric:
        """Rows in scope of a check that passes over NULL."""
        if len(columns) > 1:
            return self.count_where([*where, *(present(named(column)) for column in columns)])
        # Engines answer this one from the file's statistics where they can.
        return self.metric(filtered(exp.Count(this=named(columns[0])), where))

    def count_where(self, conditions: Sequence[exp.Expr]) -> Metric:
        return self.metric(filtered(exp.Count(this=exp.Star()), conditions))

    def metric(self, expression: exp.Expr, *, sorts: bool = False) -> Metric:
        key = expression.sql()  # in no dialect: some of them drop what they do not know
        return Metric(key=key, expression=expression, sorts=sorts)


def filtered(aggregate: exp.Expr, conditions: Sequence[exp.Expr]) -> exp.Expr:
    """An aggregate over the rows that meet all conditions."""
    if not conditions:
        return aggregate
    return exp.Filter(this=aggregate, expression=exp.Where(this=all_of(conditions)))


def all_of(conditions: Sequence[exp.Expr]) -> exp.Expr:
    return exp.and_(*conditions) if conditions else exp.true()
