"""A second process looks at the later leaves, and what is found is what one process finds alone."""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import replace

import pytest
from fakes.tampering import unguarded
from hypothesis import given, settings
from sqlalchemy import delete, select, update

from airflow_gov_provider.domain.ledger import notes
from airflow_gov_provider.store import database
from airflow_gov_provider.store.audit import apart as audit_apart
from airflow_gov_provider.store.audit import rows as audit_rows
from airflow_gov_provider.store.audit.sorting import carry_out, read_sorted
from airflow_gov_provider.store.audit.whole import audit
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.events.witnesses import Sighting, insert_sightings
from airflow_gov_provider.store.evidence.rows import insert_evidence
from airflow_gov_provider.store.ledger import tree as ledger
from airflow_gov_provider.store.ledger.keyring import Keyring
from airflow_gov_provider.store.tables import event, event_witness, evidence, leaf
from tests.unit.api.conftest import NOON, happening
from tests.unit.api.conftest import evidence as an_evidence
from tests.unit.store.test_audit_rows import apply, changes

NAME = "ledger.test"
KEYS = Keyring(signer=notes.SignerKey(NAME, bytes(range(32))))
SIGHTINGS = [
    Sighting(
        event_id=happening(1).event_id,
        witness="log",
        reference=str(number),
        occurred_at=NOON,
        document="{}",
    )
    for number in range(3)
]


class Ended:
    """Stands for a process that has ended already."""

    def __init__(self, code: int = 0) -> None:
        self.code = code

    def wait(self) -> int:
        return self.code

    def kill(self) -> None:
        pass


def in_this_process(order: bytes, out: io.BufferedIOBase) -> Ended:
    carry_out(json.loads(order), out)
    return Ended()


def fill(url: str, last: int = 28) -> None:
    """102 events and the last ones; evidence and a set of sightings are not among the first half."""
    with database.transaction(url) as connection:
        insert_events(connection, map(happening, range(100)), recorded_at=NOON)
        insert_evidence(connection, an_evidence(1))
        insert_sightings(connection, SIGHTINGS, recorded_at=NOON)
        insert_events(connection, map(happening, range(100, 100 + last)), recorded_at=NOON)
    for limit in (40, 1000):
        with database.transaction(url) as connection:
            ledger.lock(connection)
            ledger.seal(connection, KEYS, origin=NAME, now=NOON, limit=limit)


def read(url: str):
    """The report; where batches end elsewhere, problems may come in another order."""
    with database.transaction(url) as connection:
        report = audit(connection, KEYS)
    return replace(report, problems=tuple(sorted(report.problems, key=str)))


@pytest.fixture
def sealed(store_url):
    fill(store_url)
    return store_url


@pytest.fixture
def alone_and_together(monkeypatch):
    """Reads twice: alone, and with a second process for the later half of the leaves."""
    monkeypatch.setattr(audit_apart, "_WHILE_IT_STARTS", 0)
    monkeypatch.setattr(audit_rows, "BATCH", 10)

    def reports(url, started=None):
        alone = read(url)
        with monkeypatch.context() as patch:
            patch.setattr(audit_apart, "WORTH", 2)
            if started:
                patch.setattr(audit_apart, "_started", started)
            return alone, read(url)

    return reports


def of(number: int):
    return event.c.event_id == happening(number).event_id


TAMPERED = {
    "nothing": [],
    "documents": [update(event).where(of(n)).values(document="{}") for n in (3, 70, 127)],
    "a column": [update(event).where(of(90)).values(dag_id="other")],
    "events": [delete(event).where(of(n)) for n in (57, 58, 111)],
    "a leaf hash": [update(leaf).where(leaf.c.leaf_index == 100).values(leaf_hash=bytes(32))],
    "the last leaves": [delete(leaf).where(leaf.c.leaf_index >= 120)],
    "leaves on the border": [delete(leaf).where(leaf.c.leaf_index.between(53, 63))],
    "evidence": [delete(evidence)],
    "a sighting": [delete(event_witness).where(event_witness.c.reference == "2")],
}


@pytest.mark.parametrize("changed", TAMPERED)
def test_two_find_what_one_finds(sealed, alone_and_together, changed):
    with database.transaction(sealed) as connection, unguarded(connection):
        for statement in TAMPERED[changed]:
            connection.execute(statement)

    alone, together = alone_and_together(sealed, in_this_process)

    assert together == alone
    assert together.is_intact == (changed == "nothing")
    assert changed != "nothing" or (together.events, together.sightings) == (130, 3)


def test_the_second_one_is_a_process_that_reads_the_same_database(
    sealed, alone_and_together, monkeypatch
):
    with database.transaction(sealed) as connection, unguarded(connection):
        connection.execute(update(event).where(of(90)).values(dag_id="other"))
    told = []
    results = audit_apart.Apart.results

    def listening(self):
        told.extend(results(self))
        return iter(told)

    monkeypatch.setattr(audit_apart.Apart, "results", listening)
    alone, together = alone_and_together(sealed)

    assert together == alone
    assert len(alone.problems) == 1
    assert told[-1].end == 130
    assert all(some.hashes for some in told)
    with database.transaction(sealed) as connection:
        query = select(leaf.c.leaf_index).where(leaf.c.event_id == happening(90).event_id)
        assert connection.scalar(query) in {at for some in told for at in some.unsure}


def silent(_order, _out):
    return Ended(1)


def torn(order, out):
    whole = io.BytesIO()
    in_this_process(order, whole)
    out.write(whole.getvalue()[:-100])
    return Ended(-9)


def babbling(_order, out):
    out.write(b'{"end": 100, "unsure": [], "hashes": true}\nshort')
    return Ended()


def impossible(_order, _out):
    raise OSError("no more processes")


@pytest.mark.parametrize("started", [silent, torn, babbling, impossible])
def test_where_the_second_one_fails_the_first_reads_everything(sealed, alone_and_together, started):
    with database.transaction(sealed) as connection, unguarded(connection):
        connection.execute(delete(event).where(of(127)))

    alone, together = alone_and_together(sealed, started)

    assert together == alone
    assert len(alone.problems) == 1


@pytest.mark.parametrize(
    "said",
    [b"", b"x\n", b"[]\n", b'{"end": 9, "unsure": [], "hashes": false}\n', b'{"end": "x"}\n'],
)
def test_what_is_not_said_as_it_should_be_is_not_heard(said):
    assert list(read_sorted(io.BytesIO(said), 9, 20)) == []


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    file = tmp_path_factory.mktemp("apart") / "ledger.db"
    url = f"sqlite:///{file}"
    database.migrate(url)
    fill(url, 200)
    with database.transaction(url) as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.engine_for(url).dispose()
    return file


@given(changes())
@settings(max_examples=60, deadline=None)
def test_of_every_single_change_two_say_the_same_as_one(template, tmp_path_factory, change):
    copy = tmp_path_factory.mktemp("changed") / "ledger.db"
    shutil.copy(template, copy)
    url = f"sqlite:///{copy}"
    apply(change, url)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit_apart, "_WHILE_IT_STARTS", 0)
        patch.setattr(audit_rows, "BATCH", 10)
        alone = read(url)
        patch.setattr(audit_apart, "WORTH", 2)
        patch.setattr(audit_apart, "_started", in_this_process)
        together = read(url)
    database.engine_for(url).dispose()

    assert together == alone
