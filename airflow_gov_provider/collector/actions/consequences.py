"""What came of an action: who says so is the answer to its request, or else Airflow's tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, select

from airflow_gov_provider.collector.actions import kinds
from airflow_gov_provider.collector.actions.doing import API, MACHINERY, Doing
from airflow_gov_provider.collector.actions.effects import (
    Question,
    cleared,
    questions,
    triggered_run,
)
from airflow_gov_provider.collector.actions.telling import Told
from airflow_gov_provider.store.tables import event as table

_REFUSED = 400
_MOST_LISTED = 100
_ALL = "~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """:param effective: None where nobody can tell."""

    type: str
    effective: bool | None
    payload: Mapping[str, Any] = field(default_factory=dict)
    run_id: str | None = None


def consequences(connection: Connection, session: Any, doing: Doing, told: Told) -> Came:
    """:param session: of Airflow's metadata database."""
    answered = _answered(doing)
    plain = Came(type=told.type, effective=answered)
    if doing.via != API or doing.dag_id in (None, _ALL):
        return plain
    match told.type:
        case kinds.ANSWERED:
            return _human_answer(session, doing, answered=answered)
        case kinds.CLEAR if answered is not False:
            return _clear(session, doing, told)
        case kinds.TRIGGER if answered is not False:
            return _trigger(session, doing, answered=answered)
        case kinds.MARK_TASK | kinds.MARK_RUN if doing.run_id not in (None, _ALL):
            return replace(plain, payload={"before": _last_state(connection, doing)})
    return plain


def _answered(doing: Doing) -> bool | None:
    """What the answer to the request says; a request in bulk may succeed in part."""
    if doing.via == MACHINERY:
        return True
    if doing.request is None:
        return None
    if doing.request.status >= _REFUSED:
        return False
    return None if doing.action.name.startswith("bulk_") else True


def _clear(session: Any, doing: Doing, told: Told) -> Came:
    """Which task instances it was that got another try, and what they were before."""
    widened = {"include_past", "include_future"} & set(told.payload.get("flags", ()))
    runs = {run["run_id"] for run in told.payload.get("runs", ()) if "run_id" in run}
    if doing.run_id not in (None, _ALL) and not widened:
        runs = {str(doing.run_id)}
    found = cleared(session, dag_id=str(doing.dag_id), run_ids=runs or None, window=doing.window)
    listed = [
        {"task_id": one.task_id, "before": one.before, "try_number": one.try_number}
        | ({"map_index": one.map_index} if one.map_index >= 0 else {})
        | ({"run_id": one.run_id} if one.run_id != doing.run_id else {})
        for one in found[:_MOST_LISTED]
    ]
    before = Counter(one.before or "none" for one in found)
    payload = {"cleared": listed, "cleared_total": len(found), "before": dict(before)}
    return Came(type=kinds.CLEAR, effective=bool(found), payload=payload)


def _trigger(session: Any, doing: Doing, *, answered: bool | None) -> Came:
    """The run, which has no name in the log where the user gave it none."""
    run_id = doing.run_id or triggered_run(
        session, dag_id=str(doing.dag_id), user=doing.actor or "", window=doing.window
    )
    found = doing.run_id is None and run_id is not None
    return Came(type=kinds.TRIGGER, effective=True if found else answered, run_id=run_id)


def _human_answer(session: Any, doing: Doing, *, answered: bool | None) -> Came:
    """Whether it counted: the first answer of somebody who may answer does, and no other."""
    asked = questions(
        session,
        dag_id=str(doing.dag_id),
        run_id=str(doing.run_id),
        task_id=str(doing.task_id),
        map_index=-1 if doing.map_index is None else doing.map_index,
    )
    given = (doing.action.facts or {}).get("chosen_options")
    given = [option for option in given if isinstance(option, str)] if given else []
    offered = {option for question in asked for option in question.options}
    counted = any(_is_this_answer(question, doing, given) for question in asked)
    effective = True if counted else (answered if answered is not None or not asked else False)
    return Came(
        type=kinds.REFUSED if effective is False else kinds.ANSWERED,
        effective=effective,
        payload={
            "chosen_options": [option for option in given if option in offered],
            "unknown_options": sum(option not in offered for option in given) or None,
        },
    )


def _is_this_answer(question: Question, doing: Doing, given: Sequence[Any]) -> bool:
    return (
        question.answered_by == doing.actor
        and doing.window.holds(question.answered_at)
        and list(question.chosen) == list(given)
    )


def _last_state(connection: Connection, doing: Doing) -> str | None:
    """The state that the ledger knows the task instance or the run to have been in before."""
    query = select(table.c.state).where(
        table.c.dag_id == doing.dag_id,
        table.c.run_id == doing.run_id,
        table.c.task_id == doing.task_id if doing.task_id else table.c.task_id.is_(None),
        table.c.state.is_not(None),
        table.c.occurred_at < doing.at,
    )
    if doing.task_id:
        index = -1 if doing.map_index is None else doing.map_index
        query = query.where(table.c.map_index == index)
    newest = query.order_by(table.c.occurred_at.desc(), table.c.seq.desc()).limit(1)
    state: str | None = connection.scalar(newest)
    return state
