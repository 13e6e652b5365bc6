"""Telling the year."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from airflow_rows import AirflowRows, RunRow
from filler import OF_A_RUN, events_of_day
from people import People
from pipelines import CHURN, CREDIT, PIPELINES, ROLLBACK, Pipeline
from runs import Run
from sqlalchemy import func, select
from story import Calendar, Trouble, troubles
from world import Happening, World

from airflow_gov_provider import config
from airflow_gov_provider.collector.index_events import index_once
from airflow_gov_provider.collector.seal import seal_once
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.store import database, tables
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.promise_tables import commitment, incident, sla_outcome

_A_DAY = 101  # events of the story itself, about
_LISTED = (
    tables.event,
    tables.checkpoint,
    tables.evidence,
    tables.approval_request,
    tables.vote,
    commitment,
    sla_outcome,
    incident,
)


def tell(*, days: timedelta, seed: int, events: int, until: datetime | None) -> str:
    """:returns: what was made, a line a table."""
    end = (until or utcnow()).astimezone(UTC)
    begin = (end - days).replace(hour=0, minute=0, second=0, microsecond=0)
    database.prepare(config.sql_alchemy_conn(), migrate_first=True)
    rows = AirflowRows()
    rows.load_versions()
    people = People()
    world = World(now=begin, until=end, seed=seed, airflow=rows, after_round=people.look)
    world.start()
    world.begins(world.rounds(), begin + timedelta(hours=1))
    for pipeline in PIPELINES:
        world.begins(_schedule(world, pipeline, begin), begin)
    world.begins(_rollback(world), _day_of_rollback(end))
    world.begins(_asked_for(world, CREDIT, "requester"), end - timedelta(hours=5))
    world.begins(_asked_for(world, CHURN, "reviewer"), end - timedelta(hours=21))
    others = events - _A_DAY * days.days
    if others > 0:
        world.begins(_fill(world, others / max(1, days.days)), begin)
    world.run()
    world.round()
    while seal_once(clock=world.clock):
        pass
    while index_once(seconds=30):
        pass
    return _made()


def _schedule(world: World, pipeline: Pipeline, begin: datetime) -> Happening:
    """Begin each run when its time comes."""
    known = [one for one in troubles(world.until) if one.dag_id == pipeline.dag_id]
    for at in pipeline.times_between(begin, world.until):
        yield at
        happening = [one for one in known if one.is_of(pipeline.dag_id, at)]
        version = world.next_version(pipeline.model) if pipeline.model else None
        row = _row(world, pipeline, logical_date=at)
        world.begins(Run(world, pipeline, row, happening, version=version).course(), world.now)


def _row(
    world: World,
    pipeline: Pipeline,
    *,
    logical_date: datetime | None = None,
    requester: str | None = None,
) -> RunRow:
    kind = "scheduled" if logical_date else "manual"
    row = RunRow(
        dag_id=pipeline.dag_id,
        run_id=f"{kind}__{(logical_date or world.now).isoformat()}",
        run_type=kind,
        logical_date=logical_date,
        queued_at=world.now,
        requester=requester,
        row_id=world.airflow.next_row_id(),
    )
    if requester:
        world.airflow.log(at=world.now, event="trigger_dag_run", owner=requester, run=row)
    return row


def _day_of_rollback(end: datetime) -> datetime:
    day = Calendar(end).weekday_after(6, 8, 3)  # a Thursday
    return datetime(day.year, day.month, day.day, 9, 20, tzinfo=UTC)


def _rollback(world: World) -> Happening:
    """June: complaints about the newest version; three days later the one before is back."""
    current = int(world.champions.get((str(CREDIT.model), "champion"), "1"))
    if current > 1:
        row = _row(world, ROLLBACK, requester="requester")
        run = Run(world, ROLLBACK, row, [], version=str(current - 1))
        world.begins(run.course(), world.now)
    yield from ()


def _asked_for(world: World, pipeline: Pipeline, requester: str) -> Happening:
    """A run that somebody triggers and nobody has approved yet."""
    row = _row(world, pipeline, requester=requester)
    waits = Trouble(
        dag_id=pipeline.dag_id, task_id="approve", day=world.now.date(), unanswered=True
    )
    version = world.next_version(str(pipeline.model))
    world.begins(Run(world, pipeline, row, [waits], version=version).course(), world.now)
    yield from ()


def _fill(world: World, a_day: float) -> Happening:
    """The runs of a day arrive at its end."""
    runs = max(1, round(a_day / OF_A_RUN))
    dice = Random(world.seed)  # noqa: S311
    while True:
        day = world.now
        yield day + timedelta(days=1)
        world.flush()
        with governance_transaction() as connection:
            arrived = events_of_day(day, runs=runs, dice=dice)
            insert_events(connection, arrived, recorded_at=world.now)
        seal_once(clock=world.clock)


def _made() -> str:
    with governance_transaction() as connection:
        counts = {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in _LISTED
        }
    return "\n".join(f"  {count:>10,}  {name.replace('_', ' ')}" for name, count in counts.items())
