"""Whole files of other tools: whoever brings one is told once which it is, and what to do.

They are recognised by their keys, as the documentation of Great Expectations, dbt, Soda, pandera,
the Data Contract Specification and JSON Schema gives them. None of them is converted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from airflow_gov_provider.domain.contracts.problems import Node, written_alike

Document = Mapping[str, Any]

_MOST_KEYS, _LONGEST_KEY = 5, 40
_OURS = ("contract", "columns", "checks")
_ODCS_KIND = "datacontract"
_OF_DBT = ("models", "sources", "seeds", "snapshots")
_OF_SODA = ("checks for ", "filter ", "for each ", "discover ", "profile columns", "automated ")
_WHAT_TO_DO = (
    "such a file is neither read nor converted. Write its checks as a contract, with "
    "'contract: orders', 'version: \"1.0.0\"', and 'columns:' and 'checks:' with the words of "
    "docs/contracts.md; or as ODCS, with 'apiVersion: v3.1.0' and 'kind: DataContract'. "
    "`airflow governance contract suggest DATA` writes a first contract from the data"
)


def is_foreign(document: Node) -> bool:
    """Whether a document belongs to another tool, or is no contract at all; it is noted then."""
    value: Document = document.value
    if "contract" in value:
        return False
    if "apiVersion" in value or "kind" in value:
        return _is_no_contract_of_odcs(document)
    for tool, recognised in _TOOLS.items():
        key = recognised(value)
        if key is not None:
            document.child(value[key], key).wrong(
                f"expected a data contract, found {tool}; {_WHAT_TO_DO}"
            )
            return True
    return _has_nothing_of_ours(document)


def _is_no_contract_of_odcs(document: Node) -> bool:
    kind, version = (document.value.get(key) for key in ("kind", "apiVersion"))
    if isinstance(kind, str) and not _is_slip_of(kind, (_ODCS_KIND,)):
        document.child(kind, "kind").wrong(
            f"expected 'DataContract', found {kind!r}, which is no data contract; {_WHAT_TO_DO}"
        )
        return True
    is_older = isinstance(version, str) and version.lstrip("v").startswith("2.")
    if is_older and "schema" not in document.value:
        document.child(version, "apiVersion").wrong(
            f"expected v3.0.x or v3.1.x, found {version!r}, whose structure is another one "
            "('dataset' in place of 'schema'); write it as v3.1.0, as docs/odcs.md shows"
        )
        return True
    return False


def _has_nothing_of_ours(document: Node) -> bool:
    keys = [str(key) for key in document.value]
    if not keys or any(_is_slip_of(key, _OURS) for key in keys):
        return False
    listed = [key[:_LONGEST_KEY] for key in keys[:_MOST_KEYS]] + ["..."] * (len(keys) > _MOST_KEYS)
    document.wrong(
        f"expected a data contract, found a document with {', '.join(listed)}; {_WHAT_TO_DO}"
    )
    return True


def _is_slip_of(word: str, known: Collection[str]) -> bool:
    """Stricter than where a word is suggested: here a document is set aside unread."""
    return bool(written_alike(word, known, cutoff=0.8))


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    """The mappings in a list; nothing where there is no list."""
    for each in value if isinstance(value, (list, tuple)) else ():
        if isinstance(each, Mapping):
            yield each


def _great_expectations(document: Document) -> str | None:
    listed = document.get("expectations")
    named = any("expectation_type" in each or "kwargs" in each for each in _mappings(listed))
    is_suite = "expectation_suite_name" in document or ("meta" in document and listed == [])
    return "expectations" if named or (is_suite and isinstance(listed, list)) else None


def _dbt(document: Document) -> str | None:
    for key in _OF_DBT:
        if any("name" in each for each in _mappings(document.get(key))):
            return key
    return None


def _soda_checks(document: Document) -> str | None:
    return next((key for key in document if str(key).startswith(_OF_SODA)), None)


def _soda_contract(document: Document) -> str | None:
    listed = any(isinstance(document.get(key), list) for key in ("columns", "checks"))
    return "dataset" if isinstance(document.get("dataset"), str) and listed else None


def _pandera(document: Document) -> str | None:
    return "schema_type" if "schema_type" in document and "columns" in document else None


def _data_contract_specification(document: Document) -> str | None:
    key = "dataContractSpecification"
    return key if key in document else None


def _json_schema(document: Document) -> str | None:
    return "$schema" if "json-schema.org" in str(document.get("$schema", "")) else None


_TOOLS: Mapping[str, Callable[[Document], str | None]] = {
    "an expectation suite of Great Expectations": _great_expectations,
    "a properties file of dbt": _dbt,
    "a checks file of Soda": _soda_checks,
    "a data contract of Soda": _soda_contract,
    "a schema of pandera": _pandera,
    "a contract of the Data Contract Specification": _data_contract_specification,
    "a JSON Schema": _json_schema,
}
