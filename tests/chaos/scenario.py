"""A real Airflow that is struck until enough has happened, and then has to tell all of it."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from textwrap import indent

import httpx
from chaos.databases import Postgres
from chaos.reckoning import Reckoning, reckon
from chaos.strikes import Strikes
from e2e.harness.airflow import RunningAirflow
from e2e.harness.processes import airflow_command
from e2e.harness.settings import TESTS
from sqlalchemy import create_engine, text

from airflow_gov_provider.store.spool.claims import spool_state

DAG = "chaos"
FEWEST_OF_A_RUN = 115  # transitions
RUNS_AT_ONCE = 4
ENOUGH_SECONDS = 600
QUIET_SECONDS = 300
SHOWN = 20
STILL_SECONDS = 12  # longer than a lease of the collector and than its duties pause
SETTLING_SECONDS = 90  # for what is looked for only a while after a run has ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What a command said and its exit code."""

    code: int
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was done to Airflow and what the ledger knows of it.

    :param wanted: how many transitions there should be at least.
    :param gaps: explicit markers that recording was interrupted.
    :param lost: events that could not be written, as far as that could be noted.
    """

    wanted: int
    seed: int
    seconds: float
    runs: int
    strikes: dict[str, int]
    events: int
    gaps: int
    lost: int
    reckoning: Reckoning
    reconciled: Command
    verified: Command

    @property
    def is_well(self) -> bool:
        wrong = (*self.reckoning.missing, *self.reckoning.doubled)
        few = self.reckoning.transitions < self.wanted
        return not (few or wrong or self.lost or self.reconciled.code or self.verified.code)

    def __str__(self) -> str:
        kills = ", ".join(f"{count} x {kind}" for kind, count in sorted(self.strikes.items()))
        reckoned = self.reckoning
        lines = [
            f"seed         {self.seed}",
            f"transitions  {reckoned.transitions:,} of {self.wanted:,} or more of task instances, in {self.runs} runs",
            f"struck       {kills}",
            f"events       {self.events:,}, of which {self.gaps} say that recording had a gap",
            f"Airflow has  {reckoned.tries:,} tries and runs that ended",
            f"missing      {len(reckoned.missing)} of them have no event",
            *(f"             {row}" for row in reckoned.missing[:SHOWN]),
            f"doubled      {len(reckoned.doubled)} of them have more than one",
            *(f"             {row}" for row in reckoned.doubled[:SHOWN]),
            f"lost         {self.lost}",
            f"reconcile    {_indented(self.reconciled)}",
            f"verify       {_indented(self.verified)}",
            f"time         {self.seconds:.0f} s",
        ]
        return "\n".join(lines)


def _indented(command: Command) -> str:
    return f"exit code {command.code}\n{indent(command.said, ' ' * 13)}"


@contextmanager
def deployment(home: Path) -> Iterator[tuple[RunningAirflow, Postgres]]:
    """Airflow on one PostgreSQL and the governance database on another, which may be crashed."""
    with ExitStack() as stack:
        servers = [Postgres(), Postgres()]
        for server in servers:
            stack.callback(server.remove)
        bundle = {
            "name": "chaos",
            "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
            "kwargs": {"path": str(TESTS / "chaos" / "dags"), "refresh_interval": 3600},
        }
        airflow = RunningAirflow(
            home,
            settings={
                "core__parallelism": "8",
                "dag_processor__dag_bundle_config_list": json.dumps([bundle]),
                "dag_processor__min_file_process_interval": "3600",
                "database__sql_alchemy_conn": servers[0].database("airflow", driver="psycopg2"),
                "governance__sql_alchemy_conn": servers[1].database("gov", driver="psycopg"),
                "scheduler__task_instance_heartbeat_timeout": "30",
                "scheduler__task_instance_heartbeat_timeout_detection_interval": "5",
            },
        )
        airflow.airflow("governance", "db", "migrate")
        stack.callback(airflow.stop)
        airflow.start()
        airflow.components.start("collector")
        yield airflow, servers[1]


def play(
    *, transitions: int, seed: int, within: float, say: Callable[[str], None] = print
) -> Outcome:
    """Strike while the runs go on; then wait until all is quiet, and compare.

    :param transitions: at least so many are made; a run makes about 130.
    :param within: seconds after which there are no more strikes, while the runs go on.
    """
    with (
        tempfile.TemporaryDirectory(prefix="governance-chaos-") as home,
        deployment(Path(home)) as (airflow, governance),
    ):
        began, since = time.monotonic(), datetime.now(tz=UTC)  # noqa: TID251
        say(f"Airflow is up; seed {seed}")
        airflow.wait_for_dag(DAG)
        strikes, books = Strikes(airflow, governance, seed=seed), Books(airflow)
        wanted = -(-transitions // FEWEST_OF_A_RUN)
        while (left := books.go_on(wanted)) and (now := time.monotonic() - began) < within:
            strikes.next()
            say(f"{now:4.0f} s  {strikes.last:22} {left} of {wanted} runs to go")
        say("no more strikes; waiting until every run has ended and every event has arrived")
        airflow.wait_until("enough runs", lambda: not books.go_on(wanted), within=ENOUGH_SECONDS)
        books.wait_until_quiet()
        return books.close(strikes, wanted=transitions, seed=seed, since=since, began=began)


class Books:
    """What Airflow's database and the governance database hold."""

    def __init__(self, airflow: RunningAirflow) -> None:
        self._airflow = airflow
        self._urls = (airflow.env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"], airflow.governance_url)

    def go_on(self, wanted: int) -> int:
        """Begin a run if few are under way and the wanted number is not reached.

        :returns: how many runs have not ended or not begun.
        """
        if self.begun_runs < wanted and self.unfinished_runs < RUNS_AT_ONCE:
            with suppress(httpx.HTTPError, AssertionError):  # nobody answers just now
                self._airflow.trigger(DAG)
        return self.unfinished_runs + max(0, wanted - self.begun_runs)

    @property
    def begun_runs(self) -> int:
        return self._count(0, "SELECT count(*) FROM dag_run")

    @property
    def unfinished_runs(self) -> int:
        query = "SELECT count(*) FROM dag_run WHERE state NOT IN ('success', 'failed')"
        return self._count(0, query)

    def wait_until_quiet(self) -> None:
        """Until no run is unfinished, nothing waits, and no event has come for a while."""
        wait = self._airflow.wait_until
        wait("every run has ended", lambda: not self.unfinished_runs, within=QUIET_SECONDS)
        self._still = (0, time.monotonic())
        wait("every event has arrived", self._is_still, within=QUIET_SECONDS)
        with suppress(AssertionError):  # the outcome tells what is not there
            wait("nothing is missing", lambda: self._is_complete, within=SETTLING_SECONDS)

    @property
    def _is_complete(self) -> bool:
        report = self._command("reconcile", "--output", "json")
        return not report.code and not json.loads(report.said)["pending"]

    def _is_still(self) -> bool:
        events = self._count(1, "SELECT count(*) FROM event")
        waiting = self._count(1, "SELECT count(*) FROM ledger_queue")
        if waiting or spool_state(self._airflow.home / "spool").files or events != self._still[0]:
            self._still = (events, time.monotonic())
        return time.monotonic() - self._still[1] > STILL_SECONDS

    def close(
        self, strikes: Strikes, *, wanted: int, seed: int, since: datetime, began: float
    ) -> Outcome:
        reconciled = self._command("reconcile", "--since", since.isoformat())
        verified = self._command("verify", "--full")
        return Outcome(
            wanted=wanted,
            seed=seed,
            seconds=time.monotonic() - began,
            runs=self.begun_runs,
            strikes=dict(strikes.counted),
            events=self._count(1, "SELECT count(*) FROM event"),
            gaps=self._count(1, "SELECT count(*) FROM event WHERE type LIKE '%gap%'"),
            lost=spool_state(self._airflow.home / "spool").lost,
            reckoning=reckon(*self._urls),
            reconciled=self._told_of(reconciled),
            verified=verified,
        )

    def _told_of(self, reconciled: Command) -> Command:
        """What the command said, and all that is known of the events that it names."""
        if not reconciled.code:
            return reconciled
        named = sorted(set(re.findall(r"\b[0-9a-f]{64}\b", reconciled.said)))[:SHOWN]
        known = [self._command("event", event_id, group=()).said for event_id in named]
        return Command(code=reconciled.code, said="\n".join([reconciled.said, *known]))

    def _command(self, *words: str, group: tuple[str, ...] = ("ledger",)) -> Command:
        done = subprocess.run(
            airflow_command("governance", *group, *words),
            cwd=self._airflow.home,
            env=self._airflow.env,
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout if not done.returncode else done.stdout + done.stderr
        return Command(code=done.returncode, said=said.strip())

    def _count(self, which: int, query: str) -> int:
        engine = create_engine(self._urls[which])
        with engine.connect() as connection:
            found = connection.scalar(text(query))
        engine.dispose()
        return int(found or 0)
