"""docs/contracts.md, held to the vocabulary: every word and format, each with an example that works."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from airflow_gov_provider.domain import contracts
from airflow_gov_provider.domain.contracts.checks import FORMS
from airflow_gov_provider.domain.contracts.forms.formats import JSON
from airflow_gov_provider.domain.formats import FORMATS
from airflow_gov_provider.profiling.planning import PLANS

ROW = re.compile(r"^\| `(\w+)` \| `(.+?)` \| (.+) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "contracts.md").read_text()


@pytest.fixture(scope="module")
def rows(page: str) -> dict[str, str]:
    return {word: example for word, example, _ in ROW.findall(page)}


def as_contract(example: str) -> dict[str, Any]:
    read = yaml.safe_load(example)
    if isinstance(read, list):
        return {"contract": "c", "version": "1", "checks": read}
    return {"contract": "c", "version": "1", "checks": [{**read, "column": "c"}]}


def test_every_check_and_every_format_is_listed(rows: dict[str, str]):
    assert [word for word in (*FORMS, *FORMATS, JSON) if word not in rows] == []


def test_every_example_of_a_check_is_a_check_of_that_word(rows: dict[str, str]):
    kinds = {}
    for word, form in FORMS.items():
        contract = contracts.load(as_contract(rows[word]))
        kinds[word] = (contract.expectations[-1].kind, form.kind_name)

    assert kinds["ge_column"] == ("pair_order", "pair_order")
    assert {word: both for word, both in kinds.items() if both[0] != both[1]} == {}


def test_the_contract_at_the_top_is_read(page: str):
    (first,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)

    assert len(contracts.load(first).expectations) > 10


def test_the_profiler_has_a_plan_for_every_check_that_needs_rows():
    unplanned = [
        word for word, form in FORMS.items() if form.needs_rows and form.kind_name not in PLANS
    ]

    assert unplanned == []
