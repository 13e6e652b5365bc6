"""What pages about incidents need beside the incidents themselves, over the wire."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from airflow_gov_provider.api.incident_schemas import IncidentDetail
from airflow_gov_provider.domain.incidents.incident import Incident, State
from airflow_gov_provider.domain.incidents.moves import Move, already_told, why_not
from airflow_gov_provider.domain.incidents.reporting import regimes
from airflow_gov_provider.store.incidents.pages import IncidentCount


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """:param why_not: why they may change nothing about the incident; None where they may."""

    name: str | None
    why_not: str | None


class MoveItem(_Out):
    """Something that people do about an incident, and whether you may do it now."""

    move: str = Field(description="The last part of the path of its route.")
    why_not: str | None = Field(description="Null where you may.")


class DutyItem(_Out):
    """A duty to tell an authority; no legal advice."""

    regime: str
    framework: str
    ref: str = Field(description="The article.")
    obligation: str
    who: str = Field(description="Whose duty it is.")
    within_hours: int
    why_not: str | None = Field(description="Why its clock cannot be started; null where it can.")


class IncidentView(IncidentDetail):
    """One incident with all that a page about it needs."""

    me: str | None = Field(description="Your name in the timeline; null if nobody can tell.")
    moves: list[MoveItem]
    duties: list[DutyItem]
    assignees: list[str] = Field(
        description="Names that may be meant: you, and who looked after incidents of this Dag or "
        "owned it. Airflow does not list its users, so any other name is taken as well."
    )

    @classmethod
    def of_detail(
        cls, detail: IncidentDetail, incident: Incident, asker: Asker, others: Sequence[str]
    ) -> IncidentView:
        values = {name: getattr(detail, name) for name in IncidentDetail.model_fields}
        moves = [
            MoveItem(move=move.value, why_not=asker.why_not or why_not(incident, move))
            for move in Move
        ]
        duties = [
            DutyItem(
                **{field: getattr(law, field) for field in law.__slots__},
                why_not=asker.why_not or already_told(incident, law.regime),
            )
            for law in regimes().values()
        ]
        known = [asker.name, *others] if asker.name else others
        assignees = list(dict.fromkeys(known))
        return cls(**values, me=asker.name, moves=moves, duties=duties, assignees=assignees)


class IncidentCountItem(_Out):
    state: str
    severity: str
    count: int


class IncidentCounts(_Out):
    """How many incidents there are of each state and severity that has any."""

    unresolved: int
    items: list[IncidentCountItem]

    @classmethod
    def of(cls, found: Sequence[IncidentCount]) -> IncidentCounts:
        sums: Counter[tuple[str, str]] = Counter()
        for one in found:
            sums[one.state, one.severity] += one.count
        items = [
            IncidentCountItem(state=state, severity=severity, count=count)
            for (state, severity), count in sorted(sums.items())
        ]
        unresolved = sum(one.count for one in items if one.state != State.RESOLVED)
        return cls(unresolved=unresolved, items=items)
