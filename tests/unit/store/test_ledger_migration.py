"""A database that has events, evidence and votes before it gets its ledger."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import insert, select, text

from airflow_gov_provider.domain.ledger import notes
from airflow_gov_provider.store import database
from airflow_gov_provider.store.audit.whole import audit
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.ledger import tree as ledger
from airflow_gov_provider.store.ledger.keyring import Keyring
from airflow_gov_provider.store.tables import event, evidence, vote
from tests.unit.api.conftest import NOON, happening
from tests.unit.api.conftest import evidence as an_evidence

KEYS = Keyring(signer=notes.SignerKey("migration", bytes(32)))


def migrated_to(url: str, revision: str) -> None:
    with database.transaction(url) as connection:
        config = Config()
        config.set_main_option("script_location", str(database._MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_what_is_there_already_is_sealed_too(empty_store_url):
    url = empty_store_url
    migrated_to(url, "0002")
    item = an_evidence(1)
    with database.transaction(url) as connection:
        insert_events(connection, [happening(1), happening(2)], recorded_at=NOON)
        connection.execute(
            insert(evidence).values(
                evidence_id=item.evidence_id,
                kind=item.kind.value,
                dag_id="income",
                run_id="run 1",
                task_id="gate",
                map_index=-1,
                try_number=1,
                subject=item.subject,
                model_name="income",
                model_version="3",
                verdict=item.verdict.value,
                summary=item.summary,
                recorded_at=item.recorded_at,
                digest=item.digest,
                document=item.document.decode(),
            )
        )
        connection.execute(
            insert(vote).values(
                vote_id="v",
                request_id="r",
                user_id="ada",
                user_name="Ada",
                option="Approve",
                reason="",
                effective=True,
                answered_at=NOON,
                recorded_at=NOON,
            )
        )

    database.migrate(url)

    with database.transaction(url) as connection:
        ledger.lock(connection)
        assert ledger.seal(connection, KEYS, origin="migration", now=NOON).size == 4
    with database.transaction(url) as connection:
        report = audit(connection, KEYS)
        types = connection.scalars(select(event.c.type).order_by(event.c.seq)).all()
    assert report.problems == ()
    assert report.records == 2
    assert types[2:] == ["evidence.recorded", "vote.recorded"]


def test_the_reasons_of_people_are_not_copied_into_events(store_url):
    from airflow_gov_provider.domain.approvals.request import Answer, Vote
    from airflow_gov_provider.store.approvals.requests import record_vote

    answer = Answer(choice="Approve", reason="private 4711", by=None, answered_at=NOON, saw=None)
    kept = Vote(
        vote_id="v", request_id="r", answer=answer, effective=True, refusal=None, recorded_at=NOON
    )
    with database.transaction(store_url) as connection:
        record_vote(connection, kept)
        (document,) = connection.execute(text("SELECT document FROM event")).scalars()

    assert "4711" not in document
