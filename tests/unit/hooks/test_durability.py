"""From the append to the unlink, everything fails once before and once after it took effect.

Whatever was acknowledged is then in the database once, as it was written; what was refused may be
there, once; nothing is anywhere else.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import OperationalError

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.exceptions import SpoolError, StoreError
from airflow_gov_provider.hooks import shipping
from airflow_gov_provider.hooks.shipping import ship_once
from airflow_gov_provider.store import database
from airflow_gov_provider.store.spool import claims
from airflow_gov_provider.store.spool import records as spool
from airflow_gov_provider.store.spool.claims import ClaimedFile, spool_state
from airflow_gov_provider.store.spool.records import SpoolWriter, current_file


@pytest.fixture
def store(store_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", store_url)
    return store_url


def an_event(name: str) -> Event:
    at = datetime(2026, 11, 21, 12, tzinfo=UTC)
    return Event(event_id=name, type="t", occurred_at=at, payload={"name": name, "text": "ü" * 99})


def seen_by_a_stranger(url: str) -> Counter[tuple[str, str]]:
    """What the database holds for whoever opens it with nothing of ours."""
    engine = create_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT event_id, document FROM event"))
        found = Counter((str(name), str(document)) for name, document in rows)
    engine.dispose()
    return found


class Died(BaseException):
    """The process is gone: nothing of it runs on but what the kernel does."""


def disk_error() -> Exception:
    return OSError(errno.EIO, "the disk is broken")


def database_error() -> Exception:
    return OperationalError("INSERT or COMMIT", {}, Exception("the server closed the connection"))


APPENDING = {
    "write": (os, "write"),
    "write a half": (os, "write"),
    "sync the data": (os, "fdatasync"),
    "sync the name": (spool, "sync_directory"),
}
SHIPPING = {
    "rename": (Path, "rename"),
    "lay out a fresh file": (claims, "_lay_out"),
    "sync the fresh file's name": (claims, "sync_directory"),
    "lock": (claims, "lock"),
    "read": (ClaimedFile, "read"),
    "insert": (shipping, "arrive"),
    "commit": (DefaultDialect, "do_commit"),
    "quarantine": (ClaimedFile, "quarantine"),
    "unlink": (ClaimedFile, "remove"),
}
STEPS = {**APPENDING, **SHIPPING}


def errors_of(step: str) -> list[Callable[[], BaseException]]:
    return [Died, database_error if step in {"insert", "commit"} else disk_error]


@contextmanager
def failing(
    step: str, error: Callable[[], BaseException], *, persisted: bool
) -> Iterator[list[Callable[[], BaseException]]]:
    """The step fails the next time that it is reached, and works from then on.

    What is yielded is empty once it has failed.
    """
    owner, name = STEPS[step]
    real, pending, inserted = getattr(owner, name), [error], []

    def fail_once(*args: Any, **kwargs: Any) -> Any:
        if not pending or (step == "commit" and not inserted):  # the one that holds events
            return real(*args, **kwargs)
        failure = pending.pop()()
        if step == "write a half":
            real(args[0], args[1][: len(args[1]) // 2])
        elif persisted:
            real(*args, **kwargs)
        raise failure

    def noted(*args: Any, **kwargs: Any) -> int:
        inserted.append(True)
        return arrive(*args, **kwargs)

    arrive = shipping.arrive
    with pytest.MonkeyPatch.context() as patch:
        if step == "commit":
            patch.setattr(shipping, "arrive", noted)
        patch.setattr(owner, name, fail_once)
        yield pending


@dataclass(kw_only=True)
class Host:
    """A spool, the database it is shipped into, and what was promised."""

    directory: Path
    url: str
    acknowledged: list[Event] = field(default_factory=list)
    refused: list[Event] = field(default_factory=list)

    def append(self) -> None:
        event = an_event(f"e{len(self.acknowledged) + len(self.refused)}")
        try:
            SpoolWriter(self.directory).append(event.document)
        except (SpoolError, Died):
            self.refused.append(event)
        else:
            self.acknowledged.append(event)

    def ship(self) -> None:
        with suppress(OSError, StoreError, OperationalError, Died):
            ship_once(self.directory)

    def spoil(self) -> None:
        with current_file(self.directory).open("ab") as file:
            file.write(b"\nrubbish\n")

    def check(self) -> None:
        """:raises AssertionError: unless what was promised is kept."""
        ship_once(self.directory)
        found = seen_by_a_stranger(self.url)
        promised = Counter((e.event_id, e.document.decode()) for e in self.acknowledged)
        possible = Counter((e.event_id, e.document.decode()) for e in self.refused)
        assert not promised - found, "lost"
        assert not found - promised - possible, "doubled or changed"
        state = spool_state(self.directory)
        assert (state.files, state.elsewhere, state.lost) == (0, 0, 0)


@pytest.mark.parametrize("persisted", [False, True], ids=["not persisted", "persisted"])
@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_fails_loses_and_doubles_nothing(store, tmp_path, step, persisted):
    host = Host(directory=tmp_path / "spool", url=store)
    for error in errors_of(step):
        if step != "sync the name":
            host.append()
        with failing(step, error, persisted=persisted) as pending:
            host.append()
            host.append()
            host.spoil()
            host.ship()
            assert not pending
        host.append()
        host.check()
        current_file(host.directory).unlink()


def test_a_refused_record_is_the_only_one_that_may_be_missing(store, tmp_path):
    host = Host(directory=tmp_path / "spool", url=store)
    with failing("write a half", Died, persisted=False):
        for _ in range(3):
            host.append()

    host.check()

    assert [event.event_id for event in host.refused] == ["e0"]
    assert {name for name, _ in seen_by_a_stranger(store)} == {"e1", "e2"}
    assert spool_state(host.directory).quarantined == 1


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "governance.db"
    database.migrate(f"sqlite:///{path}")
    database.engine_for(f"sqlite:///{path}").dispose()  # with nothing left in its write-ahead log
    return path


troubles = st.tuples(st.sampled_from(sorted(STEPS)), st.sampled_from([0, 1]), st.booleans())
acts = st.tuples(st.sampled_from(["append", "ship"]), st.none() | troubles)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(acts=st.lists(acts, min_size=1, max_size=12))
def test_any_history_of_failures_loses_and_doubles_nothing(acts, migrated, tmp_path_factory):
    home = tmp_path_factory.mktemp("host")
    shutil.copy(migrated, home / "governance.db")
    host = Host(directory=home / "spool", url=f"sqlite:///{home / 'governance.db'}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", host.url)
        for act, trouble in acts:
            if trouble is None:
                getattr(host, act)()
                continue
            step, error, persisted = trouble
            with failing(step, errors_of(step)[error], persisted=persisted):
                getattr(host, act)()
        host.check()


_KILLING = """
import os, random, signal, sys, time
from datetime import UTC, datetime
from pathlib import Path
from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.hooks.shipping import ship_once
from airflow_gov_provider.store.spool.records import SpoolWriter

directory, rounds = Path(sys.argv[1]), int(sys.argv[2])
chance = random.Random(int(sys.argv[3]))
at = datetime(2026, 1, 1, tzinfo=UTC)

def write(turn, told):
    for number in range(10**6):
        event = Event(event_id=f"{turn}-{number}", type="t", occurred_at=at)
        SpoolWriter(directory).append(event.document)
        os.write(told, event.event_id.encode() + b"\\n")

def ship(*_):
    while True:
        ship_once(directory)

def fork(run, *arguments):
    child = os.fork()
    if child == 0:
        run(*arguments)
        os._exit(0)
    return child

for turn in range(rounds):
    reading, told = os.pipe()
    children = [fork(write, turn, told), fork(ship), fork(ship)]
    os.close(told)
    for child in chance.sample(children, 3):
        time.sleep(chance.uniform(0, 0.15))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    with os.fdopen(reading) as lines:
        sys.stdout.write(lines.read())
"""


def test_processes_that_are_killed_at_any_point_lose_and_double_nothing(store, tmp_path):
    """One that writes and two that ship, killed in any order after any time, again and again."""
    rounds = int(os.environ.get("GOVERNANCE_KILL_ROUNDS", "20"))
    directory = tmp_path / "spool"
    killing = subprocess.run(
        [sys.executable, "-c", _KILLING, str(directory), str(rounds), str(os.getpid())],
        check=True,
        capture_output=True,
        text=True,
    )
    acknowledged = set(killing.stdout.split())

    ship_once(directory)

    found = [name for name, _ in seen_by_a_stranger(store).elements()]
    assert len(found) == len(set(found))
    assert acknowledged <= set(found)
    assert len(found) <= len(acknowledged) + rounds  # what was on its way when its writer died
    assert acknowledged
    state = spool_state(directory)
    assert (state.files, state.lost) == (0, 0)
