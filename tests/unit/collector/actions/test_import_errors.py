"""Dag files that cannot be imported."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from fakes.actions import BEGIN, SECRET, ActionMetadata
from sqlalchemy import select

from airflow_gov_provider.collector.actions.import_errors import note_import_errors, raised_class
from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.store import database
from airflow_gov_provider.store.tables import event as table

MINUTE = timedelta(minutes=1)
TRACE = """\
Traceback (most recent call last):
  File "<frozen importlib._bootstrap>", line 241, in _call_with_frames_removed
  File "/dags/broken.py", line 3, in <module>
    raise error
{name}: {message}
"""


@pytest.fixture
def note(store: str, metadata: ActionMetadata) -> Any:
    def run(at: datetime = BEGIN) -> list[Event]:
        note_import_errors(clock=lambda: at)
        with database.transaction(store) as connection:
            found = connection.scalars(select(table.c.document).order_by(table.c.seq))
            return [Event.from_document(document.encode()) for document in found]

    return run


def broken(metadata: ActionMetadata, *, name: str = "ValueError", at: datetime = BEGIN) -> None:
    metadata.add(
        "import_error",
        id=1,
        timestamp=at,
        filename="broken.py",
        bundle_name="bundle",
        stacktrace=TRACE.format(name=name, message=SECRET),
    )


def test_an_error_is_told_once_however_often_the_file_is_parsed(
    note: Any, metadata: ActionMetadata
) -> None:
    broken(metadata)
    for minutes in (1, 2, 3):
        (event,) = note(BEGIN + minutes * MINUTE)
        metadata.change("import_error", timestamp=BEGIN + minutes * MINUTE)
    assert (event.type, event.occurred_at) == ("import_error.found", BEGIN)
    assert event.payload == {
        "bundle_name": "bundle",
        "file": "broken.py",
        "error_class": "ValueError",
    }


def test_an_error_that_turns_into_another_is_told_again(
    note: Any, metadata: ActionMetadata
) -> None:
    broken(metadata)
    note()
    stacktrace = TRACE.format(name="KeyError", message=SECRET)
    metadata.change("import_error", stacktrace=stacktrace, timestamp=BEGIN + MINUTE)
    assert [event.payload["error_class"] for event in note()] == ["ValueError", "KeyError"]


def test_a_file_that_is_well_again_is_told_and_so_is_its_next_error(
    note: Any, metadata: ActionMetadata
) -> None:
    broken(metadata)
    note()
    metadata.clear()
    assert [event.type for event in note(BEGIN + MINUTE)][1:] == ["import_error.resolved"]
    broken(metadata, at=BEGIN + 2 * MINUTE)  # SQLite gives the same id again
    found = note(BEGIN + 3 * MINUTE)
    assert [event.type for event in found] == [
        "import_error.found",
        "import_error.resolved",
        "import_error.found",
    ]
    assert not any(SECRET.encode() in event.document for event in found)


@pytest.mark.parametrize(
    ("stacktrace", "name"),
    [
        (TRACE.format(name="ValueError", message="x: y"), "ValueError"),
        (TRACE.format(name="a.b.CycleFound", message="a\nb: c"), "a.b.CycleFound"),
        (TRACE.format(name="unusual_prefix_0a1b_dag.MineError", message=""), "dag.MineError"),
        ('\n  File "d.py", line 1\n    x =\n      ^\nSyntaxError: invalid syntax', "SyntaxError"),
        ('\n  File "d.py", line 1\n    x()\nKeyboardInterrupt', "KeyboardInterrupt"),
        (f"password: {SECRET}", None),
        ("AirflowClusterPolicyViolation: no owner", "AirflowClusterPolicyViolation"),
        (SECRET, None),
        ("", None),
        (None, None),
    ],
)
def test_only_the_class_of_an_error_is_taken(stacktrace: str | None, name: str | None) -> None:
    assert raised_class(stacktrace) == name
