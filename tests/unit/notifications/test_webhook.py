"""The webhook notifier on its own, as a Dag would use it."""

from __future__ import annotations

import json

import pytest
from fakes.receivers import webhook

from airflow_gov_provider.exceptions import ArgumentInvalid, NoticeFailed
from airflow_gov_provider.notifications.webhook import WebhookNotifier


@pytest.mark.parametrize("arguments", [{}, {"url": "http://a", "webhook_conn_id": "b"}])
def test_it_wants_a_connection_or_a_url(arguments):
    with pytest.raises(ArgumentInvalid, match="either webhook_conn_id or url"):
        WebhookNotifier(**arguments)


def test_a_connection_gives_the_url_the_secret_and_headers(monkeypatch):
    with webhook() as receiver:
        host, port = receiver.url.removeprefix("http://").removesuffix("/hook").split(":")
        connection = {
            "conn_type": "http",
            "schema": "http",
            "host": host,
            "port": int(port),
            "password": "hunter2",
            "extra": {"headers": {"x-team": "governance"}},
        }
        monkeypatch.setenv("AIRFLOW_CONN_HOOK", json.dumps(connection))
        notifier = WebhookNotifier(webhook_conn_id="hook", payload={"a": "{{ incident.title }}"})
        notifier({"incident": {"title": "late"}})
    (post,) = receiver.posts
    assert json.loads(post.body) == {"a": "late"}
    assert post.headers["x-team"] == "governance"
    assert post.headers["webhook-signature"].startswith("v1,")
    assert "hunter2" not in str(post)


def test_without_a_secret_nothing_is_signed():
    with webhook() as receiver:
        WebhookNotifier(url=receiver.url)({"notice": {"id": "7"}})
    assert "webhook-signature" not in receiver.posts[0].headers
    assert receiver.posts[0].headers["webhook-id"] == "7"


def test_a_redirect_is_not_followed():
    with webhook() as receiver:
        receiver.answers = [302]
        with pytest.raises(NoticeFailed, match="answered 302"):
            WebhookNotifier(url=receiver.url)({})
    assert len(receiver.posts) == 1


def test_an_error_names_no_address():
    with pytest.raises(NoticeFailed) as raised:
        WebhookNotifier(url="http://hunter2.invalid:1/secret", timeout=5)({})
    assert "hunter2" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_secret_that_is_no_base64_is_told():
    with webhook() as receiver, pytest.raises(ArgumentInvalid, match="base64 after whsec_"):
        WebhookNotifier(url=receiver.url, secret="whsec_%")({})
