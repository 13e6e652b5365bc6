"""One piece of evidence, with its document; and cards in three formats."""

from __future__ import annotations

import pytest
from fakes.tampering import unguarded
from sqlalchemy import update

from airflow_gov_provider.api.negotiation import preferred
from airflow_gov_provider.api.routes import cards as routes
from airflow_gov_provider.domain import cards
from airflow_gov_provider.domain.canonical import canonical_bytes, digest
from airflow_gov_provider.domain.cards.facts import VersionFacts
from airflow_gov_provider.domain.evidence import EvidenceKind
from airflow_gov_provider.store import database
from airflow_gov_provider.store.tables import evidence as table
from tests.unit.api.conftest import NOON, assert_error, evidence

CARD = evidence(5, kind=EvidenceKind.CARD, body={"card": {"name": "income <script>"}})


@pytest.fixture
def tamper(sqlite_store):
    def change(document):
        with database.transaction(sqlite_store) as connection, unguarded(connection):
            connection.execute(update(table).values(document=document))

    return change


def test_evidence_comes_with_its_document_and_the_digest_of_that(client, record):
    item = evidence(1)
    record(item)

    detail = client.get(f"/v1/evidence/{item.evidence_id}").json()

    assert detail["digest"] == item.digest
    assert detail["digest_matches"] is True
    assert detail["document"]["body"] == {"share": 0.1, "note": "Größe ≤ 5"}
    assert digest(canonical_bytes(detail["document"])) == item.digest
    assert detail["model"] == {"name": "income", "version": "3"}


def test_what_a_list_shows_of_evidence_is_part_of_its_detail(client, record):
    record(evidence(1))
    (item,) = client.get("/v1/evidence").json()["items"]

    detail = client.get(f"/v1/evidence/{evidence(1).evidence_id}").json()

    assert detail.items() >= item.items()
    assert "document" not in item


@pytest.mark.parametrize("changed", ["PASSED", '{"v": 1}', "[]", "[" * 100_000])
def test_a_document_that_was_changed_is_shown_as_changed(client, record, tamper, changed):
    record(evidence(1))
    tamper(changed)

    detail = client.get(f"/v1/evidence/{evidence(1).evidence_id}").json()

    assert detail["digest_matches"] is False
    assert detail["document"] == ({"v": 1} if changed == '{"v": 1}' else None)
    (item,) = client.get("/v1/evidence").json()["items"]
    assert item["verdict"] == "CHANGED"


@pytest.mark.parametrize("evidence_id", ["nothing", "x" * 5000, "' OR 1=1", "%00", "💥"])
def test_an_id_that_nothing_has_is_not_found(client, evidence_id):
    response = client.get(f"/v1/evidence/{evidence_id}")

    assert_error(response, 404, "evidence_not_found")


@pytest.fixture
def card(record, monkeypatch):
    """A card in the store; how cards look is tested where they are made."""
    record(CARD, evidence(1))
    for name, render in {
        "json": canonical_bytes,
        "html": lambda card: f"<h1>{card['name']}</h1>".encode(),
        "md": lambda card: f"# {card['name']}".encode(),
    }.items():
        media_type = routes._FORMATS[name].media_type
        monkeypatch.setitem(
            routes._FORMATS, name, routes._Format(media_type=media_type, render=render)
        )
    return f"/v1/cards/{CARD.evidence_id}"


JSON, HTML, MARKDOWN = "application/json", "text/html", "text/markdown"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, JSON),
        ("*/*", JSON),
        ("application/json", JSON),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", HTML),
        ("text/markdown", MARKDOWN),
        ("text/*", HTML),
        ("text/html;q=0.5, text/markdown", MARKDOWN),
        ("TEXT/HTML ; Q=1", HTML),
        ("application/json;q=0, */*", HTML),
    ],
)
def test_a_card_comes_in_the_format_that_is_accepted(client, card, accept, expected):
    response = client.get(card, headers={"Accept": accept} if accept else {})

    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == expected
    assert response.headers["vary"] == "Accept"


@pytest.mark.parametrize(
    ("suffix", "expected"), [(".json", JSON), (".html", HTML), (".md", MARKDOWN)]
)
def test_a_suffix_outweighs_the_accepted_format(client, card, suffix, expected):
    response = client.get(card + suffix, headers={"Accept": "image/png"})

    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == expected
    assert f'{CARD.evidence_id}{suffix}"' in response.headers["content-disposition"]


@pytest.mark.parametrize(
    "request_", [(".pdf", "*/*"), (".", "*/*"), ("", "image/png"), ("", "x;q=0")]
)
def test_a_format_that_no_card_has_is_refused_with_those_it_has(client, card, request_):
    suffix, accept = request_

    message = assert_error(
        client.get(card + suffix, headers={"Accept": accept}), 406, "not_acceptable"
    )

    assert "text/markdown" in message


def test_a_page_of_a_card_may_run_and_load_nothing(client, card):
    headers = client.get(card + ".html").headers

    policy = headers["content-security-policy"].split("; ")
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert not any("script" in rule for rule in policy)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-disposition"].startswith("inline;")


def test_evidence_that_is_no_card_is_not_served_as_one(client, card):
    response = client.get(f"/v1/cards/{evidence(1).evidence_id}")

    assert "kind quality, expected kind card" in assert_error(response, 404, "card_not_found")


def test_a_card_that_was_changed_is_not_shown(client, card, tamper):
    tamper(CARD.document.decode().replace("income", "outcome"))

    assert_error(client.get(card), 409, "evidence_changed")


@pytest.mark.parametrize("body", [{}, {"card": {"schema_version": 99, "owner": "s3cret"}}])
def test_a_card_of_another_version_is_refused_and_not_repeated(client, record, body):
    record(evidence(5, kind=EvidenceKind.CARD, body=body))

    message = assert_error(client.get(f"/v1/cards/{CARD.evidence_id}"), 501, "card_unreadable")

    assert "s3cret" not in message


@pytest.fixture
def real_card(record):
    made = cards.build_card(
        version=VersionFacts(name="income <script>alert(1)</script>", version="3"),
        run=None,
        model_file=None,
        human=cards.parse_human_part(None, origin=""),
        evidence=[],
        generated_at=NOON,
        generator="airflow-gov-provider",
    )
    record(evidence(5, kind=EvidenceKind.CARD, body={"card": cards.card_json(made)}))
    return made


def test_a_card_is_served_to_the_byte_as_it_was_recorded(client, real_card):
    path = f"/v1/cards/{CARD.evidence_id}"

    assert client.get(path + ".json").content == cards.to_json_bytes(real_card)
    assert client.get(path + ".md").text == cards.to_markdown(real_card)
    assert client.get(path + ".html").text == cards.to_html(real_card)
    assert "<script" not in client.get(path + ".html").text


def test_nothing_acceptable_among_nothing_offered():
    assert preferred("*/*", []) is None
