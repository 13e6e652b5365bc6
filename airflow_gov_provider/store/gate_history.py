"""The last runs of one gate."""

from __future__ import annotations

from sqlalchemy import Connection, select

from airflow_gov_provider.domain.check_history import newest_of_each_run
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind
from airflow_gov_provider.store.tables import evidence as table

MOST_RUNS = 100
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
    query = (
        select(table.c.document)
        .where(
            table.c.dag_id == dag_id,
            table.c.task_id == task_id,
            table.c.map_index == map_index,
            table.c.kind == kind.value,
        )
        .order_by(table.c.evidence_id.desc())
        .limit(limit * _TRIES_A_RUN)
    )
    if until is not None:
        query = query.where(table.c.evidence_id <= until)
    return newest_of_each_run(filter(None, map(_read, connection.scalars(query))))[-limit:]


def _read(document: str) -> Evidence | None:
    """None for a document that was changed to something else."""
    try:
        return Evidence.from_document(document.encode())
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
