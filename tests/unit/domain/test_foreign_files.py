"""Files of other tools: named once, with what to do, and never taken for half a contract."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_gov_provider.domain import contracts
from airflow_gov_provider.domain.contracts.linting import lint_text
from airflow_gov_provider.exceptions import ContractInvalid

EXPECTATION = {
    "kwargs": {"column": "age", "min_value": 17, "max_value": 90},
    "meta": {},
}
SUITE = {
    "expectation_suite_name": "people",
    "ge_cloud_id": None,
    "meta": {"great_expectations_version": "0.18.8"},
    "expectations": [{"expectation_type": "expect_column_values_to_be_between", **EXPECTATION}],
}
NEW_SUITE = {
    "name": "people",
    "id": None,
    "meta": {"great_expectations_version": "1.3.0"},
    "notes": None,
    "expectations": [{"type": "expect_column_values_to_be_between", **EXPECTATION}],
}
DBT = """\
version: 2
models:
  - name: people
    description: Everybody.
    columns:
      - name: age
        data_tests: [not_null]
"""
SODA = """\
checks for people:
  - row_count > 0
  - missing_count(age) = 0:
      name: everybody has an age
"""
SODA_CONTRACT = """\
dataset: warehouse/shop/public/people
columns:
  - name: age
    checks:
      - missing:
checks:
  - row_count:
"""
PANDERA = """\
schema_type: dataframe
version: 0.20.4
columns:
  age: {dtype: int64, nullable: false}
"""
SPECIFICATION = """\
dataContractSpecification: 1.1.0
id: people
info: {title: People, version: 1.0.0}
models:
  people:
    fields: {age: {type: integer}}
"""
JSON_SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {"age": {"type": "integer"}},
}


@pytest.mark.parametrize(
    ("text", "tool", "line"),
    [
        (json.dumps(SUITE, indent=2), "an expectation suite of Great Expectations", 7),
        (json.dumps(NEW_SUITE, indent=2), "an expectation suite of Great Expectations", 8),
        (
            json.dumps({**NEW_SUITE, "expectations": []}),
            "an expectation suite of Great Expectations",
            1,
        ),
        (DBT, "a properties file of dbt", 2),
        (DBT.replace("models", "sources"), "a properties file of dbt", 2),
        (SODA, "a checks file of Soda", 1),
        (f"filter people [daily]:\n  where: day = 1\n{SODA}", "a checks file of Soda", 1),
        (SODA_CONTRACT, "a data contract of Soda", 1),
        (PANDERA, "a schema of pandera", 1),
        (SPECIFICATION, "a contract of the Data Contract Specification", 1),
        (json.dumps(JSON_SCHEMA), "a JSON Schema", 1),
    ],
)
def test_the_file_of_another_tool_is_one_problem_that_names_it_and_what_to_do(
    text: str, tool: str, line: int
):
    (error,) = lint_text(text, name="file").errors

    assert error.message.startswith(f"expected a data contract, found {tool}; such a file is ")
    assert "neither read nor converted" in error.message
    for to_do in ("'contract: orders'", "docs/contracts.md", "'apiVersion: v3.1.0'", "suggest"):
        assert to_do in error.message
    assert error.line == line


@pytest.mark.parametrize("kind", ["Deployment", "DataProduct"])
def test_another_kind_of_document_than_a_contract_is_one_problem(kind: str):
    (problem,) = _problems_of({"apiVersion": "v1", "kind": kind, "metadata": {}, "spec": {}})

    assert problem.startswith(f"kind: expected 'DataContract', found '{kind}'")


def test_a_document_with_none_of_our_keys_is_one_problem():
    document = {"version": "3", "services": {}, "volumes": {}, "a": 1, "b": 2, "c": 3}

    (problem,) = _problems_of(document)

    assert "found a document with version, services, volumes, a, b, ...; " in problem


@pytest.mark.parametrize(
    "document",
    [
        {"contrat": "c", "version": "1", "columns": {"a": "string"}},
        {"contract": "c", "version": "1", "expectations": [{"kwargs": {}}]},
        {"apiVersion": "v3.1.0", "kind": "DataContracts", "id": "x", "version": "1"},
    ],
)
def test_a_contract_with_a_slip_is_taken_for_a_contract(document: dict[str, Any]):
    assert not any("expected a data contract" in each for each in _problems_of(document))


def test_a_text_or_a_list_is_no_contract_and_says_what_it_is():
    for text, found in (("hello there\n", "'hello there' (text)"), ("- a\n", "a list")):
        (error,) = lint_text(text, name="file").errors
        assert error.message.endswith(f"such as 'contract' or 'apiVersion', found {found}")


def _problems_of(document: dict[str, Any]) -> tuple[str, ...]:
    with pytest.raises(ContractInvalid) as caught:
        contracts.load(document)
    return caught.value.problems
