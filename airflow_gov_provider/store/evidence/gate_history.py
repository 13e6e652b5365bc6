"""The last runs of one gate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import Connection, Select, select

from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind
from airflow_gov_provider.domain.quality.history import newest_of_each_run
from airflow_gov_provider.domain.quality.recollection import moment_of
from airflow_gov_provider.store.tables import evidence as table

MOST_RUNS = 100
# Enough for a year of days; a backfill of more than this many records ago finds no past.
MOST_REMEMBERED = 400
_MOST_RECORDS = 4000
_PAGE = 200
_TRIES_A_RUN = 2  # a run may have recorded more than once; further ones shorten the history


def last_runs_of_gate(
    connection: Connection,
    *,
    dag_id: str,
    task_id: str,
    kind: EvidenceKind,
    map_index: int = -1,
    until: str | None = None,
    limit: int = 30,
) -> list[Evidence]:
    """What stands of each of the last runs, oldest first.

    :param until: the id of the last evidence to look at; None for the newest.
    :param limit: so many runs at most.
    """
    query = _of_gate(dag_id=dag_id, task_id=task_id, kind=kind, map_index=map_index)
    query = query.limit(limit * _TRIES_A_RUN)
    if until is not None:
        query = query.where(table.c.evidence_id <= until)
    return newest_of_each_run(_read_all(connection.scalars(query)))[-limit:]


def runs_before(
    connection: Connection,
    *,
    dag_id: str,
    task_id: str,
    kind: EvidenceKind,
    map_index: int = -1,
    before: datetime,
) -> list[Evidence]:
    """What stands of each run whose moment lies before ``before``, whenever it was recorded.

    A backfill of an old day so sees what it would have seen on that day, once the days before it
    are there.

    :returns: of the runs that were recorded last, ``MOST_REMEMBERED`` at most; in the order of
        their records.
    """
    query = _of_gate(dag_id=dag_id, task_id=task_id, kind=kind, map_index=map_index)
    found: dict[str, Evidence] = {}
    for item in _newest_first(connection, query):
        moment = moment_of(item)
        if moment is not None and moment < before:
            found.setdefault(item.origin.run_id, item)
        if len(found) >= MOST_REMEMBERED:
            break
    return list(reversed(found.values()))


def _of_gate(
    *, dag_id: str, task_id: str, kind: EvidenceKind, map_index: int
) -> Select[tuple[str]]:
    """Documents, the newest first."""
    return (
        select(table.c.document)
        .where(
            table.c.dag_id == dag_id,
            table.c.task_id == task_id,
            table.c.map_index == map_index,
            table.c.kind == kind.value,
        )
        .order_by(table.c.evidence_id.desc())
    )


def _newest_first(connection: Connection, query: Select[tuple[str]]) -> Iterator[Evidence]:
    """Page by page, so that few documents are in memory at once."""
    last: str | None = None
    for _ in range(_MOST_RECORDS // _PAGE):
        page = query if last is None else query.where(table.c.evidence_id < last)
        ids = page.with_only_columns(table.c.evidence_id, table.c.document).limit(_PAGE)
        rows = connection.execute(ids).all()
        yield from _read_all(row.document for row in rows)
        if len(rows) < _PAGE:
            return
        last = rows[-1].evidence_id


def _read_all(documents: Iterable[str]) -> Iterator[Evidence]:
    return filter(None, map(_read, documents))


def _read(document: str) -> Evidence | None:
    """None for a document that was changed to something else."""
    try:
        return Evidence.from_document(document.encode())
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
