"""A ledger on each kind of database, for the tests of what auditors ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Connection

from airflow_gov_provider.collector.seal import seal_once
from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.search import index as search_index
from tests.unit.api.conftest import NOON, Permissions


@dataclass
class Ledger:
    """:param client: of somebody who may read what ``permissions`` say."""

    url: str
    client: TestClient
    permissions: Permissions

    def transaction(self) -> Any:
        return database.transaction(self.url)

    def record(self, *events: Event) -> None:
        with self.transaction() as connection:
            insert_events(connection, events, recorded_at=NOON)

    def seal(self) -> int:
        return seal_once(clock=lambda: NOON)

    def index(self) -> None:
        with self.transaction() as connection:
            below = search_index.settled(connection)
        while self._with(lambda connection: search_index.index_next(connection, below)):
            pass

    def get(self, path: str, **parameters: Any) -> Any:
        return self.client.get(path, params=parameters)

    def _with(self, work: Callable[[Connection], int]) -> int:
        with self.transaction() as connection:
            return work(connection)
