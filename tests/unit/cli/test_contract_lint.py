"""``airflow governance contract lint``"""

from __future__ import annotations

import json
import sqlite3

import pytest

from airflow_gov_provider.domain.contracts.positions import Positions

GOOD = """\
contract: people
version: "1.0.0"
columns:
  age: {type: integer, range: {at_least: 0, at_most: 150}}
  sex: {type: string, accepted_values: [f, m]}
"""
ODCS = """\
apiVersion: v3.1.0
kind: DataContract
id: shop
version: 1.0.0
schema:
  - name: orders
    properties:
      - name: amount
        logicalType: number
        quality:
          - metric: nullValues
            mustBe: 0
          - type: custom
            engine: soda
            implementation: "checks: []"
            severity: warning
      - name: lines
        logicalType: array
        logicalTypeOptions: {maxItems: 3}
  - name: customers
    properties:
      - name: id
        required: true
    quality:
      - type: text
        description: Somebody looks at it once a month.
"""


@pytest.fixture
def write(tmp_path):
    def make(text, name="contract.yaml"):
        file = tmp_path / name
        file.write_text(text)
        return str(file)

    return make


def test_a_good_contract_is_told_with_its_number_of_checks(run, write):
    file = write(GOOD)

    told = run("contract", "lint", file)

    assert (told.code, told.err) == (0, "")
    assert f"{file}: people 1.0.0 (native): 6 checks, 0 not evaluated" in told.out
    assert f"{file}: 0 errors, 0 warnings, 0 not evaluated" in told.out


def test_the_problems_of_all_files_are_told_at_once_with_line_and_column(run, write):
    crossing = write(GOOD.replace("at_least: 0", "at_least: 200"), "crossing.yaml")
    misspelt = write(GOOD.replace("accepted_values", "acepted_values"), "misspelt.yaml")
    broken = write("contract: [", "broken.yaml")

    told = run("contract", "lint", crossing, misspelt, broken, "/nowhere.yaml")

    assert told.code == 1
    assert f"{crossing}:4:24: error: columns.age.range: no value can be" in told.out
    assert f"{misspelt}:5:23: error: columns.sex: unknown key 'acepted_values'" in told.out
    assert f"{broken}:2:1: error: not valid YAML" in told.out
    assert "/nowhere.yaml: error: no such file" in told.out


def test_every_object_of_an_odcs_contract_is_read_and_what_is_not_mapped_says_why(run, write):
    file = write(ODCS)

    told = run("contract", "lint", file, "--output", "json")
    (found,) = json.loads(told.out)

    assert told.code == 0
    assert [each["object"] for each in found["contracts"]] == ["orders", "customers"]
    by_kind = {each["kind"]: each for each in found["not_evaluated"]}
    assert set(by_kind) == {"custom", "option", "manual"}
    assert "soda" in by_kind["custom"]["reason"]
    assert (by_kind["custom"]["line"], by_kind["custom"]["severity"]) == (13, "warning")
    assert by_kind["option"]["line"] == 19


def test_a_rule_without_severity_is_warned_of_because_it_blocks(run, write):
    told = run("contract", "lint", write(ODCS))

    assert ":11:13: warning: schema[0].properties[0].quality[0]: the rule states no" in told.out
    assert told.out.count("warning: ") == 1


def test_warnings_fail_a_strict_lint_only(run, write):
    file = write(ODCS)

    assert run("contract", "lint", file).code == 0
    assert run("contract", "lint", file, "--strict").code == 1


@pytest.mark.parametrize(
    ("check", "word"),
    [
        ("- sql: 'age >'", "condition"),
        ("- not_null: age\n    where: 'age == 3 and'", "where"),
        ("- failed_rows: 'SELECT FROM WHERE'", "query"),
    ],
)
def test_sql_that_no_database_reads_is_an_error_at_its_line(run, write, check, word):
    told = run("contract", "lint", write(f"{GOOD}checks:\n  {check}\n"))

    assert told.code == 1
    (error,) = [line for line in told.out.splitlines() if ": error: " in line]
    assert f"expected SQL as its {word}" in error
    assert ".yaml:7:" in error


@pytest.mark.parametrize(
    "check",
    [
        "- sql: age::INTEGER > 3 AND sex ~ '^f'",
        "- sql: REGEXP_CONTAINS(sex, r'^f')",
        "- failed_rows: 'SELECT * FROM {table} WHERE age < 0'",
    ],
)
def test_sql_of_any_database_and_with_the_table_to_come_is_read(run, write, check):
    assert run("contract", "lint", write(f"{GOOD}checks:\n  {check}\n")).code == 0


@pytest.mark.parametrize(
    ("checks", "words"),
    [
        ("- range: {at_least: 200}\n    column: age", "cross: no value is"),
        ("- range: {at_most: 99}\n    column: age", "another check would have the id 'age.range'"),
        ("- range: {at_least: 0, at_most: 150}\n    column: age\n    id: again", "says the same"),
        ("- rejected_values: [m]\n    column: sex", "1 of the 2 values"),
        ("- length: {at_least: 2}\n    column: sex", "2 of the 2 values"),
        ("- row_count: {at_least: 0}", "it can never fail"),
        ("- not_null: age\n    tolerance: 100%", "it can never fail"),
        ("- regex: '[0-9]+'\n    column: age", "a regex is about text"),
        ("- range: {at_least: a}\n    column: age\n    id: words", "compared with is a text"),
        ("- freshness: 1d\n    column: age", "freshness needs a date"),
    ],
)
def test_what_an_author_hardly_meant_is_a_warning_at_its_line(run, write, checks, words):
    told = run("contract", "lint", write(f"{GOOD}checks:\n  {checks}\n"))

    assert told.code == 0
    warnings = [line for line in told.out.splitlines() if ": warning: " in line]
    assert any(words in line for line in warnings), told.out
    assert all(".yaml:5:" in line or ".yaml:7:" in line for line in warnings)


def test_a_contract_without_faults_has_no_warnings(run, write):
    more = "checks:\n  - range: {at_least: 0}\n    column: age\n    where: sex = 'f'\n    id: x\n"

    assert "0 warnings" in run("contract", "lint", write(GOOD + more)).out


@pytest.mark.parametrize("suffix", ["csv", "sqlite"])
def test_columns_that_the_data_lacks_are_warned_of(run, write, tmp_path, suffix):
    data = tmp_path / f"data.{suffix}"
    if suffix == "csv":
        data.write_text("age,colour\n1,red\n")
        words = ["--data", str(data)]
    else:
        connection = sqlite3.connect(data)
        connection.execute("CREATE TABLE people (age INTEGER, colour TEXT)")
        connection.close()
        words = ["--data", str(data), "--table", "people"]
    condition = "checks:\n  - row_count: {at_least: 1}\n    where: colur = 'red'\n"

    told = run("contract", "lint", write(GOOD + condition), *words)

    warnings = [line for line in told.out.splitlines() if ": warning: " in line]
    assert told.code == 0
    assert {line.split("warning: ")[1].split(":")[0] for line in warnings} == {
        "columns.sex",
        "columns.sex.type",
        "columns.sex.accepted_values",
        "checks[0]",
    }


def test_data_that_is_not_there_is_an_error_beside_those_of_the_contract(run, write):
    file = write(GOOD.replace("range", "rnage"))

    told = run("contract", "lint", file, "--data", "/nowhere.parquet")

    assert told.code == 2
    assert f"{file}:4:24: error: columns.age: unknown key 'rnage'" in told.out
    assert "no such file" in told.err


def test_the_longest_name_is_meant_where_names_have_dots():
    positions = Positions('columns:\n  a: 1\n  "a.b":\n    type: x\n')

    found = positions.of_problem("columns.a.b.type: wrong: x")

    assert (found.line, found.column, found.place) == (4, 5, "columns.a.b.type")
    assert found.message == "wrong: x"


def test_a_problem_without_a_place_keeps_its_words():
    found = Positions("a: 1\n").of_problem("expected one check: a, b")

    assert (found.message, found.line) == ("expected one check: a, b", None)
