"""The quality gate's profile of 20 checks, beside the same checks done in other ways.

Cases take turns, each in a fresh process; ratios are of the same turn. ``run`` is without imports,
``wall`` with them, ``RSS`` the peak of the process. What a case reports as numbers must
agree with ours.

    python benchmarks/quality_gate.py --rows 10000000 --repeat 3

* ``ours``        ``profile_files`` on a Parquet file
* ``best plan``   one scan, an anti-join, and uniqueness by sorting 64-bit hashes in numpy
* ``one SQL``     everything in one hand-written statement
* ``common-sql``  Airflow's SQLColumnCheckOperator and SQLTableCheckOperator on the same DuckDB
* ``GX``          Great Expectations on a pandas frame of the same file
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import transactions

CURRENCIES = ("EUR", "USD", "GBP", "CHF", "JPY")
EMAIL = r"[a-z0-9._]+@[a-z0-9.-]+\.[a-z]{2,}"
NOT_NULL = ("txn_id", "txn_ref", "customer_id", "amount", "email")
RANGES = {"amount": (0, 9_000), "rate": (0, 1), "fee": (0, 500), "age": (18, 99)}
AGES = tuple(range(10, 30))
RULE = "fee <= amount + 400"
Answers = dict[str, float]


def ours(path: Path) -> tuple[float, Answers]:
    import duckdb  # noqa: F401 - imported beforehand on all sides

    from airflow_gov_provider.domain.expectations import (
        Bounds,
        CheckKind,
        Expectation,
        Reference,
        Statistic,
    )
    from airflow_gov_provider.profiling.files import profile_files

    def check(name: str, kind: CheckKind, *columns: str, **fields: Any) -> Expectation:
        return Expectation(check_id=name, kind=kind, columns=columns, **fields)

    start = perf_counter()
    expectations = [
        *(check(f"not_null {name}", CheckKind.NOT_NULL, name) for name in NOT_NULL),
        *(
            check(f"range {name}", CheckKind.RANGE, name, bounds=Bounds(at_least=low, at_most=high))
            for name, (low, high) in RANGES.items()
        ),
        check("unique id", CheckKind.UNIQUE, "txn_id"),
        check("unique ref", CheckKind.UNIQUE, "txn_ref"),
        check("unique pair", CheckKind.UNIQUE, "customer_id", "txn_id"),
        check("accepted currency", CheckKind.ACCEPTED_VALUES, "currency", values=CURRENCIES),
        check("accepted age", CheckKind.ACCEPTED_VALUES, "age", values=AGES),
        check("regex", CheckKind.REGEX, "email", pattern=EMAIL),
        check("rows", CheckKind.ROW_COUNT, bounds=Bounds(at_least=1)),
        check("newest", CheckKind.FRESHNESS, "booked_at"),
        check("mean", CheckKind.STATISTIC, "amount", statistic=Statistic.MEAN),
        check("stddev", CheckKind.STATISTIC, "amount", statistic=Statistic.STDDEV),
        check("p95", CheckKind.STATISTIC, "fee", statistic=Statistic.QUANTILE, quantile=0.95),
        check(
            "orphans",
            CheckKind.FOREIGN_KEY,
            "customer_id",
            reference=Reference(table="customers.parquet", columns=("customer_id",)),
        ),
        check("rule", CheckKind.SQL_EXPRESSION, expression=RULE),
    ]
    profile = profile_files(str(path), expectations)
    seconds = perf_counter() - start
    answers = {}
    for name, found in profile.measurements.items():
        if found.error:
            raise SystemExit(f"{name}: {found.error}")
        value = found.failing if found.value is None else found.value
        if isinstance(value, datetime):
            value = value.replace(tzinfo=UTC).timestamp()
        answers[name] = value
    return seconds, answers


def _scan_parts() -> dict[str, str]:
    """The sixteen checks that one scan answers, and the quantile."""
    listed = ", ".join(f"'{currency}'" for currency in CURRENCIES)
    ages = ", ".join(str(age) for age in AGES)
    return {
        **{f"not_null {name}": f"count(*) - count({name})" for name in NOT_NULL},
        **{
            f"range {name}": f"count(*) FILTER (WHERE {name} < {low} OR {name} > {high})"
            for name, (low, high) in RANGES.items()
        },
        "accepted currency": f"count(*) FILTER (WHERE currency NOT IN ({listed}))",
        "accepted age": f"count(*) FILTER (WHERE age NOT IN ({ages}))",
        "regex": f"count(*) FILTER (WHERE NOT regexp_full_match(email, '{EMAIL}'))",
        "rows": "count(*)",
        "newest": "epoch(max(booked_at))",
        "mean": "avg(amount)",
        "stddev": "stddev_samp(amount)",
        "p95": "quantile_cont(fee, 0.95)",
        "rule": f"count(*) FILTER (WHERE ({RULE}) IS NOT TRUE)",
    }


def _anti_join(path: Path) -> str:
    return (
        f"SELECT count(*) FROM '{path}' c ANTI JOIN '{path.with_name('customers.parquet')}' p "
        "ON p.customer_id = c.customer_id WHERE c.customer_id IS NOT NULL"
    )


def best_plan(path: Path) -> tuple[float, Answers]:
    import duckdb
    import numpy as np

    start = perf_counter()
    parts = _scan_parts()
    with duckdb.connect(config={"preserve_insertion_order": False}) as connection:
        row = connection.execute(f"SELECT {', '.join(parts.values())} FROM '{path}'").fetchone()
        answers = dict(zip(parts, row, strict=True))
        answers["orphans"] = connection.execute(_anti_join(path)).fetchone()[0]
        for name, key in (
            ("unique id", "hash(txn_id)"),
            ("unique ref", "hash(txn_ref)"),
            ("unique pair", "hash(customer_id, txn_id)"),
        ):
            hashes = connection.execute(f"SELECT {key} AS h FROM '{path}'").fetchnumpy()["h"]
            hashes.sort()
            answers[name] = int((hashes[1:] == hashes[:-1]).sum())
            del hashes
    del np
    return perf_counter() - start, answers


def one_sql(path: Path) -> tuple[float, Answers]:
    import duckdb

    start = perf_counter()
    parts = _scan_parts() | {
        "unique id": "count(txn_id) - count(DISTINCT txn_id)",
        "unique ref": "count(txn_ref) - count(DISTINCT txn_ref)",
        "unique pair": "count(*) - count(DISTINCT (customer_id, txn_id))",
        "orphans": f"({_anti_join(path)})",
    }
    with duckdb.connect() as connection:
        row = connection.execute(f"SELECT {', '.join(parts.values())} FROM '{path}'").fetchone()
    return perf_counter() - start, dict(zip(parts, row, strict=True))


def common_sql(path: Path) -> tuple[float, Answers]:
    """All checks; those it has no name for are SQL. Only its null counts come back as numbers."""
    os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="governance-bench-"))
    import duckdb
    from airflow.providers.common.sql.hooks.sql import DbApiHook
    from airflow.providers.common.sql.operators.sql import (
        SQLColumnCheckOperator,
        SQLTableCheckOperator,
    )

    class DuckDBHook(DbApiHook):
        conn_name_attr = "duckdb_conn_id"
        supports_autocommit = False

        def get_conn(self) -> Any:
            return duckdb.connect()

    class OnDuckDB:
        def get_db_hook(self) -> DuckDBHook:
            return DuckDBHook()

    class Columns(OnDuckDB, SQLColumnCheckOperator):
        pass

    class Table(OnDuckDB, SQLTableCheckOperator):
        pass

    start = perf_counter()
    mapping: dict[str, dict[str, Any]] = {}
    for name in NOT_NULL:
        mapping.setdefault(name, {})["null_check"] = {"geq_to": 0}
    for name, (low, high) in RANGES.items():
        mapping.setdefault(name, {})["min"] = {"geq_to": min(low, -1)}
        mapping[name]["max"] = {"leq_to": high * 1000}
    for name in ("txn_id", "txn_ref"):
        mapping.setdefault(name, {})["unique_check"] = {"equal_to": 0}
    operator = Columns(task_id="columns", table=f"'{path}'", column_mapping=mapping)
    operator.execute({})
    parts = _scan_parts()
    table_checks = {
        name: {"check_statement": f"{parts[name]} >= 0"}
        for name in ("accepted currency", "accepted age", "regex", "rows", "mean", "stddev")
    }
    table_checks |= {
        "newest": {"check_statement": "max(booked_at) > TIMESTAMP '2000-01-01'"},
        "p95": {"check_statement": f"{parts['p95']} >= 0"},
        "rule": {"check_statement": f"{parts['rule']} >= 0"},
        "unique pair": {"check_statement": "count(*) = count(DISTINCT (customer_id, txn_id))"},
        "orphans": {"check_statement": f"({_anti_join(path)}) = 0"},
    }
    names = {name.replace(" ", "_"): check for name, check in table_checks.items()}
    Table(task_id="table", table=f"'{path}'", checks=names).execute({})
    seconds = perf_counter() - start
    found = {
        f"not_null {name}": float(operator.column_mapping[name]["null_check"]["result"])
        for name in NOT_NULL
    }
    return seconds, found


def gx(path: Path) -> tuple[float, Answers]:
    """All but the foreign key and the row rule. Its counts of unexpected values are compared."""
    import great_expectations as gx_module
    import pandas as pd
    from great_expectations import expectations as gxe

    start = perf_counter()
    context = gx_module.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    definition = (
        context.data_sources.add_pandas("pandas")
        .add_dataframe_asset("payments")
        .add_batch_definition_whole_dataframe("all")
    )
    suite = context.suites.add(gx_module.ExpectationSuite(name="suite"))
    checks: dict[str, Any] = {
        **{f"not_null {name}": gxe.ExpectColumnValuesToNotBeNull(column=name) for name in NOT_NULL},
        **{
            f"range {name}": gxe.ExpectColumnValuesToBeBetween(
                column=name, min_value=low, max_value=high
            )
            for name, (low, high) in RANGES.items()
        },
        "unique id": gxe.ExpectColumnValuesToBeUnique(column="txn_id"),
        "unique ref": gxe.ExpectColumnValuesToBeUnique(column="txn_ref"),
        "unique pair": gxe.ExpectCompoundColumnsToBeUnique(column_list=["customer_id", "txn_id"]),
        "accepted currency": gxe.ExpectColumnValuesToBeInSet(
            column="currency", value_set=list(CURRENCIES)
        ),
        "accepted age": gxe.ExpectColumnValuesToBeInSet(column="age", value_set=list(AGES)),
        "regex": gxe.ExpectColumnValuesToMatchRegex(column="email", regex=f"^(?:{EMAIL})$"),
        "rows": gxe.ExpectTableRowCountToBeBetween(min_value=1),
        "mean": gxe.ExpectColumnMeanToBeBetween(column="amount", min_value=0),
        "stddev": gxe.ExpectColumnStdevToBeBetween(column="amount", min_value=0),
        "p95": gxe.ExpectColumnQuantileValuesToBeBetween(
            column="fee", quantile_ranges={"quantiles": [0.95], "value_ranges": [[0, None]]}
        ),
        "newest": gxe.ExpectColumnMaxToBeBetween(
            column="booked_at", min_value=pd.Timestamp("2000-01-01")
        ),
    }
    for name, expectation in checks.items():
        expectation.meta = {"name": name}
        suite.add_expectation(expectation)
    batch = definition.get_batch(batch_parameters={"dataframe": pd.read_parquet(path)})
    results = batch.validate(suite).results
    seconds = perf_counter() - start
    answers = {}
    for result in results:
        name = result.expectation_config.meta["name"]
        if not result.result:
            raise SystemExit(f"{name}: {result.exception_info}")
        if name.startswith(("not_null", "range", "accepted", "regex")):
            answers[name] = float(result.result["unexpected_count"])
    return seconds, answers


CASES: dict[str, Callable[[Path], tuple[float, Answers]]] = {
    "ours": ours,
    "best plan": best_plan,
    "one SQL": one_sql,
    "common-sql": common_sql,
    "GX": gx,
}


def run_here(case: str, rows: int) -> None:
    """One case in this process; the figures go to the last line of stdout."""
    sys.stdout.flush()
    seconds, answers = CASES[case](transactions.payments(rows))
    print("FIGURES", json.dumps({"run": seconds, "answers": answers}))


def run_child(case: str, rows: int) -> dict[str, Any]:
    start = perf_counter()
    with tempfile.TemporaryFile("w+") as output:
        child = subprocess.Popen(
            [sys.executable, __file__, "--case", case, "--rows", str(rows)],
            stdout=output,
            stderr=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = perf_counter() - start
        output.seek(0)
        lines = [line for line in output if line.startswith("FIGURES")]
    if child.returncode or not lines:
        raise SystemExit(f"{case} failed; see: {__file__} --case '{case}' --rows {rows}")
    found = json.loads(lines[-1].removeprefix("FIGURES"))
    cpu = usage.ru_utime + usage.ru_stime
    return {**found, "wall": wall, "cpu": cpu, "rss": usage.ru_maxrss / 1024}


def disagreements(results: dict[str, list[dict[str, Any]]]) -> list[str]:
    """What a case found otherwise than the first did. A NaN would disagree with itself."""
    first = results["ours"][0]["answers"]
    return [
        f"{name}: {case} found {answer}, ours {first.get(name)}"
        for case, runs in results.items()
        for name, answer in runs[0]["answers"].items()
        if abs(answer - first.get(name, float("inf"))) > 1e-6 * max(1.0, abs(answer))
    ]


def report(results: dict[str, list[dict[str, Any]]], rows: int) -> None:
    """Seconds and MB of each case, then ours in proportion to it."""
    runs_each = len(results["ours"])
    print(f"quality gate, {rows:,} rows Parquet, {runs_each} runs each, median (min)")
    print(f"{'case':11}{'run s':>14}{'wall s':>14}{'CPU s':>14}{'RSS MB':>8}   ours / it:", end="")
    print(f"{'run':>12}{'wall':>12}{'CPU':>12}")
    for case, runs in results.items():
        figures = "".join(f"{_middle(runs, key):>14}" for key in ("run", "wall", "cpu"))
        ratios = "".join(
            f"{_ratio(results['ours'], runs, key):>12}" for key in ("run", "wall", "cpu")
        )
        print(f"{case:11}{figures}{max(run['rss'] for run in runs):8.0f}{'':13}{ratios}")


def _middle(runs: list[dict[str, Any]], key: str) -> str:
    values = [run[key] for run in runs]
    return f"{statistics.median(values):.2f} ({min(values):.2f})"


def _ratio(own: list[dict[str, Any]], others: list[dict[str, Any]], key: str) -> str:
    """Median over the turns, and best against best."""
    turns = [mine[key] / other[key] for mine, other in zip(own, others, strict=True)]
    best = min(run[key] for run in own) / min(run[key] for run in others)
    return f"{statistics.median(turns):.2f} ({best:.2f})"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--without", nargs="*", default=[], choices=list(CASES))
    parser.add_argument("--case", choices=list(CASES), help="run one case here; used by itself")
    arguments = parser.parse_args()
    if arguments.case:
        run_here(arguments.case, arguments.rows)
        return 0
    transactions.payments(arguments.rows)
    cases = [case for case in CASES if case not in arguments.without]
    results: dict[str, list[dict[str, Any]]] = {case: [] for case in cases}
    for turn in range(arguments.repeat):
        # Each starts a turn once, so that what follows a turn's end does not always hit the same.
        shift = turn % len(cases)
        for case in cases[shift:] + cases[:shift]:
            results[case].append(run_child(case, arguments.rows))
    wrong = disagreements(results)
    report(results, arguments.rows)
    print("\n".join(["the cases disagree:", *wrong]) if wrong else "all cases agree")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
