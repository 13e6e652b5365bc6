"""The cases of the quality gate's benchmark on DuckDB; a target is the path of a Parquet file."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
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
    answers,
    distinct_parts,
    expectations,
    scan_parts,
)


def ours(target: str) -> tuple[float, Answers]:
    import duckdb  # noqa: F401 - imported beforehand on all sides
    import numpy as np  # noqa: F401 - the same

    from airflow_gov_provider.profiling.places.files import profile_files

    start = perf_counter()
    profile = profile_files(target, expectations("customers.parquet"))
    return perf_counter() - start, answers(profile)


def best_plan(target: str) -> tuple[float, Answers]:
    """One scan with the quantile, an anti-join, and 64-bit hashes that numpy sorts."""
    import duckdb
    import numpy as np

    start = perf_counter()
    parts = scan_parts("duckdb")
    with duckdb.connect(config={"preserve_insertion_order": False}) as connection:
        row = connection.execute(f"SELECT {', '.join(parts.values())} FROM '{target}'").fetchone()
        found = dict(zip(parts, row, strict=True))
        found["orphans"] = connection.execute(_anti_join(target)).fetchone()[0]
        for name, key in (
            ("unique id", "hash(txn_id)"),
            ("unique ref", "hash(txn_ref)"),
            ("unique pair", "hash(customer_id, txn_id)"),
        ):
            hashes = connection.execute(f"SELECT {key} AS h FROM '{target}'").fetchnumpy()["h"]
            hashes.sort()
            found[name] = int(np.count_nonzero(hashes[1:] == hashes[:-1]))
            del hashes
    return perf_counter() - start, found


def _anti_join(target: str) -> str:
    return (
        f"SELECT count(*) FROM '{target}' c ANTI JOIN '{_customers(target)}' p "
        "ON p.customer_id = c.customer_id WHERE c.customer_id IS NOT NULL"
    )


def _customers(target: str) -> Path:
    return Path(target).with_name("customers.parquet")


def one_sql(target: str) -> tuple[float, Answers]:
    import duckdb

    start = perf_counter()
    parts = scan_parts("duckdb") | distinct_parts() | {"orphans": f"({_anti_join(target)})"}
    with duckdb.connect() as connection:
        row = connection.execute(f"SELECT {', '.join(parts.values())} FROM '{target}'").fetchone()
    return perf_counter() - start, dict(zip(parts, row, strict=True))


def common_sql(target: str) -> tuple[float, Answers]:
    import duckdb
    from quality_neighbours import run_common_sql

    return run_common_sql("duckdb", f"'{target}'", duckdb.connect, _anti_join(target))


def airflow_dq(target: str) -> tuple[float, Answers]:
    from airflow_dq.executors.duckdb import DuckDBExecutor
    from quality_neighbours import run_airflow_dq

    with tempfile.TemporaryDirectory() as directory:
        database = f"{directory}/views.duckdb"
        with _views(target, database):
            pass
        return run_airflow_dq(DuckDBExecutor(database=database))


def _views(target: str, database: str = ":memory:") -> Any:
    import duckdb

    connection = duckdb.connect(database)
    connection.execute(f"CREATE VIEW payments AS FROM '{target}'")
    connection.execute(f"CREATE VIEW customers AS FROM '{_customers(target)}'")
    return connection


def soda(target: str) -> tuple[float, Answers]:
    from quality_soda import run_soda

    with tempfile.TemporaryDirectory() as directory:
        database = f"{directory}/views.duckdb"
        with _views(target, database):
            pass
        source = {"type": "duckdb", "connection": {"database": database}}
        return run_soda("duckdb", "benchmark/main/payments", source)


def pointblank(target: str) -> tuple[float, Answers]:
    from quality_pointblank import run_pointblank

    with _views(target) as connection:
        return run_pointblank(connection.table("payments"))


def cuallee(target: str) -> tuple[float, Answers]:
    """Nineteen: it knows no foreign key and no freshness; its composite key is estimated."""
    from cuallee import Check, CheckLevel

    check = Check(CheckLevel.WARNING, "payments", table_name="payments")
    for name in NOT_NULL:
        check.is_complete(name)
    for name, (low, high) in RANGES.items():
        check.is_between(name, (low, high))
    check.is_unique("txn_id").is_unique("txn_ref").are_unique(("customer_id", "txn_id"))
    check.is_contained_in("currency", CURRENCIES).is_contained_in("age", AGES)
    check.has_pattern("email", f"^{EMAIL}$")
    check.has_mean("amount", 1.0).has_std("amount", 1.0)
    check.has_percentile("fee", 1.0, 0.95)
    check.satisfies("txn_id", f"({RULE}) IS TRUE")
    with _views(target) as connection:
        start = perf_counter()
        rows = check.validate(connection)
        seconds = perf_counter() - start
    nulls = rows[rows["rule"] == "is_complete"].set_index("column")["violations"]
    return seconds, {f"not_null {name}": float(nulls[name]) for name in NOT_NULL}


def pandera(target: str) -> tuple[float, Answers]:
    """The fifteen that concern values of columns, on a pandas frame.

    It lists failing cells, in words of its own, so that nothing of it is compared.
    """
    import pandas as pd
    import pandera.errors
    import pandera.pandas as pa

    def column(*checks: Any, unique: bool = False, nullable: bool = True) -> Any:
        return pa.Column(checks=list(checks), unique=unique, nullable=nullable)

    def between(name: str) -> Any:
        return pa.Check.in_range(*RANGES[name], name=f"range {name}")

    start = perf_counter()
    schema = pa.DataFrameSchema(
        {
            "txn_id": column(unique=True, nullable=False),
            "txn_ref": column(unique=True, nullable=False),
            "customer_id": column(nullable=False),
            "amount": column(between("amount"), nullable=False),
            "rate": column(between("rate")),
            "fee": column(between("fee")),
            "age": column(between("age"), pa.Check.isin(AGES, name="accepted age")),
            "currency": column(pa.Check.isin(CURRENCIES, name="accepted currency")),
            "email": column(pa.Check.str_matches(f"^(?:{EMAIL})$", name="regex"), nullable=False),
        },
        unique=["customer_id", "txn_id"],
    )
    names = list(schema.columns)
    frame = pd.read_parquet(target, columns=names)
    with contextlib.suppress(pandera.errors.SchemaErrors):
        schema.validate(frame, lazy=True)
    return perf_counter() - start, {}


def gx(target: str) -> tuple[float, Answers]:
    """On a pandas frame; it cannot fetch results of DuckDB."""
    import pandas as pd
    from quality_gx import run_gx

    def batch(context: Any) -> Any:
        asset = context.data_sources.add_pandas("pandas").add_dataframe_asset("payments")
        frame = {"dataframe": pd.read_parquet(target)}
        return asset.add_batch_definition_whole_dataframe("all").get_batch(batch_parameters=frame)

    return run_gx(batch)
