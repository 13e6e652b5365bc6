"""Asking MLflow must not make anybody wait for an MLflow that is away."""

from __future__ import annotations

import threading

import pytest

from airflow_gov_provider.registry import asking
from airflow_gov_provider.registry.asking import Answer, Answered


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    monkeypatch.setattr(asking, "_questions", asking._Questions(asking._ask))
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def mlflow(mlflow_store, monkeypatch):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__MLFLOW_TRACKING_URI", mlflow_store.uri)
    return mlflow_store


def test_without_an_mlflow_nobody_is_asked():
    assert asking.aliases_now("income", wait=0).status is Answered.NOT_CONFIGURED


def test_the_aliases_of_a_model_come_with_the_name_of_the_registry(mlflow):
    version = mlflow.version("income")
    mlflow.client.set_registered_model_alias("income", "champion", version)

    answer = asking.aliases_now("income", wait=60)

    assert (answer.status, answer.aliases) == (Answered.ANSWERED, {"champion": version})
    assert answer.registry == mlflow.uri


def test_a_model_that_mlflow_does_not_have_is_unknown(mlflow):
    answer = asking.aliases_now("nothing", wait=60)

    assert answer.status is Answered.UNKNOWN_MODEL
    assert answer.problem


def test_an_mlflow_that_is_away_is_unavailable_and_its_password_is_not_told(monkeypatch):
    address = "http://user:geheim@127.0.0.1:9"
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__MLFLOW_TRACKING_URI", address)

    answer = asking.aliases_now("income", wait=60)

    assert answer.status is Answered.UNAVAILABLE
    assert "geheim" not in f"{answer.problem} {answer.registry}"


class Slow:
    """A registry that answers when it is let."""

    def __init__(self):
        self.asked, self.go_on = [], threading.Event()

    def __call__(self, name):
        self.asked.append(name)
        assert self.go_on.wait(60)
        return Answer(status=Answered.ANSWERED, aliases={"champion": name})


@pytest.fixture
def slow(monkeypatch):
    slow = Slow()
    monkeypatch.setattr(asking, "_questions", asking._Questions(slow))
    monkeypatch.setattr(asking, "is_configured", lambda: True)
    yield slow
    slow.go_on.set()


def test_who_asks_a_slow_registry_is_told_to_ask_again_and_finds_the_answer_then(slow):
    assert asking.aliases_now("income", wait=0).status is Answered.ASKING
    slow.go_on.set()

    assert asking.aliases_now("income", wait=60).aliases == {"champion": "income"}
    assert slow.asked == ["income"]


def test_many_who_ask_a_registry_that_hangs_leave_few_threads(slow):
    for number in range(20):
        assert asking.aliases_now(f"model {number}", wait=0).status is Answered.ASKING

    assert len(slow.asked) <= asking._MOST_THREADS
