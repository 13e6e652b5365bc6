"""Judging what belongs to Dag runs: promises about the runs themselves and about their tasks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from airflow_gov_provider.collector.sla import facts
from airflow_gov_provider.collector.sla.facts import RunKey
from airflow_gov_provider.collector.sla.marks import Mark, marks_in_bulk, marks_of, run_marked_by
from airflow_gov_provider.collector.sla.ripeness import Ripeness
from airflow_gov_provider.domain.sla.commitments import Kind
from airflow_gov_provider.domain.sla.outcomes import (
    LATE,
    Judgement,
    Outcome,
    RunFacts,
    State,
    TaskFacts,
    applies,
    deadline,
    is_of_another,
    judge_run,
    judge_task,
)
from airflow_gov_provider.hooks.governance import governance_transaction
from airflow_gov_provider.hooks.sla import begin_again, correct, judged, pending, settle
from airflow_gov_provider.store.promises import declared
from airflow_gov_provider.store.promises import outcomes as store
from airflow_gov_provider.store.promises.outcomes import COLLECTOR

KINDS = (Kind.RUN.value, Kind.TASK.value)
GRACE = timedelta(seconds=5)  # until what has ended in time is in Airflow's tables, too


def begin(runs: Collection[RunFacts], *, now: datetime) -> None:
    """Note the occasions that these runs are; those that are noted already stay as they are.

    What was noted for a run that is gone begins again for the one that has its id now, unless it
    was met or late.
    """
    with governance_transaction() as connection:
        known = declared.of_dags(connection, {run.dag_id for run in runs}, KINDS)
        occasions = [
            pending(
                one.terms,
                run.run_id,
                expected_at=deadline(one.terms, run),
                now=max(now, run.created_at or now),
                run_id=run.run_id,
                commitment_id=one.commitment_id,
            )
            for run in runs
            for one in known.get(run.dag_id, ())
            if applies(one.terms, run, declared_at=one.declared_at)
        ]
        documents = {
            one.commitment_id: one.document for promises in known.values() for one in promises
        }
        if store.add_pending(connection, occasions, documents=documents) != len(occasions):
            _begin_again(connection, occasions, runs, now=now)


def _begin_again(
    connection: Connection,
    occasions: Iterable[Outcome],
    runs: Iterable[RunFacts],
    *,
    now: datetime,
) -> None:
    made = {(run.dag_id, run.run_id): run for run in runs}
    new = {(one.commitment_id, one.occasion): one for one in occasions}
    for before in store.begun_of_runs(connection, made):
        after = new.get((before.commitment_id, before.occasion))
        if after is not None and is_of_another(before, made[_key(before)]):
            after = replace(after, outcome_id=before.outcome_id)
            begin_again(connection, before, after, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """:param unripe: runs of which something is not settled that could be, later.
    :param settled: how many outcomes have come to an end.
    :param missed: how many of them were missed.
    """

    unripe: frozenset[RunKey] = frozenset()
    settled: int = 0
    missed: int = 0


def judge(
    outcomes: Sequence[Outcome], runs: Mapping[RunKey, RunFacts], ripeness: Ripeness
) -> Judged:
    """Settle those of the outcomes that can be, and fill in what has happened late.

    :param outcomes: pending or late ones of these runs.
    """
    now = ripeness.now
    dated = _dated(outcomes, runs)
    due = [one for one in dated if _may_be_known(one, runs[_key(one)], now)]
    case = _Case(due, runs)
    settled, unripe = [], set()
    late: list[tuple[Outcome, Judgement]] = []
    for outcome in due:
        judgement = case.judgement(outcome, now=now - GRACE)
        if outcome.state is not State.PENDING:
            late.append((outcome, judgement))
        elif judgement.state is State.PENDING:
            continue
        elif judgement.state not in LATE and not ripeness.is_ripe(case.ended_at(outcome)):
            unripe.add(_key(outcome))
        elif not _may_run_again(outcome, judgement, runs, now):
            settled.append(judged(outcome, judgement))
    wrong = [(one, it) for one, it in late if _contradicts(one, it, runs[_key(one)])]
    done = _write(dated, outcomes, settled=settled, late=late, wrong=wrong, now=now)
    missed = sum(one.state is State.MISSED for one in done)
    return Judged(unripe=frozenset(unripe), settled=len(done), missed=missed)


def _key(outcome: Outcome) -> RunKey:
    return outcome.dag_id or "", outcome.run_id or ""


def _dated(outcomes: Iterable[Outcome], runs: Mapping[RunKey, RunFacts]) -> list[Outcome]:
    """With the deadlines that are known by now."""
    return [
        one
        if one.expected_at is not None
        else replace(one, expected_at=deadline(one.terms, runs[_key(one)]))
        for one in outcomes
    ]


def _may_be_known(outcome: Outcome, run: RunFacts, now: datetime) -> bool:
    over = outcome.expected_at is not None and outcome.expected_at < now - GRACE
    return over or run.state is None or run.has_ended


def _may_run_again(
    outcome: Outcome, judgement: Judgement, runs: Mapping[RunKey, RunFacts], now: datetime
) -> bool:
    """Whether what came to nothing has until its deadline to be cleared and done after all."""
    at = outcome.expected_at
    if judgement.state is not State.VOID or at is None or runs[_key(outcome)].state is None:
        return False
    return now - GRACE <= at


class _Case:
    """What is known of the runs, the tasks and the hands that some outcomes are about."""

    def __init__(self, outcomes: Sequence[Outcome], runs: Mapping[RunKey, RunFacts]) -> None:
        keys = {_key(one) for one in outcomes if runs[_key(one)].state is not None}
        with governance_transaction() as connection:
            self._marks = marks_of(connection, keys)
            for key, marks in marks_in_bulk(connection, keys).items():
                self._marks.setdefault(key, []).extend(marks)
        self._runs = {key: self._marked(run) for key, run in runs.items()}
        tasks: dict[str, set[RunKey]] = {}
        for one in outcomes:
            if one.terms.kind is Kind.TASK and _key(one) in keys:
                tasks.setdefault(one.terms.subject, set()).add(_key(one))
        self._tasks = facts.tasks_of(tasks) if tasks else {}

    def _of(self, run: RunFacts) -> list[Mark]:
        return self._marks.get((run.dag_id, run.run_id), [])

    def _marked(self, run: RunFacts) -> RunFacts:
        by = run_marked_by(run.ended_at, self._of(run)) if self._marks else None
        return replace(run, marked_by=by) if by else run

    def _indexes(self, outcome: Outcome) -> list[TaskFacts]:
        found = self._tasks.get((_key(outcome), outcome.terms.subject), [])
        run = self._runs[_key(outcome)]
        if marks := self._of(run):
            by = facts.task_marked_by(run, outcome.terms.subject, marks)
            return [replace(one, marked_by=by) for one in found]
        return found

    def judgement(self, outcome: Outcome, *, now: datetime) -> Judgement:
        run, at = self._runs[_key(outcome)], outcome.expected_at
        if outcome.terms.kind is Kind.TASK:
            indexes = self._indexes(outcome)
            return judge_task(outcome.terms, run, indexes, expected_at=at, now=now)
        return judge_run(outcome.terms, run, expected_at=at, now=now)

    def ended_at(self, outcome: Outcome) -> datetime | None:
        """When what decides an outcome that is not late has ended, as far as that is known."""
        run = self._runs[_key(outcome)]
        if outcome.terms.kind is Kind.TASK:
            ends = [
                one.ended_at
                for one in self._tasks.get((_key(outcome), outcome.terms.subject), ())
                if one.ended_at is not None and one.state is not None
            ]
            return max(ends, default=run.ended_at)
        return run.ended_at


def _write(
    dated: Sequence[Outcome],
    before: Sequence[Outcome],
    *,
    settled: Sequence[Outcome],
    late: Sequence[tuple[Outcome, Judgement]],
    wrong: Sequence[tuple[Outcome, Judgement]],
    now: datetime,
) -> list[Outcome]:
    new = {
        one.outcome_id: one.expected_at
        for one, old in zip(dated, before, strict=True)
        if old.expected_at is None and one.expected_at is not None
    }
    happened = {
        one.outcome_id: judgement.actual_at
        for one, judgement in late
        if judgement.state in LATE and judgement.actual_at is not None
    }
    if not (new or happened or wrong or settled):
        return []
    with governance_transaction() as connection:
        store.set_deadlines(connection, new)
        done = settle(connection, settled, judged_by=COLLECTOR, now=now)
        store.fill_actual(connection, happened)
        for outcome, judgement in wrong:
            correct(connection, outcome, judgement, now=now)
    return done


def _contradicts(outcome: Outcome, judgement: Judgement, run: RunFacts) -> bool:
    """Whether Airflow's tables say that what was told as late was in time.

    A run that is gone, or a task that its Dag has no more, says nothing.
    """
    if judgement.state is State.MET:
        return True
    if judgement.state is not State.VOID or outcome.terms.kind is not Kind.RUN:
        return False
    at, ended_at = outcome.expected_at, run.ended_at
    return run.has_ended and at is not None and ended_at is not None and ended_at <= at
