"""One contract with every kind of check, one table in three places: the answers are the same."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import psycopg
import pytest

from airflow_gov_provider.domain import contracts
from airflow_gov_provider.domain.quality.evaluation import evaluate
from airflow_gov_provider.domain.quality.expectations import CheckKind, Profile
from airflow_gov_provider.domain.verdicts import Finding
from airflow_gov_provider.profiling.places.files import profile_files
from airflow_gov_provider.profiling.places.source import TableSource
from airflow_gov_provider.profiling.places.sql import profile_table

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ORDERS = """CREATE TABLE orders (
    id INTEGER, country VARCHAR(9), amount DOUBLE PRECISION, email VARCHAR(40), placed TIMESTAMP
)"""
CREATE = (ORDERS, "CREATE TABLE countries (code VARCHAR(9))")
ROWS = [
    (n, "AT" if n % 2 else "DE", n * 1.5, f"p{n}@example.com", NOW - timedelta(hours=n))
    for n in range(1, 101)
]
# One more order of each sort of trouble.
ROWS += [
    (100, "DE", 10.0, "twice@example.com", NOW - timedelta(hours=2)),
    (102, "XX", 10.0, "unknown-country@example.com", NOW - timedelta(hours=2)),
    (103, None, None, None, None),
    (104, "AT", -5.0, "no email", NOW - timedelta(days=9)),
]
CONTRACT = """
contract: orders
version: "1"
columns:
  id: {{type: integer, unique: true, not_null: true}}
  country:
    type: string
    not_null: {{tolerance: 1}}
    accepted_values: [AT, DE]
    rejected_values: [XX]
    length: 2
    foreign_key: {{references: {{table: {countries}, columns: [code]}}}}
  amount:
    type: number
    not_null: {{tolerance: 0.5%}}
    range: {{more_than: 0, at_most: 150}}
    min: {{at_least: -5}}
    max: {{at_most: 149}}
    mean: {{at_least: 70, at_most: 75}}
    stddev: {{less_than: 100}}
    sum: {{more_than: 7000}}
    quantile: {{q: 0.5, at_most: 73.5}}
  email: {{regex: '[a-z0-9-]+@[a-z.]+', length: {{at_most: 27}}}}
  placed: {{type: timestamp, freshness: 2h}}
checks:
  - row_count: 104
  - row_count: 0
    where: amount < 0
  - unique: [id, country]
  - sql: amount > 0 OR country = 'AT'
  - sql: amount < 100
    where: country = 'AT'
    tolerance: 40%
  - range: {{column: amount, at_least: 1}}
    where: country = 'nowhere'
  - freshness: {{column: placed, max_age: 30m}}
"""
FAILED = {
    "id.unique": "2 of 104 rows fail (1.92%)",
    "country.accepted_values": "1 of 103 rows fail (0.971%)",
    "country.rejected_values": "1 of 103 rows fail (0.971%)",
    "country.foreign_key": "1 of 103 rows fail (0.971%)",
    "amount.not_null": "1 of 104 rows fail (0.962%)",
    "amount.range": "1 of 103 rows fail (0.971%)",
    "amount.max": 150.0,
    "email.regex": "1 of 103 rows fail (0.971%)",
    "row_count.2": 1,
    "id+country.unique": "2 of 103 rows fail (1.94%)",
    "sql": "1 of 104 rows fail (0.962%)",
    "placed.freshness.2": "1h",
}
UNANSWERED = {"amount.range.2"}


@pytest.fixture(params=["parquet", "sqlite", "postgres"])
def findings(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Finding]:
    countries = str(tmp_path / "countries.parquet") if request.param == "parquet" else "countries"
    contract = contracts.load(CONTRACT.format(countries=countries))
    if request.param == "parquet":
        profile = in_files(tmp_path, contract)
    elif request.param == "sqlite":
        profile = in_sqlite(tmp_path, contract)
    else:
        profile = in_postgres(request.getfixturevalue("postgres_url"), contract)
    report = evaluate(contract, profile, now=NOW)
    return {finding.check: finding for finding in report.findings}


def in_files(directory: Path, contract: contracts.Contract) -> Profile:
    connection = duckdb.connect()
    connection.execute(";".join(CREATE))
    connection.execute("INSERT INTO countries VALUES ('AT'), ('DE'), ('CH')")
    rows = [(*row[:4], row[4] and row[4].replace(tzinfo=None)) for row in ROWS]
    connection.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", rows)
    for table in ("orders", "countries"):
        connection.execute(f"COPY {table} TO '{directory / table}.parquet' (FORMAT parquet)")
    return profile_files(str(directory / "orders.parquet"), contract.expectations)


def in_sqlite(directory: Path, contract: contracts.Contract) -> Profile:
    with closing(sqlite3.connect(directory / "orders.db")) as connection:
        for statement in CREATE:
            connection.execute(statement)
        connection.execute("INSERT INTO countries VALUES ('AT'), ('DE'), ('CH')")
        rows = [(*row[:4], row[4] and row[4].strftime("%Y-%m-%d %H:%M:%S")) for row in ROWS]
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", rows)
        connection.commit()
        source = TableSource(table="orders")
        return profile_table(connection, "sqlite", source, contract.expectations)


def in_postgres(url: str, contract: contracts.Contract) -> Profile:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        for statement in CREATE:
            connection.execute(statement)
        connection.execute("INSERT INTO countries VALUES ('AT'), ('DE'), ('CH')")
        rows = [(*row[:4], row[4] and row[4].replace(tzinfo=None)) for row in ROWS]
        connection.cursor().executemany("INSERT INTO orders VALUES (%s, %s, %s, %s, %s)", rows)
        connection.commit()
        source = TableSource(table="orders")
        return profile_table(connection, "postgres", source, contract.expectations)


def test_every_kind_of_check_is_answered_alike(findings: dict[str, Finding]):
    failed = {f.check: f.observed for f in findings.values() if f.verdict == "FAILED"}
    unanswered = {f.check: f.reason for f in findings.values() if f.verdict == "INSUFFICIENT"}
    assert failed == FAILED
    assert set(unanswered) == UNANSWERED
    kinds = set(CheckKind) - {CheckKind.STATISTIC}
    assert {f.kind for f in findings.values()} >= {kind.value for kind in kinds}
