"""Documents held to the shape of a JSON Schema by the database itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from airflow_gov_provider.domain.contracts.forms.json_schemas import JsonSchema
from airflow_gov_provider.domain.quality.expectations import Expectation
from airflow_gov_provider.profiling.columns import Column, Family
from airflow_gov_provider.profiling.engines import json_duckdb, json_postgres, literals
from airflow_gov_provider.profiling.engines.dialects import DuckDB, named
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.planning.validity import expect_text
from airflow_gov_provider.profiling.plans import Plan, Planner

_TYPES = ("json", "jsonb")


def _json_schema(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    asked = expectation.parameters
    assert isinstance(asked, JsonSchema)  # noqa: S101 - the kind names the class
    column = planner.column(expectation.columns[0])
    if column.physical.lower() not in _TYPES:
        expect_text(column, "JSON Schema")
    write = _WRITTEN.get(planner.dialect.name)
    if write is None:
        raise Unmeasurable(
            "the JSON functions of this warehouse do not decide a JSON Schema exactly; check it "
            "where the data is a file, or in PostgreSQL or SQLite"
        )
    failing = exp.not_(exp.paren(write(planner.dialect, column, asked)))
    return planner.failing_rows(expectation, where, scope=[column], failing=failing)


def _in_duckdb(dialect: DuckDB, column: Column, asked: JsonSchema) -> exp.Expr:
    text = f"CAST({named(column).sql(dialect='duckdb')} AS TEXT)"
    as_text = Column(name=column.name, physical="VARCHAR", family=Family.TEXT)
    valid = dialect.is_json(as_text).sql(dialect="duckdb")
    return exp.Var(this=json_duckdb.condition(asked.shape, text, valid=valid))


def _in_postgres(dialect: DuckDB, column: Column, asked: JsonSchema) -> exp.Expr:
    text = f"CAST({named(column).sql(dialect=dialect.name)} AS TEXT)"
    return exp.Var(this=json_postgres.condition(asked.shape, text))


def _in_sqlite(dialect: DuckDB, column: Column, asked: JsonSchema) -> exp.Expr:
    arguments = [literals.text(asked.schema), dialect.operand(column)]
    return exp.Anonymous(this="governance_json_schema", expressions=arguments)


_WRITTEN: Mapping[str, Callable[[DuckDB, Column, JsonSchema], exp.Expr]] = {
    "duckdb": _in_duckdb,
    "postgres": _in_postgres,
    "sqlite": _in_sqlite,
}
PLANS = {JsonSchema.kind: _json_schema}
