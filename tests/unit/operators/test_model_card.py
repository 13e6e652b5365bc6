from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from airflow_gov_provider.domain import cards
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.exceptions import ArgumentInvalid, StoreUnavailable
from airflow_gov_provider.hooks.governance import recorded_in_run
from airflow_gov_provider.operators.base import record_evidence
from airflow_gov_provider.operators.model_card import ModelCardOperator

HUMAN = {
    "owner": "Risk team",
    "contact": "risk@example.com",
    "license": "apache-2.0",
    "task": "tabular-classification",
    "intended_use": "An example.",
    "users": ["reviewers"],
    "out_of_scope": ["decisions about people"],
    "limitations": ["old data"],
    "ethical_considerations": ["groups differ"],
    "risks": [{"risk": "misuse", "mitigation": "review"}],
}


def operator(mlflow: Any, version: str, **more: Any) -> ModelCardOperator:
    return ModelCardOperator(
        task_id="write_card",
        model_name="income_model",
        model_version=version,
        tracking_uri=mlflow.uri,
        **more,
    )


def card_evidence() -> list[Evidence]:
    return [e for e in recorded_in_run("a_dag", "run_1") if e.kind is EvidenceKind.CARD]


def gates(context: Any, version: str) -> None:
    record_evidence(
        context("check_data"),
        kind=EvidenceKind.QUALITY,
        subject="adult_income",
        verdict=Verdict.PASSED,
        summary="PASSED: 20 passed",
        body={"findings": []},
    )
    record_evidence(
        context("check_bias"),
        kind=EvidenceKind.BIAS,
        subject="predictions",
        verdict=Verdict.FAILED,
        summary="FAILED: 1 failed",
        body={"findings": [], "features": []},
        model=ModelRef(name="income_model", version=version),
    )


def stored_files(mlflow: Any, evidence: Evidence) -> dict[str, bytes]:
    directory = Path(evidence.body["artifact_uri"].removeprefix("file://"))
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_the_card_is_logged_tagged_and_recorded_with_one_digest(
    sqlite_store, mlflow_store, task_context
):
    run_id = mlflow_store.run()
    version = mlflow_store.version(run_id=run_id)
    gates(task_context, version)

    result = operator(mlflow_store, version, human=HUMAN).execute(task_context("write_card"))

    (evidence,) = card_evidence()
    files = stored_files(mlflow_store, evidence)
    card = cards.from_json(evidence.body["card"])
    tags = mlflow_store.client.get_model_version("income_model", version).tags
    assert evidence.verdict is Verdict.WARNED  # the run recorded no program
    assert evidence.body["missing"] == ["code"]
    assert evidence.model == ModelRef(name="income_model", version=version)
    assert result["evidence_id"] == evidence.evidence_id == tags["governance.card_evidence_id"]
    assert result["card_digest"] == evidence.body["card_digest"] == cards.card_digest(card)
    assert tags["governance.card_digest"] == result["card_digest"]
    assert files == {
        "model_card.json": cards.to_json_bytes(card),
        "model_card.md": cards.to_markdown(card).encode(),
        "model_card.html": cards.to_html(card).encode(),
    }
    assert [g.verdict for g in card.evaluation.fairness.value] == [Verdict.FAILED]
    assert card.training.datasets.value[0].digest == "80d88c1d"
    assert json.dumps(result)


def test_a_card_without_a_human_part_says_that_it_is_missing(
    sqlite_store, mlflow_store, task_context
):
    version = mlflow_store.version()

    result = operator(mlflow_store, version).execute(task_context("write_card"))

    (evidence,) = card_evidence()
    assert result["verdict"] == "WARNED"
    assert set(HUMAN) <= set(evidence.body["missing"])
    assert {"quality", "fairness"} <= set(evidence.body["missing"])
    text = stored_files(mlflow_store, evidence)["model_card.md"].decode()
    assert "- **Owner** (missing): _missing_" in text


def test_a_missing_required_statement_fails_after_the_card_is_recorded(
    sqlite_store, mlflow_store, task_context
):
    version = mlflow_store.version()
    failing = operator(mlflow_store, version, required=["owner", "datasets", "fairness"])

    with pytest.raises(AirflowFailException, match="owner statement"):
        failing.execute(task_context("write_card"))

    (evidence,) = card_evidence()
    assert evidence.verdict is Verdict.FAILED
    assert evidence.body["findings"][0]["verdict"] == "PASSED"
    assert stored_files(mlflow_store, evidence)
    assert mlflow_store.client.get_model_version("income_model", version).tags == {}


def test_a_missing_required_statement_only_warns_when_the_author_says_so(
    sqlite_store, mlflow_store, task_context
):
    version = mlflow_store.version()
    warning = operator(mlflow_store, version, required=["owner"], on_missing="warn")

    assert warning.execute(task_context("write_card"))["verdict"] == "WARNED"


def test_a_second_card_leaves_the_files_of_the_first_alone(
    sqlite_store, mlflow_store, task_context
):
    version = mlflow_store.version()
    operator(mlflow_store, version).execute(task_context("write_card"))
    operator(mlflow_store, version, human=HUMAN).execute(task_context("write_card", try_number=2))

    for evidence in card_evidence():
        content = stored_files(mlflow_store, evidence)["model_card.json"]
        assert content == cards.to_json_bytes(cards.from_json(evidence.body["card"]))
    tags = mlflow_store.client.get_model_version("income_model", version).tags
    assert tags["governance.card_evidence_id"] == card_evidence()[-1].evidence_id


def test_credentials_in_parameters_tags_and_values_appear_nowhere(
    sqlite_store, mlflow_store, task_context
):
    from airflow.sdk.log import mask_secret

    mask_secret("correct-horse-battery")
    version = mlflow_store.version(
        params={"db_password": "hunter2", "note": "correct-horse-battery", "depth": "3"},
        tags={"api_key": "s3cr3t", "source": "postgresql://anna:pa55@host/db"},
    )
    mlflow_store.client.set_model_version_tag("income_model", version, "auth_token", "t0k3n")
    human = {**HUMAN, "contact": "call https://bob:pw4711@host or correct-horse-battery"}

    operator(mlflow_store, version, human=human).execute(task_context("write_card"))

    (evidence,) = card_evidence()
    everything = evidence.document + b"".join(stored_files(mlflow_store, evidence).values())
    for secret in (b"hunter2", b"correct-horse", b"s3cr3t", b"pa55", b"t0k3n", b"pw4711"):
        assert secret not in everything
    assert evidence.body["card_digest"] == cards.card_digest(cards.from_json(evidence.body["card"]))


def test_the_human_part_is_read_from_a_file(sqlite_store, mlflow_store, task_context, tmp_path):
    path = tmp_path / "model.card.yaml"
    path.write_text("owner: Risk team\nlimitations: old data\n")
    version = mlflow_store.version()

    operator(mlflow_store, version, human=path).execute(task_context("write_card"))

    card = cards.from_json(card_evidence()[0].body["card"])
    assert card.provider.owner.value == "Risk team"
    assert card.provider.owner.source == "model.card.yaml"
    assert card.considerations.limitations.value == ("old data",)


@pytest.mark.usefixtures("sqlite_store")
@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("owner: [a, b]\nlimitation: old\nusers: []\n", "3 problems"),
        ("owner: 'unclosed", "line 1"),
        ("", "is empty"),
        ("- a list", "expected a mapping"),
        ("owner: a\nowner: b\n", "line 2, column 1: the key 'owner' stands twice"),
        (None, "No such file"),
    ],
)
def test_a_wrong_human_part_fails_at_once_and_writes_nothing(
    mlflow_store, task_context, tmp_path, content, said
):
    path = tmp_path / "model.card.yaml"
    if content is not None:
        path.write_text(content)
    version = mlflow_store.version()

    with pytest.raises(AirflowFailException, match=said):
        operator(mlflow_store, version, human=str(path)).execute(task_context("write_card"))

    assert card_evidence() == []
    assert mlflow_store.client.get_model_version("income_model", version).tags == {}


def test_a_version_without_a_run_needs_one_named(sqlite_store, mlflow_store, task_context):
    source = mlflow_store.directory.as_uri()
    version = mlflow_store.version(run_id="", source=source)

    with pytest.raises(AirflowFailException, match="registered without a run"):
        operator(mlflow_store, version).execute(task_context("write_card"))

    run_id = mlflow_store.run()
    operator(mlflow_store, version, mlflow_run_id=run_id).execute(task_context("write_card"))
    assert card_evidence()[0].body["run_id"] == run_id


def test_facts_of_another_run_are_refused(sqlite_store, mlflow_store, task_context):
    version = mlflow_store.version()

    with pytest.raises(AirflowFailException, match="leave mlflow_run_id out"):
        operator(mlflow_store, version, mlflow_run_id="another").execute(task_context())


def test_a_missing_version_fails_without_a_retry(sqlite_store, mlflow_store, task_context):
    with pytest.raises(AirflowFailException, match="no version 4"):
        operator(mlflow_store, "4").execute(task_context("write_card"))


def test_without_the_store_nothing_is_written_and_a_retry_may_help(
    mlflow_store, task_context, monkeypatch
):
    away = "postgresql+psycopg://127.0.0.1:9/governance"
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", away)
    version = mlflow_store.version()

    with pytest.raises(StoreUnavailable):
        operator(mlflow_store, version).execute(task_context("write_card"))

    assert mlflow_store.client.get_model_version("income_model", version).tags == {}
    assert list(mlflow_store.directory.glob("**/model_card.json")) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"required": ["owners"]}, "no statement is called 'owners'"),
        ({"required": "owner"}, "no statement"),
        ({"on_missing": "ignore"}, "expected 'fail' or 'warn'"),
    ],
)
def test_wrong_arguments_are_refused_while_the_dag_is_parsed(arguments, said):
    with pytest.raises(ArgumentInvalid, match=said):
        ModelCardOperator(task_id="t", model_name="m", model_version="1", **arguments)
