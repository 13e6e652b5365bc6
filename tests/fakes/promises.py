"""Arbitrary calendars and commitments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.domain.sla.calendars import Calendar, Holiday, Maintenance
from airflow_gov_provider.domain.sla.commitments import Commitment, CountsFrom, Kind

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia")

words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=30)
instants = st.integers(0, 20 * 366 * 86400 * 10**6).map(
    lambda microseconds: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
)
lengths = st.timedeltas(timedelta(seconds=1), timedelta(days=3660))
zones = st.sampled_from(ZONES)


@st.composite
def windows(draw) -> Maintenance:
    starts = draw(instants)
    lasts = draw(st.timedeltas(timedelta(minutes=1), timedelta(days=6)))
    return Maintenance(
        starts=starts, ends=starts + lasts, reason=draw(words), weekly=draw(st.booleans())
    )


calendars = st.builds(
    Calendar,
    weekdays=st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
    holidays=st.lists(
        st.builds(Holiday, day=instants.map(datetime.date), reason=words), max_size=3
    ).map(tuple),
    maintenance=st.lists(windows(), max_size=3).map(tuple),
    tz=zones,
    name=st.none() | words,
)
commitments = st.builds(
    Commitment,
    name=words,
    kind=st.sampled_from(Kind),
    dag_id=st.none() | words,
    subject=st.just("") | words,
    within=st.none() | lengths,
    counts_from=st.none() | st.sampled_from(CountsFrom),
    by=st.none() | st.times(),
    tz=st.none() | zones,
    opens=st.times(),
    severity=st.sampled_from(Severity),
    owner=st.none() | words,
    description=st.none() | words,
    target=st.floats(0.001, 1),
    calendar=calendars,
    source=words,
)
