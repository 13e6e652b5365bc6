"""One Dag run of the story, from its queue to its end."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from airflow_rows import HOST, RunRow, TaskRow
from asking import Answered, Questions
from gates import Gates
from model_cards import Cards
from pipelines import Pipeline, Step, Work
from promoting import Promotions
from recording import Blocked
from story import Trouble
from world import World, as_payload, jittered

from airflow_gov_provider.domain.approvals.request import Request, Vote
from airflow_gov_provider.domain.events import Event, dag_run_event_id, task_event_id
from airflow_gov_provider.domain.evidence import Evidence, Origin

Waits = Generator[datetime, None, str]
_RETRIES = 2
_RETRY_AFTER = timedelta(minutes=5)
_NANO = 1_000_000_000


@dataclass(slots=True)
class Run:
    """:param version: of the model that is trained, or gone back to."""

    world: World
    pipeline: Pipeline
    row: RunRow
    troubles: list[Trouble]
    version: str | None = None
    recorded: list[Evidence] = field(default_factory=list)
    by_hand: set[str] = field(default_factory=set)
    votes: list[Vote] = field(default_factory=list)
    request: Request | None = None
    was_cleared: bool = False

    # ------------------------------------------------------------------ the course of it

    def course(self) -> Generator[datetime, None, None]:
        world, row = self.world, self.row
        self._states()
        world.airflow.touch(row)
        yield world.now + jittered(world.random, 3)
        row.state, row.started_at = "running", world.now
        self._tell_run("running")
        steps = list(self.pipeline.steps)
        while steps:
            step = steps.pop(0)
            state = yield from self._perform(step)
            if state == "success":
                continue
            marked = self._marked_by(step)
            self._fail_rest(steps)
            yield from self._end("failed")
            if marked is None and self.by_hand and not self.was_cleared:
                yield from self._ask_after_all()
                steps = list(self.pipeline.steps[-2:])
                continue
            if marked is None:
                return
            yield world.now + jittered(world.random, 1500)
            self._mark(step, marked)
            yield world.now + timedelta(seconds=2)
        yield from self._end("success")

    def _end(self, state: str) -> Generator[datetime, None, None]:
        yield self.world.now + jittered(self.world.random, 2)
        self.row.state, self.row.ended_at = state, self.world.now
        self._tell_run(state)
        self.world.airflow.touch(self.row)
        if state != "success" or self._is_unusual:
            self.world.look_soon()

    @property
    def _is_unusual(self) -> bool:
        return bool(self.troubles)

    def _perform(self, step: Step) -> Waits:
        world, task = self.world, self.row.tasks[step.task_id]
        trouble = self._trouble(step)
        while True:
            yield world.now + jittered(world.random, 2.5)
            task.try_number += 1
            task.state, task.started_at, task.ended_at = "running", world.now, None
            self._tell_task(task, "running", step)
            world.airflow.touch(self.row)
            state = yield from self._work(step, task, trouble)
            task.state, task.ended_at = state, world.now
            if state == "failed" and trouble and trouble.error and task.try_number <= _RETRIES:
                task.state = "up_for_retry"
                self._tell_task(task, "up_for_retry", step, error=trouble.error)
                yield world.now + _RETRY_AFTER
                continue
            error = (trouble.error if trouble else None) or _ERRORS.get(step.work)
            self._tell_task(task, state, step, error=error if state == "failed" else None)
            world.airflow.touch(self.row)
            return state

    def _work(self, step: Step, task: TaskRow, trouble: Trouble | None) -> Waits:
        world = self.world
        extra = timedelta(minutes=trouble.minutes) if trouble else timedelta()
        if step.work is Work.APPROVAL:
            return (yield from self._ask(step, task, trouble))
        yield world.now + jittered(world.random, step.seconds) + extra
        if trouble and trouble.error and task.try_number <= trouble.tries:
            return "failed"
        origin = self._origin(task)
        try:
            self.recorded += self._record(step, origin, trouble)
        except Blocked:
            world.look_soon()
            return "failed"
        return "success"

    def _record(self, step: Step, origin: Origin, trouble: Trouble | None) -> Sequence[Evidence]:
        """:raises Blocked: where the task fails because of what it has recorded."""
        match step.work:
            case Work.QUALITY:
                return [Gates(self.world).quality(step, self, origin, trouble)]
            case Work.BIAS:
                return [Gates(self.world).bias(step, self, origin, trouble)]
            case Work.CARD:
                return [Cards(self.world).card(self, origin)]
            case Work.PROMOTION:
                return Promotions(self.world).promote(step, self, origin)
        return ()

    def _ask(self, step: Step, task: TaskRow, trouble: Trouble | None) -> Waits:
        """Ask, wait for people, and record what they decided."""
        world, people = self.world, Questions(self.world)
        request = self.request = people.ask(step, self, self._origin(task), task)
        task.state = "awaiting_input"
        world.airflow.touch(self.row)
        if trouble and trouble.marked_by and not self.was_cleared:
            yield world.now + timedelta(hours=2)
            self._mark_event(task, step, trouble.marked_by)
            self.by_hand.add(step.task_id)
            world.look_soon()
            return "success"
        for answer in people.answers_to(request, trouble):
            yield max(world.now + timedelta(minutes=11), request.opened_at + answer.after)
            done = people.answer(self, request, answer, task)
            if done is not Answered.WAITS:
                task.next_method = None
                return "success" if done is Answered.APPROVED else "failed"
        yield world.until + timedelta(days=365)  # nobody has answered yet
        return "failed"

    # ------------------------------------------------------------------ what people do

    def _marked_by(self, step: Step) -> str | None:
        trouble = self._trouble(step)
        return trouble.marked_by if trouble and step.work is not Work.APPROVAL else None

    def _mark(self, step: Step, who: str) -> None:
        """Somebody marks a failed task as successful; Airflow runs what follows it."""
        task = self.row.tasks[step.task_id]
        self._mark_event(task, step, who)
        self.by_hand.add(step.task_id)
        task.state = "success"
        self._run_again(after=step.task_id)

    def _ask_after_all(self) -> Generator[datetime, None, None]:
        """What was gone past is cleared, and the question is put again."""
        asks = self.pipeline.steps[-2]
        yield self.world.now + timedelta(hours=5)
        self.world.airflow.log(
            at=self.world.now,
            event="post_clear_task_instances",
            owner="reviewer",
            run=self.row,
            extra={"task_ids": [asks.task_id], "include_downstream": True, "method": "POST"},
        )
        self.was_cleared = True
        self.by_hand.clear()
        self._run_again(after=self.pipeline.steps[-3].task_id)
        yield self.world.now + timedelta(seconds=2)

    def _run_again(self, *, after: str) -> None:
        row = self.row
        row.clear_number += 1
        row.queued_at, row.state, row.ended_at = self.world.now, "running", None
        self._states(after=after)
        self._tell_run("running")
        self.world.airflow.touch(row)
        self.world.look_soon()

    def _mark_event(self, task: TaskRow, step: Step, who: str) -> None:
        self._tell_task(task, "success", step, actor=who)
        self.world.airflow.log(
            at=self.world.now,
            event="patch_task_instance",
            owner=who,
            run=self.row,
            task_id=task.task_id,
            map_index=-1,
            try_number=task.try_number,
            extra={"new_state": "success", "method": "PATCH", "task_id": task.task_id},
        )

    # ------------------------------------------------------------------ rows and events

    def _states(self, *, after: str | None = None) -> None:
        fresh = after is None
        for step in self.pipeline.steps:
            if fresh:
                before = self.row.tasks.get(step.task_id)
                self.row.tasks[step.task_id] = TaskRow(
                    ti_id=self.world.new_uuid(),
                    task_id=step.task_id,
                    operator=step.operator,
                    try_number=before.try_number if before else 0,
                )
            fresh = fresh or step.task_id == after

    def _fail_rest(self, steps: list[Step]) -> None:
        for step in steps:
            task = self.row.tasks[step.task_id]
            task.state, task.ended_at = "upstream_failed", self.world.now

    def _trouble(self, step: Step) -> Trouble | None:
        return next((one for one in self.troubles if one.task_id == step.task_id), None)

    def _origin(self, task: TaskRow) -> Origin:
        return Origin(
            dag_id=self.row.dag_id,
            run_id=self.row.run_id,
            task_id=task.task_id,
            try_number=task.try_number,
        )

    def _tell_run(self, state: str) -> None:
        row, now = self.row, self.world.now
        facts: dict[str, Any] = {
            "process": "scheduler",
            "owner": self.pipeline.owner,
            "run_type": row.run_type,
            "triggering_user": row.requester,
            "logical_date": row.logical_date,
            "queued_at": row.queued_at,
            "start_date": row.started_at,
            "end_date": row.ended_at,
            "duration": _seconds(row.started_at, row.ended_at),
            "clear_number": row.clear_number,
            "hostname": "scheduler-1",
        }
        self.world.emit(
            Event(
                event_id=dag_run_event_id(
                    dag_id=row.dag_id,
                    run_id=row.run_id,
                    queued_at=row.queued_at,
                    clear_number=row.clear_number,
                    state=state,
                ),
                type=f"dag_run.{state}",
                state=state,
                dag_id=row.dag_id,
                run_id=row.run_id,
                occurred_at=now,
                actor=row.requester if state == "running" else None,
                payload=as_payload(facts),
            )
        )

    def _tell_task(
        self,
        task: TaskRow,
        state: str,
        step: Step,
        *,
        error: str | None = None,
        actor: str | None = None,
    ) -> None:
        row, now = self.row, self.world.now
        facts: dict[str, Any] = {
            "process": "api-server" if actor else "task",
            "manual": True if actor else None,
            "ti_id": str(task.ti_id),
            "operator": step.operator,
            "owner": self.pipeline.owner,
            "pool": "default_pool",
            "queue": "default",
            "max_tries": task.max_tries,
            "hostname": HOST,
            "run_type": row.run_type,
            "triggering_user": row.requester,
            "logical_date": row.logical_date,
            "start_date": task.started_at,
            "end_date": None if state == "running" else now,
            "duration": None if state == "running" else _seconds(task.started_at, now),
            "error_class": error,
        }
        self.world.emit(
            Event(
                event_id=task_event_id(
                    ti_id=str(task.ti_id),
                    try_number=task.try_number,
                    state=state,
                    occurred_ns=int(now.timestamp() * _NANO),
                ),
                type=f"task_instance.{state}",
                state=state,
                dag_id=row.dag_id,
                run_id=row.run_id,
                task_id=task.task_id,
                map_index=-1,
                try_number=task.try_number,
                occurred_at=now,
                actor=actor,
                payload=as_payload(facts),
            )
        )


_BLOCKED = "airflow.sdk.exceptions.AirflowFailException"
_ERRORS = dict.fromkeys(
    (Work.QUALITY, Work.BIAS, Work.CARD, Work.APPROVAL, Work.PROMOTION), _BLOCKED
)


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return round((end - start).total_seconds(), 3) if start and end else None
