"""What Soda is asked by the quality gate's benchmark: a contract, verified as its users do."""

from __future__ import annotations

import json
import logging
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

from quality_checks import (
    AGES,
    CURRENCIES,
    EMAIL,
    NOT_NULL,
    RANGES,
    RULE,
    Answers,
    scan_parts,
)

_ANYTHING = {"must_be_greater_than_or_equal": 0}


def run_soda(dialect: str, dataset: str, source: dict[str, Any]) -> tuple[float, Answers]:
    """All checks; deviation and quantile are metrics of its that are written in SQL.

    :param dataset: of the payments; the customers are beside it.
    :param source: its connection, as a file of a data source describes it.
    """
    from soda_core.contracts import verify_contract_locally

    logging.disable(logging.INFO)
    with tempfile.TemporaryDirectory() as directory:
        contract, sources = Path(directory, "contract.yml"), Path(directory, "source.yml")
        contract.write_text(json.dumps(_contract(dialect, dataset)), encoding="utf-8")
        sources.write_text(json.dumps({"name": "benchmark", **source}), encoding="utf-8")
        start = perf_counter()
        result = verify_contract_locally(
            data_source_file_path=str(sources), contract_file_path=str(contract), publish=False
        )
        seconds = perf_counter() - start
    if result.has_errors:
        raise SystemExit(f"Soda: {result.get_errors_str()}")
    (of_contract,) = result.contract_verification_results
    return seconds, _answers(of_contract.check_results)


def _contract(dialect: str, dataset: str) -> dict[str, Any]:
    customers = dataset.removesuffix("payments") + "customers"
    parts = scan_parts(dialect)
    columns: dict[str, list[dict[str, Any]]] = {}

    def column(name: str, kind: str, check: str, **terms: Any) -> None:
        named = {"name": check, "qualifier": check.replace(" ", "_"), "threshold": _ANYTHING}
        columns.setdefault(name, []).append({kind: {**named, **terms}})

    def table(kind: str, check: str, **terms: Any) -> dict[str, Any]:
        named = {"name": check, "qualifier": check, "threshold": _ANYTHING}
        return {kind: {**named, **terms}}

    for name in NOT_NULL:
        column(name, "missing", f"not_null {name}")
    for name, (low, high) in RANGES.items():
        column(name, "invalid", f"range {name}", valid_min=low, valid_max=high)
    column("txn_id", "duplicate", "unique id")
    column("txn_ref", "duplicate", "unique ref")
    column("currency", "invalid", "accepted currency", valid_values=list(CURRENCIES))
    column("age", "invalid", "accepted age", valid_values=list(AGES))
    matching = {"regex": f"^({EMAIL})$", "name": "address"}
    column("email", "invalid", "regex", valid_format=matching)
    column("amount", "aggregate", "mean", function="avg")
    reference = {"dataset": customers, "column": "customer_id"}
    column("customer_id", "invalid", "orphans", valid_reference_data=reference)
    days = {"unit": "day", "must_be_less_than": 36_500}
    return {
        "dataset": dataset,
        "columns": [{"name": name, "checks": checks} for name, checks in columns.items()],
        "checks": [
            table("row_count", "rows"),
            table("duplicate", "unique pair", columns=["customer_id", "txn_id"]),
            table("freshness", "newest", column="booked_at", threshold=days),
            table("metric", "stddev", expression=parts["stddev"]),
            table("metric", "p95", expression=parts["p95"]),
            table("failed_rows", "rule", expression=f"({RULE}) IS NOT TRUE"),
        ],
    }


def _answers(results: list[Any]) -> Answers:
    """Its counts of rows that fail."""
    found = {}
    for result in results:
        name = result.check.name
        if result.outcome.name == "NOT_EVALUATED":
            raise SystemExit(f"Soda did not evaluate {name}")
        if name.startswith(("not_null", "range", "accepted", "regex", "orphans", "rule")):
            found[name] = float(result.threshold_value)
    return found
