"""What pointblank is asked by the quality gate's benchmark."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from quality_checks import AGES, CURRENCIES, EMAIL, NOT_NULL, RANGES, Answers


def run_pointblank(table: Any) -> tuple[float, Answers]:
    """Twenty of the checks, in the engine of the table; it knows no quantile.

    Its foreign key is left out as well: it puts every key of the other table into a list, and takes
    17 seconds for a million of them on however few rows.
    """
    import narwhals as nw
    import pointblank as pb

    start = perf_counter()
    plan = pb.Validate(data=table)
    for name in NOT_NULL:
        plan = plan.col_vals_not_null(name)
    for name, (low, high) in RANGES.items():
        plan = plan.col_vals_between(name, low, high, na_pass=True)
    for columns in (["txn_id"], ["txn_ref"], ["customer_id", "txn_id"]):
        plan = plan.rows_distinct(columns_subset=columns)
    done = (
        plan.col_vals_in_set("currency", CURRENCIES)
        .col_vals_in_set("age", AGES)
        .col_vals_regex("email", f"^({EMAIL})$")
        .row_count_match(0, inverse=True)
        .data_freshness("booked_at", "36500d")
        .col_avg_ge("amount", 0)
        .col_sd_ge("amount", 0)
        .col_vals_expr(nw.col("fee") <= nw.col("amount") + 400)
        .interrogate(collect_extracts=False)
    )
    seconds = perf_counter() - start
    if wrong := [step.assertion_type for step in done.validation_info if step.eval_error]:
        raise SystemExit(f"pointblank could not do {', '.join(wrong)}")
    return seconds, _answers(done.validation_info)


def _answers(steps: list[Any]) -> Answers:
    """Its counts of rows that fail."""
    names = {"col_vals_not_null": "not_null", "col_vals_between": "range"}
    names |= {"col_vals_in_set": "accepted"}
    found = {
        f"{names[step.assertion_type]} {step.column}": float(step.n_failed)
        for step in steps
        if step.assertion_type in names
    }
    whole = {"col_vals_regex": "regex", "col_vals_expr": "rule"}
    return found | {
        whole[step.assertion_type]: float(step.n_failed)
        for step in steps
        if step.assertion_type in whole
    }
