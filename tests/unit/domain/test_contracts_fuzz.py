"""Whatever a document holds, it is read or its problems are listed; nothing else is ever raised."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_gov_provider.domain import contracts
from airflow_gov_provider.domain.contracts.checks import FORMS
from airflow_gov_provider.domain.contracts.odcs import metrics, terms
from airflow_gov_provider.domain.quality.evaluation import evaluate
from airflow_gov_provider.domain.quality.expectations import CheckKind, Profile
from airflow_gov_provider.exceptions import ContractInvalid

WORDS = (
    *FORMS,
    *(key for form in FORMS.values() for key in (*form.keys, *form.options)),
    *("column", "columns", "checks", "table", "references", "contract", "version"),
)
ODCS_WORDS = (
    *terms.DOCUMENT,
    *terms.OBJECT,
    *terms.PROPERTY,
    *terms.RULE,
    *terms.SERVICE_LEVEL,
    *terms.RELATIONSHIP,
    *metrics.METRICS,
    *("minimum", "maximum", "exclusiveMinimum", "multipleOf", "pattern", "format", "validValues"),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.dates(),
    st.datetimes(),
    st.text(max_size=8),
    st.sampled_from(
        ["1%", "24h", "integer", "a > 0", "orders.id", "SELECT COUNT(*) FROM {object}"]
    ),
    st.binary(max_size=2),
)


def documents(words: tuple[str, ...]) -> st.SearchStrategy[Any]:
    keys = st.one_of(st.sampled_from(words), st.text(max_size=4), st.integers(), st.none())
    return st.recursive(
        st.one_of(scalars, st.sampled_from(words)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=5)
        ),
        max_leaves=25,
    )


def assert_judged_or_refused(document: Any) -> None:
    """Read it, and if that works, judge an empty profile by it: that must work, too."""
    try:
        contract = contracts.load(document)
    except ContractInvalid as error:
        assert error.problems  # noqa: PT017 - either way is right, and both are checked
        return
    report = evaluate(
        contract, Profile(source="x", columns={}, rows=0), now=datetime(2030, 1, 1, tzinfo=UTC)
    )
    assert len(report.findings) == len(contract.expectations) + len(contract.not_evaluated)


@settings(max_examples=80, deadline=None)
@given(
    columns=documents(WORDS),
    checks=st.lists(documents(WORDS), max_size=4),
)
def test_native_documents(columns: Any, checks: list[Any]):
    assert_judged_or_refused(
        {"contract": "c", "version": "1", "columns": columns, "checks": checks}
    )


@settings(max_examples=80, deadline=None)
@given(
    properties=st.lists(
        st.dictionaries(st.sampled_from(terms.PROPERTY), documents(ODCS_WORDS), max_size=6),
        max_size=4,
    ),
    rules=st.lists(
        st.dictionaries(st.sampled_from(terms.RULE), documents(ODCS_WORDS), max_size=6), max_size=4
    ),
    levels=documents(ODCS_WORDS),
    relationships=documents(ODCS_WORDS),
)
def test_odcs_documents(properties: Any, rules: Any, levels: Any, relationships: Any):
    assert_judged_or_refused(
        {
            "apiVersion": "v3.1.0",
            "kind": "DataContract",
            "id": "i",
            "version": "1",
            "schema": [
                {
                    "name": "orders",
                    "properties": [{"name": f"p{n}", **each} for n, each in enumerate(properties)],
                    "quality": rules,
                    "relationships": relationships,
                }
            ],
            "slaProperties": levels,
        }
    )


@settings(max_examples=80, deadline=None)
@given(document=st.dictionaries(st.sampled_from((*ODCS_WORDS, *WORDS)), documents(ODCS_WORDS)))
def test_any_mapping(document: Any):
    assert_judged_or_refused(document)


@settings(max_examples=80, deadline=None)
@given(text=st.text(alphabet="abc:[]{}-&*!|>'\"\n \t#%@,?0123", max_size=60))
def test_any_text(text: str):
    assert_judged_or_refused(text + "\n")


numbers = st.integers(-1000, 1000)
column_checks = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["string", "integer", "number", "date"]),
        "not_null": st.booleans(),
        "unique": st.booleans(),
        "range": st.builds(
            lambda low, width: {"at_least": low, "at_most": low + width}, numbers, st.integers(0, 9)
        ),
        "accepted_values": st.lists(st.text(min_size=1), min_size=1, max_size=4, unique=True),
        "length": st.integers(0, 99),
        "mean": st.builds(lambda bound: {"at_most": bound}, numbers),
    },
)


@given(columns=st.dictionaries(st.text("abcdef", min_size=1), column_checks, min_size=1))
def test_a_sound_document_gives_one_expectation_for_each_thing_that_it_asks(
    columns: dict[str, dict[str, Any]],
):
    contract = contracts.load({"contract": "c", "version": "1", "columns": columns})
    asked = {
        f"{name}.{word}"
        for name, checks in columns.items()
        for word, value in checks.items()
        if value is not False
    }
    made = {e.check_id for e in contract.expectations if e.kind is not CheckKind.COLUMN_EXISTS}
    assert made == asked
    assert {e.columns[0] for e in contract.expectations} == set(columns)


@pytest.mark.parametrize("value", [date(2020, 1, 1), datetime(2020, 1, 1, tzinfo=UTC), 5, "x"])
def test_values_of_every_type_can_be_accepted(value: Any):
    document = {"contract": "c", "version": "1", "columns": {"a": {"accepted_values": [value]}}}
    assert contracts.load(document).expectations[1].values == (value,)
