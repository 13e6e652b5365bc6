"""Everyone who should be told of an incident is told, once, whatever is away meanwhile."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import socket
import threading
from datetime import UTC, datetime, timedelta

import pytest
from fakes.receivers import mail_server, webhook

from airflow_gov_provider.collector.loop import Collector
from airflow_gov_provider.collector.notices.delivering import (
    CLAIM,
    Delivering,
    send_through_airflow,
)
from airflow_gov_provider.collector.notices.duties import notice_duties, unreached_channels
from airflow_gov_provider.collector.notices.routing import route_entries
from airflow_gov_provider.exceptions import ContractInvalid
from airflow_gov_provider.store import database
from airflow_gov_provider.store.incidents import notices
from airflow_gov_provider.store.incidents.notices import NoticeState
from airflow_gov_provider.store.search.pages import EventFilter, page_of_events

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
WEBHOOK = """
version: 1
channels:
  hook:
    notifier: airflow_gov_provider.notifications.webhook.WebhookNotifier
    arguments: {{url: "{url}", secret: whsec_c2VjcmV0}}
    attempts: 3
rules:
  - notify: [hook]
"""


TWO = """
version: 1
channels:
  slow:
    notifier: airflow_gov_provider.notifications.webhook.WebhookNotifier
    arguments: {{url: "{slow}"}}
  quick:
    notifier: airflow_gov_provider.notifications.webhook.WebhookNotifier
    arguments: {{url: "{quick}"}}
rules:
  - {{notify: [slow], events: [opened]}}
  - {{notify: [quick], events: [resolved]}}
"""


@pytest.fixture
def deliver(store, clock):
    delivering = Delivering(send=send_through_airflow, clock=clock)

    def rounds(count: int = 1, *, apart: float = 0) -> Delivering:
        for _ in range(count):
            delivering.begin()
            delivering.finish(30)
            clock.later(apart)
        return delivering

    return rounds


def states(store, incident_id):
    with database.transaction(store) as connection:
        return [
            (n.channel, n.state, n.attempts) for n in notices.notices_of(connection, incident_id)
        ]


def events_of(store, type_):
    with database.transaction(store) as connection:
        page = page_of_events(connection, EventFilter(type=type_), before=None, limit=100)
    return [stored.event for stored in page.items]


def test_a_webhook_is_told_what_happened_and_can_tell_who_says_so(
    happen, rules, store, deliver, monkeypatch
):
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example.com")
    with webhook() as receiver:
        rules(WEBHOOK.format(url=receiver.url))
        incident_id = happen("opened")

        assert route_entries(clock=lambda: NOON) == 1
        deliver()

        (post,) = receiver.posts
    sent = json.loads(post.body)
    assert sent["type"] == "incident.opened"
    assert sent["incident"]["incident_id"] == incident_id
    assert "https://airflow.example.com/dags/income/runs/manual%201%2Fa" in sent["text"]
    content = b".".join(
        (post.headers["webhook-id"].encode(), post.headers["webhook-timestamp"].encode(), post.body)
    )
    signature = base64.b64encode(hmac.digest(b"secret", content, "sha256")).decode()
    assert post.headers["webhook-signature"] == f"v1,{signature}"
    assert states(store, incident_id) == [("hook", NoticeState.DELIVERED, 1)]
    (event,) = events_of(store, notices.DELIVERED)
    assert event.dag_id == "income"
    assert event.payload["channel"] == "hook"


def test_nothing_is_lost_and_nothing_doubled_while_a_receiver_is_away(
    happen, rules, store, clock, deliver
):
    with webhook() as receiver:
        rules(WEBHOOK.format(url=receiver.url))
        receiver.answers = [500, 503]
        incident_id = happen("opened")
        route_entries(clock=clock)

        deliver(2)
        assert len(receiver.posts) == 1  # the second attempt waits for its time
        deliver(3, apart=20)
        deliver(3, apart=20)

        assert len({post.headers["webhook-id"] for post in receiver.posts}) == 1
        assert len(receiver.posts) == 3
    assert states(store, incident_id) == [("hook", NoticeState.DELIVERED, 3)]


def test_a_notice_is_given_up_after_its_attempts_and_can_be_revived(
    happen, rules, store, clock, deliver
):
    with webhook() as receiver:
        rules(WEBHOOK.format(url=receiver.url))
        receiver.answers = [500, 500, 500]
        incident_id = happen("opened")
        route_entries(clock=clock)
        deliver(5, apart=60)

        assert states(store, incident_id) == [("hook", NoticeState.DEAD, 3)]
        (event,) = events_of(store, notices.DEAD)
        assert event.payload["reason"] == "the webhook answered 500; expected 2xx"
        with database.transaction(store) as connection:
            assert notices.failing_channels(connection, now=clock()) == {"hook": 1}
            (notice,) = notices.notices_of(connection, incident_id)
            assert notices.revive(connection, notice.notice_id, actor="ada", now=clock())
            assert not notices.revive(connection, notice.notice_id, actor="ada", now=clock())
        (event,) = events_of(store, notices.REVIVED)
        assert event.actor == "ada"
        deliver()
        assert states(store, incident_id) == [("hook", NoticeState.DELIVERED, 1)]
        with database.transaction(store) as connection:
            assert notices.failing_channels(connection, now=clock()) == {}


def test_a_receiver_that_is_gone_is_asked_no_more(happen, rules, store, clock, deliver):
    with webhook() as receiver:
        rules(WEBHOOK.format(url=receiver.url))
        receiver.answers = [410]
        incident_id = happen("opened")
        route_entries(clock=clock)
        deliver(3, apart=60)
    assert len(receiver.posts) == 1
    assert states(store, incident_id) == [("hook", NoticeState.DEAD, 1)]


def test_a_later_notice_waits_for_the_one_before(happen, rules, store, clock, deliver):
    with webhook() as receiver:
        rules(WEBHOOK.format(url=receiver.url))
        receiver.answers = [500]
        first = happen("opened", "resolved")
        route_entries(clock=clock)
        deliver()
        other = happen("opened")
        route_entries(clock=clock)
        deliver(2)
        assert [state for _, state, _ in states(store, first)] == ["waiting", "waiting"]
        assert [state for _, state, _ in states(store, other)] == ["delivered"]
        deliver(4, apart=10)

    told = [json.loads(post.body) for post in receiver.posts]
    mine = [sent["type"] for sent in told if sent["incident"]["incident_id"] == first]
    assert mine == ["incident.opened", "incident.opened", "incident.resolved"]


def test_a_hung_receiver_does_not_hold_up_others(happen, rules, store, clock):
    with webhook() as slow, webhook() as quick:
        rules(TWO.format(slow=slow.url, quick=quick.url))
        slow.hold.clear()
        hung, resolved = happen("opened"), happen("resolved")
        route_entries(clock=clock)
        delivering = Delivering(send=send_through_airflow, clock=clock)

        for _ in range(200):
            delivering.begin()
            delivering.finish(0.05)
            if quick.posts:
                break
        delivering.finish(1)
        assert ("quick", NoticeState.DELIVERED, 1) in states(store, resolved)
        assert states(store, hung) == [("slow", NoticeState.SENDING, 1)]
        slow.hold.set()
        delivering.finish(30)
    assert states(store, hung) == [("slow", NoticeState.DELIVERED, 1)]


def test_what_a_dead_process_was_sending_is_sent_by_the_next(happen, rules, store, clock):
    with webhook() as receiver:
        rules(WEBHOOK.format(url=receiver.url))
        incident_id = happen("opened")
        route_entries(clock=clock)
        with database.transaction(store) as connection:
            taken = notices.claim(connection, holder="dead", now=clock(), lasting=CLAIM, limit=9)
        assert len(taken) == 1

        delivering = Delivering(send=send_through_airflow, clock=clock)
        delivering.begin()
        delivering.finish(30)
        assert receiver.posts == []
        clock.later(CLAIM.total_seconds())
        delivering.begin()
        delivering.finish(30)
        assert len(receiver.posts) == 1
        with database.transaction(store) as connection:
            late = notices.note_delivered(connection, taken[0], holder="dead", now=clock())
    assert late is False
    assert states(store, incident_id) == [("hook", NoticeState.DELIVERED, 2)]


def test_mail_arrives_after_an_outage_of_its_server(happen, rules, store, deliver, monkeypatch):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    connection = {
        "conn_type": "smtp",
        "host": "127.0.0.1",
        "port": port,
        "extra": {"disable_ssl": True, "disable_tls": True, "retry_limit": 1, "timeout": 5},
    }
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(connection))
    rules(
        """
version: 1
channels:
  ops:
    notifier: airflow.providers.smtp.notifications.smtp.SmtpNotifier
    arguments:
      from_email: governance@example.com
      to: ops@example.com
      subject: "{{ notice.subject }}"
      html_content: "{{ notice.html }}"
rules:
  - notify: [ops]
"""
    )
    incident_id = happen("opened", title="<b>income</b>\nis late")
    route_entries(clock=lambda: NOON)
    deliver(1, apart=30)
    assert [state for _, state, _ in states(store, incident_id)] == ["waiting"]

    with mail_server(port) as box:
        deliver(2, apart=30)
        (mail,) = box.mails
    assert mail["subject"] == "[high] <b>income</b> is late: opened"
    html = mail.get_payload(0).get_payload(decode=True).decode()
    assert "&lt;b&gt;income&lt;/b&gt;" in html
    assert states(store, incident_id) == [("ops", NoticeState.DELIVERED, 2)]


def test_entries_wait_while_the_rules_cannot_be_read(happen, rules, store, clock, deliver):
    with webhook() as receiver:
        rules("version: 1\nrules:\n  - {notify: [nobody], events: [opend]}\n")
        incident_id = happen("opened")
        with pytest.raises(ContractInvalid) as raised:
            route_entries(clock=clock)
        assert len(raised.value.problems) == 2
        rules(WEBHOOK.format(url=receiver.url))
        assert route_entries(clock=clock) == 1
        assert route_entries(clock=clock) == 0
        deliver()
    assert states(store, incident_id) == [("hook", NoticeState.DELIVERED, 1)]


def test_a_channel_that_cannot_be_made_says_why_and_names_no_value(
    happen, rules, store, clock, deliver
):
    rules(
        """
version: 1
channels:
  a: {notifier: no.such.Notifier}
  b: {notifier: datetime.datetime}
  c:
    notifier: airflow_gov_provider.notifications.webhook.WebhookNotifier
    arguments: {urn: "https://hunter2.example.com"}
rules:
  - notify: [a, b, c]
"""
    )
    incident_id = happen("opened")
    route_entries(clock=clock)
    deliver()
    with database.transaction(store) as connection:
        reasons = {n.channel: n.last_error for n in notices.notices_of(connection, incident_id)}
    assert "no.such.Notifier cannot be imported" in reasons["a"]
    assert "is no BaseNotifier" in reasons["b"]
    assert "hunter2" not in str(reasons)
    assert None not in reasons.values()


def test_a_notifier_that_ends_its_thread_has_delivered_nothing(happen, rules, store, clock):
    def send(_channel, _notice):
        raise asyncio.CancelledError

    rules(WEBHOOK.format(url="http://127.0.0.1:9/"))
    incident_id = happen("opened")
    route_entries(clock=clock)
    delivering = Delivering(send=send, clock=clock)
    delivering.begin()
    delivering.finish(30)
    assert states(store, incident_id) == [("hook", NoticeState.WAITING, 1)]


def test_what_a_notifier_says_of_its_failure_is_kept_without_its_secrets(
    happen, rules, store, clock
):
    def send(_channel, _notice):
        raise ValueError("404 from https://chat.example.com/hooks/hunter2\nand more of it")

    rules(WEBHOOK.format(url="http://127.0.0.1:9/"))
    incident_id = happen("opened")
    route_entries(clock=clock)
    delivering = Delivering(send=send, clock=clock)
    delivering.begin()
    delivering.finish(30)
    with database.transaction(store) as connection:
        (notice,) = notices.notices_of(connection, incident_id)
    assert notice.last_error == "ValueError: 404 from https://chat.example.com/..."


def test_channels_that_hang_for_ever_take_no_room_from_others(happen, rules, store, clock):
    release, sent = threading.Event(), []

    def send(channel, notice):
        if channel.name == "slow":
            release.wait(60)
        sent.append(notice.notice_id)

    rules(TWO.format(slow="http://127.0.0.1:9/", quick="http://127.0.0.1:9/"))
    for _ in range(6):
        happen("opened")
    route_entries(clock=clock)
    seconds = [0.0]
    delivering = Delivering(send=send, clock=clock, monotonic=lambda: seconds[0])
    for _ in range(6):
        delivering.begin()
        delivering.note()
        clock.later(CLAIM.total_seconds() + 1)
        seconds[0] += CLAIM.total_seconds() + 1
    delivering.note()
    with database.transaction(store) as connection:
        assert notices.failing_channels(connection, now=clock()) == {"slow": 2}
    assert unreached_channels(clock=clock)[0].startswith("2 notices through slow")

    happen("resolved")
    route_entries(clock=clock)
    delivering.begin()
    delivering.finish(30)
    release.set()
    assert len(sent) == 1


def test_who_leads_no_more_still_writes_down_what_it_has_sent(happen, rules, store, clock):
    sent = []
    rules(WEBHOOK.format(url="http://127.0.0.1:9/"))
    incident_id = happen("opened")
    route_entries(clock=clock)
    first = Delivering(send=lambda _channel, notice: sent.append(notice.notice_id), clock=clock)
    first.begin()
    next_leader = Delivering(send=first.send, clock=clock)
    collector = Collector([duty for duty in notice_duties() if not duty.single])
    assert [duty.name for duty in collector.duties] == ["noting sent notices"]

    first.finish(30)
    clock.later(CLAIM.total_seconds() + 1)
    next_leader.begin()
    next_leader.finish(30)
    assert len(sent) == 1
    assert states(store, incident_id) == [("hook", NoticeState.DELIVERED, 1)]


def test_pauses_grow_to_a_quarter_of_an_hour():
    pauses = [notices.pause_after(number) for number in (1, 2, 3, 9, 100)]
    assert pauses == [timedelta(seconds=s) for s in (5, 10, 20, 900, 900)]


def test_pages_of_notices_are_newest_first_and_complete(happen, rules, store, clock):
    rules(WEBHOOK.format(url="http://127.0.0.1:9/"))
    for _ in range(5):
        happen("opened")
    route_entries(clock=clock)
    seen, before = [], None
    with database.transaction(store) as connection:
        while True:
            page = notices.page_of_notices(connection, before=before, limit=2)
            seen += [notice.notice_id for notice in page.items]
            if (before := page.next_cursor) is None:
                break
        counts = notices.count_by_state(connection)
        dead = notices.page_of_notices(connection, states=[NoticeState.DEAD])
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 5
    assert counts == {NoticeState.WAITING: 5}
    assert dead.items == []
