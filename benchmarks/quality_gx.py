"""What Great Expectations is asked by the quality gate's benchmark."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

from quality_checks import AGES, CURRENCIES, EMAIL, NOT_NULL, RANGES, Answers


def run_gx(batch: Callable[[Any], Any]) -> tuple[float, Answers]:
    """All but the foreign key and the row rule. Its counts of unexpected values are compared.

    :param batch: makes the batch of a context.
    """
    import great_expectations as gx

    start = perf_counter()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    suite = context.suites.add(gx.ExpectationSuite(name="suite"))
    for name, expectation in _checks().items():
        expectation.meta = {"name": name}
        suite.add_expectation(expectation)
    results = batch(context).validate(suite).results
    seconds = perf_counter() - start
    found = {}
    for result in results:
        name = result.expectation_config.meta["name"]
        if not result.result:
            raise SystemExit(f"{name}: {result.exception_info}")
        if name.startswith(("not_null", "range", "accepted", "regex")):
            found[name] = float(result.result["unexpected_count"])
    return seconds, found


def _checks() -> dict[str, Any]:
    import pandas as pd
    from great_expectations import expectations as gxe

    return {
        **{f"not_null {name}": gxe.ExpectColumnValuesToNotBeNull(column=name) for name in NOT_NULL},
        **{
            f"range {name}": gxe.ExpectColumnValuesToBeBetween(
                column=name, min_value=low, max_value=high
            )
            for name, (low, high) in RANGES.items()
        },
        "unique id": gxe.ExpectColumnValuesToBeUnique(column="txn_id"),
        "unique ref": gxe.ExpectColumnValuesToBeUnique(column="txn_ref"),
        "unique pair": gxe.ExpectCompoundColumnsToBeUnique(column_list=["customer_id", "txn_id"]),
        "accepted currency": gxe.ExpectColumnValuesToBeInSet(
            column="currency", value_set=list(CURRENCIES)
        ),
        "accepted age": gxe.ExpectColumnValuesToBeInSet(column="age", value_set=list(AGES)),
        "regex": gxe.ExpectColumnValuesToMatchRegex(column="email", regex=f"^(?:{EMAIL})$"),
        "rows": gxe.ExpectTableRowCountToBeBetween(min_value=1),
        "mean": gxe.ExpectColumnMeanToBeBetween(column="amount", min_value=0),
        "stddev": gxe.ExpectColumnStdevToBeBetween(column="amount", min_value=0),
        "p95": gxe.ExpectColumnQuantileValuesToBeBetween(
            column="fee", quantile_ranges={"quantiles": [0.95], "value_ranges": [[0, None]]}
        ),
        "newest": gxe.ExpectColumnMaxToBeBetween(
            column="booked_at", min_value=pd.Timestamp("2000-01-01")
        ),
    }
