"""BiasCheck on real files and databases, with a real governance database."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from fakes.task_instances import TaskInstance
from sqlalchemy import create_engine, make_url

from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.exceptions import ArgumentInvalid, GovernanceError, StoreUnavailable
from airflow_gov_provider.hooks.governance import recorded_in_run
from airflow_gov_provider.operators.bias import BiasCheck

ADULT = Path(__file__).parents[2] / "golden" / "golden_fairness_adult.csv"
CONTEXT: Any = {
    "ti": TaskInstance(
        dag_id="income", run_id="run-1", task_id="check_bias", map_index=-1, try_number=1
    )
}


def check(**arguments: Any) -> BiasCheck:
    defaults: dict[str, Any] = {
        "task_id": "check_bias",
        "predictions": ADULT,
        "label": "y_true",
        "positive_label": 1,
        "prediction": "y_pred",
        "sensitive_features": ["sex"],
        "thresholds": {"demographic_parity_difference": 0.3},
    }
    chosen = {**defaults, **arguments}
    return BiasCheck(**{name: value for name, value in chosen.items() if value is not ...})


def recorded() -> list[Evidence]:
    return recorded_in_run("income", "run-1")


def finding(evidence: Evidence, check_id: str) -> dict[str, Any]:
    return next(f for f in evidence.body["findings"] if f["check"] == check_id)


def test_decisions_that_are_equal_enough_pass_and_are_recorded(sqlite_store: str) -> None:
    passed = check(model_name="income", model_version=3).execute(CONTEXT)

    evidence = recorded()[0]
    assert passed["verdict"] == "PASSED"
    assert passed["evidence_id"] == evidence.evidence_id
    assert evidence.kind is EvidenceKind.BIAS
    assert evidence.model == ModelRef(name="income", version="3")
    assert evidence.verdict is Verdict.PASSED


def test_the_census_data_fail_four_fifths_by_sex_and_block(sqlite_store: str) -> None:
    with pytest.raises(AirflowFailException, match="four_fifths"):
        check(thresholds={"four_fifths": None}).execute(CONTEXT)

    found = finding(recorded()[0], "sex:four_fifths")
    assert found["verdict"] == "FAILED"
    assert found["observed"] == pytest.approx(0.22232063945031655, abs=1e-9)
    assert found["details"]["worst_pair"]["group"] == "Female"
    assert found["details"]["worst_pair"]["against"] == "Male"


def test_a_review_lets_the_run_go_on_with_the_failure_standing(sqlite_store: str) -> None:
    result = check(thresholds={"four_fifths": 0.8}, on_fail="review").execute(CONTEXT)

    assert result["verdict"] == "FAILED"
    assert recorded()[0].verdict is Verdict.FAILED


def test_the_evidence_shows_groups_rates_and_what_was_asked(sqlite_store: str) -> None:
    check(
        sensitive_features=["sex", "race"], intersections=True, on_fail="review", weight=...
    ).execute(CONTEXT)

    body = recorded()[0].body
    assert [f["feature"] for f in body["features"]] == ["sex", "race", "sex & race"]
    women = body["features"][0]["groups"][0]
    assert (women["group"], women["n"]) == ("Female", 3700)
    assert women["counts"] == {"tp": 162, "fp": 49, "fn": 269, "tn": 3220}
    assert women["intervals"]["selection_rate"] == pytest.approx([0.0500042, 0.0649687], abs=1e-6)
    assert body["question"]["positive_label"] == [1]
    assert body["source"]["sha256"] == hashlib.sha256(ADULT.read_bytes()).hexdigest()
    assert body["findings"][0]["kind"] == "judged_rows"


def test_the_log_shows_a_table_of_groups(
    sqlite_store: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        check().execute(CONTEXT)

    told = capsys.readouterr().out + caplog.text
    assert "Female  3700    0.0570" in told


def test_a_warning_gate_lets_pass_and_says_so(sqlite_store: str) -> None:
    result = check(thresholds={"four_fifths": 0.8}, on_fail="warn").execute(CONTEXT)

    assert result["verdict"] == "WARNED"
    assert recorded()[0].body["verdict_before_policy"] == "FAILED"


def test_scores_weights_references_and_small_groups_reach_the_evidence(sqlite_store: str) -> None:
    check(
        prediction=...,
        score="y_score",
        threshold=0.5,
        weight="sample_weight",
        sensitive_features=["sex", "race"],
        intersections=[["sex", "race"]],
        reference_groups={"sex": "Male", "race": "White"},
        exclude_groups={"race": ["Other"]},
        min_group_size=50,
        small_groups="ignore",
        thresholds={"equal_opportunity_difference": {"at_most": 0.6, "features": ["sex & race"]}},
        on_fail="review",
    ).execute(CONTEXT)

    body = recorded()[0].body
    crossed = body["features"][2]
    assert body["weighted"]
    assert crossed["reference"] == "sex=Male & race=White"
    assert {p["against"] for p in crossed["metrics"][0]["comparisons"]} == {crossed["reference"]}
    assert crossed["metrics"][0]["left_out"] == {
        "sex=Female & race=Amer-Indian-Eskimo": "43 judged rows, fewer than 50",
        "sex=Female & race=Other": "race=Other is excluded by the author",
        "sex=Male & race=Other": "race=Other is excluded by the author",
    }


def database(tmp_path: Path) -> Path:
    """The census predictions as a SQLite table."""
    import pandas as pd

    path = tmp_path / "predictions.db"
    with sqlite3.connect(path) as connection:
        pd.read_csv(ADULT).to_sql("scored people", connection, index=False)
    connection.close()
    return path


def test_a_table_behind_a_connection_is_checked(
    sqlite_store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "AIRFLOW_CONN_PREDICTIONS",
        json.dumps({"conn_type": "sqlite", "host": str(database(tmp_path))}),
    )

    check(predictions=..., conn_id="predictions", table="scored people").execute(CONTEXT)
    check(
        predictions=...,
        conn_id="predictions",
        query="SELECT * FROM \"scored people\" WHERE race = 'White'",
    ).execute(CONTEXT)

    table, query = recorded()
    assert table.body["rows"]["judged"] == 11306
    assert query.body["rows"]["judged"] == 9782
    assert table.body["source"] == {
        "kind": "database",
        "conn_id": "predictions",
        "table": "scored people",
        "query": None,
    }


def test_a_table_in_postgresql_is_checked(
    sqlite_store: str, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pandas as pd

    engine = create_engine(postgres_url)
    pd.read_csv(ADULT).to_sql("scored", engine, index=False)
    engine.dispose()
    url = make_url(postgres_url)
    monkeypatch.setenv(
        "AIRFLOW_CONN_PREDICTIONS",
        f"postgres://{url.username}:{url.password or ''}@/{url.database}?host={url.query['host']}",
    )

    check(predictions=..., conn_id="predictions", table="public.scored").execute(CONTEXT)

    assert recorded()[0].body["rows"]["judged"] == 11306


# What an author hears.


def test_all_mistakes_in_the_arguments_are_reported_at_once() -> None:
    with pytest.raises(ArgumentInvalid) as error:
        check(
            conn_id="also",
            score="y_score",
            sensitive_features="sex",
            min_group_size=0,
            max_unjudged_share=5,
            small_groups="skip",
            on_fail="explode",
            thresholds={"four_fifth": 0.8, "equal_opportunity_difference": {"at_least": 0.1}},
        )

    for part in (
        "either predictions= (a path) or conn_id=, found both",
        "either prediction= or score=, found both",
        "score= and threshold= go together",
        "sensitive_features is a list of at least one column, found 'sex'",
        "min_group_size is a whole number of at least 1, found 0",
        "max_unjudged_share is a share from 0 to 1, found 5",
        "on_fail is one of 'block', 'review', 'warn', found 'explode'",
        "unknown metric 'four_fifth'; did you mean four_fifths",
        "equal_opportunity_difference: a difference takes at_most",
    ):
        assert part in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "heard"),
    [
        ({"predictions": ...}, "found neither"),
        ({"predictions": ..., "conn_id": "c"}, "either table= or query=, found neither"),
        ({"predictions": ..., "conn_id": "c", "table": "t", "query": "q"}, "query=, found both"),
        ({"table": "t"}, "belong to conn_id="),
        ({"prediction": ...}, "either prediction= or score=, found neither"),
        ({"positive_label": None}, "positive_label names the value"),
        ({"prediction": ..., "score": "s", "threshold": "0.5"}, "threshold is a number"),
        ({"sensitive_features": []}, "at least one column"),
        ({"sensitive_features": ["sex", "sex"]}, "names a column twice"),
        ({"intersections": [["sex", "race"]]}, "at least two sensitive_features"),
        ({"intersections": [["sex"]]}, "at least two sensitive_features"),
        ({"intersections": ["sex"]}, "at least two sensitive_features"),
        ({"reference_groups": {"race": "White"}}, "'race', which is not in sensitive_features"),
        ({"reference_groups": {"sex": ["Male"]}}, "is one value, found ['Male']"),
        ({"exclude_groups": {"sex": "Male"}}, "is a list of values, found 'Male'"),
        ({"model_name": "income"}, "model_name and model_version go together"),
        ({"thresholds": {}}, "thresholds is empty"),
        ({"small_groups": "skip"}, "'insufficient', 'ignore'"),
        (
            {"thresholds": {"four_fifths": {"at_least": 0.8, "features": ["race"]}}},
            "features names 'race', expected one of sex",
        ),
        ({"min_group_share": True}, "min_group_share is a share"),
    ],
)
def test_a_mistake_in_the_arguments_is_named(arguments: dict[str, Any], heard: str) -> None:
    with pytest.raises(ArgumentInvalid, match=re.escape(heard)):
        check(**arguments)


def test_what_is_demanded_cannot_come_from_a_template() -> None:
    assert set(BiasCheck.template_fields) == {
        "predictions",
        "table",
        "query",
        "model_name",
        "model_version",
    }


@pytest.mark.parametrize(
    ("arguments", "heard"),
    [
        ({"predictions": "/nowhere/at-all.parquet"}, "no such file"),
        ({"sensitive_features": ["gender"]}, "has no column gender; found sex, race"),
        ({"positive_label": ">50K"}, "among the values of y_true"),
        ({"weight": "race"}, "cannot be counted"),
        ({"sensitive_features": ["sample_weight"]}, "Put numbers into bins"),
        ({"model_name": "income", "model_version": ""}, "go together"),
        ({"predictions": " "}, "predictions is empty after its template was rendered"),
    ],
)
def test_a_mistake_in_the_data_fails_at_once_and_records_nothing(
    sqlite_store: str, arguments: dict[str, Any], heard: str
) -> None:
    with pytest.raises(AirflowFailException, match=heard):
        check(**arguments).execute(CONTEXT)

    assert recorded() == []


def test_an_empty_file_is_an_error_and_a_table_without_rows_is_insufficient(
    sqlite_store: str, tmp_path: Path
) -> None:
    (tmp_path / "nothing.csv").touch()
    (tmp_path / "header.csv").write_text("sex,y_true,y_pred\n")

    with pytest.raises(AirflowFailException, match="is empty"):
        check(predictions=tmp_path / "nothing.csv").execute(CONTEXT)
    with pytest.raises(AirflowFailException, match="INSUFFICIENT"):
        check(predictions=tmp_path / "header.csv").execute(CONTEXT)

    assert [e.verdict for e in recorded()] == [Verdict.INSUFFICIENT]


def test_a_feature_without_any_value_is_insufficient_with_the_reason(
    sqlite_store: str, tmp_path: Path
) -> None:
    lines = ["sex,y_true,y_pred", *[f",{i % 2},{i % 3 % 2}" for i in range(100)]]
    (tmp_path / "nobody.csv").write_text("\n".join(lines))

    with pytest.raises(AirflowFailException, match="sex has no value in any row"):
        check(predictions=tmp_path / "nobody.csv").execute(CONTEXT)

    assert finding(recorded()[0], "sex:demographic_parity_difference")["verdict"] == "INSUFFICIENT"


def test_a_missing_connection_fails_at_once(sqlite_store: str) -> None:
    with pytest.raises(AirflowFailException, match="no such connection"):
        check(predictions=..., conn_id="nowhere", table="t").execute(CONTEXT)


def test_a_database_that_is_away_is_tried_again(
    sqlite_store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_AWAY", "postgres://u:secret@127.0.0.1:1/x")

    with pytest.raises(GovernanceError) as error:
        check(predictions=..., conn_id="away", table="t").execute(CONTEXT)

    assert error.value.retry_helps
    assert "secret" not in str(error.value)


def test_nobody_passes_while_the_governance_database_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(
        "AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", "postgresql+psycopg://u:secret@127.0.0.1:1/x"
    )

    with pytest.raises(StoreUnavailable):
        check().execute(CONTEXT)


def test_no_value_of_a_row_is_in_the_evidence_but_the_names_of_groups(
    sqlite_store: str, tmp_path: Path
) -> None:
    lines = ["sex,y_true,y_pred,name"]
    lines += [f"{'FM'[i % 2]},{i % 3 % 2},{i % 5 % 2},Person-{i}" for i in range(200)]
    (tmp_path / "people.csv").write_text("\n".join(lines))

    check(predictions=tmp_path / "people.csv", on_fail="review").execute(CONTEXT)

    assert "Person-" not in recorded()[0].document.decode()


def test_a_corrupt_file_fails_at_once(sqlite_store: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.parquet"
    shutil.copy(ADULT, path)

    with pytest.raises(AirflowFailException, match="is not a readable parquet file"):
        check(predictions=path).execute(CONTEXT)


def test_a_secret_in_the_place_of_the_data_is_in_no_part_of_the_evidence(sqlite_store, tmp_path):
    from airflow.sdk.log import mask_secret

    mask_secret("rosebud-of-the-file")
    path = tmp_path / "rosebud-of-the-file.csv"
    path.write_bytes(ADULT.read_bytes())

    check(predictions=path).execute(CONTEXT)

    (evidence,) = recorded()
    assert b"rosebud-of-the-file" not in evidence.document
    assert evidence.subject.endswith("***.csv")
