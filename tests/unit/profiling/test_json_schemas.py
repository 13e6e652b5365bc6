"""Documents held to a JSON Schema: the answer of the library, from every engine."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from airflow_gov_provider.domain.contracts import load
from airflow_gov_provider.domain.quality.expectations import Expectation
from airflow_gov_provider.exceptions import ContractInvalid
from airflow_gov_provider.profiling.places.files import profile_files
from airflow_gov_provider.profiling.places.source import TableSource
from airflow_gov_provider.profiling.places.sql import profile_table

ORDER = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "order",
    "type": "object",
    "required": ["id", "lines"],
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        "status": {"enum": ["open", "paid", None]},
        "mail": {"type": "string", "pattern": "^[^@]+@[^@]+$", "maxLength": 40},
        "lines": {
            "type": "array",
            "minItems": 1,
            "items": {"$ref": "#/$defs/line"},
        },
        "address": {"$ref": "#/$defs/address"},
    },
    "additionalProperties": False,
    "$defs": {
        "line": {
            "type": "object",
            "required": ["sku", "amount"],
            "properties": {
                "sku": {"type": "string", "minLength": 1},
                "amount": {"type": "number", "exclusiveMinimum": 0},
            },
        },
        "address": {
            "type": "object",
            "properties": {"country": {"const": "DE"}},
            "dependentRequired": {"zip": ["city"]},
            "additionalProperties": {"type": "string"},
        },
    },
}
VALID_ORDERS = [
    '{"id": 1, "lines": [{"sku": "a", "amount": 0.5}]}',
    '{"lines": [{"amount": 1e3, "sku": "ü", "more": {}}], "id": 18446744073709551616}',
    ' {"id": 1.0, "status": null, "mail": "a@b", "lines": [{"sku": "a", "amount": 2}]} ',
    '{"id": 7, "lines": [{"sku": "a", "amount": 2}], "address": {"zip": "1", "city": "B"}}',
    '{"id": 0, "lines": [{"sku": "a", "amount": 2}], "id": 1}',
]
BROKEN_ORDERS = [
    "",
    "null",
    "[]",
    "{",
    '{"id": 1, "lines": [{"sku": "a", "amount": 0.5}],}',
    '{"id": NaN, "lines": [{"sku": "a", "amount": 0.5}]}',
    '{"id": 1}',
    '{"id": 1, "lines": []}',
    '{"id": 0, "lines": [{"sku": "a", "amount": 0.5}]}',
    '{"id": 1.5, "lines": [{"sku": "a", "amount": 0.5}]}',
    '{"id": true, "lines": [{"sku": "a", "amount": 0.5}]}',
    '{"id": "1", "lines": [{"sku": "a", "amount": 0.5}]}',
    '{"id": 1, "lines": [{"sku": "", "amount": 0.5}]}',
    '{"id": 1, "lines": [{"sku": "a", "amount": 0}]}',
    '{"id": 1, "lines": [{"sku": "a", "amount": 2}, 7]}',
    '{"id": 1, "status": "gone", "lines": [{"sku": "a", "amount": 2}]}',
    '{"id": 1, "mail": "a@b\\n", "lines": [{"sku": "a", "amount": 2}], "x": 1}',
    '{"id": 1, "mail": "a", "lines": [{"sku": "a", "amount": 2}]}',
    '{"id": 1, "lines": [{"sku": "a", "amount": 2}], "address": {"zip": "1"}}',
    '{"id": 1, "lines": [{"sku": "a", "amount": 2}], "address": {"country": "FR"}}',
    '{"id": 1, "lines": [{"sku": "a", "amount": 2}], "address": {"street": 1}}',
    '{"id": 1, "lines": [{"sku": "a\\u0000", "amount": 2}]}',
    '{"id": 1, "lines": [{"sku": "\\ud800", "amount": 2}]}',
    '{"id": 1, "lines": [{"sku": "a", "amount": 2}], "id": 0}',
]


def asked(schema: Any, **options: Any) -> Expectation:
    contract = load(
        {
            "contract": "c",
            "version": "1",
            "columns": {"doc": {"json_schema": {"schema": schema, **options}}},
        }
    )
    (check,) = (each for each in contract.expectations if each.kind == "json_schema")
    return check


def one_by_one(schema: Any, documents: Sequence[Any], *, prefix: str = "") -> list[Expectation]:
    """A check of each document, so that no two mistakes make up for each other."""
    check = asked(schema)
    return [
        Expectation(
            check_id=f"{prefix}{n}",
            kind=check.kind,
            columns=check.columns,
            parameters=check.parameters,
            where=f"n = {n}",
        )
        for n in range(len(documents))
    ]


def test_a_document_of_the_schema_passes_and_any_other_fails(typed_source: Any):
    documents = [*VALID_ORDERS, None, *BROKEN_ORDERS]
    rows = [(n, document) for n, document in enumerate(documents)]
    typed_source.create("docs", {"n": "integer", "doc": "text"}, rows)

    found = typed_source.profile("docs", one_by_one(ORDER, documents)).measurements

    assert {answer.error for answer in found.values()} == {None}
    passed = [documents[int(n)] for n, answer in found.items() if not answer.failing]
    assert passed == [*VALID_ORDERS, None]
    assert [n for n, answer in found.items() if answer.total == 0] == [str(len(VALID_ORDERS))]


NAMES = ("a", "b", "a/b", "~1", "", "0", "é'", 'q"*')
TEXTS = st.text(alphabet="ab.\n\\\"'é😀%", max_size=4)
NUMBERS = st.sampled_from(
    [
        *(0, 1, -1, 2, 3, 1.0, 0.5, -0.0, 0.1, 1.5, 1e20, 1e-7, 2**53 + 1, 2**63, 2**64),
        *(10**20, 10**20 + 1, -(10**19), 123456789012345678901234567890),
    ]
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
    ),
    max_leaves=8,
)
KINDS = ("null", "boolean", "integer", "number", "string", "array", "object")
COUNTS = st.integers(0, 3)


def keywords(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.sampled_from(NAMES)
    lists = st.lists(names, max_size=2, unique=True)
    some = st.lists(inner, min_size=1, max_size=2)
    return st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(names, inner, max_size=2),
            "required": lists,
            "additionalProperties": inner,
            "dependentRequired": st.dictionaries(names, lists, max_size=1),
            "items": inner,
            "prefixItems": some,
            "allOf": some,
            "anyOf": some,
            "oneOf": some,
            "not": inner,
            "if": inner,
            "then": inner,
            "else": inner,
        },
    )


SIMPLE = st.one_of(
    st.booleans(),
    st.fixed_dictionaries({"type": st.sampled_from(KINDS)}),
    st.fixed_dictionaries({"type": st.lists(st.sampled_from(KINDS), min_size=1, unique=True)}),
    st.fixed_dictionaries({"const": DOCUMENTS}),
    st.fixed_dictionaries({"enum": st.lists(DOCUMENTS, min_size=1, max_size=3)}),
    *(
        st.fixed_dictionaries({word: NUMBERS})
        for word in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
    ),
    *(
        st.fixed_dictionaries({word: COUNTS})
        for word in ("minLength", "maxLength", "minItems", "maxItems")
    ),
    *(st.fixed_dictionaries({word: COUNTS}) for word in ("minProperties", "maxProperties")),
    st.fixed_dictionaries({"pattern": st.sampled_from(["a", "^a", "b$", "^(a|é)+$", "a.b", "^$"])}),
)
SCHEMAS = st.recursive(SIMPLE, keywords, max_leaves=6)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    schemas=st.lists(SCHEMAS, min_size=1, max_size=4),
    documents=st.lists(DOCUMENTS, min_size=1, max_size=5),
    escaped=st.booleans(),
)
def test_every_engine_gives_the_answer_of_the_library(  # noqa: PLR0917 - fixtures
    tmp_path: Path,
    sqlite: sqlite3.Connection,
    postgres: Any,
    schemas: list[Any],
    documents: list[Any],
    escaped: bool,  # noqa: FBT001
):
    rows = [(n, json.dumps(each, ensure_ascii=escaped)) for n, each in enumerate(documents)]
    checks = [
        check
        for place, schema in enumerate(schemas)
        for check in one_by_one(schema, documents, prefix=f"{place} ")
    ]
    sqlite.execute("DROP TABLE IF EXISTS docs")
    sqlite.execute("CREATE TABLE docs (n INTEGER, doc TEXT)")
    sqlite.executemany("INSERT INTO docs VALUES (?, ?)", rows)
    sqlite.commit()
    postgres.execute("DROP TABLE IF EXISTS docs")
    postgres.execute("CREATE TABLE docs (n bigint, doc text)")
    with postgres.cursor() as cursor:
        cursor.executemany("INSERT INTO docs VALUES (%s, %s)", rows)
    postgres.commit()
    table = TableSource(table="docs")

    answers = {
        "duckdb": profile_files(parquet(rows, tmp_path), checks).measurements,
        "sqlite": profile_table(sqlite, "sqlite", table, checks).measurements,
        "postgres": profile_table(postgres, "postgres", table, checks).measurements,
    }

    for place, schema in enumerate(schemas):
        library = Draft202012Validator(schema)
        for n, document in enumerate(documents):
            wanted = (1, int(not library.is_valid(document)), None)
            for engine, found in answers.items():
                answer = found[f"{place} {n}"]
                told = (answer.total, answer.failing, answer.error)
                assert told == wanted, (engine, schema, document)


def parquet(rows: list[Any], directory: Path) -> str:
    import pyarrow as pa
    import pyarrow.parquet as pq

    numbers, texts = zip(*rows, strict=True)
    table = pa.table({"n": pa.array(numbers, pa.int64()), "doc": pa.array(texts, pa.string())})
    path = str(directory / "docs.parquet")
    pq.write_table(table, path)
    return path


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"type": "objekt"}, "json_schema.schema.type: no JSON Schema: 'objekt' is not one of"),
        ({"minimum": "1"}, "minimum: no JSON Schema: '1' is not of type 'number'"),
        (
            {"uniqueItems": True},
            "the keyword 'uniqueItems' is not supported; supported: type, enum",
        ),
        ({"format": "email"}, "'format' is not supported: it is a remark in JSON Schema"),
        ({"requierd": ["a"]}, "'requierd' is not supported; did you mean 'required'?"),
        (
            {"properties": {"a": {"pattern": "(?=x)"}}},
            "schema.properties.a.pattern: uses look-around, which RE2 syntax does not have",
        ),
        ({"$ref": "#/$defs/a"}, "$ref: expected a path within the schema such as #/$defs/name"),
        ({"$ref": "https://example.org/s"}, "$ref: expected a path within the schema"),
        ({"items": {"$ref": "#"}}, "$ref: the schema contains itself"),
        (
            {"$ref": "#/$defs/a", "type": "string", "$defs": {"a": {}}},
            "'type' stands beside it",
        ),
        ({"$schema": "http://json-schema.org/draft-04/schema#"}, "$schema: expected one of https"),
        ({"items": [{}]}, "items: no JSON Schema"),
        ({"nullable": True}, "'nullable' is not supported: add 'null' to 'type'"),
        ({"items": {"$id": "http://x/y"}}, "items: a part with an '$id' of its own"),
        ({"maximum": 10**38}, "maximum: expected a number of at most 38 digits"),
        ({"enum": ["a\x00"]}, "enum[0]: a text contains U+0000"),
        ("{", "schema: expected a JSON Schema: Expecting property name"),
        (3, "no JSON Schema: 3 is not of type 'object', 'boolean'"),
    ],
)
def test_what_no_engine_decides_exactly_is_told_when_the_contract_is_read(
    schema: Any, problem: str
):
    with pytest.raises(ContractInvalid) as caught:
        asked(schema)

    assert any(problem in each for each in caught.value.problems), caught.value.problems


def test_references_that_multiply_are_refused_before_they_are_written_out():
    levels = {f"l{n}": {"allOf": [{"$ref": f"#/$defs/l{n + 1}"}] * 4} for n in range(12)}

    with pytest.raises(ContractInvalid, match="more than 1000 parts"):
        asked({"$ref": "#/$defs/l0", "$defs": {**levels, "l12": {}}})


@pytest.mark.parametrize(
    ("schema", "passes"),
    [
        ({"maximum": 1e40}, [True, True, True, False]),
        ({"minimum": -1e300}, [True, True, True, True]),
        ({"exclusiveMinimum": 1e40}, [False, False, False, True]),
        ({"const": 1e39}, [False, False, False, False]),
        ({"type": "integer"}, [True, True, True, True]),
    ],
)
def test_limits_and_numbers_beyond_all_whole_numbers_are_compared(
    typed_source: Any, schema: Any, passes: list[bool]
):
    documents = ["5", "-" + "9" * 38, "9" * 38, "1e400"]
    columns = {"n": "integer", "doc": "text"}
    typed_source.create("docs", columns, list(enumerate(documents)))

    found = typed_source.profile("docs", one_by_one(schema, documents)).measurements

    assert [answer.error for answer in found.values()] == [None] * len(documents)
    assert [answer.failing == 0 for answer in found.values()] == passes


def test_one_document_of_too_many_levels_fails_and_leaves_the_others_an_answer(
    sqlite: sqlite3.Connection,
):
    deep = "[" * 100_000 + "]" * 100_000
    sqlite.execute("CREATE TABLE docs (doc TEXT)")
    sqlite.executemany("INSERT INTO docs VALUES (?)", [("[1]",), (deep,), ("{}",)])
    sqlite.commit()
    check = asked({"not": {"type": "object"}})

    found = profile_table(sqlite, "sqlite", TableSource(table="docs"), [check]).measurements

    answer = found[check.check_id]
    assert (answer.total, answer.failing, answer.error) == (3, 2, None)


def test_a_schema_may_stand_there_as_json():
    assert asked('{"type": "object"}') == asked({"type": "object"})


def test_a_column_of_json_is_looked_at_as_its_text(postgres: Any):
    postgres.execute("CREATE TABLE docs (n bigint, doc jsonb, plain json)")
    postgres.execute("INSERT INTO docs VALUES (0, '[1]', '[1]'), (1, '{}', '{}')")
    postgres.commit()
    check = asked({"type": "array"})

    found = profile_table(postgres, "postgres", TableSource(table="docs"), [check]).measurements

    assert (found[check.check_id].total, found[check.check_id].failing) == (2, 1)
