"""Before a contract means anything: files, YAML, and what a document may hold."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain import contracts
from airflow_gov_provider.domain.contracts import values
from airflow_gov_provider.domain.contracts.problems import Node, Problems
from airflow_gov_provider.domain.quality.expectations import Tolerance
from airflow_gov_provider.exceptions import ContractInvalid

SMALL = 'contract: c\nversion: "1"\nchecks: [{row_count: {at_least: 1}}]\n'


def problems_of(contract: Any, **arguments: Any) -> tuple[str, ...]:
    with pytest.raises(ContractInvalid) as raised:
        contracts.load(contract, **arguments)
    return raised.value.problems


class TestWhereItComesFrom:
    def test_a_file_a_text_and_a_mapping_give_the_same_contract(self, tmp_path: Path):
        path = tmp_path / "c.yaml"
        path.write_text(SMALL)
        mapping = {
            "version": "1",
            "contract": "c",
            "checks": ({"row_count": {"at_least": 1}},),
        }
        assert contracts.load(path) == contracts.load(str(path)) == contracts.load(SMALL)
        assert contracts.load(mapping) == contracts.load(SMALL)

    def test_a_byte_order_mark_is_no_mistake(self, tmp_path: Path):
        path = tmp_path / "c.yaml"
        path.write_text(SMALL, encoding="utf-8-sig")
        assert contracts.load(path).id == "c"

    def test_text_in_braces_is_a_document_and_not_a_path(self):
        assert contracts.load('{contract: c, version: "1", checks: [{row_count: 5}]}').id == "c"

    def test_a_missing_file_says_what_to_do(self, tmp_path: Path):
        (problem,) = problems_of(tmp_path / "absent.yaml")
        assert "no such file" in problem
        assert "on the worker" in problem

    @pytest.mark.parametrize("name", [".", "a\0b"])
    def test_what_is_no_file_is_a_problem(self, tmp_path: Path, name: str):
        assert "cannot be read" in problems_of(str(tmp_path) + "/" + name)[0]

    def test_other_bytes_than_utf_8_are_a_problem(self, tmp_path: Path):
        path = tmp_path / "c.yaml"
        path.write_bytes(b"contract: \xff\xfe")
        assert problems_of(path) == ("expected UTF-8 text, found other bytes",)

    def test_a_huge_file_is_refused_unread(self, tmp_path: Path):
        path = tmp_path / "c.yaml"
        path.write_bytes(b"#" * 5_000_001)
        assert "at most" in problems_of(path)[0]


class TestYaml:
    def test_a_slip_of_syntax_is_told_with_line_and_column(self):
        (problem,) = problems_of("contract: c\nchecks: [1, 2\nversion: x\n")
        assert problem.startswith("line 3, column")
        assert "not valid YAML" in problem

    def test_a_key_that_stands_twice_is_a_problem_and_not_the_last_one(self):
        found = problems_of(
            SMALL + "columns:\n  age: {not_null: true, not_null: false}\nversion: 2\n"
        )
        assert found == (
            "line 5, column 25: the key 'not_null' stands twice",
            "line 6, column 1: the key 'version' stands twice",
        )

    def test_words_that_yaml_takes_for_booleans_are_noticed_as_keys(self):
        found = problems_of('contract: c\nversion: "1"\ncolumns: {no: string}\n')
        assert found[0] == "columns: the key False is not text; put it in quotes"

    @pytest.mark.parametrize(
        "text",
        [
            "a: !!python/object/apply:os.system [ls]\n",
            "a: 2020-13-45\n",
            "a: &x [*x]\n",
            "--- 1\n--- 2\n",
            "\n",
            "- just\n- a list\n",
            "[" * 5000 + "\n",
            "? [a, b]\n: c\n",
            "\x00\n",
            "a: !!binary aGk=\n",
        ],
    )
    def test_anything_else_is_a_problem_too(self, text: str):
        assert problems_of(text)

    def test_a_document_that_grows_when_it_is_read_is_refused(self):
        layers = "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
            f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 8)
        )
        assert problems_of(layers) == ("the document is too large",)

    def test_an_anchor_saves_writing_the_same_twice(self):
        contract = contracts.load(
            'contract: c\nversion: "1"\ncolumns:\n  a: &id {not_null: true}\n  b: *id\n'
        )
        assert [e.check_id for e in contract.expectations if e.kind == "not_null"] == [
            "a.not_null",
            "b.not_null",
        ]


class TestTheDigest:
    def test_layout_and_comments_do_not_change_it_and_a_threshold_does(self):
        digest = contracts.load(SMALL).digest
        assert contracts.load("# a comment\n" + SMALL.replace(": ", ":   ")).digest == digest
        assert contracts.load(SMALL.replace("at_least: 1", "at_least: 2")).digest != digest


class TestIdentifiers:
    def test_an_authors_own_may_not_stand_twice(self):
        found = problems_of(SMALL[:-2] + ", {row_count: 5, id: x}, {row_count: 6, id: x}]\n")
        assert found == ("checks[2]: the id 'x' is already taken by checks[1]",)

    def test_made_ones_give_way_to_an_authors(self):
        contract = contracts.load(SMALL[:-2] + ", {row_count: 5}, {row_count: 6, id: row_count}]\n")
        assert [e.check_id for e in contract.expectations] == [
            "row_count.2",
            "row_count.3",
            "row_count",
        ]


class TestColumns:
    def test_without_a_list_of_columns_any_may_be_checked_and_must_exist(self):
        contract = contracts.load({"contract": "c", "version": "1", "checks": [{"unique": "a"}]})
        assert [(e.kind, e.columns) for e in contract.expectations] == [
            ("column_exists", ("a",)),
            ("unique", ("a",)),
        ]

    def test_with_one_a_check_of_another_column_is_a_slip(self):
        document = {
            "contract": "c",
            "version": "1",
            "columns": {"age": None},
            "checks": [{"unique": ["aeg"]}],
        }
        assert problems_of(document) == (
            "checks[0]: the contract declares no column 'aeg'; did you mean 'age'?",
        )

    def test_a_switched_off_flag_asks_for_nothing(self):
        document = {"contract": "c", "version": "1", "columns": {"a": {"not_null": False}}}
        assert [e.kind for e in contracts.load(document).expectations] == ["column_exists"]

    def test_a_contract_that_asks_for_nothing_is_a_problem(self):
        assert "no checks" in problems_of({"contract": "c", "version": "1"})[0]
        assert "no checks" in problems_of({"contract": "c", "version": "1", "checks": []})[0]

    def test_a_native_contract_has_no_objects_to_choose_from(self):
        assert "leave it out" in problems_of(SMALL, object_name="orders")[0]


def node(value: Any) -> Node:
    return Node(value, "here", Problems())


class TestSmallGrammars:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("24h", timedelta(hours=24)),
            ("1d12h", timedelta(hours=36)),
            ("1.5h", timedelta(minutes=90)),
            (" 90 m ", timedelta(minutes=90)),
            ("2w", timedelta(weeks=2)),
            ("PT24H", timedelta(hours=24)),
            ("p1dt30m", timedelta(days=1, minutes=30)),
        ],
    )
    def test_durations(self, text: str, expected: timedelta):
        assert values.duration(node(text)) == expected

    @pytest.mark.parametrize(
        "value", ["", "24", "h", "0h", "-1h", "P", "PT", "1x", 25, None, "9e9d"]
    )
    def test_no_durations(self, value: Any):
        wrong = node(value)
        assert values.duration(wrong) is None
        assert wrong.problems.found

    def test_a_duration_beyond_all_time_is_no_duration(self):
        assert values.duration(node("9999999999999999w")) is None

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (10, Tolerance(count=10)),
            (0, Tolerance(count=0)),
            ("1%", Tolerance(share=0.01)),
            ("0.1 %", Tolerance(share=0.001)),
            (0.25, Tolerance(share=0.25)),
            ({"count": 3}, Tolerance(count=3)),
            ({"share": 0.5}, Tolerance(share=0.5)),
        ],
    )
    def test_tolerances(self, value: Any, expected: Tolerance):
        assert values.tolerance(node(value)) == expected

    @pytest.mark.parametrize(
        "value",
        [
            *(-1, 1.5, -0.1, float("nan"), float("inf")),
            *("101%", "x%", "%", "5", "nan%", "infinity%"),
            *(True, None, [], {}, {"count": 1, "share": 1}, {"count": 1.5}, {"share": 2}),
        ],
        ids=repr,
    )
    def test_no_tolerances(self, value: Any):
        wrong = node(value)
        assert values.tolerance(wrong) is None
        assert wrong.problems.found

    @pytest.mark.parametrize(
        "pattern",
        [
            "(?=a)b",
            "(?!a)",
            "(?<=a)b",
            "(?<!a)b",
            r"(a)\1",
            "(?P<x>a)(?P=x)",
            "(?>a)",
            "a++",
            "[",
            "(",
        ],
    )
    def test_patterns_that_not_all_databases_can_run(self, pattern: str):
        wrong = node(pattern)
        assert values.pattern(wrong) is None
        assert wrong.problems.found

    @pytest.mark.parametrize(
        "pattern",
        [r"[A-Z]{2}\d+", r"\(\?=", r"[(?=]+", r"\\1", "(?P<x>a)", "(?:a|b)*?", "(?i)abc", r"\++"],
    )
    def test_patterns_that_all_can_run(self, pattern: str):
        assert values.pattern(node(pattern)) == pattern

    @pytest.mark.parametrize(
        "sql",
        [
            *("a > 0;", "a > 0; DROP TABLE t", "a = 'x", 'a = "x', "(a > 0", "a > 0)"),
            *("a > 0 -- b", "a /* b */ > 0", "select 1", " DELETE FROM t", "", "  ", 5, None),
        ],
        ids=repr,
    )
    def test_conditions_that_are_none(self, sql: Any):
        wrong = node(sql)
        assert values.condition(wrong) is None
        assert wrong.problems.found

    @pytest.mark.parametrize(
        "sql",
        [
            "a > 0",
            "a = ';'",
            "a = '--'",
            "a = 'it''s'",
            "a IN ('(', ')')",
            '"select" = 1',
            "selected = 1",
        ],
    )
    def test_conditions_that_are_one(self, sql: str):
        assert values.condition(node(sql)) == sql

    @given(st.text(max_size=40))
    def test_no_text_breaks_a_grammar(self, text: str):
        for read in (values.duration, values.tolerance, values.pattern, values.condition):
            found = node(text)
            assert (read(found) is None) == bool(found.problems.found)

    def test_bounds_compare_times_with_and_without_a_zone(self):
        contract = contracts.load(
            'contract: c\nversion: "1"\n'
            "columns: {t: {range: {at_least: 2020-01-01T00:00:00, at_most: 2020-01-01T00:00:00Z}}}\n"
        )
        assert contract.expectations[1].bounds is not None

    def test_a_date_and_a_number_are_no_interval(self):
        document = {
            "contract": "c",
            "version": "1",
            "columns": {"t": {"range": {"at_least": date(2020, 1, 1), "at_most": 5}}},
        }
        assert "different types" in problems_of(document)[0]
