"""Values that are there and values that are not."""

from __future__ import annotations

from sqlglot import exp

from airflow_gov_provider.domain.contracts.forms.completeness import (
    AnyComplete,
    Missing,
    NotEmpty,
    NullPercent,
    RowsComplete,
)
from airflow_gov_provider.domain.quality.expectations import CheckKind, Expectation, Measurement
from airflow_gov_provider.profiling.columns import Column
from airflow_gov_provider.profiling.engines.dialects import either, named
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.planning.validity import among, compared_with, expect_text
from airflow_gov_provider.profiling.plans import Plan, Planner, all_of
from airflow_gov_provider.profiling.quarantine.singling import Singled

_BLANK = r"[ \t\r\n]*"


def _complete(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    """Rows with a value in every column, from counts that files hold ready."""
    columns = [planner.column(name) for name in expectation.columns]
    absent = [_is_null(column) for column in columns]
    return Plan(
        expectation=expectation,
        metrics=(planner.count_where(where), planner.count_present(columns, where)),
        answer=lambda values: Measurement(total=values[0], failing=values[0] - values[1]),
        scope=all_of(where),
        written_by_hand=bool(where),
        failing=lambda *_: Singled(condition=all_of([*where, either(*absent)])),
    )


def _missing(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    """Rows with a value that is none of the sentinels are not missing."""
    wanted = expectation.parameters
    if not isinstance(wanted, Missing):
        raise Unmeasurable("the check does not say what counts as missing")
    column = compared_with(planner, planner.column(expectation.columns[0]), wanted.values)
    absent = either(_is_null(column), among(planner.dialect, wanted.values, column))
    return planner.failing_rows(expectation, where, scope=[], failing=absent)


def _not_empty(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    column = planner.column(expectation.columns[0])
    expect_text(column, "text that is not empty")
    failing = planner.dialect.matches(column, _BLANK)
    return planner.failing_rows(expectation, where, scope=[column], failing=failing)


def _any_complete(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    columns = [planner.column(name) for name in expectation.columns]
    absent = [_is_null(column) for column in columns]
    failing = exp.paren(all_of(absent))
    return planner.failing_rows(expectation, where, scope=[], failing=failing)


def _is_null(column: Column) -> exp.Expr:
    return exp.Is(this=named(column), expression=exp.Null())


PLANS = {
    CheckKind.NOT_NULL: _complete,
    NullPercent.kind: _complete,
    Missing.kind: _missing,
    NotEmpty.kind: _not_empty,
    RowsComplete.kind: _complete,
    AnyComplete.kind: _any_complete,
}
