"""BiasCheck on real files and databases, with a real governance database."""

from __future__ import annotations

import hashlib
import logging
import shutil
import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from sqlalchemy import create_engine, make_url

from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.exceptions import ArgumentInvalid, GovernanceError, StoreUnavailable
from airflow_gov_provider.hooks.governance import recorded_in_run
from airflow_gov_provider.operators.bias import BiasCheck

ADULT = Path(__file__).parents[2] / "golden" / "golden_fairness_adult.csv"
CONTEXT: Any = {
    "ti": SimpleNamespace(
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
