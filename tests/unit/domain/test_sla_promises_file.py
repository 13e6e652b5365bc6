"""The YAML file of commitments: what it can say, and how it is told what is wrong."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.domain.sla.calendars import Holiday
from airflow_gov_provider.domain.sla.commitments import CountsFrom, Kind
from airflow_gov_provider.domain.sla.effective import Selector
from airflow_gov_provider.domain.sla.promises_file import read_promises_file
from airflow_gov_provider.domain.sla.terms import TERMS
from airflow_gov_provider.exceptions import ContractInvalid

WHOLE = """\
version: 1
calendars:
  working days:
    tz: Europe/Berlin
    weekdays: [mon, tue, wed, thu, Friday]
    holidays:
      2026-12-25: Christmas
      "2026-12-24": Christmas Eve
    maintenance:
      - {from: "2026-11-28 22:00", until: 2026-11-29T02:00:00, reason: backup, weekly: true}
commitments:
  - name: nightly
    select: {dag_id: "risk_*", tag: [production, nightly]}
    within: 2h
    from: logical_date
    severity: HIGH
    target: 99.9%
    floor: true
  - select: {owner: ml-platform}
    by: "10:00"
    tz: Europe/Berlin
    opens: "20:00"
    calendar: working days
    owner: on-call
    description: The bank opens.
  - select: {dag_id: income}
    tasks: {train: 30m, load: 1h30m}
    calendar: {weekdays: [sun]}
  - asset: s3://warehouse/orders
    within: PT24H
    target: 1
"""


def problems_of(text: str) -> list[str]:
    with pytest.raises(ContractInvalid) as caught:
        read_promises_file(text, name="promises.yaml")
    assert caught.value.source == "promises.yaml"
    return list(caught.value.problems)


def test_it_says_what_is_promised_of_which_dags():
    nightly, by, tasks, asset = read_promises_file(WHOLE, name="promises.yaml").entries

    assert nightly.selector == Selector(dag_ids=("risk_*",), tags=("production", "nightly"))
    assert nightly.is_floor
    (run,) = nightly.promises
    assert (run.name, run.kind, run.within) == ("nightly", Kind.RUN, timedelta(hours=2))
    assert (run.counts_from, run.severity) == (CountsFrom.LOGICAL_DATE, Severity.HIGH)
    assert (run.target, run.source) == (0.999, "promises.yaml: commitments[0]")
    (morning,) = by.promises
    assert (morning.by, morning.opens, morning.tz) == (time(10), time(20), "Europe/Berlin")
    assert (morning.owner, morning.description) == ("on-call", "The bank opens.")
    assert [one.subject for one in tasks.promises] == ["train", "load"]
    assert tasks.promises[1].within == timedelta(minutes=90)
    assert tasks.promises[0].calendar.weekdays == (6,)
    assert asset.selector is None
    assert (asset.promises[0].subject, asset.promises[0].target) == ("s3://warehouse/orders", 1)


def test_its_calendars_are_in_their_own_zone():
    calendar = read_promises_file(WHOLE, name="promises.yaml").calendars["working days"]

    assert (calendar.weekdays, calendar.name) == ((0, 1, 2, 3, 4), "working days")
    assert calendar.holidays == (
        Holiday(day=date(2026, 12, 24), reason="Christmas Eve"),
        Holiday(day=date(2026, 12, 25), reason="Christmas"),
    )
    (window,) = calendar.maintenance
    assert window.starts == datetime(2026, 11, 28, 21, tzinfo=UTC)
    assert (window.ends - window.starts, window.weekly) == (timedelta(hours=4), True)


def test_an_empty_list_of_commitments_is_fine():
    assert read_promises_file("version: 1\ncommitments: []", name="x").entries == []


def test_every_problem_is_told_at_once_with_its_line():
    text = """\
version: 2
calendars:
  c:
    weekdays: [mo]
    maintenance:
      - {from: "2026-01-02", until: "2026-01-01", reason: x}
commitments:
  - select: {dagid: x}
    within: 3600
  - select: {tag: []}
    by: 10:30
    calendar: d
  - within: 1h
    floor: true
  - select: {dag_id: "*"}
    tasks: {train: forever}
    frm: queued
  - asset: s3://x
    floor: true
  - select: {}
    within: 1h
"""

    found = [tuple(problem.split(": ", 1)) for problem in problems_of(text)]
    assert [(place, words[:32]) for place, words in found] == [
        ("line 1, version", "expected 1, found 2"),
        ("line 4, calendars.c.weekdays[0]", "unknown value 'mo'; did you mean"),
        ("line 6, calendars.c.maintenance[0].until", "expected a time after 'from'"),
        ("line 8, commitments[0].select", "unknown key 'dagid'; did you mea"),
        ("line 9, commitments[0].within", 'expected a duration such as "24h'),
        ("line 10, commitments[1].select.tag", "expected at least one; an empty "),
        ("line 12, commitments[1].calendar", "unknown calendar 'd'; known: c"),
        ("line 11, commitments[1].by", 'expected a time of day such as "'),
        ("line 13, commitments[2]", "'select' is missing: the Dags th"),
        ("line 14, commitments[2].floor", "has no meaning without 'select';"),
        ("line 15, commitments[3]", "unknown key 'frm'; did you mean "),
        ("line 16, commitments[3].tasks.train", 'expected a duration such as "24h'),
        ("line 19, commitments[4].floor", "has no meaning without 'select';"),
        ("line 18, commitments[4].asset", "'within' is missing beside it: h"),
        ("line 20, commitments[5].select", "expected at least one of 'dag_id"),
    ]


def test_a_time_without_quotes_is_told_as_what_it_was():
    text = "version: 1\ncommitments:\n  - {select: {tag: x}, by: 10:30}"

    assert "in quotes, found 630; is '10:30' meant?" in problems_of(text)[0]


def test_a_day_that_no_calendar_has_hides_no_other_problem():
    text = """\
version: 1
calendars:
  c: {weekdays: [mon], holidays: [2026-02-30]}
commitments:
  - {select: {tag: x}, within: soon}
"""
    first, second = problems_of(text)

    assert first.startswith("line 3, calendars.c.holidays[0]")
    assert "2026-02-30" in first
    assert second.startswith("line 5, commitments[0].within")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the document is empty"),
        ("- a", "expected a mapping"),
        ("version: 1\nversion: 1", "the key 'version' stands twice"),
        ("version: [", "not valid YAML"),
        ("commitments: []", "'version' is missing"),
        ("version: 1\ncommitments: {a: 1}", "commitments: expected a list"),
    ],
)
def test_what_is_no_such_file_is_told_so(text, problem):
    assert problem in problems_of(text)[0]


yaml_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
keys = st.sampled_from([*TERMS, "select", "floor"])


@given(st.dictionaries(keys, yaml_values | st.just({"dag_id": "*"}) | st.just("1h")), yaml_values)
def test_whatever_stands_in_it_is_read_or_refused_with_problems(entry, calendar):
    import yaml

    document = {"version": 1, "calendars": {"c": calendar}, "commitments": [entry]}
    text = yaml.safe_dump(document, allow_unicode=True)
    with suppress(ContractInvalid):
        assert read_promises_file(text, name="x").entries
