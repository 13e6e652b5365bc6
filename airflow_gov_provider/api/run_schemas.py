"""Governed Dag runs, their chains and the history of their checks, over the wire."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, model_validator

from airflow_gov_provider.api.queries import EVIDENCE_ID, Count, Id, Time
from airflow_gov_provider.api.schemas import ModelVersion
from airflow_gov_provider.domain.chain import (
    Chain,
    Edge,
    Node,
    NodeKind,
    Recorded,
    Relation,
    RunStanding,
    Status,
)
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef
from airflow_gov_provider.domain.quality.history import Point, Series
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.store.evidence.gate_history import MOST_RUNS

_MOST_A_PAGE = 200
_MOST_MODELS = 20


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Query(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RunQuery(_Query):
    dag_id: Id | None = None
    model: Id | None = Field(None, description="Runs with evidence about a version of this model.")
    verdict: Verdict | None = Field(None, description="The verdict of the run as a whole.")
    since: Time | None = Field(None, description="First evidence then or later; ISO 8601.")
    until: Time | None = Field(None, description="First evidence before this time; ISO 8601.")
    limit: int = Field(50, ge=1, le=_MOST_A_PAGE)
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")

    @model_validator(mode="after")
    def _some_time(self) -> RunQuery:
        if self.since and self.until and self.since >= self.until:
            raise ValueError("expected since to be before until")
        return self


class ChainQuery(_Query):
    dag_id: Id
    run_id: Id


class HistoryQuery(_Query):
    dag_id: Id
    task_id: Id
    map_index: Count = -1
    kind: EvidenceKind = EvidenceKind.QUALITY
    until: str | None = Field(
        None, pattern=f"^{EVIDENCE_ID}$", description="Id of the last evidence to look at."
    )
    limit: int = Field(30, ge=1, le=MOST_RUNS, description="So many runs.")


class StepSummary(_Out):
    kind: EvidenceKind
    count: int = Field(description="Pieces that stand; replaced ones are not counted.")
    verdict: Verdict = Field(
        description="The worst of them as it was recorded; a changed one counts as INSUFFICIENT."
    )
    intact: bool = Field(description="False where one of them was changed since.")


class RunItem(_Out):
    """A Dag run that recorded evidence."""

    dag_id: str
    run_id: str
    verdict: Verdict = Field(
        description="The worst of what stands. What a person accepted who saw it counts as WARNED, "
        "what was changed as INSUFFICIENT."
    )
    accepted: int = Field(description="Pieces that did not pass and were accepted by a person.")
    waiting: int = Field(description="Approvals that nobody has answered yet.")
    changed: int = Field(
        description="Pieces, replaced ones too, whose document or columns were changed. If there "
        "are any, the run has no verdict that counts."
    )
    steps: list[StepSummary]
    models: list[ModelVersion] = Field(description="At most 20.")
    first_recorded_at: datetime
    last_recorded_at: datetime

    @classmethod
    def of(
        cls, key: tuple[str, str], recorded: Sequence[Recorded], standing: RunStanding, waiting: int
    ) -> RunItem:
        """:param recorded: all of the run's evidence, at least one piece, oldest first."""
        models = dict.fromkeys(r.evidence.model for r in recorded if r.evidence.model)
        return cls(
            dag_id=key[0],
            run_id=key[1],
            verdict=standing.verdict,
            accepted=standing.accepted,
            waiting=waiting,
            changed=standing.changed,
            steps=[
                StepSummary(
                    kind=kind,
                    count=count,
                    verdict=standing.by_kind[kind],
                    intact=kind not in standing.changed_kinds,
                )
                for kind, count in standing.counts.items()
            ],
            models=[_model(model) for model in list(models)[:_MOST_MODELS]],
            first_recorded_at=recorded[0].evidence.recorded_at,
            last_recorded_at=recorded[-1].evidence.recorded_at,
        )


class RunPage(_Out):
    """Newest first, by the first evidence of a run.

    With `verdict`, what one page may look at is bounded: a page that is cut short by that has fewer
    items than `limit`, or none, and a `next_cursor`: only null says that there are no more.
    """

    items: list[RunItem]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last one.")


class EarlierRecord(_Out):
    """Evidence that a later record of the same task instance replaced."""

    evidence_id: str
    verdict: Verdict
    summary: str
    try_number: int
    recorded_at: datetime
    intact: bool = Field(description="False where what is stored is not what was recorded.")


class Fact(_Out):
    name: str
    value: str


class ChainNode(_Out):
    """One step from the data to the decision."""

    node_id: str
    kind: NodeKind
    status: Status = Field(
        description="`recorded`; `waiting` for a person; `running`; or `missing`: something "
        "requires it, or its task ended, and there is nothing."
    )
    title: str
    task_id: str | None = Field(description="Null for what no task of this Dag run recorded.")
    map_index: int
    try_number: int | None
    verdict: Verdict | None = Field(description="Null, too, where the record was changed.")
    summary: str
    evidence_id: str | None
    recorded_at: datetime | None
    model: ModelVersion | None
    intact: bool = Field(description="False where what is stored is not what was recorded.")
    problem: str | None = Field(description="What is wrong with it, or why it is missing.")
    facts: list[Fact]
    earlier: list[EarlierRecord] = Field(description="What it replaced, newest first.")

    @classmethod
    def of(cls, node: Node) -> ChainNode:
        values = {name: getattr(node, name) for name in node.__slots__}
        return cls(
            **{
                **values,
                "model": node.model and _model(node.model),
                "facts": [Fact(name=name, value=value) for name, value in node.facts.items()],
                "earlier": [
                    EarlierRecord(**{name: getattr(each, name) for name in each.__slots__})
                    for each in node.earlier
                ],
            }
        )


class ChainEdge(_Out):
    """What the document of `target` says of `source`."""

    source: str
    target: str
    relation: Relation
    holds: bool = Field(description="False where what was named is not what stands now.")
    note: str | None

    @classmethod
    def of(cls, edge: Edge) -> ChainEdge:
        return cls(**{name: getattr(edge, name) for name in edge.__slots__})


class RunChain(_Out):
    """What a Dag run recorded, as a graph. An edge is there because a document says so."""

    run: RunItem
    nodes: list[ChainNode]
    edges: list[ChainEdge]

    @classmethod
    def of(cls, run: RunItem, chain: Chain) -> RunChain:
        return cls(
            run=run,
            nodes=[ChainNode.of(node) for node in chain.nodes],
            edges=[ChainEdge.of(edge) for edge in chain.edges],
        )


class CheckPoint(_Out):
    verdict: Verdict
    observed: bool | int | float | str | None
    expected: str

    @classmethod
    def of(cls, point: Point) -> CheckPoint:
        return cls(**{name: getattr(point, name) for name in point.__slots__})


class CheckSeries(_Out):
    check: str
    kind: str
    subject: str
    points: list[CheckPoint | None] = Field(
        description="One entry for each of `runs`; null where the check was not made."
    )

    @classmethod
    def of(cls, series: Series) -> CheckSeries:
        points = [CheckPoint.of(point) if point else None for point in series.points]
        return cls(check=series.check, kind=series.kind, subject=series.subject, points=points)


class HistoryRun(_Out):
    evidence_id: str
    run_id: str
    verdict: Verdict
    summary: str
    recorded_at: datetime

    @classmethod
    def of(cls, evidence: Evidence) -> HistoryRun:
        return cls(
            evidence_id=evidence.evidence_id,
            run_id=evidence.origin.run_id,
            verdict=evidence.verdict,
            summary=evidence.summary,
            recorded_at=evidence.recorded_at,
        )


class CheckHistory(_Out):
    """The checks of one gate over its last runs, oldest run first."""

    runs: list[HistoryRun]
    checks: list[CheckSeries]


def _model(model: ModelRef) -> ModelVersion:
    return ModelVersion(name=model.name, version=model.version)
