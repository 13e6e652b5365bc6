"""The numbers that are held against those of earlier runs; asked like any others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.contracts.forms.history import AgainstThePast, Anomaly, Change, Of
from airflow_gov_provider.domain.quality.expectations import (
    CheckKind,
    Expectation,
    Measurement,
    Statistic,
)
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.plans import Plan, Planner


def _against_the_past(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    del where  # the plain check asks under the same condition
    asked = expectation.parameters
    assert isinstance(asked, AgainstThePast)  # noqa: S101 - the kind names the class
    return number(planner, expectation, asked.of)


def number(planner: Planner, expectation: Expectation, of: Of) -> Plan:
    """The plan of a number of the table or of the column of a check.

    :raises Unmeasurable: if there is no such number.
    """
    plan = planner.plan(plain(expectation, of))
    if of is not Of.NULL_PERCENT:
        if expectation.columns and planner.column(expectation.columns[0]).family.is_day_or_time:
            raise Unmeasurable("a time is no number that could be compared with others")
        return replace(plan, expectation=expectation)

    def share(values: Sequence[Any]) -> Measurement:
        total, present = values
        found = 100 * (total - present) / total if total else None
        return Measurement(total=total, value=found)

    return replace(plan, expectation=expectation, answer=share)


def plain(expectation: Expectation, of: Of) -> Expectation:
    """The same number as a check without a past."""
    bare = replace(expectation, parameters=None, bounds=None)
    match of:
        case Of.ROW_COUNT:
            return replace(bare, kind=CheckKind.ROW_COUNT)
        case Of.NULL_PERCENT:
            return replace(bare, kind=CheckKind.NOT_NULL)
        case Of.MEDIAN:
            return replace(
                bare, kind=CheckKind.STATISTIC, statistic=Statistic.QUANTILE, quantile=0.5
            )
    return replace(bare, kind=CheckKind.STATISTIC, statistic=Statistic(of.value))


PLANS = {kind.kind: _against_the_past for kind in (Anomaly, Change)}
