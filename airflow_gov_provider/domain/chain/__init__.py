"""What a Dag run recorded, as a chain from the data to the decision.

Everything in a chain is said by a recorded document: an edge is there because the evidence at its
end names the evidence, the data or the model version at its beginning. Two steps that follow each
other in time and name nothing of each other have no edge.
"""

from airflow_gov_provider.domain.chain.building import chain_of
from airflow_gov_provider.domain.chain.parts import (
    Chain,
    Earlier,
    Edge,
    Node,
    NodeKind,
    Recorded,
    Relation,
    Status,
    TaskSeen,
)
from airflow_gov_provider.domain.chain.standing import RunStanding, standing_of

__all__ = [
    "Chain",
    "Earlier",
    "Edge",
    "Node",
    "NodeKind",
    "Recorded",
    "Relation",
    "RunStanding",
    "Status",
    "TaskSeen",
    "chain_of",
    "standing_of",
]
