"""From what a Dag run recorded to its chain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from airflow_gov_provider.domain.approvals.request import Request, Shown, State
from airflow_gov_provider.domain.chain import reading
from airflow_gov_provider.domain.chain.parts import (
    Chain,
    Earlier,
    Edge,
    Node,
    NodeKind,
    Recorded,
    Relation,
    Status,
    TaskPlace,
    TaskSeen,
)
from airflow_gov_provider.domain.chain.standing import accepted_by, current_of
from airflow_gov_provider.domain.evidence import EvidenceKind, ModelRef

_ORDER = list(NodeKind)
_OWE_NOTHING = frozenset({"skipped", "removed"})
_ENDED = frozenset({"success", "failed", "upstream_failed"})
_NAMING = {
    EvidenceKind.CARD: Relation.STATED,
    EvidenceKind.APPROVAL: Relation.SHOWN,
    EvidenceKind.PROMOTION: Relation.COUNTED,
}


def chain_of(
    recorded: Sequence[Recorded],
    *,
    requests: Iterable[Request] = (),
    tasks: Iterable[TaskSeen] = (),
) -> Chain:
    """The chain of one Dag run.

    :param recorded: all of its evidence, replaced records included.
    :param requests: what people were asked; only pending requests add something.
    :param tasks: its governance tasks, so that one that left nothing can be told.
    """
    building = _Building(recorded)
    building.add_evidence()
    building.add_data()
    building.add_training()
    for request in requests:
        building.add_request(request)
    for task in tasks:
        building.add_task(task)
    building.add_named()
    building.add_required()
    return building.chain()


class _Building:
    def __init__(self, recorded: Sequence[Recorded]) -> None:
        self.recorded = {r.evidence.evidence_id: r for r in recorded}
        self.current = current_of(recorded)
        self.nodes: dict[str, Node] = {}
        self.edges: dict[tuple[str, str, Relation], Edge] = {}
        self.places: dict[tuple[NodeKind, TaskPlace], str] = {}
        self.by_place: dict[tuple[EvidenceKind, TaskPlace], list[Recorded]] = {}
        for item in sorted(recorded, key=lambda r: r.evidence.evidence_id, reverse=True):
            self.by_place.setdefault((item.evidence.kind, _place(item)), []).append(item)

    def chain(self) -> Chain:
        order = {node_id: place for place, node_id in enumerate(self.nodes)}
        nodes = sorted(self.nodes.values(), key=lambda n: (_ORDER.index(n.kind), order[n.node_id]))
        return Chain(nodes=tuple(nodes), edges=tuple(self.edges.values()))

    def add_evidence(self) -> None:
        approvals = [r for r in self.current if r.evidence.kind is EvidenceKind.APPROVAL]
        for item in self.current:
            node = _node_of(item, self._earlier(item))
            if not item.evidence.verdict.lets_pass and accepted_by(item, approvals):
                node = replace(node, facts={**node.facts, "Accepted": "by a person who saw it"})
            self.nodes[node.node_id] = node
            self.places[node.kind, _place(item)] = node.node_id

    def add_data(self) -> None:
        for item in self.current:
            if data := reading.measured_data(item):
                self._edge(self._data(data), item.evidence.evidence_id, Relation.MEASURED)

    def add_training(self) -> None:
        """One training run a model version: what a card says of it, else only that it is named."""
        cards = {
            item.evidence.model: item
            for item in self.current
            if item.evidence.kind is EvidenceKind.CARD and item.evidence.model
        }
        models = dict.fromkeys(e.evidence.model for e in self.current if e.evidence.model)
        for model in models:
            node_id = self._training(model, cards.get(model))
            for item in self.current:
                if item.evidence.model == model and item.evidence.kind is EvidenceKind.BIAS:
                    self._edge(node_id, item.evidence.evidence_id, Relation.JUDGED)

    def _training(self, model: ModelRef, card: Recorded | None) -> str:
        node_id = f"training:{model.name}:{model.version}"
        run_id = card and reading.training_run(card)
        why = "No card names the run that trained it" if card is None else "The card names no run"
        self.nodes[node_id] = Node(
            node_id=node_id,
            kind=NodeKind.TRAINING,
            status=Status.RECORDED if run_id else Status.MISSING,
            title=str(model),
            summary=f"MLflow run {run_id}" if run_id else "",
            model=model,
            problem=None if run_id else why,
            facts={"MLflow run": run_id} if run_id else {},
        )
        if card is not None:
            self._edge(node_id, card.evidence.evidence_id, Relation.DESCRIBED)
            for data in reading.training_data(card):
                self._edge(
                    self._data(data),
                    node_id,
                    Relation.TRAINED_WITH,
                    note=data.facts.get("Used for"),
                )
        return node_id

    def add_request(self, request: Request) -> None:
        if request.state is not State.PENDING:
            return
        place = request.origin.task_id, request.origin.map_index
        before = self.places.get((NodeKind.APPROVAL, place))
        node_id = before or f"request:{request.request_id}"
        asked = ", ".join(request.approvers) or "anyone who may edit the Dag"
        earlier = self.nodes[before].earlier if before else ()
        if before:
            earlier = (_replaced(self.recorded[before]), *earlier)
            self.edges = {key: e for key, e in self.edges.items() if e.target != before}
        self.nodes[node_id] = Node(
            node_id=node_id,
            kind=NodeKind.APPROVAL,
            status=Status.WAITING,
            title=request.subject,
            task_id=place[0],
            map_index=place[1],
            summary=f"waiting for {asked}",
            recorded_at=request.opened_at,
            problem="Nobody has answered yet",
            earlier=earlier,
        )
        self.places[NodeKind.APPROVAL, place] = node_id
        for shown in request.shown:
            self._name(_named(shown), node_id, Relation.SHOWN)

    def add_task(self, task: TaskSeen) -> None:
        place = task.task_id, task.map_index
        if (task.kind, place) in self.places or task.state in _OWE_NOTHING:
            return
        over = task.state in _ENDED
        node_id = f"task:{task.kind}:{task.task_id}:{task.map_index}"
        self.nodes[node_id] = Node(
            node_id=node_id,
            kind=task.kind,
            status=Status.MISSING if over else Status.RUNNING,
            title=task.task_id,
            task_id=task.task_id,
            map_index=task.map_index,
            summary=f"{task.state or 'not started'} in Airflow",
            problem=f"Its task is {task.state} and recorded no evidence" if over else None,
        )
        self.places[task.kind, place] = node_id

    def add_named(self) -> None:
        for item in self.current:
            node = self.nodes.get(item.evidence.evidence_id)
            if node is None or node.status is Status.WAITING:
                continue
            for named in reading.named_by(item):
                self._name(named, node.node_id, _NAMING[item.evidence.kind])

    def add_required(self) -> None:
        for item in self.current:
            for kind in reading.required_by(item):
                self._require(kind, item)

    def _require(self, kind: EvidenceKind, promotion: Recorded) -> None:
        """A missing step, unless evidence about the version or about data in general stands."""
        model, target = promotion.evidence.model, promotion.evidence.evidence_id
        about = (model, None) if kind is EvidenceKind.QUALITY else (model,)
        if any(e.evidence.kind is kind and e.evidence.model in about for e in self.current):
            return
        there = [
            n for n in self.nodes.values() if n.kind is NodeKind(kind) and n.evidence_id is None
        ]
        if not there:
            node_id = f"required:{kind}:{model}"
            there = [
                Node(
                    node_id=node_id,
                    kind=NodeKind(kind),
                    status=Status.MISSING,
                    title=f"{kind} of {model}" if model else str(kind),
                    model=model,
                    problem=f"The promotion requires {kind} evidence, and there is none",
                )
            ]
            self.nodes[node_id] = there[0]
        for node in there:
            self._edge(node.node_id, target, Relation.REQUIRED, note="required, and not there")

    def _name(self, named: reading.Named, target: str, relation: Relation) -> None:
        """An edge from what a document names, wherever that is now."""
        found = self.recorded.get(named.evidence_id)
        if found is None:
            self._edge(self._gone(named), target, relation, note="it is not there any more")
            return
        kind = NodeKind(found.evidence.kind)
        source = self.places.get((kind, _place(found)), named.evidence_id)
        if source == target:
            return
        if source != named.evidence_id:
            self._edge(source, target, relation, note="an earlier record, replaced since")
        elif found.digest != named.digest:
            self._edge(source, target, relation, note="its digest is another one now")
        elif not found.intact:
            self._edge(source, target, relation, note="it was changed since it was recorded")
        else:
            self.edges[source, target, relation] = Edge(
                source=source, target=target, relation=relation, note=named.note
            )

    def _gone(self, named: reading.Named) -> str:
        kind = NodeKind(named.kind) if named.kind in _ORDER else NodeKind.QUALITY
        self.nodes.setdefault(
            named.evidence_id,
            Node(
                node_id=named.evidence_id,
                kind=kind,
                status=Status.MISSING,
                title=f"{kind} evidence {reading.short(named.evidence_id)}",
                problem="A later document names it, and it is not in the database any more",
            ),
        )
        return named.evidence_id

    def _data(self, data: reading.Data) -> str:
        node_id = f"data:{data.identity}"
        self.nodes.setdefault(
            node_id,
            Node(
                node_id=node_id,
                kind=NodeKind.DATA,
                status=Status.RECORDED,
                title=data.title,
                facts=data.facts,
            ),
        )
        return node_id

    def _edge(
        self, source: str, target: str, relation: Relation, *, note: str | None = None
    ) -> None:
        holds = relation is Relation.TRAINED_WITH or note is None
        self.edges[source, target, relation] = Edge(
            source=source, target=target, relation=relation, holds=holds, note=note
        )

    def _earlier(self, item: Recorded) -> tuple[Earlier, ...]:
        """What it replaced, the newest first."""
        newest_first = self.by_place[item.evidence.kind, _place(item)]
        return tuple(
            _replaced(other)
            for other in newest_first
            if other.evidence.evidence_id < item.evidence.evidence_id
        )


def _node_of(item: Recorded, earlier: tuple[Earlier, ...]) -> Node:
    evidence = item.evidence
    problem = None
    if not item.intact:
        problem = "What is stored is not what was recorded"
    elif reasons := reading.reasons_of(item):
        problem = "; ".join(reasons)
    return Node(
        node_id=evidence.evidence_id,
        kind=NodeKind(evidence.kind),
        status=Status.RECORDED,
        title=evidence.subject,
        task_id=evidence.origin.task_id,
        map_index=evidence.origin.map_index,
        try_number=evidence.origin.try_number,
        verdict=evidence.verdict if item.intact else None,
        summary=evidence.summary,
        evidence_id=evidence.evidence_id,
        recorded_at=evidence.recorded_at,
        model=evidence.model,
        intact=item.intact,
        problem=problem,
        facts=reading.facts_of(item),
        earlier=earlier,
    )


def _replaced(item: Recorded) -> Earlier:
    evidence = item.evidence
    return Earlier(
        evidence_id=evidence.evidence_id,
        verdict=evidence.verdict,
        summary=evidence.summary,
        try_number=evidence.origin.try_number,
        recorded_at=evidence.recorded_at,
        intact=item.intact,
    )


def _named(shown: Shown) -> reading.Named:
    return reading.Named(evidence_id=shown.evidence_id, digest=shown.digest, kind=shown.kind.value)


def _place(item: Recorded) -> TaskPlace:
    return item.evidence.origin.task_id, item.evidence.origin.map_index
