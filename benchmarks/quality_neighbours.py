"""What the neighbours of the quality gate are asked, on DuckDB and on PostgreSQL alike."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from time import perf_counter
from typing import Any

from quality_checks import (
    AGES,
    CURRENCIES,
    EMAIL,
    NOT_NULL,
    RANGES,
    RULE,
    Answers,
    distinct_parts,
    scan_parts,
)


def run_common_sql(
    dialect: str, table: str, connect: Callable[[], Any], anti_join: str
) -> tuple[float, Answers]:
    """All checks; those it has no name for are SQL. Only its null counts come back as numbers."""
    os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="governance-bench-"))
    from airflow.providers.common.sql.hooks.sql import DbApiHook
    from airflow.providers.common.sql.operators.sql import (
        SQLColumnCheckOperator,
        SQLTableCheckOperator,
    )

    class Hook(DbApiHook):
        conn_name_attr = "benchmark_conn_id"
        supports_autocommit = False

        def get_conn(self) -> Any:
            return connect()

    class Columns(SQLColumnCheckOperator):
        def get_db_hook(self) -> Any:
            return Hook()

    class Table(SQLTableCheckOperator):
        def get_db_hook(self) -> Any:
            return Hook()

    start = perf_counter()
    mapping: dict[str, dict[str, Any]] = {}
    for name in NOT_NULL:
        mapping.setdefault(name, {})["null_check"] = {"geq_to": 0}
    for name, (low, high) in RANGES.items():
        mapping.setdefault(name, {})["min"] = {"geq_to": min(low, -1)}
        mapping[name]["max"] = {"leq_to": high * 1000}
    for name in ("txn_id", "txn_ref"):
        mapping.setdefault(name, {})["unique_check"] = {"equal_to": 0}
    operator = Columns(task_id="columns", table=table, column_mapping=mapping)
    operator.execute({})
    parts = scan_parts(dialect)
    asked = ("accepted currency", "accepted age", "regex", "rows", "mean", "stddev", "p95", "rule")
    table_checks = {name: {"check_statement": f"{parts[name]} >= 0"} for name in asked}
    pair = distinct_parts()["unique pair"]
    table_checks |= {
        "newest": {"check_statement": "max(booked_at) > TIMESTAMP '2000-01-01'"},
        "unique pair": {"check_statement": f"{pair} = 0"},
        "orphans": {"check_statement": f"({anti_join}) = 0"},
    }
    names = {name.replace(" ", "_"): check for name, check in table_checks.items()}
    Table(task_id="table", table=table, checks=names).execute({})
    seconds = perf_counter() - start
    found = {
        f"not_null {name}": float(operator.column_mapping[name]["null_check"]["result"])
        for name in NOT_NULL
    }
    return seconds, found


def run_airflow_dq(executor: Any) -> tuple[float, Answers]:
    """Twenty-one checks, without its fan-out of one task a rule; it knows no composite key.

    Its bounds exclude their limits, and its patterns search, so both are written to mean the same.
    """
    from airflow_dq.compiler.specs import CheckSpec

    def spec(name: str, rule: str, column: str | None, **params: Any) -> Any:
        return CheckSpec(
            check_name=name,
            dataset="payments",
            rule=rule,
            dimension="validity",
            severity="warning",
            column=column,
            params=params,
        )

    def rule(name: str, sql: str) -> Any:
        return spec(name, "expression", None, expression=sql)

    specs = [
        *(spec(f"not_null {name}", "notNull", name) for name in NOT_NULL),
        *(
            rule(f"range {name}", f"{name} < {low} OR {name} > {high}")
            for name, (low, high) in RANGES.items()
        ),
        spec("unique id", "unique", "txn_id"),
        spec("unique ref", "unique", "txn_ref"),
        spec("accepted currency", "acceptedValues", "currency", allowedValues=list(CURRENCIES)),
        spec("accepted age", "acceptedValues", "age", allowedValues=list(AGES)),
        spec("regex", "pattern", "email", pattern=f"^({EMAIL})$"),
        spec("rows", "rowCount", None, mustBeGreaterThan=0),
        spec("newest", "freshness", "booked_at", mustBeLessThan=36_500),
        # It has neither mean nor deviation nor quantile: rules with a subquery stand for them.
        rule("mean", "amount IS NULL AND (SELECT avg(amount) FROM payments) < 0"),
        rule("stddev", "amount IS NULL AND (SELECT stddev_samp(amount) FROM payments) < 0"),
        rule(
            "p95",
            "fee IS NULL AND (SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY fee) "
            "FROM payments) < 0",
        ),
        spec(
            "orphans",
            "referentialIntegrity",
            "customer_id",
            refDataset="customers",
            refColumn="customer_id",
        ),
        rule("rule", f"({RULE}) IS NOT TRUE"),
    ]
    start = perf_counter()
    results = {each.check_name: executor.run(each) for each in specs}
    seconds = perf_counter() - start
    compared = ("not_null", "range", "accepted", "regex", "orphans", "rule")
    return seconds, {
        name: float(result.rows_failed)
        for name, result in results.items()
        if name.startswith(compared)
    }
