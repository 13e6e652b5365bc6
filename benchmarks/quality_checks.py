"""The checks of the quality gate's benchmark, in SQL and as expectations of ours."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

CURRENCIES = ("EUR", "USD", "GBP", "CHF", "JPY")
EMAIL = r"[a-z0-9._]+@[a-z0-9.-]+\.[a-z]{2,}"
NOT_NULL = ("txn_id", "txn_ref", "customer_id", "amount", "email")
RANGES = {"amount": (0, 9_000), "rate": (0, 1), "fee": (0, 500), "age": (18, 99)}
AGES = tuple(range(10, 30))
RULE = "fee <= amount + 400"
LISTED = ", ".join(f"'{currency}'" for currency in CURRENCIES)
ALL = 22  # checks
Answers = dict[str, float]

_SQL = {
    "duckdb": {
        "regex": f"NOT regexp_full_match(email, '{EMAIL}')",
        "newest": "epoch(max(booked_at))",
        "p95": "quantile_cont(fee, 0.95)",
    },
    "postgres": {
        "regex": f"email !~ '^(?:{EMAIL})$'",
        "newest": "extract(epoch FROM max(booked_at))",
        "p95": "percentile_cont(0.95) WITHIN GROUP (ORDER BY fee)",
    },
}


def scan_parts(dialect: str) -> dict[str, str]:
    """The checks that one scan answers, and the quantile."""
    ages = ", ".join(str(age) for age in AGES)
    own = _SQL[dialect]
    return {
        **{f"not_null {name}": f"count(*) - count({name})" for name in NOT_NULL},
        **{
            f"range {name}": f"count(*) FILTER (WHERE {name} < {low} OR {name} > {high})"
            for name, (low, high) in RANGES.items()
        },
        "accepted currency": f"count(*) FILTER (WHERE currency NOT IN ({LISTED}))",
        "accepted age": f"count(*) FILTER (WHERE age NOT IN ({ages}))",
        "regex": f"count(*) FILTER (WHERE {own['regex']})",
        "rows": "count(*)",
        "newest": own["newest"],
        "mean": "avg(amount)",
        "stddev": "stddev_samp(amount)",
        "p95": own["p95"],
        "rule": f"count(*) FILTER (WHERE ({RULE}) IS NOT TRUE)",
    }


def distinct_parts() -> dict[str, str]:
    """Uniqueness as everybody writes it."""
    return {
        "unique id": "count(txn_id) - count(DISTINCT txn_id)",
        "unique ref": "count(txn_ref) - count(DISTINCT txn_ref)",
        "unique pair": "count(*) - count(DISTINCT (customer_id, txn_id))",
    }


def expectations(customers: str) -> list[Any]:
    """:param customers: what a reference calls the other table."""
    from airflow_gov_provider.domain.quality.expectations import (
        Bounds,
        CheckKind,
        Expectation,
        Reference,
        Statistic,
    )

    def check(name: str, kind: CheckKind, *columns: str, **fields: Any) -> Expectation:
        return Expectation(check_id=name, kind=kind, columns=columns, **fields)

    return [
        *(check(f"not_null {name}", CheckKind.NOT_NULL, name) for name in NOT_NULL),
        *(
            check(f"range {name}", CheckKind.RANGE, name, bounds=Bounds(at_least=low, at_most=high))
            for name, (low, high) in RANGES.items()
        ),
        check("unique id", CheckKind.UNIQUE, "txn_id"),
        check("unique ref", CheckKind.UNIQUE, "txn_ref"),
        check("unique pair", CheckKind.UNIQUE, "customer_id", "txn_id"),
        check("accepted currency", CheckKind.ACCEPTED_VALUES, "currency", values=CURRENCIES),
        check("accepted age", CheckKind.ACCEPTED_VALUES, "age", values=AGES),
        check("regex", CheckKind.REGEX, "email", pattern=EMAIL),
        check("rows", CheckKind.ROW_COUNT, bounds=Bounds(at_least=1)),
        check("newest", CheckKind.FRESHNESS, "booked_at"),
        check("mean", CheckKind.STATISTIC, "amount", statistic=Statistic.MEAN),
        check("stddev", CheckKind.STATISTIC, "amount", statistic=Statistic.STDDEV),
        check("p95", CheckKind.STATISTIC, "fee", statistic=Statistic.QUANTILE, quantile=0.95),
        check(
            "orphans",
            CheckKind.FOREIGN_KEY,
            "customer_id",
            reference=Reference(table=customers, columns=("customer_id",)),
        ),
        check("rule", CheckKind.SQL_EXPRESSION, expression=RULE),
    ]


def answers(profile: Any) -> Answers:
    """The numbers of one of our profiles."""
    found = {}
    for name, measured in profile.measurements.items():
        if measured.error:
            raise SystemExit(f"{name}: {measured.error}")
        value = measured.failing if measured.value is None else measured.value
        if isinstance(value, datetime):
            value = value.replace(tzinfo=UTC).timestamp()
        found[name] = value
    return found
