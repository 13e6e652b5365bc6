"""``airflow governance contract compile``"""

from __future__ import annotations

import json

import pytest

CONTRACT = """\
contract: people
version: "1.0.0"
columns:
  name: {type: string, regex: 'a\\b.*'}
  age: {type: integer, quantile: {q: 0.5, at_most: 60}}
"""


@pytest.fixture
def contract(tmp_path):
    file = tmp_path / "people.yaml"
    file.write_text(CONTRACT)
    return str(file)


def test_it_prints_statements_that_a_gate_would_send(run, contract):
    said = run("contract", "compile", contract, "--dialect", "snowflake", "--table", "A.B.P")

    assert said.out.startswith("-- people 1.0.0 on A.B.P, for snowflake\n")
    assert 'PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY\n    CAST("age" AS DOUBLE))' in said.out
    assert 'FROM "A"."B"."P";\n' in said.out
    assert "--   age.type\n" in said.out


def test_what_cannot_be_asked_is_told_with_its_reason(run, contract):
    said = run("contract", "compile", contract, "--dialect", "trino")

    assert "--   name.regex: the pattern uses \\b, which Trino may read otherwise" in said.out
    assert "1 of the checks cannot be asked of trino" in said.err


def test_programs_get_it_as_json(run, contract):
    said = run("contract", "compile", contract, "--dialect", "databricks", "-o", "json")

    found = json.loads(said.out)
    assert found["settings"] == ["SET TIME ZONE 'UTC'"]
    assert found["refused"] == {}
    assert any("PERCENTILE(" in statement for statement in found["statements"])


def test_every_dialect_of_the_profiler_can_be_asked_for(run, contract):
    from airflow_gov_provider.profiling.compiling import DIALECTS

    for dialect in DIALECTS:
        assert "FROM" in run("contract", "compile", contract, "--dialect", dialect).out
