"""docs/contracts.md, held to the vocabulary: every word and format, each with an example that works."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from airflow_gov_provider.domain import contracts
from airflow_gov_provider.domain.contracts.checks import FORMS
from airflow_gov_provider.domain.contracts.forms.formats import JSON
from airflow_gov_provider.domain.formats import FORMATS
from airflow_gov_provider.domain.quality.occasions import Occasion, settled
from airflow_gov_provider.profiling.compiling import DIALECTS, compiled
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


def test_what_stands_for_the_words_of_other_tools_is_read(page: str):
    _, _, section = page.partition("## Coming from another tool")
    told = re.findall(r"^\| .+ \| (`.+`) \|$", section.partition("\n## ")[0], re.MULTILINE)

    examples = [example for row in told for example in re.findall(r"`(.+?)`", row)]

    assert len(examples) > 10
    assert all(contracts.load(as_contract(example)).expectations for example in examples)


def test_the_contract_at_the_top_is_read(page: str):
    (first,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)

    assert len(contracts.load(first).expectations) > 10


def test_the_profiler_has_a_plan_for_every_check_that_needs_rows():
    unplanned = [
        word for word, form in FORMS.items() if form.needs_rows and form.kind_name not in PLANS
    ]

    assert unplanned == []


@pytest.fixture(scope="module")
def golden(repository: Path) -> Path:
    return repository / "tests" / "golden" / "contracts" / "native_every_word.yaml"


def test_the_golden_contract_holds_every_word_and_every_format(golden: Path):
    checks = yaml.safe_load(golden.read_text())["checks"]

    assert {key for check in checks for key in check} & set(FORMS) == set(FORMS)
    assert [check["format"] for check in checks if "format" in check] == [*FORMATS, JSON]


def test_every_word_becomes_sql_or_is_refused_with_its_reason(golden: Path):
    """GOLDEN_UPDATE=1 rewrites the list of what is refused."""
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    run = Occasion(now=noon, logical=noon, start=noon - timedelta(days=1), end=noon)
    checks = settled(contracts.load(golden), run).expectations
    # Their types are known to every check; those of the column itself suit the check.
    typed = [check for check in checks if check.kind == "column_type" and check.subject != "c"]
    lines = []
    # SQLite asks of each value what it is, and the made-up answers say that it is nothing.
    for dialect in sorted({*DIALECTS} - {"sqlite"}):
        for check in checks:
            made = compiled([check, *typed], dialect=dialect, table="shop.public.orders")
            answered = made.statements or made.by_columns
            assert answered, (dialect, check.check_id)
            lines += [f"{dialect}: {name}: {why}" for name, why in made.refused.items()]
    told = "".join(f"{line}\n" for line in lines)
    expected = golden.with_suffix(".refused")
    if os.environ.get("GOLDEN_UPDATE"):
        expected.write_text(told)

    assert told == expected.read_text()
    assert not {"c.iban", "c.luhn"} & {line.split(": ")[1] for line in lines}
