"""Exports: everything that a filter finds, whole or visibly torn, harmless in a spreadsheet, recorded."""

from __future__ import annotations

import csv
import io
import json
import threading
import time
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.api import exporting
from airflow_gov_provider.api.errors import Refusal
from airflow_gov_provider.api.export_formats import COLUMNS, Csv, JsonLines, defused
from airflow_gov_provider.api.pipes import piped
from airflow_gov_provider.api.routes import exports
from airflow_gov_provider.api.schemas import EventItem
from airflow_gov_provider.domain.ledger.notes import VerifierKey
from airflow_gov_provider.store.events.rows import StoredEvent
from airflow_gov_provider.verify.__main__ import main as verify
from tests.unit.api.conftest import NOON, assert_error, happening

EXPORT = "/v1/events/export"


def records(response) -> list[list[str]]:
    assert response.status_code == 200, response.text
    return list(csv.reader(io.StringIO(response.content.decode(), newline="")))


def recorded(audited) -> list[dict]:
    return audited.get("/v1/events", type="ledger.exported").json()["items"]


@pytest.fixture
def many(audited):
    some = [happening(n, dag_id="income" if n % 3 else "other") for n in range(1200)]
    audited.record(*some)
    audited.seal()
    return audited


@pytest.fixture
def verified(many, tmp_path):
    """Whether a stranger verifies an answer; what the verifier prints is left to the caller."""
    [key] = many.get("/v1/ledger").json()["keys"]
    trusted = tmp_path / "key.txt"
    trusted.write_text(key["text"])

    def check(response) -> bool:
        assert response.status_code == 200, response.text
        path = tmp_path / "bundle.zip"
        path.write_bytes(response.content)
        return verify([str(path), "--key", str(trusted)]) == 0

    return check


def test_a_csv_has_every_event_a_header_and_a_record_that_counts_them(many):
    response = many.get(EXPORT, format="csv", dag_id="income")
    header, *rows, last = records(response)

    assert tuple(header) == COLUMNS
    listed = many.get("/v1/events", dag_id="income", limit=1000).json()["items"]
    assert [row[0] for row in rows] == [str(item["seq"]) for item in listed if item["seq"] <= 1200]
    assert last[:3] == ["end of export", "800", "complete"]
    assert {len(row) for row in (header, *rows, last)} == {len(COLUMNS)}
    assert response.headers["content-type"].startswith("text/csv")
    assert 'filename="governance-events-' in response.headers["content-disposition"]
    assert response.headers["x-content-type-options"] == "nosniff"


def test_json_lines_are_what_the_list_shows(many):
    response = many.get(EXPORT, format="jsonl", category="task_instance")
    *lines, last = [json.loads(line) for line in response.text.splitlines()]

    listed = many.get("/v1/events", category="task_instance", limit=1000).json()["items"]
    assert lines[:1000] == listed
    assert last == {"end_of_export": {"events": 1200, "is_cut": False}}


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_what_is_beyond_the_limit_is_missed_and_the_end_says_so(many, form):
    lines = exporting.Lines(
        actor="ada",
        asked={},
        wanted=exporting.EventFilter(),
        reader=many.permissions,
        format=Csv() if form == "csv" else JsonLines(),
        most=700,
    )

    text = b"".join(lines.pieces()).decode()

    assert ("more events than one export holds" if form == "csv" else '"is_cut":true') in text
    assert recorded(many)[0]["payload"]["outcome"] == "cut at the limit"


def test_an_export_is_an_event_of_the_ledger(many):
    many.get(EXPORT, format="csv", dag_id="other", q="success")

    [found] = recorded(many)
    assert (found["actor"], found["dag_id"], found["witness"]) == ("ada", "other", "api")
    assert found["payload"] == {
        "format": "csv",
        "filter": {"dag_id": "other", "q": "success"},
        "events": 400,
        "outcome": "complete",
    }


@pytest.mark.parametrize("named", ["income", "no such Dag"])
def test_an_export_that_finds_nothing_of_a_dag_is_no_event_of_that_dag(many, named):
    many.permissions.dag_ids = {"other"}
    assert many.get(EXPORT, format="csv", dag_id=named).status_code == 200
    many.permissions.dag_ids = {"income", "other"}

    [found] = recorded(many)  # which belongs to no Dag, so only who may read all of them sees it
    assert found["dag_id"] is None
    assert found["payload"]["filter"] == {"dag_id": named}


def test_a_reader_who_leaves_stops_the_export_which_is_recorded(many):
    lines = exporting.Lines(
        actor="ada",
        asked={"format": "jsonl"},
        wanted=exporting.EventFilter(),
        reader=many.permissions,
        format=JsonLines(),
    )
    response = lines.response(media_type="text/plain", name="x")
    pieces = lines.run()
    next(pieces), next(pieces)
    lines.stop()

    assert list(pieces) == []
    assert response.media_type == "text/plain"
    assert recorded(many)[0]["payload"] == {
        "format": "jsonl",
        "events": 500,
        "outcome": "broken off",
    }


def test_only_so_many_exports_are_on_their_way_at_once(many, monkeypatch):
    monkeypatch.setattr(exports, "slots", only := exporting.Slots(1, of_one=1))
    for _ in range(2):
        assert many.get(EXPORT, format="csv", dag_id="other").status_code == 200
    with only.taken("somebody else"):
        response = many.get(EXPORT, format="csv")

        assert_error(response, 429, "too_many_exports")
        assert int(response.headers["retry-after"]) > 0
    assert many.get(EXPORT, format="csv", dag_id="other").status_code == 200


def test_nobody_takes_all_places():
    slots = exporting.Slots(3, of_one=2)
    with slots.taken("ann"), slots.taken("ann"):
        with pytest.raises(Refusal, match="2 of them yours"), slots.taken("ann"):
            pass
        with slots.taken("bob"), pytest.raises(Refusal), slots.taken("cid"):
            pass
    with slots.taken("ann"), slots.taken("bob"):
        pass


def test_a_place_is_free_again_when_a_bundle_is_refused(many, monkeypatch):
    monkeypatch.setattr(exports, "slots", exporting.Slots(1, of_one=1))
    monkeypatch.setattr(exporting, "MOST_PROVED", 1)
    for _ in range(2):
        assert_error(many.get(EXPORT, format="bundle"), 422, "export_too_large")


@pytest.mark.parametrize(
    "wanted", [{}, {"dag_id": "other"}, {"q": "success"}, {"run_id": "none"}, {"try_number": 1}]
)
def test_a_bundle_of_any_filter_is_verified_by_a_stranger(many, verified, wanted):
    if "try_number" in wanted:
        wanted = {"task_id": "train", **wanted}
    response = many.get(EXPORT, format="bundle", **wanted)

    assert verified(response)
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        lines = archive.read("events.jsonl").splitlines()
        key = VerifierKey.from_text(archive.read("keys.txt").decode())
    listed = many.get("/v1/events", limit=1000, **wanted).json()["items"]
    expected = 1200 if not wanted or "q" in wanted or "task_id" in wanted else len(listed)
    assert len(lines) == expected - ("dag_id" in wanted)  # that of the export itself came later
    assert key.name == "airflow-governance"


def test_a_bundle_has_what_its_reader_may_read(many, verified):
    many.permissions.dag_ids = {"other"}

    response = many.get(EXPORT, format="bundle")

    assert verified(response)
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        lines = archive.read("events.jsonl").splitlines()
    assert {json.loads(line)["dag_id"] for line in lines} == {"other"}


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_lines_have_what_their_reader_may_read(many, form):
    many.permissions.dag_ids = {"other"}

    text = many.get(EXPORT, format=form).text

    assert "income" not in text
    assert "400" in text.splitlines()[-1]


def test_a_bundle_with_an_altered_line_is_not_verified(many, verified, tmp_path, capsys):
    whole = many.get(EXPORT, format="bundle", dag_id="other")
    assert verified(whole)
    with zipfile.ZipFile(io.BytesIO(whole.content)) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    contents["events.jsonl"] = contents["events.jsonl"].replace(b"success", b"skipped", 1)
    altered = tmp_path / "altered.zip"
    with zipfile.ZipFile(altered, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)

    assert verify([str(altered), "--key", str(tmp_path / "key.txt")]) == 1
    assert "this event was altered" in capsys.readouterr().out


def test_a_torn_bundle_is_no_bundle(many, verified, tmp_path):
    whole = many.get(EXPORT, format="bundle").content
    torn = tmp_path / "torn.zip"
    torn.write_bytes(whole[:-30])

    assert verify([str(torn), "--key", str(tmp_path / "key.txt")]) == 1


def test_a_bundle_that_would_be_too_large_is_refused_before_it_begins(many, monkeypatch):
    monkeypatch.setattr(exporting, "MOST_PROVED", 1000)

    assert_error(many.get(EXPORT, format="bundle"), 422, "export_too_large")
    assert many.get(EXPORT, format="bundle", dag_id="other").status_code == 200


def test_before_anything_is_sealed_there_is_no_bundle(audited):
    audited.record(happening(1))

    assert_error(audited.get(EXPORT, format="bundle"), 409, "nothing_sealed")
    assert records(audited.get(EXPORT, format="csv"))[-1][1] == "1"


@pytest.mark.parametrize("wrong", [{}, {"format": "xls"}, {"format": "csv", "limit": 3}])
def test_an_export_that_cannot_be_meant_is_refused(audited, wrong):
    assert_error(audited.get(EXPORT, **wrong), 422, "invalid_request")


def test_no_text_of_an_event_is_a_formula_in_a_spreadsheet(audited):
    evil = "=HYPERLINK(1)"
    audited.record(happening(1, dag_id=evil, task_id="@x", run_id="+1", actor="-2", state="\tx"))

    [_, row, _] = records(audited.get(EXPORT, format="csv"))

    said = dict(zip(COLUMNS, row, strict=True))
    assert said["dag_id"] == "'=HYPERLINK(1)"
    assert (said["task_id"], said["run_id"], said["actor"]) == ("'@x", "'+1", "'-2")
    assert (said["state"], said["map_index"]) == ("'\tx", "-1")


@given(st.text())
def test_a_cell_is_defused_and_keeps_its_text(text):
    cell = defused(text)

    assert cell.removeprefix("'") == text.removeprefix("'")
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@given(st.lists(st.text(max_size=20), min_size=1, max_size=5))
def test_what_is_written_as_csv_is_read_back(texts):
    items = [
        EventItem.of(
            StoredEvent(
                seq=number,
                recorded_at=NOON,
                event=happening(number, task_id=text.encode(errors="replace").decode() or "x"),
            )
        )
        for number, text in enumerate(texts)
    ]

    rows = list(csv.reader(io.StringIO(Csv().lines(items).decode(), newline="")))

    place = COLUMNS.index("task_id")
    assert [row[place] for row in rows] == [defused(item.task_id) for item in items]


@given(st.lists(st.binary(min_size=1, max_size=30), max_size=30))
def test_what_is_written_into_a_pipe_comes_out_of_it(pieces):
    def write(out):
        for piece in pieces:
            out.write(piece)

    assert list(piped(write)) == pieces


def test_a_writer_that_fails_fails_its_reader_after_what_it_wrote():
    def write(out):
        out.write(b"one")
        raise ZeroDivisionError

    pieces = piped(write)
    assert next(pieces) == b"one"
    with pytest.raises(ZeroDivisionError):
        next(pieces)


def test_a_writer_whose_reader_left_ends():
    ended = threading.Event()

    def write(out):
        try:
            while True:
                out.write(b"more")
        except BrokenPipeError:
            ended.set()
            raise

    pieces = piped(write)
    next(pieces)
    time.sleep(0.01)
    pieces.close()

    assert ended.is_set()
