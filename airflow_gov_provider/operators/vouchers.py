"""Whether Airflow still stands behind the evidence that lies in the governance database.

The database keeps evidence for ever, and knows a task instance by its names only. So a later try
that ended before it could record anything, a task that was marked success by hand, and a Dag run
that was deleted and made again under the same id would all be covered by what was recorded before.

Each recorded piece therefore leaves a voucher with Airflow, as an XCom of its task instance.
Airflow removes it when the next try of the task starts, and together with the Dag run. A promotion
counts only evidence whose voucher is there, and asks for evidence of every governance task before
it.

Whoever may write XComs can forge a voucher, though only for evidence that was recorded under the
same names, with the same digest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator, Context

_OWES_NOTHING = frozenset({"absent", "skipped", "removed"})

_TaskInstance = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """:param evidence: one piece a kind and task instance, and every promotion, oldest first.
    :param objections: task instances that ran, or are said to have, without such evidence.
    """

    evidence: tuple[Evidence, ...]
    objections: tuple[str, ...]


def leave_voucher(context: Context, evidence: Evidence) -> None:
    """Tell Airflow which evidence this try recorded, once that is committed."""
    context["ti"].xcom_push(
        key=_key(evidence.kind),
        value={"evidence_id": evidence.evidence_id, "digest": evidence.digest},
    )


def vouched(
    context: Context, task: BaseOperator, evidence: Iterable[Evidence], model: ModelRef
) -> Vouched:
    """Hold a Dag run's evidence against what Airflow knows of its task instances.

    Evidence without a voucher is left out. It is an objection where its task ran, and where a
    governance task upstream of this one has no evidence at all, or the approvals upstream are all
    about other versions. A skipped task owes nothing: that it may be skipped is written in the Dag.

    :param task: the task that asks.
    :param evidence: everything recorded under the names of the Dag run.
    :param model: evidence that names another version need not be there.
    """
    kept: list[Evidence] = []
    owing: set[_TaskInstance] = set()
    for (kind, *_), pieces in _by_place(evidence).items():
        if kind is EvidenceKind.PROMOTION:
            kept += pieces
        elif found := _with_voucher(context, pieces):
            kept.append(found)
        elif any(e.model in (None, model) for e in pieces):
            owing.add(_instance(pieces[0]))
    before = _recorders(task)
    states = _states(context, before | {task_id for task_id, _ in owing})
    owing |= {at for at in states if at[0] in before} - {_instance(e) for e in kept}
    return Vouched(
        evidence=tuple(sorted(kept, key=lambda e: e.evidence_id)),
        objections=(
            *(
                _objection(at, states[at])
                for at in sorted(owing)
                if states.get(at, "absent") not in _OWES_NOTHING
            ),
            *_approvals_of_others((e for e in kept if e.origin.task_id in before), model),
        ),
    )


def _approvals_of_others(upstream: Iterable[Evidence], model: ModelRef) -> list[str]:
    """A person stands in the way of a promotion for what is promoted, not for something else."""
    named = [e.model for e in upstream if e.kind is EvidenceKind.APPROVAL]
    if not named or None in named or model in named:
        return []
    others = ", ".join(sorted({str(other) for other in named}))
    return [f"the approval before this promotion is about {others}, not about {model}"]


def _by_place(
    evidence: Iterable[Evidence],
) -> dict[tuple[EvidenceKind, str, int], list[Evidence]]:
    found: dict[tuple[EvidenceKind, str, int], list[Evidence]] = {}
    for item in evidence:
        found.setdefault((item.kind, *_instance(item)), []).append(item)
    return found


def _with_voucher(context: Context, pieces: list[Evidence]) -> Evidence | None:
    task_id, map_index = _instance(pieces[0])
    voucher = context["ti"].xcom_pull(
        task_ids=task_id, map_indexes=map_index, key=_key(pieces[0].kind)
    )
    if not isinstance(voucher, Mapping):
        return None
    named = (voucher.get("evidence_id"), voucher.get("digest"))
    return next((e for e in pieces if (e.evidence_id, e.digest) == named), None)


def _recorders(task: BaseOperator) -> set[str]:
    """Ids of the tasks upstream that never succeed without having recorded evidence."""
    return {
        relative.task_id
        for relative in task.get_flat_relatives(upstream=True)
        if getattr(_class_of(relative), "records_evidence", False)
    }


def _class_of(task: Any) -> Any:
    return getattr(task, "operator_class", type(task))


def _states(context: Context, task_ids: Iterable[str]) -> dict[_TaskInstance, str | None]:
    """States of all instances of the tasks, in this Dag run. Asked for one by one, because Airflow
    names instances in a way that is unambiguous within one task only.
    """
    ti = context["ti"]
    states: dict[_TaskInstance, str | None] = {}
    for task_id in sorted(task_ids):
        answer = ti.get_task_states(dag_id=ti.dag_id, task_ids=[task_id], run_ids=[ti.run_id])
        for name, state in answer.get(ti.run_id, {}).items():
            index = name.removeprefix(task_id).removeprefix("_")
            states[task_id, int(index) if index else -1] = state and str(state)
    return states


def _objection(at: _TaskInstance, state: str | None) -> str:
    task_id, map_index = at
    name = task_id if map_index < 0 else f"{task_id}[{map_index}]"
    return (
        f"task {name} is {state or 'not started'} in Airflow, and its last try there recorded no "
        "evidence; run it (again), marking its state does not stand in for that"
    )


def _instance(item: Evidence) -> _TaskInstance:
    return item.origin.task_id, item.origin.map_index


def _key(kind: EvidenceKind) -> str:
    return f"governance_{kind.value}"
