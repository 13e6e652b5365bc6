"""``airflow governance sla lint`` and ``sla commitments``"""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import create_engine

from airflow_gov_provider.cli.commands.commitments import lint, list_commitments
from airflow_gov_provider.domain.sla.commitments import Commitment, CountsFrom, Kind
from airflow_gov_provider.store.promises.commitments import declare

HOUR = timedelta(hours=1)
PROMISES = [
    Commitment(name="a", kind=Kind.RUN, within=HOUR, counts_from=CountsFrom.LOGICAL_DATE),
    Commitment(name="b", kind=Kind.BY, by=time(10), tz="Europe/Berlin", owner="risk"),
]


def arguments(**given) -> SimpleNamespace:
    usual = {"dag_id": None, "owner": None, "all": False, "limit": 50, "output": "table"}
    return SimpleNamespace(**usual | given)


@pytest.fixture
def promised(sqlite_store):
    engine = create_engine(sqlite_store)
    with engine.begin() as connection:
        made = [one.of_dag("income") for one in PROMISES]
        declare(connection, made, now=datetime(2026, 11, 21, 12, tzinfo=UTC))
    engine.dispose()


def test_a_good_file_is_told_in_one_line(tmp_path, capsys):
    file = tmp_path / "promises.yaml"
    file.write_text(
        "version: 1\ncalendars: {c: {}}\ncommitments:\n"
        "  - {select: {tag: x}, tasks: {a: 1h, b: 2h}, floor: true}\n"
    )

    lint(SimpleNamespace(file=str(file)))

    assert "1 entries with 2 promises, 1 of them floors; 1 calendars" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["version: 3\ncommitments: {}", None])
def test_a_bad_file_is_told_with_all_of_its_problems_and_exit_code_1(tmp_path, capsys, text):
    file = tmp_path / "promises.yaml"
    if text is not None:
        file.write_text(text)

    with pytest.raises(SystemExit) as caught:
        lint(SimpleNamespace(file=str(file)))

    assert caught.value.code == 1
    told = capsys.readouterr()
    assert told.out == ""
    expected = ["cannot be read"] if text is None else ["line 1, version", "line 2, commitments"]
    assert all(words in told.err for words in expected)


def test_promises_are_listed_in_words(promised, capsys):
    list_commitments(arguments())

    told = capsys.readouterr().out
    assert "within 1:00:00 from logical date" in told
    assert "by 10:00 Europe/Berlin" in told


def test_promises_are_listed_for_programs(promised, capsys):
    list_commitments(arguments(owner="risk", output="json"))

    (one,) = json.loads(capsys.readouterr().out)
    assert (one["dag_id"], one["by"], one["retired_at"]) == ("income", "10:00:00", None)


def test_an_empty_list_says_how_to_promise(sqlite_store, capsys):
    list_commitments(arguments())

    assert "deadline=sla(...)" in capsys.readouterr().out
