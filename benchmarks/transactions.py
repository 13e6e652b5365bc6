"""The data of the quality-gate benchmark: eleven columns of payments and a parent table.

Generated once per size into ``.benchmarks/`` and kept there. Two identifiers that are unique, three
doubles with 2 to 5 % NULL, an integer, strings (an e-mail address, a unique 12-character
reference, a currency, a status), a foreign key and a timestamp.
"""

from __future__ import annotations

from pathlib import Path

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


def _write(connection: object, query: str, path: Path) -> None:
    """Atomically, so that an interrupted run leaves no half of a file behind."""
    partial = path.with_suffix(".partial")
    connection.execute(  # type: ignore[attr-defined]
        f"COPY ({query}) TO '{partial}' (FORMAT parquet, ROW_GROUP_SIZE {_ROWS_PER_FILE_GROUP})"
    )
    partial.rename(path)
