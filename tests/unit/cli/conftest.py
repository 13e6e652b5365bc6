"""Commands called as Airflow calls them: parsed by Airflow's parser, on a real database."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.evidence.rows import insert_evidence
from tests.unit.api.conftest import NOON, Evidence


@dataclass
class Outcome:
    code: int
    out: str
    err: str


@pytest.fixture
def run(capfdbinary):
    """``run("db", "check")`` is ``airflow governance db check``."""
    from airflow.cli.cli_parser import get_parser

    parser = get_parser()

    def command(*words: str) -> Outcome:
        code = 0
        capfdbinary.readouterr()
        try:
            args = parser.parse_args(["governance", *words])
            args.func(args)
        except SystemExit as end:
            code = end.code
        captured = capfdbinary.readouterr()
        return Outcome(code, captured.out.decode(), captured.err.decode())

    return command


@pytest.fixture
def record(sqlite_store):
    def write(*items):
        with database.transaction(sqlite_store) as connection:
            for item in items:
                if isinstance(item, Evidence):
                    insert_evidence(connection, item)
                else:
                    insert_events(connection, [item], recorded_at=NOON)

    return write
