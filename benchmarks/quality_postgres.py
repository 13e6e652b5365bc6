"""The cases of the quality gate's benchmark on PostgreSQL; a target is the URL of its database."""

from __future__ import annotations

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any

from quality_checks import Answers, answers, distinct_parts, expectations, scan_parts

_ANTI_JOIN = (
    "SELECT count(*) FROM payments c WHERE c.customer_id IS NOT NULL AND NOT EXISTS "
    "(SELECT 1 FROM customers p WHERE p.customer_id = c.customer_id)"
)


def ours(target: str) -> tuple[float, Answers]:
    return _ours(target, lanes=2)


def ours_over_one(target: str) -> tuple[float, Answers]:
    return _ours(target, lanes=1)


def _ours(target: str, *, lanes: int) -> tuple[float, Answers]:
    import psycopg

    from airflow_gov_provider.profiling.places.source import TableSource
    from airflow_gov_provider.profiling.places.sql import profile_table

    start = perf_counter()
    with psycopg.connect(target) as connection:
        profile = profile_table(
            connection,
            "postgres",
            TableSource(table="payments"),
            expectations("customers"),
            another=(lambda: psycopg.connect(target)) if lanes > 1 else None,
        )
    return perf_counter() - start, answers(profile)


def best_plan(target: str) -> tuple[float, Answers]:
    """Distinct hashes on one connection, all the rest on another that sees the same snapshot."""
    import psycopg

    pair = "hash_record_extended(ROW(customer_id, txn_id), 0)"
    keys = {
        "unique id": "count(txn_id) - count(DISTINCT txn_id)",
        "unique ref": "count(txn_ref) - count(DISTINCT hashtextextended(txn_ref, 0))",
        "unique pair": f"count(*) - count(DISTINCT {pair})",
    }
    parts = scan_parts("postgres")
    start = perf_counter()
    with psycopg.connect(target) as one, psycopg.connect(target) as two:
        one.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        (snapshot,) = one.execute("SELECT pg_export_snapshot()").fetchone()
        two.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        two.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        with ThreadPoolExecutor(1) as beside:
            hashed = beside.submit(_row, two, keys)
            found = _row(one, parts)
            found["orphans"] = one.execute(_ANTI_JOIN).fetchone()[0]
            found |= hashed.result()
    return perf_counter() - start, found


def _row(connection: Any, parts: dict[str, str]) -> Answers:
    row = connection.execute(f"SELECT {', '.join(parts.values())} FROM payments").fetchone()
    return {name: float(value) for name, value in zip(parts, row, strict=True)}


def one_sql(target: str) -> tuple[float, Answers]:
    import psycopg

    start = perf_counter()
    parts = scan_parts("postgres") | distinct_parts() | {"orphans": f"({_ANTI_JOIN})"}
    with psycopg.connect(target) as connection:
        found = _row(connection, parts)
    return perf_counter() - start, found


def common_sql(target: str) -> tuple[float, Answers]:
    import psycopg
    from quality_neighbours import run_common_sql

    return run_common_sql("postgres", "payments", lambda: psycopg.connect(target), _ANTI_JOIN)


def airflow_dq(target: str) -> tuple[float, Answers]:
    os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="governance-bench-"))
    from airflow_dq.executors.postgres import PostgresExecutor
    from quality_neighbours import run_airflow_dq

    url = target.replace("postgresql://", "postgresql+psycopg2://")
    return run_airflow_dq(PostgresExecutor(dsn=url))


def soda(target: str) -> tuple[float, Answers]:
    from psycopg.conninfo import conninfo_to_dict
    from quality_soda import run_soda

    given = conninfo_to_dict(target)
    connection = {
        "host": given["host"],
        "port": int(given.get("port", 5432)),
        "database": given["dbname"],
        "user": given["user"],
        "password": given.get("password", ""),
    }
    source = {"type": "postgres", "connection": connection}
    return run_soda("postgres", f"benchmark/{given['dbname']}/public/payments", source)


def gx(target: str) -> tuple[float, Answers]:
    from quality_gx import run_gx

    def batch(context: Any) -> Any:
        # Its own kind of source for PostgreSQL refuses the address of a socket.
        url = target.replace("postgresql://", "postgresql+psycopg2://")
        source = context.data_sources.add_sql("payments", connection_string=url)
        asset = source.add_table_asset("payments", table_name="payments")
        return asset.add_batch_definition_whole_table("all").get_batch()

    return run_gx(batch)
