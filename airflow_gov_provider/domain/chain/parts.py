"""What a chain is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from airflow_gov_provider.domain.evidence import Evidence, ModelRef
from airflow_gov_provider.domain.verdicts import Verdict

TaskPlace = tuple[str, int]


class NodeKind(StrEnum):
    """The steps, in the order in which they follow each other."""

    DATA = "data"
    QUALITY = "quality"
    TRAINING = "training"
    BIAS = "bias"
    CARD = "card"
    APPROVAL = "approval"
    PROMOTION = "promotion"


class Status(StrEnum):
    """Whether a step left something.

    * RECORDED: there is evidence, or another document names it.
    * WAITING: a person was asked and has not answered.
    * RUNNING: its task has begun and has recorded nothing yet.
    * MISSING: something requires it, or its task ended, and there is nothing.
    """

    RECORDED = "recorded"
    WAITING = "waiting"
    RUNNING = "running"
    MISSING = "missing"


class Relation(StrEnum):
    """What the document at the end of an edge says of what is at its beginning."""

    MEASURED = "measured"
    TRAINED_WITH = "trained_with"
    JUDGED = "judged"
    DESCRIBED = "described"
    STATED = "stated"
    SHOWN = "shown"
    COUNTED = "counted"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One piece of evidence as it lies in the store.

    :param digest: the digest when it was recorded.
    :param intact: whether the stored document still has it, and the columns say what it says. If
        not, ``evidence`` is what they say now, its body empty if that cannot be read.
    """

    evidence: Evidence
    digest: str
    intact: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSeen:
    """A task instance of a governance operator, as the newest event about it tells."""

    task_id: str
    map_index: int
    kind: NodeKind
    state: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """Evidence that a later record of the same task instance replaced."""

    evidence_id: str
    verdict: Verdict
    summary: str
    try_number: int
    recorded_at: datetime
    intact: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One step.

    :param title: what it is about, for people.
    :param facts: a few more things that its document says, by what to call them.
    :param problem: what is wrong with it, or why it is missing.
    :param verdict: none of a step whose record was changed.
    :param earlier: what it replaced, newest first.
    """

    node_id: str
    kind: NodeKind
    status: Status
    title: str
    task_id: str | None = None
    map_index: int = -1
    try_number: int | None = None
    verdict: Verdict | None = None
    summary: str = ""
    evidence_id: str | None = None
    recorded_at: datetime | None = None
    model: ModelRef | None = None
    intact: bool = True
    problem: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    earlier: tuple[Earlier, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """:param holds: false where what was named is not what stands now; ``note`` says how."""

    source: str
    target: str
    relation: Relation
    holds: bool = True
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Nodes by kind, and of one kind in the order of recording."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
