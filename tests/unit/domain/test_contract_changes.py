"""What differs between two versions of a contract, and which way."""

from __future__ import annotations

from collections import Counter

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.contracts import load
from airflow_gov_provider.domain.contracts.changes import compare, compare_all
from airflow_gov_provider.domain.contracts.linting import read_all

BASE = {
    "contract": "people",
    "version": "1.0.0",
    "columns": {
        "age": {"type": "integer", "not_null": True, "range": {"at_least": 0, "at_most": 150}},
        "sex": {"type": "string", "accepted_values": ["f", "m"]},
    },
    "checks": [{"row_count": {"at_least": 10}}, {"sql": "age > 0", "id": "positive"}],
}


def versions(change):
    """The base, and the base after ``change`` was made to it."""
    new = yaml.safe_load(yaml.safe_dump(BASE))
    change(new)
    return load(BASE), load(new)


def told(change):
    return [(each.check, each.aspect, each.effect.value) for each in compare(*versions(change))]


def column(name, **terms):
    return lambda document: document["columns"][name].update(terms)


def check(number, **terms):
    return lambda document: document["checks"][number].update(terms)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (column("age", type="number"), ("age.type", "logical_type", "loosened")),
        (column("age", not_null=False), ("age.not_null", "required", "loosened")),
        (column("sex", not_null=True), ("sex.not_null", "required", "tightened")),
        (
            column("sex", accepted_values=["f", "m", "x"]),
            ("sex.accepted_values", "values", "loosened"),
        ),
        (column("sex", accepted_values=["f"]), ("sex.accepted_values", "values", "tightened")),
        (column("age", range={"at_least": 0}), ("age.range", "bounds", "loosened")),
        (
            column("age", range={"more_than": 0, "at_most": 150}),
            ("age.range", "bounds", "tightened"),
        ),
        (
            column("age", range={"at_least": 10, "at_most": 200}),
            ("age.range", "bounds", "changed"),
        ),
        (
            column("age", range={"at_least": 0, "at_most": 150, "tolerance": "1%"}),
            ("age.range", "tolerance", "loosened"),
        ),
        (
            column("age", range={"at_least": 0, "at_most": 150, "where": "sex = 'f'"}),
            ("age.range", "where", "loosened"),
        ),
        (
            column("age", range={"at_least": 0, "at_most": 150, "severity": "warning"}),
            ("age.range", "severity", "loosened"),
        ),
        (check(0, row_count={"at_least": 20}), ("row_count", "bounds", "tightened")),
        (check(1, sql="age >= 0"), ("positive", "expression", "changed")),
        (lambda d: d["checks"].pop(), ("positive", "check", "loosened")),
        (lambda d: d["columns"].update(new={}), ("new.exists", "column", "tightened")),
    ],
    ids=range(15),
)
def test_a_change_says_which_way_it_goes_and_breaks(change, expected):
    assert told(change) == [expected]
    assert all(each.is_breaking for each in compare(*versions(change)))


def test_a_column_that_is_removed_takes_its_checks_along():
    found = told(lambda d: d["columns"].pop("sex"))

    assert found == [
        ("sex.exists", "column", "loosened"),
        ("sex.type", "type", "loosened"),
        ("sex.accepted_values", "check", "loosened"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(version="2.0.0", name="Other"),
        check(1, description="in words", dimension="accuracy"),
        check(1, id="above zero"),
        column("sex", accepted_values=["m", "f"]),
        lambda d: d["checks"].append({"unique": ["age", "sex"], "severity": "warning"}),
    ],
    ids=["document", "words", "id", "order", "warning"],
)
def test_what_alters_no_answer_of_a_blocking_gate_breaks_nothing(change):
    assert not any(each.is_breaking for each in compare(*versions(change)))


def test_both_sides_of_a_list_are_told():
    (gone, come) = compare(*versions(column("sex", accepted_values=["f", "x"])))

    assert (gone.before, gone.after, gone.effect.value) == ("'m'", None, "tightened")
    assert (come.before, come.after, come.effect.value) == (None, "'x'", "loosened")


def test_the_same_in_another_format_is_no_change():
    odcs = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "people",
        "version": "1.0.0",
        "schema": [
            {
                "name": "people",
                "properties": [
                    {"name": "age", "logicalType": "integer", "required": True},
                ],
            }
        ],
    }
    native = {
        "contract": "people",
        "version": "1.0.0",
        "columns": {"age": {"type": "integer", "not_null": True}},
    }

    assert compare(load(native), load(odcs)) == []


def test_an_object_that_is_removed_is_one_change():
    def document(*names):
        return {
            "apiVersion": "v3.1.0",
            "kind": "DataContract",
            "id": "shop",
            "version": "1.0.0",
            "schema": [{"name": name, "properties": [{"name": "id"}]} for name in names],
        }

    old, new = (read_all(document(*names)) for names in (("a", "b", "c"), ("a", "b")))
    (change,) = compare_all(old, new)

    assert (change.object_name, change.aspect, change.effect.value) == ("c", "object", "loosened")
    assert change.is_breaking


bound = st.integers(-5, 5)
ranges = st.one_of(
    bound.map(lambda low: {"at_least": low}),
    bound.map(lambda low: {"more_than": low}),
    st.tuples(bound, st.integers(6, 9)).map(lambda t: {"at_least": t[0], "at_most": t[1]}),
    st.tuples(bound, st.integers(6, 9)).map(lambda t: {"more_than": t[0], "less_than": t[1]}),
)
options = st.fixed_dictionaries(
    {},
    optional={
        "tolerance": st.sampled_from([0, 3, "1%", "5%", 0.0]),
        "where": st.sampled_from(["a > 0", "a > 1"]),
        "severity": st.sampled_from(["error", "warning"]),
    },
)
columns = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["integer", "number", "string"]),
        "not_null": st.booleans(),
        "unique": st.booleans(),
        "accepted_values": st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True),
        "rejected_values": st.lists(st.sampled_from("xyz"), min_size=1, max_size=3, unique=True),
        "range": st.tuples(ranges, options).map(lambda t: {**t[0], **t[1]}),
        "freshness": st.sampled_from(["1h", "2d"]),
        "regex": st.sampled_from(["a+", "b+"]),
        "physical_type": st.sampled_from(["varchar", "varchar(3)", "varchar(9)", "int"]),
    },
)
listed = st.one_of(
    st.tuples(ranges, options).map(lambda t: {"range": t[0], "column": "a", **t[1]}),
    st.sampled_from(["a > 0", "a > 1", "b > 2"]).map(lambda sql: {"sql": sql}),
    bound.map(lambda low: {"mean": {"at_least": low}, "column": "a"}),
    st.sampled_from([["a"], ["a", "b"]]).map(lambda names: {"unique": names}),
)
documents = st.builds(
    lambda named, checks, version: {
        "contract": "x",
        "version": version,
        "columns": {"a": None, "b": None, **named},
        "checks": checks,
    },
    st.dictionaries(st.sampled_from("abc"), columns, max_size=3),
    st.lists(listed, max_size=4),
    st.sampled_from(["1", "2"]),
)


@given(documents)
def test_a_version_does_not_differ_from_itself(document):
    assert compare(load(document), load(document)) == []


@given(documents, documents)
def test_the_way_back_is_the_mirror_of_the_way_there(one, other):
    there, back = compare(load(one), load(other)), compare(load(other), load(one))

    assert Counter(
        (c.subject, c.aspect, c.effect.opposite, c.after, c.before, c.is_breaking) for c in there
    ) == Counter((c.subject, c.aspect, c.effect, c.before, c.after, c.is_breaking) for c in back)


@given(documents, documents)
def test_versions_that_ask_differently_differ(one, other):
    def asked(document):
        return {
            (e.kind, e.columns, e.values, e.bounds, e.where, e.severity, e.expression, e.pattern)
            for e in load(document).expectations
            if not e.values
        }

    if asked(one) != asked(other):
        assert any(each.subject != "contract" for each in compare(load(one), load(other)))


@pytest.mark.parametrize(
    ("old", "new", "effect"),
    [
        ("varchar(10)", "varchar(20)", "loosened"),
        ("varchar(20)", "character varying(10)", "tightened"),
        ("numeric(12,2)", "numeric(10,2)", "tightened"),
        ("numeric(10,2)", "numeric(10,4)", "changed"),
        ("varchar(10)", "text", "loosened"),
        ("varchar(10)", "integer", "changed"),
    ],
)
def test_lengths_and_precisions_of_types_are_ordered(old, new, effect):
    def terms(physical):
        columns = {"name": {"physical_type": physical}}
        return load({"contract": "x", "version": "1", "columns": columns})

    (found,) = [each for each in compare(terms(old), terms(new)) if each.aspect == "physical_type"]
    assert found.effect == effect
