"""What profiling leaves behind on a connection that belongs to somebody else: nothing."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from airflow_gov_provider.domain.quality.expectations import (
    Bounds,
    CheckKind,
    Expectation,
    Measurement,
    Reference,
)
from airflow_gov_provider.exceptions import ArgumentInvalid, SourceInvalid, SourceUnavailable
from airflow_gov_provider.profiling.places.source import QuerySource, TableSource
from airflow_gov_provider.profiling.places.sql import profile_table

NOT_NULL = Expectation(check_id="check", kind=CheckKind.NOT_NULL, columns=("a",))
UNIQUE = Expectation(check_id="check", kind=CheckKind.UNIQUE, columns=("a",))
DATA = TableSource(table="data")
ZEROS = "0000000-0000-0000-0000-000000000000"


@pytest.fixture
def numbers(database: Any) -> Any:
    database.create("data", {"a": "integer", "b": "text"}, [(1, "x"), (None, "y"), (3, None)])
    return database


def profile(database: Any, source: TableSource | QuerySource, *checks: Expectation) -> Any:
    return profile_table(database.connection, database.dialect, source, checks)


def test_a_query_is_profiled_like_a_table(numbers) -> None:
    query = QuerySource(sql="SELECT a AS \"the a\", b FROM data WHERE b <> 'it''s' -- the rest;")
    check = Expectation(check_id="check", kind=CheckKind.NOT_NULL, columns=("the a",))

    found = profile(numbers, query, check)

    assert (list(found.columns), found.rows) == (["the a", "b"], 2)
    assert found.measurements["check"] == Measurement(total=2, failing=1)


@pytest.mark.parametrize(
    "sql",
    [
        "WITH c AS (SELECT a FROM data) SELECT a FROM c",
        "SELECT a FROM data UNION ALL SELECT a FROM data;",
        "SELECT a FROM data ORDER BY a LIMIT 10",
        "SELECT a, '%s {x} :p' AS t FROM data",
    ],
)
def test_any_single_select_will_do(numbers, sql) -> None:
    assert profile(numbers, QuerySource(sql=sql), NOT_NULL).measurements["check"].error is None


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM data",
        "SELECT a FROM data; DELETE FROM data",
        "INSERT INTO data VALUES (1, 'x') RETURNING a",
        "WITH d AS (DELETE FROM data RETURNING a) SELECT a FROM d",
        "SELECT a INTO other FROM data",
        "SELECT a FROM data FOR UPDATE",
        "PRAGMA query_only = 0",
        "DROP TABLE data",
        "SELECT a FROM data) AS x; --",
        "nonsense",
        "",
    ],
)
def test_a_query_that_is_not_one_select_is_refused(numbers, sql) -> None:
    with pytest.raises(SourceInvalid, match=r"one SELECT|query of the source fails"):
        profile(numbers, QuerySource(sql=sql))


@pytest.mark.parametrize(
    "source",
    [
        TableSource(table="nothing"),
        TableSource(schema="nowhere", table="data"),
        QuerySource(sql="SELECT * FROM nothing"),
        QuerySource(sql="SELECT a, b AS a FROM data"),
    ],
)
def test_a_missing_table_is_an_error_that_leaves_no_transaction(numbers, source) -> None:
    with pytest.raises(SourceInvalid):
        profile(numbers, source)

    assert profile(numbers, DATA, NOT_NULL).rows == 3


def test_a_reference_without_schema_is_looked_for_beside_its_table(postgres) -> None:
    postgres.execute('CREATE SCHEMA "Own"')
    postgres.execute('CREATE TABLE "Own".child (a int)')
    postgres.execute('CREATE TABLE "Own".parent (a int)')
    postgres.execute("CREATE TABLE parent (a int)")
    postgres.execute('INSERT INTO "Own".child VALUES (1), (2)')
    postgres.execute('INSERT INTO "Own".parent VALUES (1), (2)')
    postgres.commit()

    def orphans(table: str) -> int | None:
        reference = Reference(table=table, columns=("a",))
        check = Expectation(
            check_id="check", kind=CheckKind.FOREIGN_KEY, columns=("a",), reference=reference
        )
        source = TableSource(schema="Own", table="child")
        return profile_table(postgres, "postgres", source, [check]).measurements["check"].failing

    assert (orphans("parent"), orphans("Own.parent"), orphans("public.parent")) == (0, 0, 2)


def test_a_connection_inside_a_transaction_is_refused_and_kept(numbers) -> None:
    cursor = numbers.connection.cursor()
    cursor.execute("INSERT INTO data VALUES (9, 'z')")

    with pytest.raises(ArgumentInvalid, match="in a transaction"):
        profile(numbers, DATA, NOT_NULL)

    numbers.connection.commit()
    assert profile(numbers, DATA, NOT_NULL).rows == 4


def test_the_connection_can_write_afterwards(numbers) -> None:
    broken = Expectation(check_id="x", kind=CheckKind.SQL_EXPRESSION, expression="nothing = 1")
    profile(numbers, DATA, NOT_NULL, UNIQUE, broken)

    cursor = numbers.connection.cursor()
    cursor.execute("INSERT INTO data VALUES (9, 'z')")
    numbers.connection.commit()

    assert profile(numbers, DATA, NOT_NULL).rows == 4


def test_an_unknown_dialect_is_refused(sqlite) -> None:
    with pytest.raises(ArgumentInvalid, match=r"postgres.*sqlite"):
        profile_table(sqlite, "oracle", DATA, [])


def test_a_condition_can_call_nothing_that_writes(postgres) -> None:
    postgres.execute("CREATE TABLE data (a int)")
    postgres.execute("INSERT INTO data VALUES (1)")
    postgres.execute("CREATE SEQUENCE counter")
    postgres.commit()
    rule = Expectation(
        check_id="rule", kind=CheckKind.SQL_EXPRESSION, expression="nextval('counter') > 0"
    )

    found = profile_table(postgres, "postgres", DATA, [rule]).measurements["rule"]

    assert found.error
    assert postgres.execute("SELECT is_called FROM counter").fetchone() == (False,)
    postgres.rollback()


@pytest.mark.parametrize("autocommit", [False, True])
@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_both_drivers_work_with_and_without_autocommit(
    postgres, postgres_database, driver, autocommit
) -> None:
    import importlib

    postgres.execute('CREATE TABLE data (a int, "100%" text)')
    postgres.execute("INSERT INTO data VALUES (1, '%s'), (2, '%'), (2, NULL)")
    postgres.commit()
    checks = [
        UNIQUE,
        Expectation(
            check_id="percent", kind=CheckKind.ACCEPTED_VALUES, columns=("100%",), values=("%s",)
        ),
        Expectation(check_id="broken", kind=CheckKind.SQL_EXPRESSION, expression="b = '%d'"),
    ]
    connection = importlib.import_module(driver).connect(postgres_database)
    try:
        connection.autocommit = autocommit
        found = profile_table(connection, "postgres", DATA, checks).measurements

        assert found["check"] == Measurement(total=3, failing=2)
        assert found["percent"] == Measurement(total=2, failing=1)
        assert found["broken"].error == 'column "b" does not exist'
        assert connection.info.transaction_status == 0
        assert not connection.closed
    finally:
        connection.close()


def test_rows_may_come_as_dictionaries(postgres, postgres_database) -> None:
    import psycopg
    from psycopg.rows import dict_row

    postgres.execute("CREATE TABLE data (a int)")
    postgres.execute("INSERT INTO data VALUES (1)")
    postgres.commit()

    with psycopg.connect(postgres_database, row_factory=dict_row) as connection:
        found = profile_table(connection, "postgres", DATA, [NOT_NULL, UNIQUE])

    assert found.measurements["check"] == Measurement(total=1, failing=0)


def test_all_statements_see_one_state_of_the_database(postgres, postgres_database) -> None:
    import psycopg

    postgres.execute("CREATE TABLE data (a int)")
    postgres.execute("INSERT INTO data VALUES (1), (1), (2)")
    postgres.commit()
    writer = psycopg.connect(postgres_database, autocommit=True)

    class Intrusive:
        """Passes everything on, and lets another session write between the statements."""

        def __getattr__(self, name: str) -> Any:
            return getattr(postgres, name)

        def cursor(self) -> Any:
            if postgres.info.transaction_status:
                writer.execute("INSERT INTO data VALUES (1)")
            return postgres.cursor()

    with writer:
        found = profile_table(Intrusive(), "postgres", DATA, [UNIQUE])

    # The first intrusion comes before anything is read, all others after.
    assert found.statements > 1
    assert found.measurements["check"] == Measurement(total=4, failing=3)


def test_a_lost_connection_is_unavailable_and_not_a_finding(postgres_database) -> None:
    import psycopg

    with (
        psycopg.connect(postgres_database) as victim,
        psycopg.connect(postgres_database, autocommit=True) as killer,
    ):
        killer.execute("SELECT pg_terminate_backend(%s)", [victim.info.backend_pid])
        with pytest.raises(SourceUnavailable):
            profile_table(victim, "postgres", DATA, [NOT_NULL])


def test_texts_that_a_collation_calls_equal_are_repeats(postgres) -> None:
    import psycopg

    try:
        postgres.execute(
            "CREATE COLLATION folded "
            "(provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
        )
    except psycopg.errors.FeatureNotSupported:
        pytest.skip("this PostgreSQL is built without ICU")
    postgres.execute("CREATE TABLE data (a text COLLATE folded)")
    postgres.execute("INSERT INTO data VALUES ('key'), ('KEY'), ('other')")
    postgres.commit()

    found = profile_table(postgres, "postgres", DATA, [UNIQUE]).measurements["check"]

    assert found == Measurement(total=3, failing=2)


def test_hashes_of_text_prove_nothing_where_a_collation_may_call_unlike_texts_equal(
    postgres,
) -> None:
    postgres.execute("CREATE TABLE data (a text, b text)")
    postgres.execute("INSERT INTO data VALUES ('a', 'a'), ('b', 'b')")
    checks = [UNIQUE, replace(UNIQUE, check_id="b", columns=("b",))]
    # A catalog entry is enough, and does not take a server with ICU.
    postgres.execute("UPDATE pg_collation SET collisdeterministic = false WHERE collname = 'POSIX'")
    postgres.commit()
    try:
        grouped = profile_table(postgres, "postgres", DATA, checks)
    finally:
        postgres.execute("UPDATE pg_collation SET collisdeterministic = true")
        postgres.commit()
    proven = profile_table(postgres, "postgres", DATA, checks)

    assert (grouped.statements, proven.statements) == (3, 2)
    assert grouped.measurements == proven.measurements


@pytest.mark.parametrize(
    ("declared", "values"),
    [
        ("numeric", "(1.0), (1.00), (2)"),
        ("double precision", "(0.0), ('-0'), (2)"),
        ("double precision", "('NaN'), ('NaN'), (2)"),
        ("char(5)", "('a'), ('a  '), ('b')"),
        ("jsonb", "('1.0'), ('1.00'), ('2')"),
        ("interval", "('1 day'), ('24 hours'), ('1 hour')"),
        ("text", "('a'), ('a'), ('b')"),
        ("uuid", f"('A{ZEROS}'), ('a{ZEROS}'), ('b{ZEROS}')"),
    ],
)
def test_equal_values_that_are_written_unlike_are_repeats(postgres, declared, values) -> None:
    postgres.execute(f"CREATE TABLE data (a {declared})")
    postgres.execute(f"INSERT INTO data VALUES {values}")  # noqa: S608
    postgres.commit()

    found = profile_table(postgres, "postgres", DATA, [UNIQUE]).measurements["check"]

    assert found == Measurement(total=3, failing=2)


@pytest.mark.parametrize("keys", [("a",), ("b",), ("a", "b")])
def test_uniqueness_and_quantiles_share_one_statement_beside_the_scan(postgres, keys) -> None:
    from airflow_gov_provider.domain.quality.expectations import Statistic

    postgres.execute("CREATE TABLE data (a int, b text)")
    postgres.execute("INSERT INTO data SELECT n, n::text FROM generate_series(1, 100) n")
    postgres.commit()
    checks = [
        Expectation(check_id="unique", kind=CheckKind.UNIQUE, columns=keys),
        Expectation(check_id="nulls", kind=CheckKind.NOT_NULL, columns=("a",)),
        Expectation(
            check_id="median",
            kind=CheckKind.STATISTIC,
            columns=("a",),
            statistic=Statistic.QUANTILE,
            quantile=0.5,
        ),
    ]

    found = profile_table(postgres, "postgres", DATA, checks)

    assert found.statements == 2
    assert found.measurements["unique"] == Measurement(total=100, failing=0)
    assert found.measurements["median"].value == 50.5


def test_domains_enums_and_arrays_have_the_family_they_stand_for(postgres) -> None:
    postgres.execute("CREATE DOMAIN positive AS integer CHECK (VALUE > 0)")
    postgres.execute("CREATE TYPE mood AS ENUM ('sad', 'glad')")
    postgres.execute(
        "CREATE TABLE data (a positive, m mood, l int[], v varchar(5), n numeric(8,2))"
    )
    postgres.execute("INSERT INTO data VALUES (5, 'sad', '{1}', 'x', 1.5)")
    postgres.commit()
    checks = [
        Expectation(check_id="a", kind=CheckKind.RANGE, columns=("a",), bounds=Bounds(at_least=9)),
        Expectation(check_id="m", kind=CheckKind.ACCEPTED_VALUES, columns=("m",), values=("glad",)),
        Expectation(check_id="l", kind=CheckKind.RANGE, columns=("l",), bounds=Bounds(at_least=1)),
    ]

    found = profile_table(postgres, "postgres", DATA, checks)

    assert found.columns == {
        "a": "positive",
        "m": "mood",
        "l": "integer[]",
        "v": "character varying(5)",
        "n": "numeric(8,2)",
    }
    assert [found.measurements[name].failing for name in ("a", "m")] == [1, 1]
    assert "another type" in str(found.measurements["l"].error)


@pytest.mark.parametrize(
    "expression", ["b::integer > 1", "b::date > '2020-01-01'", "1 / (length(b) - length(b)) = 1"]
)
def test_postgres_does_not_quote_the_value_that_it_stumbles_over(postgres, expression) -> None:
    postgres.execute("CREATE TABLE data (b text)")
    postgres.execute("INSERT INTO data VALUES ('secret-value')")
    postgres.commit()
    check = Expectation(check_id="x", kind=CheckKind.SQL_EXPRESSION, expression=expression)

    found = profile_table(postgres, "postgres", DATA, [check]).measurements["x"]

    assert found.error
    assert "secret" not in found.error


def test_an_infinite_time_is_an_error(postgres) -> None:
    postgres.execute("CREATE TABLE data (a timestamptz)")
    postgres.execute("INSERT INTO data VALUES ('infinity')")
    postgres.commit()
    check = Expectation(check_id="x", kind=CheckKind.FRESHNESS, columns=("a",))

    found = profile_table(postgres, "postgres", DATA, [check]).measurements["x"]

    assert found == Measurement(error=found.error)
    assert found.error


def test_a_locked_sqlite_file_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "data.db"
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("CREATE TABLE data (a INTEGER)")
    writer.execute("BEGIN EXCLUSIVE")
    reader = sqlite3.connect(path, timeout=0)
    try:
        with pytest.raises(SourceUnavailable):
            profile_table(reader, "sqlite", DATA, [NOT_NULL])
    finally:
        reader.close()
        writer.close()


def test_a_file_that_is_no_database_is_invalid(tmp_path: Path) -> None:
    path = tmp_path / "data.db"
    path.write_text("secret-value " * 100)
    connection = sqlite3.connect(path)
    try:
        with pytest.raises(SourceInvalid) as raised:
            profile_table(connection, "sqlite", DATA, [NOT_NULL])
    finally:
        connection.close()

    assert "secret" not in str(raised.value)


def test_sqlite_text_times_are_fresh_with_and_without_a_zone(sqlite) -> None:
    from datetime import UTC, datetime

    sqlite.execute("CREATE TABLE data (zoned TEXT, naive TEXT, at)")
    sqlite.executemany(
        "INSERT INTO data VALUES (?, ?, ?)",
        [
            ("2021-03-01T12:00:00+05:00", "2021-03-01 12:00", "2021-03-01"),
            ("2021-03-01T08:00:00Z", "2020-01-01", None),
        ],
    )
    sqlite.commit()
    checks = [
        Expectation(check_id=name, kind=CheckKind.FRESHNESS, columns=(name,))
        for name in ("zoned", "naive", "at")
    ]

    found = profile_table(sqlite, "sqlite", DATA, checks).measurements

    assert {name: found[name].value for name in found} == {
        "zoned": datetime(2021, 3, 1, 8, tzinfo=UTC),
        "naive": datetime(2021, 3, 1, 12),  # noqa: DTZ001
        "at": datetime(2021, 3, 1),  # noqa: DTZ001
    }


def test_a_sqlite_column_without_a_type_has_the_type_of_its_values(sqlite) -> None:
    sqlite.execute("CREATE TABLE data (n, t, mixed, void)")
    sqlite.executemany(
        "INSERT INTO data VALUES (?, ?, ?, ?)", [(1, "a", 1, None), (2.5, "b", "x", None)]
    )
    sqlite.commit()
    checks = [
        Expectation(check_id=name, kind=CheckKind.REJECTED_VALUES, columns=(name,), values=("1",))
        for name in ("n", "t", "mixed", "void")
    ]

    found = profile_table(sqlite, "sqlite", DATA, checks).measurements

    assert "holds floating point" in str(found["n"].error)
    assert found["t"] == Measurement(total=2, failing=0)
    assert "another type" in str(found["mixed"].error)
    assert found["void"] == Measurement(total=0, failing=0)


def test_a_callers_row_factory_does_no_harm(sqlite) -> None:
    sqlite.execute("CREATE TABLE data (a INTEGER)")
    sqlite.execute("INSERT INTO data VALUES (1)")
    sqlite.commit()
    sqlite.row_factory = sqlite3.Row

    assert profile_table(sqlite, "sqlite", DATA, [UNIQUE]).rows == 1
    assert sqlite.execute("PRAGMA query_only").fetchone()[0] == 0
