"""What an operator sees, and what a script can rely on."""

from __future__ import annotations

import json

import pytest
from fakes.tampering import unguarded
from sqlalchemy import update

from airflow_gov_provider.api.schemas import EvidenceItem
from airflow_gov_provider.domain.evidence import EvidenceKind
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.witnesses import Sighting, insert_sightings
from airflow_gov_provider.store.tables import evidence as table
from tests.unit.api.conftest import evidence, happening, of_dag

FINDINGS = [
    {
        "verdict": "FAILED",
        "check": "four_fifths",
        "subject": "sex",
        "expected": ">= 0.8",
        "observed": 0.3512345678,
        "reason": "Female against Male",
    }
]


def test_an_empty_store_says_what_fills_it(run, sqlite_store):
    assert run("evidence", "list").out.startswith("No evidence yet. A DataQualityGate")
    assert run("events").out.startswith("No events yet. Run a Dag")


@pytest.mark.parametrize("words", [("evidence", "list"), ("events",)])
def test_filters_that_find_nothing_are_named_as_the_reason(run, record, words):
    record(evidence(1), happening(1))

    outcome = run(*words, "--dag-id", "other")

    assert (outcome.code, "leave one out" in outcome.out) == (0, True)


@pytest.mark.parametrize("words", [("evidence", "list"), ("events",)])
def test_an_empty_list_is_an_empty_array_for_programs(run, sqlite_store, words):
    outcome = run(*words, "--output", "json")

    assert (json.loads(outcome.out), outcome.err) == ([], "")


def test_a_table_has_one_line_for_each_piece_of_evidence_newest_first(run, record):
    record(evidence(1), evidence(2, verdict=Verdict.FAILED, kind=EvidenceKind.BIAS))

    header, first, second = run("evidence", "list").out.splitlines()

    assert header.split()[:3] == ["id", "verdict", "kind"]
    assert first.split()[:3] == [evidence(2).evidence_id, "FAILED", "bias"]
    assert second.split()[:3] == [evidence(1).evidence_id, "PASSED", "quality"]


def test_a_table_of_events_names_mapped_task_instances_and_people(run, record):
    record(happening(1, map_index=3, actor="ada"))

    _, line = run("events").out.splitlines()

    assert "2026-01-31 12:01:00  task_instance.success  income  train[3]  1" in line
    assert "ada" in line
    assert "run 1" in line


def test_an_event_is_shown_with_everyone_who_saw_it(run, record, sqlite_store):
    event = happening(1)
    record(event)
    seen = Sighting(
        event_id=event.event_id,
        witness="log",
        reference="7@noon",
        occurred_at=event.occurred_at,
        document="{}",
    )
    with database.transaction(sqlite_store) as connection:
        insert_sightings(connection, [seen], recorded_at=event.occurred_at)

    text = run("event", event.event_id).out
    assert "seen by   listener, log" in text
    assert "7@noon" in text
    assert "listener, log" in run("events").out
    detail = json.loads(run("event", event.event_id, "-o", "json").out)
    assert [one["reference"] for one in detail["sightings"]] == ["7@noon"]


def test_an_event_that_is_not_there_is_said_not_to_be(run, record):
    outcome = run("event", "nothing")

    assert outcome.code == 1
    assert "there is no event 'nothing'" in outcome.err


def test_programs_get_the_items_of_the_api(run, record):
    record(evidence(1))

    (item,) = json.loads(run("evidence", "list", "-o", "json").out)

    assert item.keys() == EvidenceItem.model_fields.keys()
    assert item["digest"] == evidence(1).digest
    assert item["recorded_at"] == "2026-01-31T12:01:00Z"


def test_evidence_is_filtered_by_everything_it_is_known_by(run, record):
    record(
        evidence(1),
        evidence(2, origin=of_dag("other")),
        evidence(3, kind=EvidenceKind.BIAS),
        evidence(4, verdict=Verdict.FAILED),
    )

    def found(*words):
        return {item["evidence_id"][-1] for item in json.loads(listed(*words))}

    def listed(*words):
        return run("evidence", "list", "-o", "json", *words).out

    assert found("--dag-id", "other") == {"2"}
    assert found("--run-id", "run 1", "--task-id", "gate") == {"1", "2", "3", "4"}
    assert found("--kind", "bias") == {"3"}
    assert found("--verdict", "failed") == {"4"}
    assert found("--since", "2026-01-31T12:02Z", "--until", "2026-01-31T13:04+01:00") == {"2", "3"}
    assert found("--since", "1h") == set()


def test_events_are_filtered_by_type_and_actor(run, record):
    record(happening(1), happening(2, type="dag_run.failed", actor="ada"))

    def found(*words):
        return [item["seq"] for item in json.loads(run("events", "-o", "json", *words).out)]

    assert found("--type", "dag_run.failed") == [2]
    assert found("--actor", "ada") == [2]
    assert found() == [2, 1]


def test_events_are_filtered_by_class_state_witness_try_and_words(run, record):
    record(
        happening(1, payload={"file": "s3://bucket/Census-2026.csv"}),
        happening(2, type="override.cleared", state="cleared", witness="airflow", try_number=3),
    )

    def found(*words):
        return [item["seq"] for item in json.loads(run("events", "-o", "json", *words).out)]

    assert found("--category", "override") == [2]
    assert found("--state", "success") == [1]
    assert found("--witness", "airflow") == [2]
    assert found("-t", "train", "--try-number", "3") == [2]
    assert found("-t", "train", "--map-index", "-1") == [2, 1]
    assert found("--query", "s3://bucket/census-2026.csv") == [1]
    assert found("-q", "nowhere") == []


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--try-number", "1"), "expected --try-number together with --task-id"),
        (("-q", "?"), "expected at least one letter or digit"),
    ],
)
def test_a_search_that_cannot_be_made_is_explained(run, sqlite_store, words, problem):
    outcome = run("events", *words)

    assert outcome.code == 1
    assert problem in outcome.err


def test_a_limit_beyond_one_page_is_filled_from_several(run, record, monkeypatch):
    monkeypatch.setattr("airflow_gov_provider.cli.pages.MAX_LIMIT", 2)
    record(*[evidence(number) for number in range(5)])

    items = json.loads(run("evidence", "list", "--limit", "5", "-o", "json").out)

    assert [item["evidence_id"][-1] for item in items] == ["4", "3", "2", "1", "0"]


def test_a_list_that_goes_on_says_so_beside_the_output(run, record):
    record(*[happening(number) for number in range(3)])

    cut = run("events", "--limit", "2")
    whole = run("events", "--limit", "3")

    assert "The newest 2 are shown" in cut.err
    assert whole.err == ""


def test_evidence_is_shown_with_its_findings(run, record):
    item = evidence(1, verdict=Verdict.FAILED, body={"on_fail": "review", "findings": FINDINGS})
    record(item)

    outcome = run("evidence", "show", item.evidence_id)

    assert outcome.code == 0
    assert f"digest    {item.digest} (matches)" in outcome.out
    assert "model     income version 3" in outcome.out
    assert "on_fail  review" in outcome.out
    assert "FAILED   four_fifths  sex      >= 0.8    0.351235  Female against Male" in outcome.out


def test_evidence_without_findings_is_shown_with_what_it_has(run, record):
    item = evidence(1, kind=EvidenceKind.APPROVAL, body={"decided_by": "ada", "shown": [1] * 99})
    record(item)

    outcome = run("evidence", "show", item.evidence_id)

    assert "decided_by  ada" in outcome.out
    assert "--output json shows all of it" in outcome.out


def test_shown_as_json_the_document_is_whole(run, record):
    record(evidence(1))

    detail = json.loads(run("evidence", "show", evidence(1).evidence_id, "-o", "json").out)

    assert detail["digest_matches"] is True
    assert detail["document"]["body"] == {"share": 0.1, "note": "Größe ≤ 5"}


@pytest.mark.parametrize("output", ["table", "json"])
def test_a_changed_document_is_an_error_for_scripts_and_people(run, record, sqlite_store, output):
    record(evidence(1))
    with database.transaction(sqlite_store) as connection, unguarded(connection):
        connection.execute(update(table).values(document="{}"))

    outcome = run("evidence", "show", evidence(1).evidence_id, "-o", output)

    assert outcome.code == 1
    assert "is not the one that was recorded" in outcome.err
    assert ("DOES NOT MATCH" in outcome.out) is (output == "table")


def test_text_that_would_steer_a_terminal_is_shown_harmless(run, record):
    record(evidence(1, subject="\x1b[2Jcensus\r\n\u202egnp.exe", summary="[bold]markup[/bold]"))

    for outcome in (run("evidence", "list"), run("evidence", "show", evidence(1).evidence_id)):
        assert not set("\x1b\r\u202e") & set(outcome.out)
        assert "[bold]markup[/bold]" in outcome.out


@pytest.fixture
def card(record, monkeypatch):
    from airflow_gov_provider.domain import cards

    monkeypatch.setattr(cards, "from_json", lambda content: content)
    monkeypatch.setattr(cards, "to_markdown", lambda card: f"# {card['name']}, Größe\n")
    monkeypatch.setattr(cards, "to_html", lambda card: f"<h1>{card['name']}</h1>\n")
    monkeypatch.setattr(cards, "to_json_bytes", lambda card: json.dumps(card).encode())
    item = evidence(5, kind=EvidenceKind.CARD, body={"card": {"name": "income"}})
    record(item, evidence(1))
    return item.evidence_id


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        ((), "# income, Größe\n"),
        (("--format", "html"), "<h1>income</h1>\n"),
        (("--format", "json"), '{"name": "income"}'),
    ],
)
def test_a_card_is_printed_in_the_format_that_is_asked_for(run, card, words, printed):
    outcome = run("card", card, *words)

    assert (outcome.code, outcome.out, outcome.err) == (0, printed, "")


def test_a_card_goes_into_a_file_whole(run, card, tmp_path):
    target = tmp_path / "card.html"
    target.write_text("an older card")

    outcome = run("card", card, "--format", "html", "--output-file", str(target))

    assert (outcome.code, outcome.out) == (0, "")
    assert target.read_text() == "<h1>income</h1>\n"
    assert {path.name for path in tmp_path.iterdir()} >= {"card.html"}
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".card")]


def test_a_file_that_cannot_be_written_is_named(run, card, tmp_path):
    outcome = run("card", card, "--output-file", str(tmp_path / "nowhere" / "card.md"))

    assert outcome.code == 1
    assert "nowhere/card.md cannot be written: No such file or directory" in outcome.err


def test_evidence_that_is_no_card_is_refused_with_the_way_to_cards(run, card):
    outcome = run("card", evidence(1).evidence_id)

    assert (outcome.code, outcome.out) == (1, "")
    assert "is of kind quality, expected kind card" in outcome.err


@pytest.mark.parametrize("body", [{}, {"card": {"schema_version": 99, "owner": "s3cret"}}])
def test_a_card_of_another_version_is_refused_and_not_repeated(run, record, body):
    item = evidence(5, kind=EvidenceKind.CARD, body=body)
    record(item)

    outcome = run("card", item.evidence_id)

    assert (outcome.code, outcome.out) == (1, "")
    assert "recorded by another version" in outcome.err
    assert "s3cret" not in outcome.err


def test_a_changed_card_is_not_printed(run, card, sqlite_store):
    with database.transaction(sqlite_store) as connection, unguarded(connection):
        connection.execute(update(table).values(document=table.c.document + " "))

    outcome = run("card", card)

    assert (outcome.code, outcome.out) == (1, "")
    assert "its digest differs" in outcome.err


@pytest.mark.parametrize("words", [("evidence", "show", "nothing"), ("card", "nothing")])
def test_an_unknown_id_is_answered_with_the_way_to_ids(run, sqlite_store, words):
    outcome = run(*words)

    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith("error: there is no evidence 'nothing'")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("events", "--since", "yesterday"), "expected a span such as 30m"),
        (("events", "--limit", "0"), "invalid positive int value"),
        (("evidence", "list", "--kind", "rumour"), "invalid choice: 'rumour'"),
        (("evidence", "list", "--verdict", "good"), "invalid choice: 'GOOD'"),
        (("evidence", "show"), "required: ID"),
        (("card", "x", "--format", "pdf"), "invalid choice: 'pdf'"),
        (("db",), "required: COMMAND"),
    ],
)
def test_a_command_that_is_typed_wrongly_ends_with_2(run, words, message):
    outcome = run(*words)

    assert outcome.code == 2
    assert message in outcome.err
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize(
    "words",
    [
        ("db", "check"),
        ("db", "info"),
        ("db", "migrate"),
        ("events",),
        ("evidence", "list"),
        ("evidence", "show", "x"),
        ("card", "x"),
    ],
)
def test_a_database_that_does_not_answer_is_one_line_without_its_password(run, monkeypatch, words):
    monkeypatch.setenv(
        "AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN",
        "postgresql+psycopg://gov:hunter2@127.0.0.1:1/governance?connect_timeout=1&password=s3cret",
    )

    outcome = run(*words)

    assert (outcome.code, outcome.out) == (1, "")
    (line,) = outcome.err.strip().splitlines()
    assert line.startswith("error: the governance database postgresql+psycopg://gov:***@127.0.0.1")
    assert "hunter2" not in line
    assert "s3cret" not in line


@pytest.fixture
def new_database(monkeypatch, empty_store_url):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", empty_store_url)
    return database.safe_url(empty_store_url)


def test_migrating_says_from_where_to_where(run, new_database):
    behind = run("db", "check")
    first = run("db", "migrate")
    again = run("db", "migrate")
    current = run("db", "check")

    head = database.schema_state.__globals__["_head"]()
    assert (behind.code, current.code) == (1, 0)
    assert "run `airflow governance db migrate`" in behind.err
    assert first.out == f"{new_database} migrated from revision none to {head}\n"
    assert again.out == f"{new_database} is at revision {head} already; nothing to do\n"


def test_reading_from_a_database_that_is_behind_names_the_command_that_helps(run, new_database):
    outcome = run("evidence", "list")

    assert (outcome.code, outcome.out) == (1, "")
    assert "airflow governance db migrate" in outcome.err


def test_info_counts_the_rows_of_every_table(run, record, sqlite_store):
    record(evidence(1), evidence(2), happening(1))

    facts = json.loads(run("db", "info", "-o", "json").out)

    assert facts["url"] == sqlite_store
    assert facts["is_current"] is True
    assert facts["revision"] == facts["needed_revision"]
    assert (facts["tables"]["evidence"], facts["tables"]["leaf"]) == (2, 0)
    assert facts["tables"]["event"] == 3  # each piece of evidence brings one along


def test_info_of_a_new_database_says_that_its_tables_are_missing(run, new_database):
    outcome = run("db", "info")

    assert outcome.code == 0
    assert "revision  none, behind" in outcome.out
    assert ["evidence", "missing"] in [line.split() for line in outcome.out.splitlines()]
