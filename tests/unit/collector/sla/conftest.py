"""An Airflow with rows in its tables, and a governance database with commitments of each kind."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, insert, select

from airflow_gov_provider.collector.actions.kinds import MARK_RUN, MARK_TASK
from airflow_gov_provider.collector.sla.judging import judge_commitments
from airflow_gov_provider.domain.events import Event, canonical_line
from airflow_gov_provider.domain.sla.commitments import Commitment, CountsFrom, Kind
from airflow_gov_provider.domain.sla.outcomes import Outcome
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.promise_tables import commitment as commitment_table
from airflow_gov_provider.store.promise_tables import incident
from airflow_gov_provider.store.promises.outcome_pages import OutcomeFilter, page_of_outcomes
from airflow_gov_provider.store.tables import event as event_table
from tests.fakes.metadata import BEGIN, Metadata

HOUR = timedelta(hours=1)
LONG_AGO = BEGIN - timedelta(days=1)


class SlaMetadata(Metadata):
    """With Dags and assets."""

    @property
    def tables(self):
        from airflow.models.asset import AssetEvent, AssetModel

        return (*super().tables, AssetEvent.__table__, AssetModel.__table__)

    def update_asset(self, name: str, at: datetime) -> None:
        from airflow.utils.session import create_session

        events, assets = self.tables[4], self.tables[5]
        with create_session(scoped=False) as session:
            asset_id = session.scalar(select(assets.c.id).where(assets.c.name == name))
        if asset_id is None:
            row = {"name": name, "uri": f"s3://{name}", "group": "asset", "extra": {}}
            times = {"created_at": at, "updated_at": at}
            asset_id = self._do(insert(assets).values(**row, **times)).inserted_primary_key[0]
        self._do(insert(events).values(asset_id=asset_id, timestamp=at, extra={}))


@pytest.fixture
def metadata():
    made = SlaMetadata()
    yield made
    made.clear()


@pytest.fixture
def store(store_url, monkeypatch, metadata):
    """A migrated governance database that the settings point at."""
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", store_url)
    return store_url


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def promise(kind: Kind = Kind.RUN, *, within: float | None = 3600, **changes) -> Commitment:
    """About the Dag of the rows: of a run one hour from when it was queued."""
    subject = {Kind.TASK: "task", Kind.ASSET: "census"}.get(kind, "dag")
    made = Commitment(
        name=f"{kind} of {subject}",
        kind=kind,
        dag_id="dag",
        subject=subject,
        within=None if within is None else timedelta(seconds=within),
        counts_from=CountsFrom.QUEUED if kind is Kind.RUN else None,
        owner="ml-team",
    )
    return replace(made, **changes)


class Judge:
    """The duty, at times that the test chooses, and what it left."""

    def __init__(self, url: str) -> None:
        self.url = url

    def declare(self, *terms: Commitment, at: datetime = LONG_AGO) -> None:
        rows = [
            {
                "commitment_id": one.commitment_id,
                "dag_id": one.dag_id,
                "name": one.name,
                "kind": one.kind.value,
                "subject": one.subject,
                "owner": one.owner,
                "severity": one.severity.value,
                "target": one.target,
                "source": one.source,
                "document": canonical_line(one.content).decode(),
                "declared_at": at,
                "updated_at": at,
            }
            for one in terms
        ]
        with database.transaction(self.url) as connection:
            ids = [one.commitment_id for one in terms]
            table = commitment_table
            connection.execute(delete(table).where(table.c.commitment_id.in_(ids)))
            connection.execute(insert(table), rows)

    def retire(self, terms: Commitment, *, at: datetime) -> None:
        with database.transaction(self.url) as connection:
            connection.execute(
                commitment_table.update()
                .where(commitment_table.c.commitment_id == terms.commitment_id)
                .values(retired_at=at)
            )

    def change(self, terms: Commitment, *, at: datetime) -> None:
        """As somebody who declares other terms leaves it."""
        with database.transaction(self.url) as connection:
            connection.execute(
                commitment_table.update()
                .where(commitment_table.c.commitment_id == terms.commitment_id)
                .values(document=canonical_line(terms.content).decode(), updated_at=at)
            )

    def judge(self, seconds: float) -> int:
        return judge_commitments(clock=lambda: at(seconds))

    @property
    def outcomes(self) -> list[Outcome]:
        """The oldest first."""
        with database.transaction(self.url) as connection:
            return list(reversed(page_of_outcomes(connection, OutcomeFilter(), limit=1000).items))

    @property
    def states(self) -> list[tuple[str, str]]:
        """Occasions and their states."""
        return sorted((one.occasion, one.state.value) for one in self.outcomes)

    def state(self, occasion: str = "run") -> str:
        (found,) = (one for one in self.outcomes if one.occasion == occasion)
        return found.state.value

    def only(self) -> Outcome:
        (found,) = self.outcomes
        return found

    @property
    def incidents(self):
        with database.transaction(self.url) as connection:
            return connection.execute(select(incident).order_by(incident.c.incident_id)).all()

    @property
    def told(self) -> Counter[str]:
        """How many events of each type are about commitments."""
        with database.transaction(self.url) as connection:
            types = connection.scalars(select(event_table.c.type)).all()
        return Counter(one for one in types if one.startswith("sla."))

    def events(self, type_: str) -> list[Event]:
        query = select(event_table.c.document).where(event_table.c.type == type_)
        with database.transaction(self.url) as connection:
            documents = connection.scalars(query.order_by(event_table.c.seq)).all()
        return [Event.from_document(document.encode()) for document in documents]

    def marked(
        self,
        seconds: float,
        *,
        task_id: str | None = None,
        run_id: str | None = "run",
        **payload,
    ) -> None:
        """Somebody ended a run, or one of its tasks, by hand, and the ledger knows."""
        told = Event(
            event_id=json.dumps([seconds, task_id])[:64],
            type=MARK_RUN if task_id is None else MARK_TASK,
            witness="log",
            occurred_at=at(seconds),
            dag_id="dag",
            run_id=run_id,
            task_id=task_id,
            actor="alice",
            payload=payload,
        )
        with database.transaction(self.url) as connection:
            insert_events(connection, [told], recorded_at=BEGIN)


@pytest.fixture
def judge(store):
    return Judge(store)
