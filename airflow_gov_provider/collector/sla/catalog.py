"""Keeping the table of commitments in step with Dag code and the files of commitments."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from airflow_gov_provider import config
from airflow_gov_provider.collector.sla.airflow_dags import TaskIds, active_dags, state_of_dags
from airflow_gov_provider.domain.sla.effective import about_tasks, effective
from airflow_gov_provider.exceptions import ContractInvalid
from airflow_gov_provider.hooks.commitment_files import CommitmentFiles
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.store.promises.commitments import declare

INTERVAL = 10.0
_WHATEVER_SECONDS = 300.0  # after which all is read again, whether or not anything seems changed
_SOURCE = "commitments"


class Catalogue:
    """What is promised now.

    While a file is spoiled, it stands as it was read last. Where this process has not read it yet,
    nothing that stands is changed, because a floor that is in it must not give way; what Dags
    promise that never promised it before is added, so that nobody's promise goes unheard.
    """

    def __init__(
        self,
        *,
        paths: Callable[[], Sequence[Path]] = config.commitments,
        clock: Callable[[], datetime] = utcnow,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._paths, self._clock, self._monotonic = paths, clock, monotonic
        self._files, self._tasks = CommitmentFiles(), TaskIds()
        self._seen: tuple[object, ...] | None = None
        self._read_at = float("-inf")
        self._problems: Sequence[str] = ()

    def renew(self) -> int:
        """:returns: how many commitments were declared, changed or retired.

        :raises ContractInvalid: with everything that is wrong in files and Dag code, after all that
            is right has been written, and again each time until it is repaired.
        """
        paths = list(self._paths())
        seen = (state_of_dags(), paths, self._files.stamps(paths))
        changed = 0
        if seen != self._seen or self._monotonic() - self._read_at >= _WHATEVER_SECONDS:
            changed = self._read(paths)
            self._seen, self._read_at = seen, self._monotonic()
        if self._problems:
            raise ContractInvalid(_SOURCE, self._problems)
        return changed

    def _read(self, paths: Sequence[Path]) -> int:
        files = self._files.read(paths)
        dags, unreadable = active_dags()
        tasks = self._tasks.of([dag.dag_id for dag in about_tasks(dags, files.entries)])
        dags = [replace(dag, tasks=tasks.get(dag.dag_id)) for dag in dags]
        found = effective(dags, files.entries, files.calendars)
        with governance_transaction() as connection:
            changes = declare(
                connection,
                list(found.promises.values()),
                now=self._clock(),
                only_unknown=not files.is_whole,
            )
        self._problems = [*files.problems, *unreadable, *found.problems]
        return changes.count
