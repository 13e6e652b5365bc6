"""Promises about runs and tasks, judged from rows of a real Airflow on real databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from airflow_gov_provider.domain.sla.calendars import Calendar, Holiday
from airflow_gov_provider.domain.sla.commitments import CountsFrom, Kind
from airflow_gov_provider.domain.sla.outcomes import RunFacts
from airflow_gov_provider.hooks.sla import settle_late_run
from airflow_gov_provider.store import database
from tests.fakes.metadata import BEGIN
from tests.unit.collector.sla.conftest import HOUR, at, promise

DEADLINE = 3600


def test_nothing_is_written_where_nothing_is_declared(judge, metadata):
    metadata.run("run", "running")

    assert judge.judge(10) == 0
    assert judge.outcomes == []


def test_a_run_is_pending_and_then_met(judge, metadata):
    judge.declare(promise())
    metadata.run("run", "running")

    judge.judge(10)
    assert judge.state() == "pending"
    assert judge.only().expected_at == at(DEADLINE)

    metadata.set_run("run", state="success", end_date=at(60))
    judge.judge(65)
    assert judge.state() == "pending", "who may have ended it is not known yet"
    judge.judge(75)

    assert (judge.state(), judge.only().actual_at) == ("met", at(60))
    assert judge.only().judged_by == "collector"
    assert judge.told == {"sla.met": 1}
    assert judge.incidents == []


@pytest.mark.parametrize(("ended", "state"), [(DEADLINE, "met"), (DEADLINE + 0.001, "missed")])
def test_the_very_instant_of_the_deadline_is_in_time(judge, metadata, ended, state):
    judge.declare(promise())
    metadata.run("run", end=at(ended))

    judge.judge(DEADLINE + 60)

    assert judge.state() == state
    assert judge.only().actual_at == at(ended)


def test_a_run_that_came_and_went_between_two_calls_is_judged(judge, metadata):
    judge.declare(promise())
    judge.judge(0)
    metadata.run("run")

    judge.judge(90)

    assert judge.state() == "met"


def test_a_late_run_is_missed_while_it_runs_and_its_end_is_filled_in(judge, metadata):
    judge.declare(promise())
    metadata.run("run", "running")
    judge.judge(10)

    judge.judge(DEADLINE + 4)
    assert judge.state() == "pending", "what ended in time may not be in Airflow's tables yet"
    judge.judge(DEADLINE + 6)
    assert (judge.state(), judge.only().actual_at) == ("missed", None)
    (opened,) = judge.incidents
    assert (opened.kind, opened.severity, opened.owner) == ("sla_miss", "medium", "ml-team")
    assert (opened.dag_id, opened.run_id, opened.last_seen_at) == ("dag", "run", at(DEADLINE))

    metadata.set_run("run", state="success", end_date=at(DEADLINE + 50))
    judge.judge(DEADLINE + 51)

    assert (judge.state(), judge.only().actual_at) == ("missed", at(DEADLINE + 50))
    assert judge.told == {"sla.missed": 1}


def test_late_runs_that_end_together_are_all_filled_in(judge, metadata):
    judge.declare(promise(), promise(Kind.TASK, within=60))
    for number in range(3):
        metadata.run(f"run {number}", "running")
        metadata.task(run_id=f"run {number}", end_date=at(90))
    judge.judge(DEADLINE + 10)
    for number in range(3):
        ended = at(DEADLINE + 20 + number)
        metadata.set_run(f"run {number}", state="success", end_date=ended)

    judge.judge(DEADLINE + 40)

    actual = [one.actual_at for one in judge.outcomes if one.terms.kind is Kind.RUN]
    assert actual == [at(DEADLINE + 20 + number) for number in range(3)]


def test_a_late_run_that_fails_stays_missed_and_never_happens(judge, metadata):
    judge.declare(promise())
    metadata.run("run", "failed", end=at(DEADLINE + 50))

    judge.judge(DEADLINE + 100)

    assert (judge.state(), judge.only().actual_at) == ("missed", None)


def test_a_run_that_fails_before_its_deadline_is_void(judge, metadata):
    judge.declare(promise())
    metadata.run("run", "failed", end=at(60))

    judge.judge(90)
    assert judge.state() == "pending", "somebody may clear it, and then it has until the deadline"
    judge.judge(DEADLINE + 10)

    assert (judge.state(), judge.only().reason) == ("void", "the run failed before the deadline")
    assert judge.incidents == []


def test_a_run_that_fails_and_is_cleared_and_then_late_is_missed(judge, metadata):
    judge.declare(promise())
    metadata.run("run", "failed", end=at(300))
    judge.judge(320)
    metadata.set_run("run", state="running", queued_at=at(600), end_date=None, clear_number=1)
    judge.judge(620)

    judge.judge(DEADLINE + 10)

    assert (judge.state(), judge.told) == ("missed", {"sla.missed": 1})
    assert len(judge.incidents) == 1


def test_a_run_that_fails_and_is_cleared_and_then_succeeds_in_time_is_met(judge, metadata):
    judge.declare(promise())
    metadata.run("run", "failed", end=at(300))
    judge.judge(320)
    metadata.set_run("run", state="success", queued_at=at(600), end_date=at(900), clear_number=1)

    judge.judge(DEADLINE + 10)

    assert (judge.state(), judge.told) == ("met", {"sla.met": 1})


@pytest.mark.parametrize("state", ["success", "failed"])
def test_a_run_that_somebody_ends_before_its_deadline_is_void(judge, metadata, state):
    judge.declare(promise())
    metadata.run("run", "running")
    judge.judge(10)
    metadata.set_run("run", state=state, end_date=at(60.2))
    judge.marked(60)

    judge.judge(90)
    judge.judge(DEADLINE + 10)

    assert judge.state() == "void"
    assert judge.only().reason == f"the run was marked {state} by alice before the deadline"


def test_a_run_that_somebody_ends_together_with_others_is_void(judge, metadata):
    judge.declare(promise())
    for name in ("run", "other"):
        metadata.run(name, end=at(60))
    runs = [
        {"action": "update", "run_id": "run", "new_state": "success"},
        {"action": "delete", "run_id": "other"},
    ]
    judge.marked(60, run_id=None, runs=runs)

    judge.judge(90)
    judge.judge(DEADLINE + 10)

    assert judge.states == [("other", "met"), ("run", "void")]


def test_a_refused_mark_does_not_count(judge, metadata):
    judge.declare(promise())
    metadata.run("run", end=at(60))
    judge.marked(59, effective=False)

    judge.judge(90)

    assert judge.state() == "met"


def test_a_mark_of_an_earlier_try_does_not_count(judge, metadata):
    judge.declare(promise())
    metadata.run("run", end=at(600))
    judge.marked(60)

    judge.judge(700)

    assert judge.state() == "met"


def test_a_run_that_was_late_is_not_excused_by_who_ends_it(judge, metadata):
    judge.declare(promise())
    metadata.run("run", end=at(DEADLINE + 60))
    judge.marked(DEADLINE + 60)

    judge.judge(DEADLINE + 90)

    assert judge.state() == "missed"


def test_nobody_knows_who_ended_a_run_while_airflows_log_is_behind(judge, metadata):
    from airflow_gov_provider.collector.tail.reading import read_log

    read_log(clock=lambda: at(0))
    judge.declare(promise())
    metadata.run("run", end=at(60))
    metadata.log(
        "patch_dag_run", None, dttm=at(59), extra='{"method": "PATCH", "state": "success"}'
    )

    judge.judge(100)
    assert judge.state() == "pending"
    read_log(clock=lambda: at(101))
    judge.judge(105)
    judge.judge(DEADLINE + 10)

    assert judge.state() == "void"


def test_a_run_that_is_deleted_is_void(judge, metadata):
    judge.declare(promise())
    metadata.run("run", "running")
    judge.judge(10)
    metadata.delete_run("run")

    judge.judge(DEADLINE + 10)

    assert (judge.state(), judge.only().reason) == (
        "void",
        "the run was deleted before it was judged",
    )


def test_a_run_that_is_made_again_while_it_is_pending_has_its_own_deadline(judge, metadata):
    judge.declare(promise())
    metadata.run("run", "running")
    judge.judge(10)
    metadata.delete_run("run")
    judge.judge(20)
    metadata.run("run", "running", begin=at(1800))
    judge.judge(1810)
    assert judge.only().expected_at == at(1800 + DEADLINE)

    judge.judge(DEADLINE + 10)
    assert judge.state() == "pending"
    judge.judge(1800 + DEADLINE + 10)

    assert (judge.state(), judge.told) == ("missed", {"sla.missed": 1})


def test_a_run_that_is_made_again_when_it_was_void_is_judged_anew(judge, metadata):
    judge.declare(promise())
    metadata.run("run", "running")
    judge.judge(10)
    metadata.delete_run("run")
    judge.judge(DEADLINE + 10)
    assert judge.state() == "void"
    metadata.run("run", "running", begin=at(9000))
    judge.judge(9010)
    assert (judge.state(), judge.only().reason) == ("pending", None)
    (event,) = judge.events("sla.corrected")
    assert event.payload["corrected_from"] == "void"
    assert event.payload["reason"] == "the run was made again"

    judge.judge(9000 + DEADLINE + 10)

    assert judge.state() == "missed"
    assert len(judge.incidents) == 1


def test_every_time_that_a_run_is_made_again_and_deleted_is_told(judge, metadata):
    judge.declare(promise())
    for begin in (0, 9000, 18000):
        metadata.run("run", "running", begin=at(begin))
        judge.judge(begin + 10)
        metadata.delete_run("run")
        judge.judge(begin + DEADLINE + 10)

    assert judge.state() == "void"
    assert judge.told == {"sla.void": 3, "sla.corrected": 2}


def test_a_run_that_is_made_again_when_it_was_met_changes_nothing(judge, metadata):
    judge.declare(promise())
    metadata.run("run", end=at(60))
    judge.judge(90)
    metadata.delete_run("run")
    judge.judge(100)
    metadata.run("run", "running", begin=at(200))

    judge.judge(9000)

    assert (judge.state(), judge.told) == ("met", {"sla.met": 1})


def test_a_run_that_is_found_before_the_clock_of_the_call_is_not_made_again(judge, metadata):
    judge.declare(promise())
    metadata.run("run", "running", begin=at(11))
    judge.judge(10)
    metadata.set_run("run", state="queued", queued_at=at(1800), start_date=None)
    judge.declare(promise(name="another"), at=at(1801))

    judge.judge(1810)

    known = {one.terms.name: one.expected_at for one in judge.outcomes}
    assert known["run of dag"] == at(11 + DEADLINE)


def test_what_ended_before_the_promise_was_made_is_no_occasion(judge, metadata):
    metadata.run("earlier", end=at(60))
    metadata.run("running", "running", begin=at(10))
    metadata.run("overdue", "running", begin=BEGIN - 2 * HOUR)
    judge.declare(promise(), at=at(100))

    judge.judge(120)

    assert judge.states == [("running", "pending")]


def test_a_promise_that_is_made_while_a_run_is_known_counts_for_it(judge, metadata):
    judge.declare(promise(name="first"))
    metadata.run("run", "running")
    judge.judge(10)
    judge.declare(promise(name="second"), at=at(20))

    judge.judge(30)
    judge.judge(DEADLINE + 10)

    assert judge.states == [("run", "missed"), ("run", "missed")]


def test_what_is_pending_is_judged_by_the_terms_that_it_began_with(judge, metadata):
    terms = promise()
    judge.declare(terms)
    metadata.run("run", "running")
    judge.judge(10)
    judge.declare(promise(within=7200), at=at(20))
    judge.retire(terms, at=at(30))

    judge.judge(DEADLINE + 10)

    assert judge.state() == "missed"


def test_time_from_the_start_of_a_run_counts_when_it_starts(judge, metadata):
    judge.declare(promise(within=60, counts_from=CountsFrom.RUN_START))
    metadata.run("run", "queued", start_date=None)
    judge.judge(DEADLINE)
    assert (judge.state(), judge.only().expected_at) == ("pending", None)

    metadata.set_run("run", state="running", start_date=at(DEADLINE))
    judge.judge(DEADLINE + 5)
    assert (judge.state(), judge.only().expected_at) == ("pending", at(DEADLINE + 60))

    judge.judge(DEADLINE + 70)
    assert judge.state() == "missed"


def test_a_run_without_a_logical_date_is_no_occasion_of_a_promise_that_counts_from_it(
    judge, metadata
):
    judge.declare(promise(counts_from=CountsFrom.LOGICAL_DATE))
    metadata.run("manual", "running", logical_date=None)
    metadata.run("scheduled", "running", logical_date=BEGIN, run_type="scheduled")

    judge.judge(10)

    assert judge.states == [("scheduled", "pending")]


def test_a_backfill_of_a_day_that_is_over_raises_no_alarm(judge, metadata):
    judge.declare(promise(counts_from=CountsFrom.LOGICAL_DATE), at=BEGIN - 9 * HOUR)
    metadata.run("old", "running", logical_date=BEGIN - 5 * HOUR, run_type="backfill")
    metadata.run("behind", "running", logical_date=BEGIN - 4 * HOUR, run_type="scheduled")

    judge.judge(30)

    assert judge.states == [("behind", "missed"), ("old", "void")]


def test_a_miss_on_a_holiday_is_excused_with_its_reason(judge, metadata):
    calendar = Calendar(holidays=(Holiday(day=BEGIN.date(), reason="Carnival"),))
    judge.declare(promise(calendar=calendar))
    metadata.run("run", "running")

    judge.judge(DEADLINE + 10)
    metadata.set_run("run", state="success", end_date=at(DEADLINE + 20))
    judge.judge(10)
    judge.judge(DEADLINE + 40)

    assert (judge.state(), judge.only().reason) == ("excused", "Carnival")
    assert judge.only().actual_at == at(DEADLINE + 20)
    assert judge.incidents == []


def test_a_run_that_is_cleared_keeps_its_deadline_and_its_outcome(judge, metadata):
    judge.declare(promise())
    metadata.run("run", "running")
    judge.judge(10)
    metadata.set_run("run", state="queued", queued_at=at(1800), clear_number=1, start_date=None)
    judge.judge(1810)
    assert judge.only().expected_at == at(DEADLINE)
    metadata.set_run("run", state="success", end_date=at(2000))
    judge.judge(2020)
    metadata.set_run("run", state="running", queued_at=at(3000), clear_number=2, end_date=None)

    judge.judge(9000)

    assert judge.states == [("run", "met")]


def test_misses_of_one_promise_are_one_incident_that_a_later_success_ends(judge, metadata):
    judge.declare(promise())
    for number, begin in enumerate((0, 100)):
        metadata.run(f"run {number}", "running", begin=at(begin))
    judge.judge(DEADLINE + 200)
    (incident,) = judge.incidents
    assert (incident.state, incident.occurrences) == ("open", 2)

    metadata.run("before", begin=at(-60), end=at(60))  # was in time, and before the misses
    judge.judge(DEADLINE + 210)
    assert judge.state("before") == "met"
    assert judge.incidents[0].state == "open"

    metadata.run("after", begin=at(200), end=at(300))
    judge.judge(DEADLINE + 220)
    assert judge.incidents[0].state == "resolved"


def test_a_call_that_is_made_again_changes_nothing(judge, metadata):
    judge.declare(promise(), promise(Kind.TASK, within=60))
    metadata.run("run", "running")
    metadata.task("task", "running", end_date=None)
    judge.judge(DEADLINE + 10)
    before, told = judge.outcomes, judge.told

    assert judge.judge(DEADLINE + 11) == 0
    assert (judge.outcomes, judge.told) == (before, told)
    assert [one.occurrences for one in judge.incidents] == [1, 1]


def test_what_a_call_leaves_when_it_has_done_enough_is_done_by_the_next(
    judge, metadata, monkeypatch
):
    monkeypatch.setattr("airflow_gov_provider.collector.sla.judging._MOST_MISSED", 2)
    monkeypatch.setattr("airflow_gov_provider.collector.sla.judging._RUNS_AT_ONCE", 2)
    judge.declare(promise())
    for number in range(7):
        metadata.run(f"run {number}", end=at(DEADLINE + 5))

    done = [judge.judge(DEADLINE + 100 + number) for number in range(8)]

    assert sum(done) == 7
    assert max(done) <= 4
    assert {state for _, state in judge.states} == {"missed"}


class TestTask:
    """A task of a run that began ten seconds after it was queued."""

    @pytest.fixture(autouse=True)
    def _declared(self, judge, metadata):
        judge.declare(promise(Kind.TASK, within=60))
        metadata.run("run", "running", start_date=BEGIN)

    def test_a_task_is_late_while_its_run_is_in_time(self, judge, metadata):
        judge.declare(promise(Kind.RUN))
        metadata.task("task", end_date=at(90))
        metadata.set_run("run", state="success", end_date=at(100))

        judge.judge(200)

        assert {one.terms.kind: one.state for one in judge.outcomes} == {
            Kind.RUN: "met",
            Kind.TASK: "missed",
        }
        (event,) = judge.events("sla.missed")
        assert (event.task_id, event.occurred_at) == ("task", at(60))

    def test_a_task_that_is_done_is_met_at_its_deadline_at_the_latest(self, judge, metadata):
        metadata.task("task", end_date=at(30))

        judge.judge(50)
        assert judge.state() == "pending"
        judge.judge(66)

        assert (judge.state(), judge.only().actual_at) == ("met", at(30))

    def test_every_index_of_a_mapped_task_has_to_be_done(self, judge, metadata):
        for index, end in enumerate((10, 20, 61)):
            metadata.task("task", map_index=index, end_date=at(end))
        metadata.task("other", "running", end_date=None)

        judge.judge(70)

        assert (judge.state(), judge.only().actual_at) == ("missed", at(61))

    def test_an_index_that_runs_makes_it_late_and_its_end_is_filled_in(self, judge, metadata):
        metadata.task("task", map_index=0, end_date=at(10))
        metadata.task("task", "running", map_index=1, end_date=None)
        judge.judge(70)
        assert (judge.state(), judge.only().actual_at) == ("missed", None)

        metadata._do(
            metadata.tables[1]
            .update()
            .where(metadata.tables[1].c.map_index == 1)
            .values(state="success", end_date=at(80))
        )
        metadata.set_run("run", state="success", end_date=at(90))
        judge.judge(91)

        assert (judge.state(), judge.only().actual_at) == ("missed", at(80))

    def test_indexes_that_are_not_known_yet_are_not_done(self, judge, metadata):
        metadata.task("task", None, map_index=-1, start_date=None, end_date=None)

        judge.judge(70)

        assert judge.state() == "missed"

    def test_a_skipped_task_is_done(self, judge, metadata):
        metadata.task("task", "skipped", end_date=at(30))

        judge.judge(70)

        assert judge.state() == "met"

    @pytest.mark.parametrize("state", ["failed", "upstream_failed"])
    def test_a_task_that_fails_before_its_deadline_is_void(self, judge, metadata, state):
        metadata.task("task", state, end_date=at(30))

        judge.judge(70)

        assert (judge.state(), judge.only().reason) == (
            "void",
            "the task failed before the deadline",
        )

    def test_a_task_that_fails_and_is_cleared_and_then_late_is_missed(self, judge, metadata):
        metadata.task("task", "failed", end_date=at(30))
        metadata.set_run("run", state="failed", end_date=at(31))
        judge.judge(45)
        assert judge.state() == "pending"
        metadata.set_run("run", state="running", end_date=None, clear_number=1)
        metadata._do(metadata.tables[1].update().values(state="running", end_date=None))

        judge.judge(70)

        assert (judge.state(), judge.told) == ("missed", {"sla.missed": 1})

    @pytest.mark.parametrize(
        ("of", "payload"),
        [("task", {}), ("other", {"flags": ["include_downstream"]}), (None, {})],
    )
    def test_a_task_that_somebody_ends_before_its_deadline_is_void(
        self, judge, metadata, of, payload
    ):
        metadata.task("task", end_date=at(30))
        judge.marked(29, task_id=of, **payload)

        judge.judge(70)

        assert (judge.state(), judge.only().reason) == (
            "void",
            "the task was marked success by alice before the deadline",
        )

    def test_a_mark_of_another_task_is_none_of_this_one(self, judge, metadata):
        metadata.task("task", end_date=at(30))
        judge.marked(29, task_id="other")

        judge.judge(70)

        assert judge.state() == "met"

    def test_a_task_that_the_run_does_not_have_is_void(self, judge, metadata):
        metadata.task("other", end_date=at(30))

        judge.judge(70)

        assert (judge.state(), judge.only().reason) == ("void", "the run has no task task")

    def test_a_run_that_ends_without_its_task_is_void(self, judge, metadata):
        metadata.task("task", None, end_date=None)
        metadata.set_run("run", state="failed", end_date=at(30))

        judge.judge(50)
        judge.judge(70)

        assert judge.state() == "void"
        assert judge.only().reason == "the run ended before the deadline, and the task was not done"


class TestCallback:
    """A native deadline that was passed, told before or after the collector judges."""

    @staticmethod
    def call(judge, seconds, *, terms=None, **facts):
        content = {"state": "running", "run_type": "manual", "queued_at": BEGIN} | facts
        run = RunFacts(dag_id="dag", run_id="run", **content)
        with database.transaction(judge.url) as connection:
            return settle_late_run(connection, terms or promise(), run, now=at(seconds))

    def test_a_callback_tells_a_miss_that_nobody_has_noted_yet(self, judge, metadata):
        told = self.call(judge, DEADLINE + 1)

        assert (told.state, judge.only().judged_by) == ("missed", "callback")
        assert judge.told == {"sla.missed": 1}
        assert len(judge.incidents) == 1

        metadata.run("run", "running")
        judge.declare(promise())
        judge.judge(DEADLINE + 10)

        assert (judge.state(), judge.only().judged_by) == ("missed", "callback")
        assert judge.told == {"sla.missed": 1}
        assert [one.occurrences for one in judge.incidents] == [1]

    def test_a_callback_that_comes_after_the_collector_says_nothing(self, judge, metadata):
        judge.declare(promise())
        metadata.run("run", "running")
        judge.judge(DEADLINE + 10)

        assert self.call(judge, DEADLINE + 11) is None
        assert judge.told == {"sla.missed": 1}

    @pytest.mark.parametrize("state", ["failed", "success"])
    def test_a_callback_leaves_what_ended_in_time_to_the_collector(self, judge, state):
        assert self.call(judge, DEADLINE + 1, state=state, ended_at=at(60)) is None
        assert judge.state() == "pending"

    def test_a_callback_that_airflows_tables_contradict_is_corrected(self, judge, metadata):
        judge.declare(promise())
        metadata.run("run", "running")
        judge.judge(10)
        self.call(judge, DEADLINE + 1)
        metadata.set_run("run", state="success", end_date=at(DEADLINE - 1))

        judge.judge(DEADLINE + 30)

        assert (judge.state(), judge.only().judged_by) == ("met", "collector")
        assert judge.told == {"sla.missed": 1, "sla.corrected": 1}
        assert [one.state for one in judge.incidents] == ["resolved"]

    def test_a_callback_keeps_to_the_terms_that_are_declared(self, judge):
        judge.declare(promise(within=7200))

        assert self.call(judge, DEADLINE + 1) is None
        assert judge.only().expected_at == BEGIN + timedelta(hours=2)
