"""Callback and collector speak in any order, early, late and often: what stands in the end is one."""

from __future__ import annotations

from itertools import count

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from airflow_gov_provider.domain.sla.outcomes import RunFacts, judge_run
from airflow_gov_provider.hooks.sla import settle_late_run
from airflow_gov_provider.store import database
from tests.unit.collector.sla.conftest import at, promise

LIMIT = 60
_numbers = count()

ends = st.none() | st.tuples(
    st.integers(LIMIT - 5, LIMIT + 5), st.sampled_from(["success", "failed"])
)
steps = st.lists(
    st.tuples(st.sampled_from(["callback", "collector"]), st.integers(0, 40)), max_size=6
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(end=ends, written_after=st.integers(0, 4), steps=steps)
@example(end=(58, "failed"), written_after=4, steps=[("collector", 2), ("callback", 0)])
def test_the_order_of_arrival_does_not_change_the_outcome(
    judge, metadata, end, written_after, steps
):
    """A callback tells of the run as the scheduler saw it when the deadline had just passed."""
    number = next(_numbers)
    begin, run_id = 1000 * number, f"run {number}"
    terms = promise(within=LIMIT)
    judge.declare(terms)
    metadata.run(run_id, "running", begin=at(begin))
    judge.judge(begin)

    def facts(seconds: float) -> RunFacts:
        shown = end is not None and end[0] + written_after <= seconds
        state, ended = (end[1], at(begin + end[0])) if shown else ("running", None)
        common = {"dag_id": "dag", "run_id": run_id, "queued_at": at(begin)}
        return RunFacts(**common, state=state, ended_at=ended)

    now = LIMIT + 1
    for who, later in [*steps, ("collector", 100)]:
        now += later
        if who == "callback":
            with database.transaction(judge.url) as connection:
                settle_late_run(connection, terms, facts(LIMIT + 1), now=at(begin + now))
        else:
            seen = facts(now)
            metadata.set_run(run_id, state=seen.state, end_date=seen.ended_at)
            judge.judge(begin + now)

    (outcome,) = (one for one in judge.outcomes if one.run_id == run_id)
    final = judge_run(terms, facts(500), expected_at=at(begin + LIMIT), now=at(begin + 500))
    assert (outcome.state, outcome.actual_at) == (final.state, final.actual_at)
    told = [
        event.type
        for type_ in ("sla.met", "sla.missed", "sla.void", "sla.corrected")
        for event in judge.events(type_)
        if event.run_id == run_id
    ]
    assert len(told) == len(set(told))
    assert told[-1] in {f"sla.{final.state}", "sla.corrected"}
