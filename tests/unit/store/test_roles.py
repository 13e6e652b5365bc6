"""The roles of the script that administrators run, on a real PostgreSQL."""

from __future__ import annotations

from importlib.resources import files

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from airflow_gov_provider.domain.approvals.request import Answer, Vote
from airflow_gov_provider.domain.ledger import notes
from airflow_gov_provider.store import database
from airflow_gov_provider.store.approvals.requests import record_vote
from airflow_gov_provider.store.audit.whole import audit
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.evidence.rows import insert_evidence
from airflow_gov_provider.store.ledger import tree as ledger
from airflow_gov_provider.store.ledger.keyring import Keyring
from airflow_gov_provider.store.search import index as search_index
from airflow_gov_provider.store.search.pages import EventFilter, page_of_events
from tests.unit.api.conftest import NOON, evidence, happening

KEYS = Keyring(signer=notes.SignerKey("roles", bytes(32)))


@pytest.fixture
def as_role(postgres_url):
    """``as_role("writer", work)`` does the work as that role."""
    database.migrate(postgres_url)
    script = files("airflow_gov_provider.store").joinpath("roles_postgresql.sql").read_text()
    for _ in range(2):  # it may be run again
        with database.transaction(postgres_url) as connection:
            connection.connection.cursor().execute(script)

    def act(role, work, *, snapshot=False):
        with database.transaction(postgres_url) as connection:
            if snapshot:
                ledger.snapshot(connection)
            connection.execute(text(f"SET LOCAL ROLE governance_{role}"))
            return work(connection)

    return act


def write(connection):
    insert_events(connection, [happening(1)], recorded_at=NOON)
    insert_evidence(connection, evidence(1))
    answer = Answer(choice="Approve", reason="", by=None, answered_at=NOON, saw=None)
    vote = Vote(
        vote_id="v", request_id="r", answer=answer, effective=False, refusal="", recorded_at=NOON
    )
    record_vote(connection, vote)


def seal(connection):
    ledger.lock(connection)
    return ledger.seal(connection, KEYS, origin="roles", now=NOON)


def test_each_role_can_do_its_own_work(as_role):
    as_role("writer", write)
    made = as_role("sealer", seal)
    state = as_role("reader", ledger.ledger_state)

    assert (made.size, state.size, state.unsealed) == (3, 3, 0)


def test_a_reader_can_verify(as_role, postgres_url):
    as_role("writer", write)
    as_role("sealer", seal)
    with database.engine_for(postgres_url).connect() as connection:
        connection.execute(text("SET ROLE governance_reader"))
        connection.commit()
        with connection.begin():
            report = audit(connection, KEYS)
        connection.execute(text("RESET ROLE"))
        connection.commit()

    assert report.problems == ()
    assert report.size == 3


def test_the_sealer_indexes_events_and_a_reader_searches_them(as_role, postgres_url):
    with database.transaction(postgres_url) as connection:
        insert_events(connection, [happening(n) for n in range(1, 300)], recorded_at=NOON)

    indexed = as_role("sealer", lambda c: search_index.index_next(c, search_index.settled(c)))
    found = as_role("reader", lambda c: page_of_events(c, EventFilter(q="train")), snapshot=True)

    assert indexed == 256
    assert len(found.items) == 50


@pytest.mark.parametrize(
    ("role", "statements"),
    [
        (
            "writer",
            [
                "UPDATE event SET type = 't'",
                "DELETE FROM event",
                "TRUNCATE event",
                "UPDATE evidence SET verdict = 'PASSED'",
                "DELETE FROM vote",
                "INSERT INTO ledger_queue (seq) VALUES (1)",
                "DELETE FROM ledger_queue",
                "INSERT INTO leaf (leaf_index, event_id, leaf_hash) VALUES (0, 'x', '')",
                (
                    "INSERT INTO checkpoint (size, note, compact_range, sealed_at)"
                    " VALUES (1, '', '', now())"
                ),
                "ALTER TABLE event DISABLE TRIGGER ALL",
                "DROP TRIGGER governance_guard ON event",
                "SET LOCAL session_replication_role = replica",
            ],
        ),
        (
            "sealer",
            [
                (
                    "INSERT INTO event (event_id, type, witness, occurred_at, recorded_at, document)"
                    " VALUES ('x', 't', 'w', now(), now(), '{}')"
                ),
                "UPDATE leaf SET event_id = 'x'",
                "DELETE FROM leaf",
                "DELETE FROM checkpoint",
                "UPDATE checkpoint SET note = ''",
                "DELETE FROM evidence",
            ],
        ),
        ("reader", ["DELETE FROM event", "DELETE FROM lease", "DELETE FROM ledger_queue"]),
    ],
)
def test_no_role_can_do_more(as_role, role, statements):
    for statement in statements:
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            as_role(role, lambda connection, sql=statement: connection.execute(text(sql)))
