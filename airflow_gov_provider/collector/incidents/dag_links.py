"""Which Dag leads to which, as Airflow has serialized it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from airflow_gov_provider.domain.chain.blast_radius import Link, Via, dag_node

_DIRECT = {"trigger": Via.TRIGGER, "sensor": Via.SENSOR}


def dag_links(session: Any) -> list[Link]:
    """Links by assets, by tasks that trigger a Dag and by sensors that wait for one.

    :param session: of Airflow's metadata database, which is only read.
    """
    from airflow.models.serialized_dag import SerializedDagModel

    by_dag = SerializedDagModel.get_dag_dependencies(session=session)
    return [link for found in by_dag.values() for one in found for link in links_of(one)]


def links_of(dependency: Any) -> Iterator[Link]:
    """:param dependency: a ``DagDependency`` of Airflow, whose ends are Dags or kinds of assets."""
    kind, name = dependency.dependency_type, str(dependency.label or dependency.dependency_id)
    source, target = str(dependency.source), str(dependency.target)
    if kind in _DIRECT:
        via = _DIRECT[kind]
        yield Link(source=dag_node(source), target=dag_node(target), via=via, name=name)
        return
    middle = f"{kind}:{dependency.dependency_id}"
    if source != kind:
        yield Link(source=_end(source), target=middle, via=Via.ASSET, name=name)
    if target != kind:
        yield Link(source=middle, target=_end(target), via=Via.ASSET, name=name)


def _end(name: str) -> str:
    """A Dag, unless it is written as an asset or an alias of one."""
    is_asset = name.startswith(("asset:", "asset-alias:", "asset-name-ref:", "asset-uri-ref:"))
    return name if is_asset else dag_node(name)
