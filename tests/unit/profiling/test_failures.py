"""What may be said of an error: names and syntax, never a value."""

from __future__ import annotations

import sqlite3

import duckdb
import pytest

from airflow_gov_provider.profiling.failures import reason


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT nothing FROM data", "nothing"),
        ("SELECT * FROM data WHERE no_such(a)", "no_such"),
        ("SELECT CAST(a AS INTEGER) FROM data", "conversion error"),
        ("SELECT error(a) FROM data", "invalid input error"),
    ],
)
def test_duckdb_names_columns_and_functions_and_no_values(sql: str, told: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE data AS SELECT 'secret-value' AS a")
        with pytest.raises(duckdb.Error) as raised:
            connection.execute(sql).fetchall()

    assert told in reason(raised.value)
    assert "secret" not in reason(raised.value)


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT missing FROM data", "no such column: missing"),
        ("SELECT abs(a, a) FROM data", "wrong number of arguments"),
        ("SELECT json_extract(a, '$') FROM data", "operational error"),
        ("SELECT json_extract('{}', a) FROM data", "operational error"),
    ],
)
def test_sqlite_names_columns_and_functions_and_no_values(
    sqlite: sqlite3.Connection, sql: str, told: str
) -> None:
    sqlite.execute("CREATE TABLE data AS SELECT 'secret-value' AS a")
    with pytest.raises(sqlite3.Error) as raised:
        sqlite.execute(sql).fetchall()

    assert told in reason(raised.value)
    assert "secret" not in reason(raised.value)
