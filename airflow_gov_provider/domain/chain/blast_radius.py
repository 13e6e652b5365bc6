"""What lies downstream of a Dag: Dags that wait for it or are started by it, and models.

A Dag that goes wrong may spoil whatever consumes an asset that it produces, whatever it triggers
and whatever waits for one of its tasks, and what these feed in turn.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MOST_DAGS = 200
MOST_MODELS = 100
FURTHEST = 20


class Via(StrEnum):
    """How one Dag reaches another."""

    ASSET = "asset"
    TRIGGER = "trigger"
    SENSOR = "sensor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One thing leads to another: a Dag to a Dag, or over assets in between.

    :param source: ``dag:`` and an id, or any other name for what is no Dag.
    :param name: of the asset or the task that does it.
    """

    source: str
    target: str
    via: Via
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectedDag:
    """A Dag downstream.

    :param after: the Dag that reaches it first, on a shortest way.
    :param steps: Dags on that way, itself included.
    """

    dag_id: str
    after: str
    via: Via
    name: str
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BlastRadius:
    """What is affected, the nearest first.

    :param models: names and newest versions, of the Dag itself as well.
    :param cut: whether there is more than is listed.
    """

    dags: Sequence[AffectedDag] = ()
    models: Sequence[tuple[str, str | None]] = ()
    cut: bool = False

    @property
    def content(self) -> dict[str, Any]:
        """JSON-safe."""
        return {
            "dags": [
                {
                    "dag_id": one.dag_id,
                    "after": one.after,
                    "via": one.via.value,
                    "name": one.name,
                    "steps": one.steps,
                }
                for one in self.dags
            ],
            "models": [{"name": name, "version": version} for name, version in self.models],
            "cut": self.cut,
        }


_DAG = "dag:"


def dag_node(dag_id: str) -> str:
    """What a Dag is called in a link."""
    return _DAG + dag_id


def downstream(dag_id: str, links: Iterable[Link]) -> tuple[list[AffectedDag], bool]:
    """Every Dag that this one reaches, the nearest first; a circle is gone round once.

    :returns: at most ``MOST_DAGS``, and whether there are more.
    """
    following: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        following[link.source].append(link)
    found: list[AffectedDag] = []
    seen = {dag_node(dag_id)}
    waiting = deque([(dag_node(dag_id), dag_id, 0)])
    while waiting:
        node, last, steps = waiting.popleft()
        for link in sorted(following.get(node, ()), key=_order):
            if link.target in seen:
                continue
            seen.add(link.target)
            if not _is_dag(link.target):
                waiting.appendleft((link.target, last, steps))  # nearer than any further Dag
                continue
            if len(found) == MOST_DAGS or steps == FURTHEST:
                return found, True
            target = link.target.removeprefix(_DAG)
            found.append(_affected(link, target, after=last, steps=steps + 1))
            waiting.append((link.target, target, steps + 1))
    return found, False


def _affected(link: Link, dag_id: str, *, after: str, steps: int) -> AffectedDag:
    return AffectedDag(dag_id=dag_id, after=after, via=link.via, name=link.name, steps=steps)


def _is_dag(node: str) -> bool:
    return node.startswith(_DAG)


def _order(link: Link) -> tuple[str, str, str]:
    return link.target, link.via, link.name
