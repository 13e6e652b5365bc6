"""What OpenLineage is told of a gate, for those who run Airflow's provider for it.

Everything comes from the evidence that the gate has recorded, so nothing is told that is not on
record, and no value of a row. The client of OpenLineage is imported when its listener asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from airflow_gov_provider.domain.evidence import Evidence
from airflow_gov_provider.domain.verdicts import Severity, Verdict
from airflow_gov_provider.operators.dataset_names import DatasetName, names_of

_SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunFacet"
_STATISTICS = ("min", "max", "sum")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """What the provider's extractor reads from an operator: attributes of these names."""

    inputs: list[Any] = field(default_factory=list)
    outputs: list[Any] = field(default_factory=list)
    run_facets: dict[str, Any] = field(default_factory=dict)
    job_facets: dict[str, Any] = field(default_factory=dict)


def quality_lineage(evidence: Evidence | None) -> Lineage | None:
    """The data with its assertions and metrics; None if the gate got no further than its data.

    A check that could not be answered has not succeeded. Where a query reads several tables, no
    single one of them was judged, and they are named without assertions.
    """
    if evidence is None:
        return None
    names = _names(evidence)
    told = len(names) == 1
    return Lineage(
        inputs=[_dataset(name, evidence.body, told=told) for name in names],
        run_facets=_run_facets(evidence),
    )


def bias_lineage(evidence: Evidence | None) -> Lineage | None:
    """The predictions that were counted; what was found of the groups is a facet of the run."""
    if evidence is None:
        return None
    from openlineage.client.event_v2 import InputDataset

    return Lineage(
        inputs=[
            InputDataset(namespace=name.namespace, name=name.name) for name in _names(evidence)
        ],
        run_facets=_run_facets(evidence),
    )


def _names(evidence: Evidence) -> list[DatasetName]:
    """None where the connection cannot be asked any more; the facets of the run are told still."""
    with suppress(Exception):
        return names_of(evidence.body["source"])
    return []


def _dataset(name: DatasetName, body: Mapping[str, Any], *, told: bool) -> Any:
    from openlineage.client.event_v2 import InputDataset
    from openlineage.client.facet_v2 import schema_dataset

    if not told:
        return InputDataset(namespace=name.namespace, name=name.name)
    fields = [
        schema_dataset.SchemaDatasetFacetFields(name=column, type=physical)
        for column, physical in body["columns"].items()
    ]
    return InputDataset(
        namespace=name.namespace,
        name=name.name,
        facets={"schema": schema_dataset.SchemaDatasetFacet(fields=fields)},
        inputFacets={
            "dataQualityAssertions": _assertions(body),
            "dataQualityMetrics": _metrics(body),
        },
    )


def _assertions(body: Mapping[str, Any]) -> Any:
    from openlineage.client.facet_v2 import data_quality_assertions_dataset as facets

    query = body["source"].get("query")
    return facets.DataQualityAssertionsDatasetFacet(
        assertions=[
            _known(facets.Assertion, _assertion(finding, body["columns"], query))
            for finding in body["findings"]
        ]
    )


def _assertion(
    finding: Mapping[str, Any], columns: Mapping[str, str], query: str | None
) -> dict[str, Any]:
    details = finding["details"]
    further = {
        "verdict": finding["verdict"],
        "reason": finding["reason"],
        "failing": finding["failing"],
        "total": finding["total"],
        "where": details.get("where"),
        "dimension": details.get("dimension"),
        "subject": finding["subject"],
    }
    return {
        "assertion": finding["kind"],
        "success": finding["verdict"] == Verdict.PASSED,
        "column": finding["subject"] if finding["subject"] in columns else None,
        "severity": "error" if finding["severity"] == Severity.ERROR else "warn",
        "name": finding["check"],
        "description": details.get("description"),
        "expected": finding["expected"],
        "actual": None if finding["observed"] is None else str(finding["observed"]),
        "content": query,
        "contentType": "sql" if query else None,
        "params": {key: value for key, value in further.items() if value is not None},
    }


def _known(cls: type, values: Mapping[str, Any]) -> Any:
    """An older client knows fewer fields."""
    import attr

    fields = {each.name for each in attr.fields(cls)}
    return cls(**{key: value for key, value in values.items() if key in fields})


def _metrics(body: Mapping[str, Any]) -> Any:
    """What was measured of whole columns on the way; a check of a part of the rows says nothing."""
    from openlineage.client.facet_v2 import data_quality_metrics_input_dataset as facets

    columns: dict[str, dict[str, Any]] = {}
    for finding in body["findings"]:
        if finding["subject"] in body["columns"] and "where" not in finding["details"]:
            columns.setdefault(finding["subject"], {}).update(_of_column(finding))
    metrics = {
        "rowCount": body["rows"],
        "fileCount": body["source"].get("files"),
        "columnMetrics": {
            name: facets.ColumnMetrics(**found) for name, found in columns.items() if found
        },
    }
    return _known(facets.DataQualityMetricsInputDatasetFacet, metrics)


def _of_column(finding: Mapping[str, Any]) -> dict[str, Any]:
    kind, observed = finding["kind"], finding["observed"]
    if kind == "not_null" and finding["failing"] is not None:
        return {
            "nullCount": finding["failing"],
            "count": float(finding["total"] - finding["failing"]),
        }
    if kind in _STATISTICS and isinstance(observed, (int, float)):
        return {kind: float(observed)}
    return {}


def _run_facets(evidence: Evidence) -> dict[str, Any]:
    """Where the evidence is, and for a check of bias what it found."""
    facet = _facet_class()
    findings: Sequence[Mapping[str, Any]] = evidence.body["findings"]
    return {
        "airflowGov_evidence": facet(
            evidenceId=evidence.evidence_id,
            kind=evidence.kind.value,
            verdict=evidence.verdict.value,
            summary=evidence.summary,
            digest=evidence.digest,
            model=str(evidence.model) if evidence.model else None,
            findings=[] if "columns" in evidence.body else [_bias_finding(f) for f in findings],
        )
    }


def _bias_finding(finding: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("check", "kind", "subject", "verdict", "severity", "observed", "expected", "reason")
    return {key: finding[key] for key in keys}


@cache
def _facet_class() -> Any:
    """A run facet of our own, made where its base class is there."""
    import attr
    from openlineage.client.facet_v2 import RunFacet

    texts = ("evidenceId", "kind", "verdict", "summary", "digest")
    fields: dict[str, Any] = {name: attr.field(type=str) for name in texts}
    fields["model"] = attr.field(type=str, default=None)
    fields["findings"] = attr.field(type=list, factory=list)
    made: Any = attr.make_class(
        "GovernanceEvidenceRunFacet", fields, bases=(RunFacet,), slots=True, kw_only=True
    )
    made._get_schema = staticmethod(lambda: _SCHEMA)  # noqa: SLF001 - the client asks for it so
    return made
