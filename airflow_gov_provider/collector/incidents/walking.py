"""Reading new events, each of them twice, from where the collector before this one stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from airflow_gov_provider.domain.record.walks import Stretch, Walk
from airflow_gov_provider.hooks.governance import governance_transaction
from airflow_gov_provider.store.events.sources import last_seq
from airflow_gov_provider.store.events.witnesses import read_position, write_position
from airflow_gov_provider.store.incidents.rows import begin_writing

Take = Callable[[Connection, Sequence[Stretch]], int]


def walk_on(name: str, take: Take, *, now: datetime, lag: timedelta = timedelta(0)) -> int:
    """Hand what is to be read now to ``take``, and remember that it was.

    The first time everything that is there already is left alone: incidents are about what happens
    from now on.

    :param name: of the position.
    :param take: is given the connection; what it writes is committed together with the position.
    :param lag: how long to leave rows alone, for what belongs to them to arrive.
    :returns: what ``take`` returned; 0 where nothing was new.
    """
    with governance_transaction() as connection:
        stretches, after = _next(connection, name, now, lag)
        if after is None:
            return 0
    with governance_transaction() as connection:
        begin_writing(connection)
        stretches, after = _next(connection, name, now, lag)
        if after is None:
            return 0
        done = take(connection, stretches) if stretches else 0
        write_position(connection, name, after.content, now=now)
    return done


def _next(
    connection: Connection, name: str, now: datetime, lag: timedelta
) -> tuple[Sequence[Stretch], Walk | None]:
    """What to read, and the walk after it; None for the walk if it is as it was."""
    last = last_seq(connection)
    stored = read_position(connection, name)
    if stored is None:
        return (), Walk.begin(last)
    before = Walk.from_content(stored.content)
    stretches, after = before.step(last=last, now=now, lag=lag)
    return stretches, None if after == before else after
