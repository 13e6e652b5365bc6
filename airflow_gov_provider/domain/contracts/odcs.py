"""The Open Data Contract Standard."""

from __future__ import annotations

from airflow_gov_provider.domain.contracts.model import Contract
from airflow_gov_provider.domain.contracts.problems import Node


def read(document: Node, *, digest: str, object_name: str | None) -> Contract | None:  # noqa: ARG001
    document.wrong("ODCS is not read yet")
    return None
