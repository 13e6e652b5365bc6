"""ODCS: what its words mean here, and that documents of ours are documents of the standard."""

from __future__ import annotations

import importlib.resources
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from airflow_gov_provider.domain import contracts
from airflow_gov_provider.domain.contracts import Contract, NotEvaluated
from airflow_gov_provider.domain.quality.expectations import (
    Bounds,
    CheckKind,
    Expectation,
    Limit,
    Statistic,
)
from airflow_gov_provider.exceptions import ContractInvalid

REPOSITORY = Path(__file__).parents[3]
CENSUS = REPOSITORY / "dags_examples" / "data" / "adult_income.odcs.yaml"


def document(**changes: Any) -> dict[str, Any]:
    orders = {"name": "orders", "properties": [{"name": "id"}, {"name": "total"}]}
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "i",
        "version": "1",
        "schema": [orders],
        **changes,
    }


def with_rule(rule: dict[str, Any], *, on: str = "object") -> Contract:
    made = document()
    target = made["schema"][0] if on == "object" else made["schema"][0]["properties"][1]
    target["quality"] = [rule]
    return contracts.load(made)


def only(contract: Contract) -> Expectation:
    """The one check besides the existence of the columns."""
    (check,) = (e for e in contract.expectations if e.kind is not CheckKind.COLUMN_EXISTS)
    return check


def unevaluated(contract: Contract) -> NotEvaluated:
    (statement,) = contract.not_evaluated
    return statement


class TestOperators:
    @pytest.mark.parametrize(
        ("operator", "limit"),
        [
            ({"mustBe": 5}, Limit(bounds=Bounds(at_least=5, at_most=5))),
            ({"mustNotBe": 5}, Limit(bounds=Bounds(at_least=5, at_most=5), inside=False)),
            ({"mustBeGreaterThan": 5}, Limit(bounds=Bounds(more_than=5))),
            ({"mustBeGreaterOrEqualTo": 5}, Limit(bounds=Bounds(at_least=5))),
            ({"mustBeLessThan": 5.5}, Limit(bounds=Bounds(less_than=5.5))),
            ({"mustBeLessOrEqualTo": 5}, Limit(bounds=Bounds(at_most=5))),
            ({"mustBeBetween": [5, 9]}, Limit(bounds=Bounds(more_than=5, less_than=9))),
            (
                {"mustNotBeBetween": [5, 9]},
                Limit(bounds=Bounds(more_than=5, less_than=9), inside=False),
            ),
        ],
        ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
    )
    def test_each_limits_the_measured_number(self, operator: dict[str, Any], limit: Limit):
        check = only(with_rule({"metric": "rowCount", **operator}))
        assert check.limits == (limit,)

    def test_several_of_one_rule_must_all_hold(self):
        rule = {"metric": "rowCount", "mustBeGreaterThan": 1, "mustNotBe": 7}
        assert len(only(with_rule(rule)).limits) == 2

    def test_none_at_all_is_a_problem(self):
        with pytest.raises(ContractInvalid, match="an operator is missing"):
            with_rule({"metric": "rowCount"})

    @pytest.mark.parametrize("operator", [{"mustBe": 0}, {"mustBeLessOrEqualTo": 0}], ids=str)
    def test_no_failing_row_is_simply_the_check(self, operator: dict[str, Any]):
        check = only(
            with_rule({"metric": "nullValues", "unit": "percent", **operator}, on="property")
        )
        assert (check.kind, check.limits, check.tolerance) == (CheckKind.NOT_NULL, (), None)


class TestSql:
    @pytest.mark.parametrize(
        ("query", "where"),
        [
            ("SELECT COUNT(*) FROM {object}", None),
            ("select count(1) from orders;", None),
            ("SELECT COUNT(*) FROM ${table} WHERE total < 0", "total < 0"),
            (
                "SELECT COUNT(*) AS n\nFROM \"orders\"\nWHERE a = 'x' AND (b OR c)",
                "a = 'x' AND (b OR c)",
            ),
            ("SELECT COUNT(*) FROM shop.orders WHERE {property} IS NULL", '"total" IS NULL'),
            ("SELECT COUNT({property}) FROM {object}", '"total" IS NOT NULL'),
            (
                "SELECT COUNT(id) FROM {object} WHERE total > 1 OR total < 0",
                '"id" IS NOT NULL AND (total > 1 OR total < 0)',
            ),
            (
                "SELECT COUNT(*) FROM {object} WHERE note = 'group by; limit'",
                "note = 'group by; limit'",
            ),
        ],
    )
    def test_a_count_is_a_row_count_with_a_condition(self, query: str, where: str | None):
        check = only(with_rule({"type": "sql", "query": query, "mustBe": 0}, on="property"))
        assert (check.kind, check.where) == (CheckKind.ROW_COUNT, where)

    @pytest.mark.parametrize(
        ("function", "statistic"),
        [
            ("AVG", Statistic.MEAN),
            ("min", Statistic.MIN),
            ("max", Statistic.MAX),
            ("Sum", Statistic.SUM),
            ("STDDEV", Statistic.STDDEV),
        ],
    )
    def test_one_statistic_of_one_column_is_measured_in_the_scan(
        self, function: str, statistic: Statistic
    ):
        query = function + "({property}) FROM {object} WHERE id > 3"
        rule = {"type": "sql", "query": f"SELECT {query}", "mustBeLessThan": 9}
        check = only(with_rule(rule, on="property"))
        assert (check.statistic, check.columns, check.where) == (statistic, ("total",), "id > 3")

    @pytest.mark.parametrize(
        "query",
        [
            "SELECT COUNT(DISTINCT id) FROM {object}",
            "SELECT COUNT(*) FROM {object} o WHERE o.id = 1",
            "SELECT COUNT(*) FROM {object}, customers",
            "SELECT COUNT(*) FROM {object} WHERE id = 1 GROUP BY id",
            "SELECT COUNT(*) FROM {object} WHERE id IN (SELECT 1)",
            "SELECT COUNT(*) FROM {object} WHERE id = 1 LIMIT 1",
            "SELECT MAX(id) - MIN(id) FROM {object}",
        ],
    )
    def test_any_other_query_over_the_object_is_run_as_it_stands(self, query: str):
        contract = with_rule({"type": "sql", "query": query, "mustBe": 0})
        assert contract.not_evaluated == ()
        assert [each.kind for each in contract.expectations].count("sql_value") == 1

    @pytest.mark.parametrize(
        "query",
        [
            "SELECT COUNT(*) FROM customers",
            "SELECT COUNT(*) FROM {object} WHERE a = {other}",
            "DELETE FROM {object}",
        ],
    )
    def test_any_other_query_is_listed_and_never_run(self, query: str):
        contract = with_rule({"type": "sql", "query": query, "mustBe": 0})
        assert unevaluated(contract).kind == "sql"
        assert unevaluated(contract).expected == query

    def test_a_condition_with_a_statement_in_it_is_a_problem(self):
        query = "SELECT COUNT(*) FROM {object} WHERE a = 1; DROP TABLE t"
        with pytest.raises(ContractInvalid, match=r"quality\[0\]\.query: .*found ';'"):
            with_rule({"type": "sql", "query": query, "mustBe": 0})

    def test_an_answer_that_is_no_number_cannot_be_compared(self):
        contract = with_rule(
            {"type": "sql", "query": "SELECT COUNT(*) FROM {object}", "mustBe": True}
        )
        assert unevaluated(contract).kind == "sql"


class TestSeverity:
    @pytest.mark.parametrize(
        ("word", "severity"),
        [
            ("info", "warning"),
            ("Warning", "warning"),
            ("error", "error"),
            ("high", "error"),
            ("a word that nobody knows", "error"),
        ],
    )
    def test_only_a_word_that_means_less_softens_a_rule(self, word: str, severity: str):
        rule = {"metric": "rowCount", "mustBeGreaterThan": 0, "severity": word}
        assert only(with_rule(rule)).severity == severity

    def test_a_rule_in_plain_words_waits_for_a_person(self):
        rule = {"type": "text", "description": "Checked by hand."}
        statement = unevaluated(with_rule(rule))
        assert (statement.kind, statement.severity) == ("manual", "warning")
        assert unevaluated(with_rule({**rule, "severity": "error"})).severity == "error"


class TestOurOwnEngine:
    def test_a_check_of_the_native_format_may_be_a_mapping_or_text(self):
        rule = {"type": "custom", "engine": "airflow-gov", "severity": "info", "dimension": "ac"}
        mapping = with_rule(
            {**rule, "implementation": {"quantile": {"q": 0.5, "at_most": 9}}}, on="p"
        )
        text = with_rule({**rule, "implementation": "quantile: {q: 0.5, at_most: 9}"}, on="p")
        assert only(mapping) == only(text)
        check = only(mapping)
        assert (check.columns, check.quantile, check.severity) == (("total",), 0.5, "warning")
        assert (check.dimension, check.place) == ("accuracy", "schema[0].properties[1].quality[0]")

    def test_it_may_not_name_a_column_that_the_contract_does_not_have(self):
        rule = {"type": "custom", "engine": "airflow-gov", "implementation": {"not_null": "totl"}}
        with pytest.raises(ContractInvalid, match="no column 'totl'; did you mean 'total'"):
            with_rule(rule)


class TestObjects:
    def test_one_of_several_is_chosen_by_any_of_its_names(self):
        made = document()
        made["schema"].append(
            {"name": "lines", "physicalName": "lines_v2", "id": "l", "properties": [{"name": "n"}]}
        )
        for name in ("lines", "lines_v2", "l"):
            contract = contracts.load(made, object_name=name)
            assert (contract.object_name, [e.columns for e in contract.expectations]) == (
                "lines",
                [("n",)],
            )

    def test_without_a_choice_the_names_are_told(self):
        made = document()
        made["schema"].append({"name": "lines", "properties": [{"name": "n"}]})
        with pytest.raises(
            ContractInvalid, match=r"2 schema objects \(orders, lines\).*object_name="
        ):
            contracts.load(made)
        with pytest.raises(ContractInvalid, match="called 'ordrs'; did you mean 'orders'"):
            contracts.load(made, object_name="ordrs")

    def test_mistakes_of_the_others_are_told_too(self):
        made = document()
        made["schema"].append({"name": "lines", "properties": [{"nam": "n"}]})
        with pytest.raises(ContractInvalid, match="did you mean 'name'"):
            contracts.load(made, object_name="orders")

    def test_checks_are_of_the_physical_columns(self):
        made = document()
        made["schema"][0]["properties"] = [
            {"name": "id", "physicalName": "order_id", "unique": True}
        ]
        assert only(contracts.load(made)).columns == ("order_id",)

    @pytest.mark.parametrize("version", ["v3.2.0", "v2.2.2", "3.1.0", "v3.1"])
    def test_other_versions_of_the_standard_are_refused(self, version: str):
        with pytest.raises(ContractInvalid, match=r"expected v3\.0\.x or v3\.1\.x"):
            contracts.load(document(apiVersion=version))

    @pytest.mark.parametrize("schema", [None, [], "orders", [5], [{}]], ids=str)
    def test_a_document_without_an_object_has_nothing_to_check(self, schema: Any):
        with pytest.raises(ContractInvalid):
            contracts.load(document(schema=schema))


class TestTypes:
    def test_a_physical_type_beside_a_logical_one_only_warns(self):
        made = document()
        made["schema"][0]["properties"] = [
            {"name": "a", "physicalType": "bigint"},
            {"name": "b", "physicalType": "bigint", "logicalType": "integer"},
        ]
        levels = {e.check_id: e.severity for e in contracts.load(made).expectations}
        assert levels["a.physical_type"] == "error"
        assert levels["b.physical_type"] == "warning"
        assert levels["b.type"] == "error"

    def test_the_date_of_v3_0_may_be_a_timestamp(self):
        made = document(apiVersion="v3.0.0")
        made["schema"][0]["properties"] = [{"name": "a", "logicalType": "date"}]
        assert only(contracts.load(made)).or_types == ("timestamp", "time")
        assert only(contracts.load({**made, "apiVersion": "v3.1.0"})).or_types == ()


class TestServiceLevels:
    @pytest.mark.parametrize(
        ("unit", "value", "age"),
        [
            ("d", 4, timedelta(days=4)),
            ("hours", 1.5, timedelta(minutes=90)),
            ("y", 1, timedelta(days=365)),
            (None, "PT36H", timedelta(hours=36)),
        ],
    )
    def test_latency_is_the_largest_age_of_the_newest_value(
        self, unit: str | None, value: Any, age: timedelta
    ):
        level = {"property": "Latency", "value": value, "unit": unit, "element": "total"}
        check = only(contracts.load(document(slaProperties=[level])))
        assert (check.kind, check.columns, check.max_age) == (CheckKind.FRESHNESS, ("total",), age)

    def test_a_promise_that_is_not_about_the_data_is_recorded_and_not_judged(self):
        level = {"property": "timeToRepair", "value": 4, "unit": "h"}
        contract = contracts.load(document(slaProperties=[level]))
        assert contract.outside == ("slaProperties[0]: timeToRepair 4 h",)
        assert contract.not_evaluated == ()


class TestTheStandard:
    @pytest.mark.parametrize(
        "path",
        [CENSUS, REPOSITORY / "tests/golden/contracts/odcs_31_every_part.yaml"],
        ids=lambda path: path.stem,
    )
    def test_documents_that_we_accept_meet_its_own_schema(self, path: Path):
        schema = importlib.resources.files("open_data_contract_standard") / "schema.json"
        text = json.loads(json.dumps(yaml.safe_load(path.read_text()), default=str))
        rules = json.loads(schema.read_text())
        assert list(jsonschema.validators.validator_for(rules)(rules).iter_errors(text)) == []

    def test_the_census_contract_is_worth_reading(self):
        contract = contracts.load(CENSUS)
        kinds = {check.kind for check in contract.expectations}
        assert len(contract.expectations) > 70
        assert len(kinds) >= 10
        assert contract.not_evaluated == ()
