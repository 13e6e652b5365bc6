"""Models over REST: versions, aliases then and now, what the registry says, and who may see it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes.governed_runs import NOON, GovernedRun
from fakes.tampering import unguarded
from sqlalchemy import update

from airflow_gov_provider.api.routes import models as routes
from airflow_gov_provider.domain import cards
from airflow_gov_provider.domain.cards.facts import RunFacts, VersionFacts
from airflow_gov_provider.domain.cards.human import parse_human_part
from airflow_gov_provider.domain.evidence import EvidenceKind, ModelRef
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.registry.asking import Answer, Answered
from airflow_gov_provider.store import database
from airflow_gov_provider.store.tables import evidence as table
from tests.unit.api.conftest import assert_error

ROUTES = ["versions", "moves", "aliases", "registry"]


def promoted(number: int, version: str, *, dag_id="income", name="income", **more) -> GovernedRun:
    """One run that promotes a version; each takes ten minutes."""
    run = GovernedRun(
        dag_id=dag_id,
        run_id=f"run {number}",
        model=ModelRef(name=name, version=version),
        first=number * 10,
    )
    quality, bias = run.quality(), run.bias()
    run.promotion(quality, bias, run.approval(quality, bias, by="Ada"), **more)
    return run


@pytest.fixture
def history(record):
    for run in (
        promoted(1, "1"),
        promoted(2, "2", previous="1"),
        promoted(3, "4", previous="3"),
        promoted(4, "1", dag_id="secret", previous=None, alias="shadow"),
        promoted(5, "9", dag_id="secret", name="hidden"),
    ):
        record(*run.recorded)


def get(client, path, **parameters):
    response = client.get(f"/v1/models{path}", params=parameters)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.usefixtures("history")
def test_models_are_listed_with_where_their_aliases_point(client):
    items = get(client, "")["items"]

    assert [m["name"] for m in items] == ["hidden", "income"]
    assert {a["alias"]: a["version"] for a in items[1]["aliases"]} == {
        "champion": "4",
        "shadow": "1",
    }


@pytest.mark.usefixtures("history")
def test_what_a_dag_that_may_not_be_read_says_of_a_model_does_not_leak(client, permissions):
    permissions.dag_ids = {"income"}

    (model,) = get(client, "")["items"]

    assert (model["name"], model["dag_id"]) == ("income", "income")
    assert [a["alias"] for a in model["aliases"]] == ["champion"]
    moves = get(client, "/moves", name="income")["items"]
    assert {m["dag_id"] for m in moves} == {"income"}
    assert all(m["moved_outside_from"] is None for m in moves)
    aliases = get(client, "/aliases", name="income")["items"]
    assert [a["alias"] for a in aliases] == ["champion"]
    versions = get(client, "/versions", name="income")["items"]
    assert {e["dag_id"] for v in versions for e in v["evidence"]} == {"income"}


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("name", ["hidden", "there is none"])
def test_a_model_that_may_not_be_read_is_like_one_that_is_not_there(
    client, permissions, path, name
):
    permissions.dag_ids = {"income"}

    response = client.get(f"/v1/models/{path}", params={"name": name})

    assert_error(response, 404, "model_not_found")


@pytest.mark.usefixtures("history")
def test_a_version_whose_evidence_was_changed_by_hand_has_no_verdict_for_it(client, sqlite_store):
    failed = (table.c.kind == "bias") & (table.c.model_version == "2")
    with database.transaction(sqlite_store) as connection, unguarded(connection):
        connection.execute(update(table).where(failed).values(verdict="WARNED"))

    versions = get(client, "/versions", name="income")["items"]

    verdicts = {(v["version"], e["kind"]): e["verdict"] for v in versions for e in v["evidence"]}
    assert verdicts["2", "bias"] == "CHANGED"
    assert "CHANGED" not in [verdicts[place] for place in verdicts if place != ("2", "bias")]


@pytest.mark.usefixtures("history")
def test_a_right_that_was_withdrawn_a_moment_ago_ends_at_once(client, permissions):
    permissions.name, permissions.dag_ids = "somebody", {"income", "secret"}
    assert len(get(client, "")["items"]) == 2
    permissions.dag_ids = {"income"}

    assert [m["name"] for m in get(client, "")["items"]] == ["income"]
    assert client.get("/v1/models/moves", params={"name": "hidden"}).status_code == 404


@pytest.mark.parametrize("names", [["a", "b", "c"], ["größe", "a:b", "x/y", "💥", "'"]])
def test_pages_show_every_model_once(client, record, names):
    for number, name in enumerate(names):
        record(promoted(number, "1", name=name).recorded[1])
    seen, cursor = [], None
    while True:
        page = get(client, "", limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [m["name"] for m in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert sorted(seen) == sorted(names)


@pytest.mark.parametrize("cursor", ["x", "bW9kZWw6eno", "bW9kZWw6ZmY"])
def test_a_cursor_that_leads_nowhere_is_refused(client, cursor):
    assert client.get("/v1/models", params={"cursor": cursor}).status_code == 400


@pytest.mark.usefixtures("history")
def test_models_are_found_by_a_part_of_their_name(client):
    assert [m["name"] for m in get(client, "", q="IDD")["items"]] == ["hidden"]


@pytest.mark.usefixtures("history")
def test_models_are_listed_by_the_dag_that_recorded_evidence_about_them(client, permissions):
    assert [m["name"] for m in get(client, "", dag_id="secret")["items"]] == ["hidden", "income"]
    assert get(client, "", dag_id="other")["items"] == []
    permissions.dag_ids = {"income"}
    assert get(client, "", dag_id="secret")["items"] == []


@pytest.mark.usefixtures("history")
def test_versions_come_with_their_newest_evidence_of_each_kind(client):
    versions = get(client, "/versions", name="income")["items"]

    assert [v["version"] for v in versions] == ["1", "4", "2"]
    assert {e["kind"] for e in versions[1]["evidence"]} == {"bias", "approval", "promotion"}


def test_pages_show_every_version_once(client, record):
    for number in range(5):
        record(*promoted(number, str(number)).recorded)
    seen, cursor = [], None
    while True:
        page = get(
            client, "/versions", name="income", limit=2, **({"cursor": cursor} if cursor else {})
        )
        seen += [v["version"] for v in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == ["4", "3", "2", "1", "0"]


@pytest.mark.usefixtures("history")
def test_moves_say_who_agreed_and_what_happened_in_between(client):
    moves = get(client, "/moves", name="income")["items"]

    champion = [m for m in moves if m["alias"] == "champion"]
    assert [(m["version"], m["previous_version"], m["moved_outside_from"]) for m in champion] == [
        ("4", "3", "2"),
        ("2", "1", None),
        ("1", None, None),
    ]
    assert champion[0]["approvers"][0]["name"] == "Ada"
    assert champion[0]["approvers"][0]["reason"] == "It is good enough."


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(
    ("minutes", "expected"), [(0, {}), (15, {"champion": "1"}), (32, {"champion": "2"})]
)
def test_where_an_alias_pointed_at_a_time(client, minutes, expected):
    at = (NOON + timedelta(minutes=minutes)).isoformat()

    found = get(client, "/aliases", name="income", at=at)

    assert {a["alias"]: a["version"] for a in found["items"]} == expected


def answers(monkeypatch, **answer):
    monkeypatch.setattr(routes, "aliases_now", lambda *_, **__: Answer(**answer))


@pytest.mark.usefixtures("history")
def test_an_alias_that_was_moved_outside_of_promotions_is_told(client, monkeypatch):
    found = {"champion": "7", "shadow": "1", "rogue": "2"}
    answers(monkeypatch, status=Answered.ANSWERED, registry="http://mlflow", aliases=found)

    state = get(client, "/registry", name="income")

    drifts = {item["alias"]: item["drift"] for item in state["items"]}
    assert drifts == {"champion": "moved", "shadow": "same", "rogue": "unrecorded"}
    assert state["elsewhere"] == []


@pytest.mark.usefixtures("history")
def test_promotions_into_another_registry_are_not_compared(client, monkeypatch):
    answers(monkeypatch, status=Answered.ANSWERED, registry="http://other", aliases={})

    state = get(client, "/registry", name="income")

    assert (state["items"], state["elsewhere"]) == ([], ["http://mlflow"])


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("status", [s for s in Answered if s is not Answered.ANSWERED])
def test_a_registry_that_does_not_answer_is_said_to(client, monkeypatch, status):
    answers(monkeypatch, status=status, problem="away")

    state = get(client, "/registry", name="income")

    assert (state["status"], state["items"]) == (status.value, [])


@pytest.mark.usefixtures("history")
def test_the_registry_is_for_those_who_may_read_every_dag(client, permissions, monkeypatch):
    permissions.dag_ids = {"income"}
    monkeypatch.setattr(routes, "aliases_now", lambda *_, **__: pytest.fail("it was asked"))

    response = client.get("/v1/models/registry", params={"name": "income"})

    assert_error(response, 403, "registry_not_for_you")


def card_of(number: int, accuracy: float, **changes):
    card = cards.build_card(
        version=VersionFacts(name="income", version=str(number)),
        run=RunFacts(run_id="r", metrics={"accuracy": accuracy}),
        model_file=None,
        human=parse_human_part(None, origin="nobody"),
        evidence=(),
        generated_at=NOON,
        generator="tests",
    )
    run = GovernedRun(model=ModelRef(name="income", version=str(number)), first=number, **changes)
    return run.record(EvidenceKind.CARD, card=cards.card_json(card))


def test_two_cards_are_compared_statement_by_statement(client, record):
    first, second = card_of(1, 0.8), card_of(2, 0.9)
    record(first, second)

    found = client.get(f"/v1/cards/{first.evidence_id}/diff/{second.evidence_id}").json()

    by_path = {tuple(change["path"]): change for change in found["changes"]}
    metric = by_path["evaluation", "metrics", "accuracy"]
    assert metric["difference"] == pytest.approx(0.1)
    assert (metric["kind"], metric["before"], metric["after"]) == ("changed", 0.8, 0.9)
    assert found["first"]["evidence"]["evidence_id"] == first.evidence_id
    assert found["equal"] > 0


def test_a_card_that_may_not_be_read_is_not_compared(client, record, permissions):
    first, second = card_of(1, 0.8), card_of(2, 0.9, dag_id="secret")
    record(first, second)
    permissions.dag_ids = {"income"}

    response = client.get(f"/v1/cards/{first.evidence_id}/diff/{second.evidence_id}")

    assert_error(response, 404, "evidence_not_found")


def test_other_evidence_is_no_card(client, record):
    first, gate = card_of(1, 0.8), GovernedRun(first=50).bias(verdict=Verdict.FAILED)
    record(first, gate)

    response = client.get(f"/v1/cards/{first.evidence_id}/diff/{gate.evidence_id}")

    assert_error(response, 404, "card_not_found")


def test_cards_are_listed_by_model(client, record, permissions):
    record(card_of(1, 0.8), card_of(2, 0.9), card_of(3, 0.9, dag_id="secret"))
    record(promoted(9, "1", name="other").recorded[1])
    permissions.dag_ids = {"income"}

    page = client.get("/v1/cards", params={"model": "income", "limit": 1}).json()
    rest = client.get("/v1/cards", params={"cursor": page["next_cursor"]}).json()

    assert [e["model"]["version"] for e in page["items"] + rest["items"]] == ["2", "1"]
    assert rest["next_cursor"] is None
