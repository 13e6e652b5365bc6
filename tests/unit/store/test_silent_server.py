from __future__ import annotations

import socket

import pytest

from airflow_gov_provider.exceptions import StoreUnavailable
from airflow_gov_provider.store import database


def test_a_server_that_never_answers_is_given_up_on(monkeypatch):
    monkeypatch.setattr(database, "_CONNECT_TIMEOUT_SECONDS", 2)  # the least that libpq honours
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]

        with pytest.raises(StoreUnavailable, match=f"127.0.0.1:{port}/governance did not answer"):
            database.schema_state(f"postgresql+psycopg://gov@127.0.0.1:{port}/governance")
