"""What a collector leaves behind when it ends."""

from __future__ import annotations

from airflow_gov_provider.collector.duties import Duty
from airflow_gov_provider.collector.loop import Collector
from airflow_gov_provider.collector.reconcile.duties import reconcile_duties


def test_a_collector_that_ends_cleanly_says_goodbye(metadata, told):
    collector = Collector(reconcile_duties())
    collector.round()
    assert told("recording.") == []

    assert collector.stop()

    assert [event.type for event in told("recording.")] == ["recording.stopped"]


def test_a_duty_that_never_ran_has_no_end():
    ends = []
    duties = [Duty(name="one", run=lambda: 0, interval=1.0, at_end=lambda: ends.append("one"))]
    assert Collector(duties).stop()
    assert ends == []

    collector = Collector(duties)
    collector.round()
    assert collector.stop()
    assert ends == ["one"]


def test_an_end_that_fails_does_not_keep_the_collector_from_ending():
    def fail():
        raise ValueError

    collector = Collector([Duty(name="one", run=lambda: 0, interval=1.0, at_end=fail)])
    collector.round()

    assert collector.stop()
