"""What a path may be, and what is said where it is nothing that can be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from airflow_gov_provider.domain.quality.expectations import (
    Bounds,
    CheckKind,
    Expectation,
    Measurement,
    Reference,
)
from airflow_gov_provider.exceptions import SourceError, SourceInvalid
from airflow_gov_provider.profiling.places.files import profile_files


def write(path: Path, select: str) -> Path:
    with duckdb.connect() as connection:
        escaped = str(path).replace("'", "''")
        kind = "parquet" if path.suffix == ".parquet" else "csv"
        connection.execute(f"COPY ({select}) TO '{escaped}' (FORMAT {kind})")
    return path


def check(kind: CheckKind, *columns: str, **fields: object) -> Expectation:
    return Expectation(check_id="check", kind=kind, columns=columns, **fields)  # type: ignore[arg-type]


def test_a_glob_is_one_table(tmp_path: Path) -> None:
    for part in range(3):
        write(tmp_path / f"part-{part}.parquet", f"SELECT {part // 2} AS a")

    profile = profile_files(str(tmp_path / "*.parquet"), [check(CheckKind.UNIQUE, "a")])

    assert profile.rows == 3
    assert profile.measurements["check"] == Measurement(total=3, failing=2)


@pytest.mark.parametrize("name", ["a[1].parquet", "it's * here?.parquet", "ünï ✓.csv", "%s.csv"])
def test_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, "SELECT 1 AS a, 'x' AS b")

    assert profile_files(str(path), []).rows == 1


def _missing(directory: Path) -> str:
    return str(directory / "nothing.parquet")


def _matches_nothing(directory: Path) -> str:
    return str(directory / "*.parquet")


def _zero_bytes(directory: Path) -> str:
    (directory / "empty.parquet").touch()
    return str(directory / "empty.parquet")


def _zero_bytes_csv(directory: Path) -> str:
    (directory / "empty.csv").touch()
    return str(directory / "empty.csv")


def _not_parquet(directory: Path) -> str:
    (directory / "text.parquet").write_text("secret-value,2\n" * 100)
    return str(directory / "text.parquet")


def _truncated(directory: Path) -> str:
    path = write(directory / "cut.parquet", "SELECT range AS a FROM range(1000)")
    path.write_bytes(path.read_bytes()[:-20])
    return str(path)


def _directory(directory: Path) -> str:
    return str(directory)


def _unknown_format(directory: Path) -> str:
    (directory / "book.xlsx").write_bytes(b"PK..")
    return str(directory / "book.xlsx")


def _two_formats(directory: Path) -> str:
    write(directory / "a.csv", "SELECT 1 AS a")
    write(directory / "a.parquet", "SELECT 1 AS a")
    return str(directory / "a.*")


def _url(directory: Path) -> str:
    return "https://example.org/data.parquet"


UNREADABLE: dict[Callable[[Path], str], str] = {
    _missing: "no such file",
    _matches_nothing: "no file matches",
    _zero_bytes: "0 bytes",
    _zero_bytes_csv: "0 bytes",
    _not_parquet: "not a readable parquet file",
    _truncated: "not a readable parquet file",
    _directory: "is a directory",
    _unknown_format: "expected one of .csv",
    _two_formats: "several formats",
    _url: "found a URL",
}


@pytest.mark.parametrize("make", UNREADABLE, ids=lambda make: make.__name__)
def test_what_cannot_be_read_is_named_and_not_quoted(
    tmp_path: Path, make: Callable[[Path], str]
) -> None:
    with pytest.raises(SourceError) as raised:
        profile_files(make(tmp_path), [check(CheckKind.NOT_NULL, "a")])

    assert UNREADABLE[make] in str(raised.value)
    assert isinstance(raised.value, SourceInvalid)
    assert "secret-value" not in str(raised.value)


def test_a_relative_path_that_leads_nowhere_says_where_it_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SourceInvalid, match=f"starts at {tmp_path} on the worker"):
        profile_files("nope.csv", [check(CheckKind.NOT_NULL, "a")])


def test_a_glob_over_two_tables_measures_no_column_that_one_of_them_lacks(tmp_path: Path) -> None:
    write(tmp_path / "1.parquet", "SELECT 1 AS a, 1 AS both")
    write(tmp_path / "2.parquet", "SELECT 1 AS b, 1 AS both")
    both = Expectation(check_id="both", kind=CheckKind.NOT_NULL, columns=("both",))

    profile = profile_files(str(tmp_path / "*.parquet"), [check(CheckKind.NOT_NULL, "a"), both])

    assert profile.measurements["both"] == Measurement(total=2, failing=0)
    assert profile.measurements["check"].error


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n3,4\n5,6,7\n8,9\n",
        "a,b\n" + "1,2\n" * 50 + '"secret-value,3\n4,5,6,7,8\n',
        "a,b\n# 1,2\n# 3,4\n5,6\n",
        "title\na,b\n1,2\n",
    ],
)
def test_no_line_of_a_csv_file_is_left_out_in_silence(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    lines = len(text.splitlines())

    try:
        profile = profile_files(str(tmp_path / "a.csv"), [check(CheckKind.NOT_NULL, "a")])
    except SourceInvalid as error:
        assert "not a readable csv file" in str(error)  # noqa: PT017
        assert "secret" not in str(error)  # noqa: PT017
    else:
        assert profile.rows == lines - 1


def test_a_csv_file_with_only_a_header_has_no_rows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n")

    profile = profile_files(str(tmp_path / "a.csv"), [])

    assert (list(profile.columns), profile.rows) == (["a", "b"], 0)


def test_the_first_line_of_a_csv_file_is_its_header_even_among_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name,town\nAnn,Bonn\nBob,Rome\n")

    profile = profile_files(str(tmp_path / "a.csv"), [])

    assert (list(profile.columns), profile.rows) == (["name", "town"], 2)


def test_one_late_word_makes_a_csv_column_text_and_hides_no_other_check(tmp_path: Path) -> None:
    numbers = "\n".join(f"{number},{number}" for number in range(50_000))
    (tmp_path / "a.csv").write_text(f"a,b\n{numbers}\nsecret-value,1\n")
    in_range = check(CheckKind.RANGE, "a", bounds=Bounds(at_least=0))
    other = Expectation(check_id="b", kind=CheckKind.NOT_NULL, columns=("b",))

    profile = profile_files(str(tmp_path / "a.csv"), [in_range, other])

    assert profile.columns["a"] == "VARCHAR"
    assert "column 'a' holds text" in str(profile.measurements["check"].error)
    assert profile.measurements["b"] == Measurement(total=50_001, failing=0)


def test_a_reference_is_found_beside_the_data_and_not_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "elsewhere").mkdir()
    path = write(tmp_path / "data" / "child.parquet", "SELECT 1 AS a UNION ALL SELECT 7")
    write(tmp_path / "data" / "parent.csv", "SELECT 1 AS a UNION ALL SELECT 2")
    monkeypatch.chdir(tmp_path / "elsewhere")
    reference = Reference(table="parent.csv", columns=("a",))

    profile = profile_files(str(path), [check(CheckKind.FOREIGN_KEY, "a", reference=reference)])

    assert profile.measurements["check"] == Measurement(total=2, failing=1)


@pytest.mark.parametrize(
    "expression",
    [
        "a = (SELECT count(*) FROM read_text('{other}'))",
        "a = (SELECT count(*) FROM '{other}')",
        "a = (SELECT count(*) FROM read_csv('/etc/passwd'))",
        "a = (SELECT count(*) FROM glob('/*'))",
    ],
)
def test_a_condition_cannot_read_another_file(tmp_path: Path, expression: str) -> None:
    path = write(tmp_path / "data.parquet", "SELECT 1 AS a")
    other = write(tmp_path / "other.csv", "SELECT 1 AS a")
    rule = check(CheckKind.SQL_EXPRESSION, expression=expression.format(other=other))

    found = profile_files(str(path), [rule]).measurements["check"]

    assert found == Measurement(error=found.error)
    assert found.error


@pytest.mark.parametrize(
    "expression",
    [
        "CAST(t AS INTEGER) > 1",
        "strptime(t, '%Y') IS NOT NULL",
        "CAST(t AS DATE) > DATE '2020-01-01'",
    ],
)
def test_a_failing_conversion_does_not_quote_the_value(tmp_path: Path, expression: str) -> None:
    path = write(tmp_path / "data.parquet", "SELECT 'secret-value' AS t")

    found = profile_files(
        str(path), [check(CheckKind.SQL_EXPRESSION, expression=expression)]
    ).measurements["check"]

    assert found.error
    assert "secret" not in found.error


def test_enumerations_and_uuids_are_compared_with_their_text(tmp_path: Path) -> None:
    path = write(
        tmp_path / "data.parquet",
        "SELECT 'a'::ENUM('a', 'b') AS e, 'c0ffee00-0000-4000-8000-000000000000'::UUID AS u",
    )
    expectations = [
        Expectation(
            check_id="e", kind=CheckKind.ACCEPTED_VALUES, columns=("e",), values=("a", "z")
        ),
        Expectation(
            check_id="u",
            kind=CheckKind.ACCEPTED_VALUES,
            columns=("u",),
            values=("c0ffee00-0000-4000-8000-000000000000",),
        ),
    ]

    found = profile_files(str(path), expectations).measurements

    assert {name: m.failing for name, m in found.items()} == {"e": 0, "u": 0}


@pytest.mark.parametrize("kind", ["[1, 2]", "{'x': 1}", "'ab'::BLOB", "INTERVAL 1 DAY"])
def test_a_nested_type_can_be_counted_and_not_compared(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path / "data.parquet", f"SELECT {kind} AS a UNION ALL SELECT {kind}")
    expectations = [
        Expectation(check_id="nulls", kind=CheckKind.NOT_NULL, columns=("a",)),
        Expectation(check_id="unique", kind=CheckKind.UNIQUE, columns=("a",)),
        Expectation(
            check_id="values", kind=CheckKind.ACCEPTED_VALUES, columns=("a",), values=("1 day",)
        ),
    ]

    found = profile_files(str(path), expectations).measurements

    assert found["nulls"] == Measurement(total=2, failing=0)
    assert found["unique"] == Measurement(total=2, failing=2)
    assert "another type" in str(found["values"].error)


def test_nothing_is_left_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    monkeypatch.chdir(scratch)
    path = write(tmp_path / "data.parquet", "SELECT 1 AS a")

    profile_files(str(path), [check(CheckKind.UNIQUE, "a")])

    assert list(scratch.iterdir()) == []
