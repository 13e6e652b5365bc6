"""A large table of PostgreSQL is looked at over two connections, which see the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import psycopg2
import pytest

from airflow_gov_provider.domain.quality.expectations import (
    Bounds,
    CheckKind,
    Expectation,
    Profile,
    Statistic,
)
from airflow_gov_provider.profiling.engines import postgres as module
from airflow_gov_provider.profiling.places.source import QuerySource, TableSource
from airflow_gov_provider.profiling.places.sql import profile_table

DATA = TableSource(table="data")
CHECKS = [
    Expectation(check_id="a", kind=CheckKind.UNIQUE, columns=("a",)),
    Expectation(check_id="b", kind=CheckKind.UNIQUE, columns=("b",)),
    Expectation(check_id="rows", kind=CheckKind.ROW_COUNT, bounds=Bounds(at_least=1)),
    Expectation(
        check_id="median",
        kind=CheckKind.STATISTIC,
        columns=("a",),
        statistic=Statistic.QUANTILE,
        quantile=0.5,
    ),
    Expectation(check_id="rule", kind=CheckKind.SQL_EXPRESSION, expression="a < 300"),
    Expectation(check_id="refused", kind=CheckKind.SQL_EXPRESSION, expression="1 / (a - 1) = 0"),
]


@pytest.fixture
def data(postgres: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    postgres.execute("CREATE TABLE data (a bigint, b text)")
    postgres.execute("INSERT INTO data SELECT n, 'x' || n % 250 FROM generate_series(1, 400) n")
    postgres.commit()
    monkeypatch.setattr(module, "_WORTH_TWO_LANES", 1)
    return postgres


@pytest.fixture(params=[psycopg.connect, psycopg2.connect], ids=["psycopg", "psycopg2"])
def connect(request, postgres_database: str) -> Iterator[Callable[[], Any]]:
    opened = []

    def connect() -> Any:
        opened.append(request.param(postgres_database))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


def _profile(connection: Any, another: Any = None, source: Any = DATA) -> Profile:
    return profile_table(connection, "postgres", source, CHECKS, another=another)


def test_two_connections_answer_what_one_does(data, connect) -> None:
    opened = []

    def another() -> Any:
        opened.append(connect())
        return opened[-1]

    one, two = _profile(data), _profile(connect(), another)

    assert one.measurements == two.measurements
    assert (one.measurements["a"].failing, one.measurements["b"].failing) == (0, 300)
    assert "division by zero" in str(one.measurements["refused"].error)
    assert [bool(connection.closed) for connection in opened] == [True]


def test_what_is_written_meanwhile_is_seen_by_neither(data, connect) -> None:
    def another() -> Any:
        with psycopg.connect(data.info.dsn) as writer:
            writer.execute("INSERT INTO data SELECT 1, 'x' FROM generate_series(1, 50)")
        return connect()

    found = _profile(connect(), another)

    assert found.rows == found.measurements["a"].total == 400
    assert found.measurements["a"].failing == 0


def test_one_connection_does_all_where_no_second_can_be_had(data, connect) -> None:
    def none_left() -> Any:
        raise psycopg.OperationalError("too many connections")

    assert _profile(connect(), none_left).measurements == _profile(data).measurements


def test_a_second_connection_to_another_server_is_not_used(data, connect, postgres_server) -> None:
    server = postgres_server.replace("postgresql+psycopg://", "postgresql://")
    elsewhere = []

    def another() -> Any:
        elsewhere.append(psycopg.connect(server))
        return elsewhere[-1]

    assert _profile(connect(), another).measurements == _profile(data).measurements
    assert elsewhere[0].closed


def test_a_small_table_and_a_query_need_no_second_connection(data, monkeypatch) -> None:
    def unwanted() -> Any:
        raise AssertionError

    _profile(data, unwanted, QuerySource(sql="SELECT * FROM data"))
    monkeypatch.undo()
    found = _profile(data, unwanted)

    assert found.rows == 400


def test_the_partitions_count_for_the_size_of_their_table(postgres, monkeypatch, connect) -> None:
    monkeypatch.setattr(module, "_WORTH_TWO_LANES", 1)
    postgres.execute("CREATE TABLE data (a bigint, b text) PARTITION BY RANGE (a)")
    postgres.execute("CREATE TABLE first PARTITION OF data FOR VALUES FROM (0) TO (100)")
    postgres.execute("INSERT INTO data VALUES (1, 'x')")
    postgres.commit()
    asked = []

    def another() -> Any:
        asked.append(connect())
        return asked[-1]

    _profile(connect(), another)

    assert len(asked) == 1
