"""Dags and the promises of their code, as Airflow's own tables hold them.

Every function opens a session of its own and closes it before it returns, because a reader that
stays would hold up the writers of an Airflow on SQLite.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from airflow_gov_provider.collector.incidents.owners import as_one
from airflow_gov_provider.domain.sla.calendars import zone
from airflow_gov_provider.domain.sla.commitments import CALLBACK, Commitment
from airflow_gov_provider.domain.sla.effective import Dag

_AT_ONCE = 200


def state_of_dags() -> tuple[object, ...]:
    """What differs when a Dag has come, gone or changed; cheap to ask."""
    from airflow.models.dag import DagModel
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.utils.session import create_session
    from sqlalchemy import func, select

    written, dags = SerializedDagModel.__table__.c, DagModel.__table__.c
    with create_session(scoped=False) as session:
        row = session.execute(select(func.count(written.id), func.max(written.last_updated))).one()
        active = session.scalar(select(func.count(dags.dag_id)).where(_is_there()))
    return (*row, active)


def _is_there() -> Any:
    """Of a Dag: Airflow has found it, or cannot tell because its file is broken just now.

    A promise holds for a Dag that nobody can load as well; then it is likely to be missed.
    """
    from airflow.models.dag import DagModel
    from airflow.models.errors import ParseImportError
    from sqlalchemy import and_, exists, or_

    dags, errors = DagModel.__table__.c, ParseImportError.__table__.c
    same_file = and_(
        errors.bundle_name == dags.bundle_name, errors.filename == dags.relative_fileloc
    )
    return or_(dags.is_stale.is_(False), and_(dags.has_import_errors, exists().where(same_file)))


def active_dags() -> tuple[list[Dag], list[str]]:
    """All Dags that are there, and what of their promises cannot be read."""
    from airflow.models.dag import DagModel, DagTag
    from airflow.utils.session import create_session
    from sqlalchemy import select

    dags, tags = DagModel.__table__.c, DagTag.__table__.c
    active = select(dags.dag_id, dags.owners).where(_is_there())
    tagged: dict[str, set[str]] = {}
    with create_session(scoped=False) as session:
        rows = session.execute(active.order_by(dags.dag_id)).all()
        for dag_id, name in session.execute(select(tags.dag_id, tags.name)):
            tagged.setdefault(dag_id, set()).add(name)
        promises, problems = _promises(session, {row.dag_id for row in rows})
    found = [
        Dag(
            dag_id=row.dag_id,
            tags=frozenset(tagged.get(row.dag_id, ())),
            owners=frozenset(owner.strip() for owner in (row.owners or "").split(",")) - {""},
            owner=as_one(row.owners),
            promises=promises.get(row.dag_id, ()),
        )
        for row in rows
    ]
    return found, problems


def _promises(
    session: Any, active: Collection[str]
) -> tuple[dict[str, list[Commitment]], list[str]]:
    """What the newest version of each Dag promises, in the order in which its code does."""
    from airflow.models.deadline_alert import DeadlineAlert
    from airflow.models.serialized_dag import SerializedDagModel
    from sqlalchemy import select

    newest = SerializedDagModel._latest_by_version_select().subquery()  # noqa: SLF001 - no other way
    alerts = DeadlineAlert.__table__.c
    query = (
        select(newest.c.dag_id, newest.c.id, alerts.id.label("alert_id"), alerts.callback_def)
        .join_from(newest, DeadlineAlert.__table__, alerts.serialized_dag_id == newest.c.id)
        .order_by(newest.c.dag_id, alerts.id)
    )
    ours = [
        (row, content)
        for row in session.execute(query.execution_options(yield_per=1000))
        if row.dag_id in active and (content := _content(row.callback_def)) is not None
    ]
    listed = _listed(session, {row.id for row, _ in ours})
    promises: dict[str, list[Commitment]] = {}
    problems: list[str] = []
    for row, content in ours:
        if str(row.alert_id) not in listed.get(row.id, ()):
            continue
        try:
            promise = Commitment.from_content(content)
        except (KeyError, ValueError, TypeError) as error:
            named = f"Dag {row.dag_id}: a promise cannot be read ({type(error).__name__})"
            problems.append(f"{named}; parse the Dag with the release that the collector runs")
            continue
        unknown = _unknown_zone(promise)
        if unknown is None:
            promises.setdefault(row.dag_id, []).append(promise)
        else:
            problems.append(
                f"Dag {row.dag_id}: {promise.name!r} has the time zone {unknown!r}, which is not "
                "known where the collector runs; install the release of tzdata there with which "
                "the Dag is parsed"
            )
    return promises, problems


def _unknown_zone(promise: Commitment) -> str | None:
    """A zone of it that can be used only where the Dag was parsed; None where there is none."""
    for name in (promise.tz or "UTC", promise.calendar.tz):
        try:
            zone(name)
        except (KeyError, ValueError, TypeError, OSError):  # a folder of zones is an OSError
            return name
    return None


def _content(callback: Any) -> Mapping[str, Any] | None:
    """The promise that a callback of ours carries; None of anybody else's."""
    data = callback.get("__data__", callback) if isinstance(callback, dict) else {}
    if not isinstance(data, dict) or data.get("path") != CALLBACK:
        return None
    content = (data.get("kwargs") or {}).get("commitment")
    return content if isinstance(content, dict) else {}


def _listed(session: Any, ids: Collection[Any]) -> dict[Any, Collection[str]]:
    """The alerts that Dags have: Airflow leaves rows behind where a Dag has none any more."""
    from airflow.models.serialized_dag import SerializedDagModel
    from sqlalchemy import select

    table = SerializedDagModel.__table__.c
    ordered = sorted(ids, key=str)
    found: dict[Any, Collection[str]] = {}
    for start in range(0, len(ordered), _AT_ONCE):
        some = ordered[start : start + _AT_ONCE]
        deadlines = table.data["dag"]["deadline"]
        for id_, alerts in session.execute(select(table.id, deadlines).where(table.id.in_(some))):
            found[id_] = alerts or ()
        for id_ in (id_ for id_ in some if not found.get(id_)):  # the document is compressed
            whole = session.get(SerializedDagModel, id_)
            found[id_] = (whole.data or {}).get("dag", {}).get("deadline") or () if whole else ()
    return found


class TaskIds:
    """The tasks of Dags; a document is read again only where it is another one."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, frozenset[str]]] = {}

    def of(self, dag_ids: Collection[str]) -> dict[str, frozenset[str]]:
        from airflow.models.serialized_dag import SerializedDagModel
        from airflow.utils.session import create_session
        from sqlalchemy import select

        found: dict[str, tuple[str, frozenset[str]]] = {}
        ordered = sorted(dag_ids)
        with create_session(scoped=False) as session:
            for start in range(0, len(ordered), _AT_ONCE):
                newest = SerializedDagModel._latest_by_version_select(  # noqa: SLF001 - as above
                    ordered[start : start + _AT_ONCE]
                ).subquery()
                query = select(newest.c.id, newest.c.dag_id, newest.c.dag_hash)
                for row in session.execute(query).all():
                    known = self._known.get(row.dag_id)
                    if known is None or known[0] != row.dag_hash:
                        known = (row.dag_hash, _task_ids(session, row.id))
                    found[row.dag_id] = known
        self._known = found
        return {dag_id: tasks for dag_id, (_, tasks) in found.items()}


def _task_ids(session: Any, id_: Any) -> frozenset[str]:
    from airflow.models.serialized_dag import SerializedDagModel

    whole = session.get(SerializedDagModel, id_)
    tasks = whole.data["dag"]["tasks"] if whole is not None and whole.data else ()
    session.expunge_all()
    return frozenset(task.get("__var", task)["task_id"] for task in tasks)
