"""The vocabulary of ODCS v3.0 and v3.1: which keys each part of a document may have."""

from __future__ import annotations

import re

from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.verdicts import Severity

API_VERSIONS = re.compile(r"v3\.[01]\.\d+")

_ELEMENT = [
    "id",
    "name",
    "physicalType",
    "physicalName",
    "description",
    "businessName",
    "authoritativeDefinitions",
    "tags",
    "customProperties",
    "logicalType",
    "quality",
    "relationships",
]
DOCUMENT = [
    "version",
    "kind",
    "apiVersion",
    "id",
    "name",
    "tenant",
    "tags",
    "status",
    "servers",
    "dataProduct",
    "description",
    "domain",
    "schema",
    "support",
    "price",
    "team",
    "roles",
    "slaDefaultElement",
    "slaProperties",
    "authoritativeDefinitions",
    "customProperties",
    "contractCreatedTs",
]
OBJECT = (*_ELEMENT, "dataGranularityDescription", "properties")
PROPERTY = (
    *_ELEMENT,
    *[
        "primaryKey",
        "primaryKeyPosition",
        "logicalTypeOptions",
        "required",
        "unique",
        "partitioned",
        "partitionKeyPosition",
        "classification",
        "encryptedName",
        "transformSourceObjects",
        "transformLogic",
        "transformDescription",
        "examples",
        "criticalDataElement",
        "properties",
        "items",
    ],
)
OPERATORS = (
    "mustBe",
    "mustNotBe",
    "mustBeGreaterThan",
    "mustBeGreaterOrEqualTo",
    "mustBeLessThan",
    "mustBeLessOrEqualTo",
    "mustBeBetween",
    "mustNotBeBetween",
)
RULE = (
    *[
        "id",
        "name",
        "type",
        "metric",
        "rule",
        "arguments",
        "validValues",
        "unit",
        "query",
        "engine",
        "implementation",
        "description",
        "dimension",
        "severity",
        "businessImpact",
        "method",
        "schedule",
        "scheduler",
        "tags",
        "authoritativeDefinitions",
        "customProperties",
    ],
    *OPERATORS,
)
SERVICE_LEVEL = [
    "id",
    "property",
    "value",
    "valueExt",
    "unit",
    "element",
    "driver",
    "description",
    "scheduler",
    "schedule",
    "customProperties",
    "authoritativeDefinitions",
]
RELATIONSHIP = ("id", "type", "from", "to", "description", "customProperties")

LOGICAL_TYPES = [
    "string",
    "date",
    "timestamp",
    "time",
    "number",
    "integer",
    "object",
    "array",
    "boolean",
]
DIMENSIONS = {
    "accuracy": "ac",
    "completeness": "cp",
    "conformity": "cf",
    "consistency": "cs",
    "coverage": "cv",
    "timeliness": "tm",
    "uniqueness": "uq",
}
# The standard leaves severities open. Only words that plainly mean less than an error soften a
# rule; a word that nobody knows does not.
MILD = frozenset(
    {"info", "information", "informational", "notice", "warn", "warning", "low", "minor"}
)


def severity(node: Node | None, *, default: Severity = Severity.ERROR) -> Severity:
    text = node.text() if node else None
    if text is None:
        return default
    return Severity.WARNING if text.strip().lower() in MILD else Severity.ERROR


def dimension(node: Node | None) -> str | None:
    if node is None:
        return None
    synonyms = {short: name for name, short in DIMENSIONS.items()}
    if isinstance(node.value, str) and node.value.strip().lower() in synonyms:
        return synonyms[node.value.strip().lower()]
    return node.choice(tuple(DIMENSIONS))
