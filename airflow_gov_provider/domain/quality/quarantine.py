"""Rows that a gate puts aside: where they go, and what may be said of them in evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airflow_gov_provider.domain.evidence import Origin
from airflow_gov_provider.exceptions import ArgumentInvalid

DEFAULT_LIMIT = 10_000
RUN_COLUMNS = ("dag_id", "run_id", "task_id", "map_index", "try_number")
PREFIX = "governance_"
CHECKS = f"{PREFIX}checks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """Where the rows that fail a check are written.

    Beside the columns of the data, each row has ``governance_checks`` (a JSON list of the ids of
    the checks that it fails), ``governance_contract``, ``governance_contract_version``,
    ``governance_recorded_at`` and, of the task that wrote it, ``governance_dag_id``,
    ``governance_run_id``, ``governance_task_id``, ``governance_map_index`` and
    ``governance_try_number``. A further try of the same task replaces what the one before wrote.

    :param to: for what is read as files a directory, in which every run of a task has one Parquet
        file; for a table or query of a connection the name of a table in the same database, which
        is made where it is missing.
    :param limit: so many rows of one run at most.
    :raises ArgumentInvalid: for a place without a name or a limit below 1.
    """

    to: str
    limit: int = DEFAULT_LIMIT

    def __post_init__(self) -> None:
        if not self.to.strip():
            raise ArgumentInvalid("quarantine: expected a directory or a table, found no name")
        if type(self.limit) is not int or self.limit < 1:
            raise ArgumentInvalid(
                f"quarantine: expected a limit of 1 or more rows, found {self.limit!r}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What is written beside every row: who put it aside, and why."""

    origin: Origin
    contract: str
    version: str
    recorded_at: str

    def values(self) -> dict[str, str | int]:
        run = {name: getattr(self.origin, name) for name in RUN_COLUMNS}
        contract = {
            "contract": self.contract,
            "contract_version": self.version,
            "recorded_at": self.recorded_at,
        }
        return {f"{PREFIX}{name}": value for name, value in {**run, **contract}.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What was put aside, without a value of any row.

    :param place: the table with its schema, or the file with its whole path, so that it is found
        whatever the directory or the search path; None where nothing was written.
    :param rows: how many rows stand there for this run.
    :param limit: so many were allowed.
    :param groups: rows by the checks that they fail together, the largest groups first.
    :param shapes: by check what the failing texts look like, with ``a`` for a letter, ``9`` for a
        digit and ``x`` for what is neither those nor plain punctuation.
    :param left_out: checks whose failing rows no statement can single out.
    :param sha256: of the file.
    """

    place: str | None
    rows: int
    limit: int
    groups: Sequence[tuple[Sequence[str], int]] = ()
    shapes: Mapping[str, Sequence[str]] | None = None
    left_out: Sequence[str] = ()
    sha256: str | None = None

    @property
    def reached_limit(self) -> bool:
        return self.rows >= self.limit

    def as_json(self) -> dict[str, Any]:
        return {
            "place": self.place,
            "rows": self.rows,
            "limit": self.limit,
            "reached_limit": self.reached_limit,
            "groups": [{"checks": list(checks), "rows": rows} for checks, rows in self.groups],
            "shapes": {check: list(shapes) for check, shapes in (self.shapes or {}).items()},
            "left_out": list(self.left_out),
            "sha256": self.sha256,
        }
