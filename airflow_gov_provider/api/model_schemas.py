"""Registered models as evidence knows them, over the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from airflow_gov_provider.api.queries import Id, Time
from airflow_gov_provider.api.schemas import EvidenceItem
from airflow_gov_provider.domain.models.alias_history import (
    AliasMove,
    AliasState,
    Comparison,
    Drift,
)
from airflow_gov_provider.registry.asking import Answer, Answered
from airflow_gov_provider.store.evidence.models import ModelSummary, VersionRecord

if TYPE_CHECKING:
    from airflow_gov_provider.domain.cards.diff import Change

_MOST_A_PAGE = 100
Page = Annotated[int, Field(ge=1, le=_MOST_A_PAGE)]


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Query(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ModelsQuery(_Query):
    q: Id | None = Field(None, description="What the name contains, in any case.")
    dag_id: Id | None = Field(None, description="Only what this Dag recorded evidence about.")
    limit: Page = 25
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")


class VersionsQuery(_Query):
    name: Id
    limit: Page = 25
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")


class CardsQuery(_Query):
    model: Id | None = Field(None, description="Only of this model.")
    limit: Page = 25
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")


class ModelQuery(_Query):
    name: Id


class AliasesQuery(_Query):
    name: Id
    at: Time | None = Field(None, description="Then; now if it is left out. ISO 8601.")


class AliasNow(_Out):
    """Where an alias points, as recorded promotions tell."""

    alias: str
    version: str
    registry: str = Field(description="The MLflow that the promotion wrote to.")
    since: datetime | None = Field(
        description="When a promotion set it. Null if it is only known that a later promotion "
        "found it there."
    )
    evidence_id: str = Field(description="The promotion that tells.")
    dag_id: str
    run_id: str

    @classmethod
    def of(cls, state: AliasState) -> AliasNow:
        told_by = state.since or state.found_by
        assert told_by is not None  # noqa: S101 - a state is told by one of the two
        return cls(
            alias=state.alias,
            version=state.version,
            registry=state.registry,
            since=state.since.at if state.since else None,
            evidence_id=told_by.evidence_id,
            dag_id=told_by.origin.dag_id,
            run_id=told_by.origin.run_id,
        )


class ModelItem(_Out):
    """A model that evidence names."""

    name: str
    newest_version: str = Field(description="The version that was recorded last.")
    last_recorded_at: datetime
    dag_id: str = Field(description="The Dag that recorded it last.")
    aliases: list[AliasNow] = Field(description="As the newest promotions left them.")

    @classmethod
    def of(cls, summary: ModelSummary, aliases: Sequence[AliasState]) -> ModelItem:
        return cls(
            **{name: getattr(summary, name) for name in summary.__slots__},
            aliases=[AliasNow.of(state) for state in aliases],
        )


class ModelPage(_Out):
    """In the order of their names."""

    items: list[ModelItem]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last one.")


class VersionItem(_Out):
    """A version with the newest evidence of each kind."""

    version: str
    first_recorded_at: datetime
    last_recorded_at: datetime
    evidence: list[EvidenceItem] = Field(description="At most one of each kind.")

    @classmethod
    def of(cls, record: VersionRecord, evidence: Sequence[EvidenceItem]) -> VersionItem:
        return cls(
            version=record.version,
            first_recorded_at=record.first_recorded_at,
            last_recorded_at=record.last_recorded_at,
            evidence=list(evidence),
        )


class VersionPage(_Out):
    """Those that were recorded last come first."""

    items: list[VersionItem]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last one.")


class Approver(_Out):
    name: str
    reason: str | None
    evidence_id: str


class AliasMoveItem(_Out):
    """A promotion that was carried out."""

    alias: str
    version: str
    previous_version: str | None = Field(description="Null where the alias pointed nowhere.")
    registry: str
    at: datetime
    evidence_id: str
    dag_id: str
    run_id: str
    task_id: str
    changed: bool = Field(description="False where the alias pointed to the version already.")
    approvers: list[Approver] = Field(description="Who said yes, by the approvals it counted.")
    moved_outside_from: str | None = Field(
        description="Where the promotion before this one had left the alias, if this one found "
        "another version there: somebody moved it in between, outside of recorded promotions. "
        "Null for users who may not read every Dag, who cannot know."
    )

    @classmethod
    def of(
        cls, move: AliasMove, approvers: Mapping[str, Approver], *, tell_gap: bool
    ) -> AliasMoveItem:
        return cls(
            alias=move.alias,
            version=move.version,
            previous_version=move.previous_version,
            registry=move.registry,
            at=move.at,
            evidence_id=move.evidence_id,
            dag_id=move.origin.dag_id,
            run_id=move.origin.run_id,
            task_id=move.origin.task_id,
            changed=move.changed,
            approvers=[approvers[a] for a in move.approvals if a in approvers],
            moved_outside_from=move.left_at if tell_gap else None,
        )


class AliasMoveList(_Out):
    """Newest first."""

    items: list[AliasMoveItem]
    is_complete: bool = Field(description="False where there are older ones that are not listed.")


class AliasList(_Out):
    """Where the aliases of a model pointed."""

    name: str
    at: datetime
    items: list[AliasNow]


class DriftItem(_Out):
    alias: str
    drift: Drift = Field(
        description="`same`; `moved` or `gone` outside of recorded promotions; `unrecorded`: no "
        "recorded promotion ever set it."
    )
    recorded: AliasNow | None
    found: str | None = Field(description="The version that the registry says.")

    @classmethod
    def of(cls, compared: Comparison) -> DriftItem:
        return cls(
            alias=compared.alias,
            drift=compared.drift,
            recorded=AliasNow.of(compared.recorded) if compared.recorded else None,
            found=compared.found,
        )


class RegistryState(_Out):
    """The registry as it is now against recorded promotions."""

    status: Answered = Field(
        description="Ask again for `asking`; items are there for `answered` only."
    )
    registry: str | None
    problem: str | None
    elsewhere: list[str] = Field(
        description="Other registries that promotions of this model wrote to, which this "
        "api-server does not ask."
    )
    items: list[DriftItem]

    @classmethod
    def of(
        cls, answer: Answer, compared: Sequence[Comparison] = (), elsewhere: Sequence[str] = ()
    ) -> RegistryState:
        return cls(
            status=answer.status,
            registry=answer.registry,
            problem=answer.problem,
            elsewhere=list(elsewhere),
            items=[DriftItem.of(each) for each in compared],
        )


class CardChange(_Out):
    """One statement that two cards make differently."""

    path: list[str] = Field(description="From the section to the statement.")
    kind: Literal["added", "removed", "changed"]
    before: bool | int | float | str | None
    after: bool | int | float | str | None
    difference: float | None = Field(description="Of two numbers: after minus before.")

    @classmethod
    def of(cls, change: Change) -> CardChange:
        values = {name: getattr(change, name) for name in change.__slots__}
        return cls(**{**values, "path": list(change.path), "kind": change.kind.value})


class ComparedCard(_Out):
    evidence: EvidenceItem
    generated_at: datetime


class CardDiffItem(_Out):
    """From the first card to the second."""

    first: ComparedCard
    second: ComparedCard
    changes: list[CardChange]
    equal: int = Field(description="Statements that both make alike.")
