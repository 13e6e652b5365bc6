"""What is asked in a shorter way for speed is answered as in the long one."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from airflow_gov_provider.domain.quality.expectations import (
    CheckKind,
    Expectation,
    Measurement,
    Reference,
    Statistic,
)
from airflow_gov_provider.profiling.places.files import profile_files
from airflow_gov_provider.profiling.places.source import TableSource
from airflow_gov_provider.profiling.places.sql import profile_table


def write(path: Path, query: str) -> str:
    with duckdb.connect() as connection:
        connection.sql(query).write_parquet(str(path))
    return str(path)


@pytest.mark.parametrize(
    ("parents", "orphans"),
    [
        ("SELECT range AS id FROM range(0, 90)", 10),
        ("SELECT range % 90 AS id FROM range(900)", 10),  # repeated parents match once
        ("SELECT nullif(range, 0) AS id FROM range(0, 90)", 11),
        ("SELECT range * 20000 AS id FROM range(0, 90)", 99),  # wider than the table of numbers
        ("SELECT (range - 50)::TINYINT AS id FROM range(0, 90)", 60),
        ("SELECT range::HUGEINT AS id FROM range(0, 90)", 10),
        ("SELECT 1 AS id WHERE false", 100),
        ("SELECT NULL::BIGINT AS id FROM range(3)", 100),
    ],
)
def test_orphans_are_the_same_however_the_numbers_of_the_parents_lie(
    tmp_path: Path, parents: str, orphans: int
) -> None:
    write(tmp_path / "parents.parquet", parents)
    rows = "SELECT range AS id FROM range(100) UNION ALL SELECT NULL FROM range(7)"
    path = write(tmp_path / "data.parquet", rows)
    reference = Reference(table="parents.parquet", columns=("id",))
    checks = [
        Expectation(
            check_id=name,
            kind=CheckKind.FOREIGN_KEY,
            columns=("id",),
            where=where,
            reference=reference,
        )
        for name, where in (("all", None), ("some", "id < 0"))
    ]

    found = profile_files(path, checks).measurements

    assert found["all"] == Measurement(total=100, failing=orphans)
    assert found["some"] == Measurement(total=0, failing=0)


@pytest.mark.parametrize(
    ("values", "failing"),
    [
        ((10, 11, 12, 13), 6),
        ((13, 10, 12, 11), 6),
        ((10, 11, 13), 7),
        ((-2, -1, 0, 1), 8),
        ((5,), 9),
    ],
)
def test_numbers_without_a_gap_are_accepted_as_those_with_one(
    typed_measured, expect, values: tuple[int, ...], failing: int
) -> None:
    rows = [(number,) for number in (None, 0, 1, 5, 9, 10, 11, 12, 13, 14, 2**62)]

    found = typed_measured(
        {"n": "integer"}, rows, expect(CheckKind.ACCEPTED_VALUES, "n", values=values)
    )

    assert found == Measurement(total=10, failing=failing)


@pytest.mark.parametrize("group", [2048, 122_880])
def test_counts_and_ends_are_right_with_and_without_null(tmp_path: Path, group: int) -> None:
    path = tmp_path / "data.parquet"
    with duckdb.connect() as connection:
        rows = connection.sql(
            "SELECT range AS whole, CASE WHEN range % 3 > 0 THEN range END AS gaps, "
            "NULL::BIGINT AS nothing, TIMESTAMP '2020-01-01' + to_seconds(range) AS at "
            "FROM range(9000)"
        )
        rows.write_parquet(str(path), row_group_size=group)
    names = ("whole", "gaps", "nothing")
    checks = [
        *(Expectation(check_id=n, kind=CheckKind.NOT_NULL, columns=(n,)) for n in names),
        Expectation(check_id="newest", kind=CheckKind.FRESHNESS, columns=("at",)),
        *(
            Expectation(
                check_id=f"least {n}",
                kind=CheckKind.STATISTIC,
                columns=(n,),
                statistic=Statistic.MIN,
            )
            for n in names
        ),
        Expectation(check_id="rule", kind=CheckKind.SQL_EXPRESSION, expression="whole >= 0"),
    ]

    found = profile_files(str(path), checks).measurements

    assert [found[name].failing for name in names] == [0, 3000, 9000]
    assert [found[f"least {name}"].value for name in names] == [0, 1, None]
    assert found["newest"].value.isoformat() == "2020-01-01T02:29:59"
    assert found["rule"] == Measurement(total=9000, failing=0)


def test_a_number_between_those_of_a_list_is_not_in_it(sqlite) -> None:
    sqlite.execute("CREATE TABLE data (n INTEGER)")
    sqlite.executemany("INSERT INTO data VALUES (?)", [(1,), (1.5,), (2,), (3,)])
    sqlite.commit()
    check = Expectation(
        check_id="n", kind=CheckKind.ACCEPTED_VALUES, columns=("n",), values=(1, 2, 3)
    )

    profile = profile_table(sqlite, "sqlite", TableSource(table="data"), [check])

    assert profile.measurements["n"] == Measurement(total=4, failing=1)
