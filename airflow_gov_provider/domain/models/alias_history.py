"""Which version an alias of a model pointed to, as recorded promotions tell.

A registry knows where its aliases point now and nothing of before. Every promotion through this
package says what it set and what was there before it, so the moves are known, and between two of
them also whether somebody else moved the alias: then the second finds another version than the
first one left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef, Origin

DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasMove:
    """One promotion that was carried out.

    :param previous_version: where the alias pointed before, None for nowhere.
    :param changed: false where it pointed to the version already.
    :param approvals: ids of the approvals that were counted.
    :param left_at: where the promotion before this one had left the alias, if another version was
        found there: somebody moved it in between, outside of recorded promotions.
    """

    model: ModelRef
    alias: str
    version: str
    previous_version: str | None
    registry: str
    at: datetime
    evidence_id: str
    origin: Origin
    changed: bool = True
    approvals: tuple[str, ...] = ()
    left_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasState:
    """Where an alias points at some time.

    :param since: the move that set it; None where only what a later move found there is known.
    :param found_by: the later move that tells of it, where ``since`` is None.
    """

    alias: str
    registry: str
    version: str
    since: AliasMove | None
    found_by: AliasMove | None = None


class Drift(StrEnum):
    """How a registry's alias compares with the last recorded promotion.

    * SAME: it points where that promotion left it.
    * MOVED: it points elsewhere, so somebody moved it outside of recorded promotions.
    * GONE: it was removed.
    * UNRECORDED: no promotion that was recorded ever set it.
    """

    SAME = "same"
    MOVED = "moved"
    GONE = "gone"
    UNRECORDED = "unrecorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """:param recorded: where the last promotion left the alias; None without one.
    :param found: where the registry says it points; None for nowhere.
    """

    alias: str
    drift: Drift
    recorded: AliasState | None
    found: str | None


def move_of(promotion: Evidence) -> AliasMove | None:
    """What a promotion did; None if it was refused, is not complete or cannot be understood."""
    body = promotion.body
    if promotion.kind is not EvidenceKind.PROMOTION or body.get("stage") != DONE:
        return None
    alias, registry = body.get("alias"), body.get("registry")
    if promotion.model is None or not isinstance(alias, str) or not isinstance(registry, str):
        return None
    previous = body.get("previous_version")
    return AliasMove(
        model=promotion.model,
        alias=alias,
        version=promotion.model.version,
        previous_version=None if previous is None else str(previous),
        registry=registry,
        at=promotion.recorded_at,
        evidence_id=promotion.evidence_id,
        origin=promotion.origin,
        changed=body.get("changed") is not False,
        approvals=_texts(body.get("approvals")),
    )


def history(moves: Iterable[AliasMove]) -> tuple[AliasMove, ...]:
    """The moves, oldest first, each with what was done in between outside of promotions."""
    last: dict[tuple[str, str], AliasMove] = {}
    told = []
    for move in sorted(moves, key=lambda m: m.evidence_id):
        before = last.get((move.registry, move.alias))
        if before is not None and before.version != move.previous_version:
            move = replace(move, left_at=before.version)  # noqa: PLW2901
        last[move.registry, move.alias] = move
        told.append(move)
    return tuple(told)


def as_of(moves: Iterable[AliasMove], at: datetime) -> tuple[AliasState, ...]:
    """Where every alias pointed at a time, as far as the moves tell.

    Before the first move of an alias, what that move found there; an alias that pointed nowhere is
    left out.
    """
    states: dict[tuple[str, str], AliasState] = {}
    settled: set[tuple[str, str]] = set()
    for move in sorted(moves, key=lambda m: m.evidence_id, reverse=True):
        place = (move.registry, move.alias)
        if place in settled:
            continue
        if move.at <= at:
            settled.add(place)
            states[place] = AliasState(
                alias=move.alias, registry=move.registry, version=move.version, since=move
            )
        elif move.previous_version is None:
            states.pop(place, None)
        else:
            states[place] = AliasState(
                alias=move.alias,
                registry=move.registry,
                version=move.previous_version,
                since=None,
                found_by=move,
            )
    return tuple(states[place] for place in sorted(states))


def compare(states: Iterable[AliasState], found: Mapping[str, str]) -> tuple[Comparison, ...]:
    """The registry's aliases against the recorded ones.

    :param states: as recorded promotions left the aliases of this very registry.
    :param found: alias -> version, as the registry says now.
    """
    recorded = {state.alias: state for state in states}
    return tuple(
        Comparison(
            alias=alias,
            drift=_drift(recorded.get(alias), found.get(alias)),
            recorded=recorded.get(alias),
            found=found.get(alias),
        )
        for alias in sorted({*recorded, *found})
    )


def _drift(recorded: AliasState | None, found: str | None) -> Drift:
    if recorded is None:
        return Drift.UNRECORDED
    if found is None:
        return Drift.GONE
    return Drift.SAME if recorded.version == found else Drift.MOVED


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(str(each) for each in value)
    return ()
