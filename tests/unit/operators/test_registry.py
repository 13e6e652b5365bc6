from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException
from sqlalchemy import create_engine, text

from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.exceptions import (
    AliasContended,
    ArgumentInvalid,
    RegistryError,
    StoreUnavailable,
)
from airflow_gov_provider.hooks import governance
from airflow_gov_provider.hooks.governance import recorded_in_run
from airflow_gov_provider.operators import registry as subject
from airflow_gov_provider.operators.base import record_evidence
from airflow_gov_provider.operators.bias import BiasCheck
from airflow_gov_provider.operators.registry import PromoteModelOperator
from airflow_gov_provider.sensors.approval import HumanApprovalSensor

NAME = "income_model"


@pytest.fixture
def versions(mlflow_store) -> list[str]:
    return [mlflow_store.version(), mlflow_store.version()]


@pytest.fixture
def evidence_of(sqlite_store, task_context):
    """Record what a promotion of the version needs."""

    def record(version: str, *, bias: Verdict = Verdict.PASSED, run_id: str = "run_1") -> None:
        model = ModelRef(name=NAME, version=version)
        for kind, verdict, about in (
            (EvidenceKind.QUALITY, Verdict.PASSED, None),
            (EvidenceKind.BIAS, bias, model),
            (EvidenceKind.CARD, Verdict.WARNED, model),
        ):
            record_evidence(
                task_context(f"{kind}_task", run_id=run_id),
                kind=kind,
                subject=kind.value,
                verdict=verdict,
                summary=verdict.value,
                body={},
                model=about,
            )

    return record


def approve(context: Any, version: str) -> Evidence:
    shown = [
        {"evidence_id": e.evidence_id, "digest": e.digest, "kind": e.kind, "verdict": e.verdict}
        for e in recorded_in_run("a_dag", "run_1")
    ]
    return record_evidence(
        context("approve"),
        kind=EvidenceKind.APPROVAL,
        subject="promote?",
        verdict=Verdict.PASSED,
        summary="approved by anna",
        body={"shown": shown},
        model=ModelRef(name=NAME, version=version),
    )


def promote(mlflow: Any, version: str, **more: Any) -> PromoteModelOperator:
    return PromoteModelOperator(
        task_id="promote",
        model_name=NAME,
        model_version=version,
        tracking_uri=mlflow.uri,
        **more,
    )


def promotions(run_id: str = "run_1") -> list[Evidence]:
    return [e for e in recorded_in_run("a_dag", run_id) if e.kind is EvidenceKind.PROMOTION]


def stages() -> list[tuple[str, str]]:
    return [(e.body["stage"], e.verdict.value) for e in promotions()]


def leases(url: str) -> int:
    with create_engine(url).connect() as connection:
        return connection.scalar(text("SELECT count(*) FROM lease"))


def test_an_allowed_promotion_sets_the_alias_and_records_intent_and_outcome(
    sqlite_store, mlflow_store, versions, evidence_of, task_context
):
    evidence_of("1")

    result = promote(mlflow_store, "1").execute(task_context("promote"))

    intended, done = promotions()
    assert mlflow_store.alias() == "1"
    assert stages() == [("intended", "INSUFFICIENT"), ("done", "PASSED")]
    assert done.model == intended.model == ModelRef(name=NAME, version="1")
    assert done.body["previous_version"] is None
    assert done.body["changed"] is True
    assert done.body["alias"] == "champion"
    assert done.body["registry"] == mlflow_store.uri
    recorded = {e.evidence_id: e for e in recorded_in_run("a_dag", "run_1")}
    assert [d["kind"] for d in done.body["decided_upon"]] == ["quality", "bias", "card"]
    for entry in done.body["decided_upon"]:
        assert recorded[entry["evidence_id"]].digest == entry["digest"]
    assert result["evidence_id"] == done.evidence_id
    assert (result["alias"], result["version"], result["previous_version"]) == (
        "champion",
        "1",
        None,
    )
    assert leases(sqlite_store) == 0


def test_the_version_that_had_the_alias_before_is_recorded(
    mlflow_store, versions, evidence_of, task_context
):
    mlflow_store.client.set_registered_model_alias(NAME, "champion", "1")
    evidence_of("2")

    promote(mlflow_store, "2").execute(task_context("promote"))

    assert mlflow_store.alias() == "2"
    assert promotions()[-1].body["previous_version"] == "1"


def test_a_refusal_names_every_reason_records_them_and_changes_nothing(
    sqlite_store, mlflow_store, versions, task_context
):
    mlflow_store.client.set_registered_model_alias(NAME, "champion", "1")

    with pytest.raises(AirflowFailException) as caught:
        promote(mlflow_store, "2", required=["quality", "bias", "card", "approval"]).execute(
            task_context("promote")
        )

    (refused,) = promotions()
    assert mlflow_store.alias() == "1"
    assert refused.verdict is Verdict.FAILED
    assert refused.body["stage"] == "refused"
    assert refused.body["required"] == ["quality", "bias", "card", "approval"]
    assert len(refused.body["reasons"]) == 4
    for reason in refused.body["reasons"]:
        assert reason in str(caught.value)


def test_a_failed_check_needs_an_approval_that_saw_it(
    mlflow_store, versions, evidence_of, task_context
):
    evidence_of("2", bias=Verdict.FAILED)
    with pytest.raises(AirflowFailException, match="nobody has approved it"):
        promote(mlflow_store, "2").execute(task_context("promote"))

    approval = approve(task_context, "2")
    promote(mlflow_store, "2").execute(task_context("promote", try_number=2))

    done = promotions()[-1]
    assert mlflow_store.alias() == "2"
    assert done.body["approvals"] == [approval.evidence_id]
    assert [a["approval"] for a in done.body["accepted"]] == [approval.evidence_id]


def test_promoting_again_is_recorded_and_keeps_the_previous_version(
    mlflow_store, versions, evidence_of, task_context
):
    mlflow_store.client.set_registered_model_alias(NAME, "champion", "1")
    evidence_of("2")
    promote(mlflow_store, "2").execute(task_context("promote"))

    promote(mlflow_store, "2").execute(task_context("promote", try_number=2))

    assert mlflow_store.alias() == "2"
    assert promotions()[-1].body["changed"] is False
    assert promotions()[-1].body["previous_version"] == "1"


def test_an_alias_that_already_points_there_for_another_reason_is_its_own_previous(
    mlflow_store, versions, evidence_of, task_context
):
    mlflow_store.client.set_registered_model_alias(NAME, "champion", "2")
    evidence_of("2")

    result = promote(mlflow_store, "2").execute(task_context("promote"))

    assert result["previous_version"] == "2"
    assert promotions()[-1].body["changed"] is False


class Killed(BaseException):
    """The process ends here: no handler of ours sees it coming."""


@pytest.mark.parametrize("crash", ["before the alias is set", "after the alias is set"])
def test_a_retry_completes_what_a_crash_left_with_the_right_previous_version(  # noqa: PLR0917
    mlflow_store, versions, evidence_of, task_context, monkeypatch, crash
):
    mlflow_store.client.set_registered_model_alias(NAME, "champion", "1")
    evidence_of("2")
    point = subject.aliases.point

    def dying(*args: Any) -> None:
        if crash.startswith("after"):
            point(*args)
        raise Killed

    monkeypatch.setattr(subject.aliases, "point", dying)
    with pytest.raises(Killed):
        promote(mlflow_store, "2").execute(task_context("promote"))
    assert stages() == [("intended", "INSUFFICIENT")]
    monkeypatch.setattr(subject.aliases, "point", point)

    promote(mlflow_store, "2").execute(task_context("promote", try_number=2))

    assert mlflow_store.alias() == "2"
    assert promotions()[-1].verdict is Verdict.PASSED
    assert promotions()[-1].body["previous_version"] == "1"


def test_a_crash_that_left_its_lease_behind_does_not_stop_the_retry(
    mlflow_store, versions, evidence_of, task_context, monkeypatch
):
    evidence_of("2")
    release = subject.leases.release
    monkeypatch.setattr(subject.leases, "release", lambda *_, **__: None)
    promote(mlflow_store, "2").execute(task_context("promote"))
    monkeypatch.setattr(subject.leases, "release", release)

    promote(mlflow_store, "2").execute(task_context("promote", try_number=2))

    assert promotions()[-1].verdict is Verdict.PASSED


def test_while_another_task_promotes_nothing_changes_and_a_retry_may_help(
    mlflow_store, versions, evidence_of, task_context, monkeypatch
):
    evidence_of("1", run_id="run_0")
    evidence_of("2")
    monkeypatch.setattr(subject.leases, "release", lambda *_, **__: None)
    promote(mlflow_store, "1").execute(task_context("promote", run_id="run_0"))

    with pytest.raises(AliasContended, match="another task is promoting"):
        promote(mlflow_store, "2").execute(task_context("promote"))

    assert mlflow_store.alias() == "1"
    assert promotions() == []
    later = governance.utcnow() + subject.LEASE_LASTS + timedelta(seconds=1)
    monkeypatch.setattr(subject, "utcnow", lambda: later)
    promote(mlflow_store, "2").execute(task_context("promote"))
    assert mlflow_store.alias() == "2"


def test_aliases_of_one_model_do_not_wait_for_each_other(
    mlflow_store, versions, evidence_of, task_context, monkeypatch
):
    evidence_of("1", run_id="run_0")
    evidence_of("2")
    monkeypatch.setattr(subject.leases, "release", lambda *_, **__: None)
    promote(mlflow_store, "1").execute(task_context("promote", run_id="run_0"))

    promote(mlflow_store, "2", alias="challenger").execute(task_context("promote"))

    assert (mlflow_store.alias(), mlflow_store.alias(alias="challenger")) == ("1", "2")


def both_at_once(attempt: Callable[[str], object]) -> dict[str, object]:
    """What came of attempts with "1" and "2" that started together."""
    start = threading.Barrier(2)
    outcomes: dict[str, object] = {}

    def run(version: str) -> None:
        start.wait()
        try:
            outcomes[version] = attempt(version)
        except AliasContended as error:
            outcomes[version] = error

    threads = [threading.Thread(target=run, args=(version,)) for version in ("1", "2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_of_two_promotions_at_once_only_one_is_ever_setting_the_alias(
    mlflow_store, versions, evidence_of, task_context, monkeypatch
):
    """Whoever comes second is told so, or reads what the first has set."""
    inside: list[str] = []
    most: list[int] = []
    point = subject.aliases.point

    def slow_point(registry: Any, name: str, alias: str, version: str) -> None:
        inside.append(version)
        most.append(len(inside))
        threading.Event().wait(0.3)
        point(registry, name, alias, version)
        inside.remove(version)

    monkeypatch.setattr(subject.aliases, "point", slow_point)
    for version in ("1", "2"):
        evidence_of(version, run_id=f"run_{version}")

    outcomes = both_at_once(
        lambda v: promote(mlflow_store, v).execute(task_context("promote", run_id=f"run_{v}"))
    )

    winners = [v for v, outcome in outcomes.items() if isinstance(outcome, dict)]
    winners.sort(key=lambda v: promotions(f"run_{v}")[-1].evidence_id)
    assert sorted(outcomes) == ["1", "2"]
    assert max(most) == 1
    assert mlflow_store.alias() == winners[-1]
    previous = [promotions(f"run_{v}")[-1].body["previous_version"] for v in winners]
    assert previous == [None, *winners[:-1]]


def test_an_alias_that_reads_back_as_another_version_fails_and_is_recorded(
    mlflow_store, versions, evidence_of, task_context, monkeypatch
):
    evidence_of("2")
    point = subject.aliases.point

    def overtaken(registry: Any, name: str, alias: str, version: str) -> None:
        point(registry, name, alias, version)
        point(registry, name, alias, "1")

    monkeypatch.setattr(subject.aliases, "point", overtaken)

    with pytest.raises(AirflowFailException, match="read back as 1"):
        promote(mlflow_store, "2").execute(task_context("promote"))

    assert stages()[-1] == ("not confirmed", "FAILED")
    assert promotions()[-1].body["found"] == "1"


def test_a_change_that_mlflow_refuses_is_recorded_as_failed(
    mlflow_store, versions, evidence_of, task_context, monkeypatch
):
    evidence_of("2")

    def refused(*_: Any) -> None:
        raise RegistryError("MLflow refused: PERMISSION_DENIED")

    monkeypatch.setattr(subject.aliases, "point", refused)

    with pytest.raises(AirflowFailException, match="PERMISSION_DENIED"):
        promote(mlflow_store, "2").execute(task_context("promote"))

    assert stages()[-1] == ("not confirmed", "FAILED")
    assert "PERMISSION_DENIED" in promotions()[-1].body["error"]


@pytest.mark.parametrize("alias", ["latest", "Latest", "v1", "V22", "", "a b", "a/b", "x" * 256])
def test_an_alias_that_mlflow_would_refuse_is_refused_while_the_dag_is_parsed(
    mlflow_store, versions, alias
):
    with pytest.raises(ArgumentInvalid, match="alias"):
        PromoteModelOperator(task_id="t", model_name=NAME, model_version="1", alias=alias)
    with pytest.raises(Exception, match=r"(?i)alias|name"):
        mlflow_store.client.set_registered_model_alias(NAME, alias, "1")


@pytest.mark.parametrize("alias", ["champion", "v1beta", "latest-eu", "A_1"])
def test_an_alias_that_mlflow_takes_is_taken(mlflow_store, versions, alias):
    mlflow_store.client.set_registered_model_alias(NAME, alias, "1")

    assert promote(mlflow_store, "1", alias=alias).alias == alias


def test_with_the_store_away_the_alias_stays(mlflow_store, versions, task_context, monkeypatch):
    mlflow_store.client.set_registered_model_alias(NAME, "champion", "1")
    away = "postgresql+psycopg://127.0.0.1:9/governance"
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", away)

    with pytest.raises(StoreUnavailable):
        promote(mlflow_store, "2").execute(task_context("promote"))

    assert mlflow_store.alias() == "1"


def test_with_the_store_going_away_before_the_intent_is_recorded_the_alias_stays(
    mlflow_store, versions, evidence_of, task_context, monkeypatch
):
    evidence_of("2")

    def away(*_: Any, **__: Any) -> None:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(subject, "record_evidence", away)

    with pytest.raises(StoreUnavailable):
        promote(mlflow_store, "2").execute(task_context("promote"))

    assert mlflow_store.alias() is None


def test_a_version_that_does_not_exist_is_not_promoted(
    sqlite_store, mlflow_store, versions, evidence_of, task_context
):
    evidence_of("7")

    with pytest.raises(AirflowFailException, match=r"no version 7 .* are 2, 1"):
        promote(mlflow_store, "7").execute(task_context("promote"))

    assert promotions() == []
    assert leases(sqlite_store) == 0


def test_mapped_instances_keep_their_records_apart(
    mlflow_store, versions, evidence_of, task_context
):
    mlflow_store.client.set_registered_model_alias(NAME, "champion", "1")
    evidence_of("2")
    promote(mlflow_store, "2").execute(task_context("promote", map_index=0))

    result = promote(mlflow_store, "2").execute(task_context("promote", map_index=1))

    assert result["previous_version"] == "2"


@pytest.mark.parametrize("required", [["qualtiy"], ["promotion"], "quality", [1], []])
def test_an_unknown_kind_of_evidence_or_none_is_refused_while_the_dag_is_parsed(required):
    with pytest.raises(ArgumentInvalid, match="quality, bias, card, approval"):
        PromoteModelOperator(task_id="t", model_name="m", model_version="1", required=required)


@pytest.mark.parametrize(("name", "version"), [("", ""), ("m", ""), ("", "1")])
def test_a_promotion_without_a_model_version_is_refused(sqlite_store, task_context, name, version):
    operator = PromoteModelOperator(task_id="t", model_name=name, model_version=version)

    with pytest.raises(AirflowFailException, match="model_name"):
        operator.execute(task_context("promote"))


def governed(mlflow: Any, **sensor: Any) -> PromoteModelOperator:
    """A promotion that has a bias check and an approval upstream."""
    with DAG("a_dag", schedule=None):
        bias = BiasCheck(
            task_id="bias_task",
            predictions="predictions.csv",
            label="y",
            positive_label=1,
            prediction="p",
            sensitive_features=["sex"],
            thresholds={"four_fifths": 0.8},
        )
        approval = HumanApprovalSensor(task_id="approve", subject="promote?", **sensor)
        promotion = promote(mlflow, "1")
        bias >> approval >> promotion
    return promotion


def test_an_approval_that_was_marked_success_by_hand_is_no_approval(
    mlflow_store, versions, evidence_of, task_context, airflow_side
):
    evidence_of("1")
    airflow_side.states["a_dag", "run_1", "approve", -1] = "success"

    with pytest.raises(AirflowFailException, match="task approve is success in Airflow"):
        governed(mlflow_store).execute(task_context("promote"))

    assert mlflow_store.alias() is None


@pytest.mark.parametrize("state", [None, "running", "failed", "upstream_failed"])
@pytest.mark.usefixtures("versions")
def test_a_gate_that_recorded_nothing_stops_a_promotion_whose_trigger_rule_runs_it(
    mlflow_store, evidence_of, task_context, airflow_side, state
):
    evidence_of("1")
    airflow_side.states["a_dag", "run_1", "approve", -1] = state

    with pytest.raises(AirflowFailException, match=r"task approve is .*recorded no evidence"):
        governed(mlflow_store).execute(task_context("promote"))


def test_a_mapped_gate_owes_evidence_for_each_of_its_instances(
    mlflow_store, versions, evidence_of, task_context, airflow_side
):
    evidence_of("1")
    airflow_side.states["a_dag", "run_1", "approve", -1] = "skipped"
    airflow_side.states["a_dag", "run_1", "bias_task", 2] = "success"

    with pytest.raises(AirflowFailException, match=r"task bias_task\[2\] is success"):
        governed(mlflow_store).execute(task_context("promote"))


def test_a_task_that_the_dag_skipped_owes_no_evidence(
    mlflow_store, versions, evidence_of, task_context, airflow_side
):
    evidence_of("1")
    airflow_side.states["a_dag", "run_1", "approve", -1] = "skipped"

    governed(mlflow_store).execute(task_context("promote"))

    assert mlflow_store.alias() == "1"


@pytest.mark.parametrize(("about", "alias"), [("1", "1"), (None, "1"), ("2", None)])
@pytest.mark.usefixtures("versions")
def test_an_approval_upstream_has_to_be_about_what_is_promoted(
    mlflow_store, evidence_of, task_context, about, alias
):
    evidence_of("1")
    seen = recorded_in_run("a_dag", "run_1")
    record_evidence(
        task_context("approve"),
        kind=EvidenceKind.APPROVAL,
        subject="promote?",
        verdict=Verdict.PASSED,
        summary="approved by anna",
        body={"shown": [{"evidence_id": e.evidence_id, "digest": e.digest} for e in seen]},
        model=ModelRef(name=NAME, version=about) if about else None,
    )
    promotion = governed(mlflow_store)

    if alias is None:
        with pytest.raises(AirflowFailException, match="is about income_model version 2, not"):
            promotion.execute(task_context("promote"))
    else:
        promotion.execute(task_context("promote"))

    assert mlflow_store.alias() == alias


def test_a_pass_of_an_earlier_try_does_not_cover_a_later_try_that_recorded_nothing(
    mlflow_store, versions, evidence_of, task_context, airflow_side
):
    evidence_of("1")
    airflow_side.start("quality_task")
    airflow_side.states["a_dag", "run_1", "quality_task", -1] = "success"  # by hand

    with pytest.raises(AirflowFailException) as caught:
        promote(mlflow_store, "1").execute(task_context("promote"))

    assert "no quality evidence" in str(caught.value)
    assert "task quality_task is success in Airflow" in str(caught.value)
    assert mlflow_store.alias() is None


def test_evidence_of_a_deleted_run_does_not_count_for_one_made_again_under_its_id(
    mlflow_store, versions, evidence_of, task_context, airflow_side
):
    evidence_of("1")
    airflow_side.delete_run()
    for gate in ("quality_task", "bias_task", "card_task"):
        airflow_side.states["a_dag", "run_1", gate, -1] = "success"  # by hand

    with pytest.raises(AirflowFailException, match="no bias evidence"):
        promote(mlflow_store, "1").execute(task_context("promote"))

    evidence_of("1")
    promote(mlflow_store, "1").execute(task_context("promote"))

    assert mlflow_store.alias() == "1"


def test_a_refusal_of_a_deleted_run_does_not_bind_the_one_made_again(
    mlflow_store, versions, evidence_of, task_context, airflow_side
):
    evidence_of("1", bias=Verdict.FAILED)
    record_evidence(
        task_context("a_gate_of_old"),
        kind=EvidenceKind.QUALITY,
        subject="data",
        verdict=Verdict.FAILED,
        summary="FAILED: 1 failed",
        body={},
    )
    airflow_side.delete_run()
    evidence_of("1")

    promote(mlflow_store, "1").execute(task_context("promote"))

    assert mlflow_store.alias() == "1"


def test_the_last_try_counts_even_where_its_machine_is_behind_in_time(
    mlflow_store, versions, evidence_of, task_context, monkeypatch
):
    evidence_of("1")
    for identifier, verdict in (("0190-9", Verdict.PASSED), ("0190-1", Verdict.FAILED)):
        with monkeypatch.context() as patch:
            patch.setattr("airflow_gov_provider.operators.base.new_id", lambda _id=identifier: _id)
            record_evidence(
                task_context("another_gate"),
                kind=EvidenceKind.QUALITY,
                subject="data",
                verdict=verdict,
                summary=f"{verdict}: 1",
                body={},
            )

    with pytest.raises(AirflowFailException, match="another_gate is FAILED"):
        promote(mlflow_store, "1").execute(task_context("promote"))


def test_evidence_that_was_altered_in_the_database_does_not_count(
    sqlite_store, mlflow_store, versions, evidence_of, task_context
):
    evidence_of("1", bias=Verdict.FAILED)
    with create_engine(sqlite_store).begin() as connection:
        guards = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'evidence'"
        for guard in connection.scalars(text(guards)).all():  # whoever owns the database can
            connection.execute(text(f'DROP TRIGGER "{guard}"'))
        connection.execute(
            text(
                "UPDATE evidence SET verdict = 'PASSED', "
                "document = replace(document, 'FAILED', 'PASSED') WHERE kind = 'bias'"
            )
        )

    with pytest.raises(AirflowFailException, match="no bias evidence"):
        promote(mlflow_store, "1").execute(task_context("promote"))


def test_all_wrong_arguments_of_a_promotion_are_reported_together():
    with pytest.raises(ArgumentInvalid) as caught:
        PromoteModelOperator(
            task_id="promote", model_name="m", model_version="1", alias="v1!", required=("biass",)
        )

    assert "task 'promote'" in str(caught.value)
    assert "alias:" in str(caught.value)
    assert "'biass'" in str(caught.value)
