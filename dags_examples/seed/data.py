"""What the gates of the story measure.

The census file beside the examples is really profiled and really counted, once; each run then sees
a sample of it. Tables that exist only in the story are profiled as their contracts expect them, but
for what the story spoils.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from airflow_gov_provider.domain import contracts
from airflow_gov_provider.domain.contracts import Contract
from airflow_gov_provider.domain.fairness.counts import ContingencyTable, Counts
from airflow_gov_provider.domain.quality.expectations import (
    ROW_CHECKS,
    Bounds,
    CheckKind,
    Expectation,
    LogicalType,
    Measurement,
    Profile,
)
from airflow_gov_provider.operators.quality_source import Files

EXAMPLES = Path(__file__).resolve().parents[1]
CENSUS = EXAMPLES / "data" / "adult.parquet"
CENSUS_CONTRACT = EXAMPLES / "data" / "adult_income.odcs.yaml"
CONTRACTS = Path(__file__).parent / "contracts"
_PHYSICAL = {
    LogicalType.STRING: "VARCHAR",
    LogicalType.INTEGER: "BIGINT",
    LogicalType.NUMBER: "DOUBLE",
    LogicalType.TIMESTAMP: "TIMESTAMP WITH TIME ZONE",
}
_NEARLY = 0.98


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoiled:
    """What is wrong with the data of one run.

    :param failing: the share of failing rows, by check.
    :param values: what a check that is not about rows finds instead.
    :param unmeasured: why a check cannot be answered.
    :param missing_columns: columns that the table has no more.
    """

    failing: Mapping[str, float] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    unmeasured: Mapping[str, str] = field(default_factory=dict)
    missing_columns: tuple[str, ...] = ()


SOUND = Spoiled()


@cache
def contract_called(name: str) -> Contract:
    path = CENSUS_CONTRACT if name == "census" else CONTRACTS / f"{name}.yaml"
    return contracts.load(path)


@cache
def census() -> tuple[Profile, dict[str, Any]]:
    files = Files(path=str(CENSUS))
    profile = files.profile(contract_called("census").expectations)
    return replace(profile, source=CENSUS.name), {**files.described(), "path": CENSUS.name}


def profile_of(
    contract: Contract,
    source: str,
    *,
    rows: int,
    spoiled: Spoiled,
    now: datetime,
    dice: random.Random,
) -> Profile:
    """A table of the story."""
    columns = {
        one.columns[0]: _PHYSICAL.get(one.logical_type or LogicalType.STRING, "VARCHAR")
        for one in contract.expectations
        if one.kind is CheckKind.COLUMN_TYPE and one.columns[0] not in spoiled.missing_columns
    }
    measured = {
        one.check_id: _measured(one, rows=rows, spoiled=spoiled, now=now, dice=dice)
        for one in contract.expectations
    }
    return Profile(source=source, columns=columns, rows=rows, measurements=measured, statements=1)


def sampled(profile: Profile, *, spoiled: Spoiled, dice: random.Random) -> Profile:
    """The census as one run sees it: what was measured, but for what the story spoils."""
    changed = dict(profile.measurements)
    for check, share in spoiled.failing.items():
        total = changed[check].total or profile.rows
        changed[check] = replace(
            changed[check], failing=int(total * share * dice.uniform(0.9, 1.1))
        )
    for check, value in spoiled.values.items():
        changed[check] = replace(changed[check], value=value)
    for check, reason in spoiled.unmeasured.items():
        changed[check] = Measurement(error=reason)
    columns = {k: v for k, v in profile.columns.items() if k not in spoiled.missing_columns}
    return replace(profile, measurements=changed, columns=columns)


def _measured(
    check: Expectation, *, rows: int, spoiled: Spoiled, now: datetime, dice: random.Random
) -> Measurement:
    if check.check_id in spoiled.unmeasured:
        return Measurement(error=spoiled.unmeasured[check.check_id])
    if check.kind in ROW_CHECKS:
        share = spoiled.failing.get(check.check_id)
        if share is None:
            share = _tolerated(check) * dice.uniform(0.0, 0.6)
        return Measurement(total=rows, failing=int(rows * share))
    value = spoiled.values.get(check.check_id, _usual(check, rows, now, dice))
    if isinstance(value, timedelta):
        value = now - value
    return Measurement(total=rows, value=value)


def _tolerated(check: Expectation) -> float:
    return (check.tolerance.share or 0.0) if check.tolerance else 0.0


def _usual(check: Expectation, rows: int, now: datetime, dice: random.Random) -> Any:
    if check.kind is CheckKind.ROW_COUNT:
        return rows
    if check.kind is CheckKind.FRESHNESS:
        return now - (check.max_age or timedelta(hours=1)) * dice.uniform(0.05, 0.6)
    low, high = _limits(check.bounds or Bounds(at_most=100))
    return round(low + (high - low) * dice.uniform(0.35, 0.65), 2)


def _limits(bounds: Bounds) -> tuple[float, float]:
    high = bounds.at_most if bounds.at_most is not None else bounds.less_than
    low = bounds.at_least if bounds.at_least is not None else bounds.more_than
    top = float(high) if isinstance(high, (int, float)) else float(low or 0) * 2  # type: ignore[arg-type]
    return (float(low) if isinstance(low, (int, float)) else top * 0.5), top


_GROUPS = """
    SELECT sex, race, income = '>50K' AS truth,
           education_num * 2 + age * 0.12 + hours_per_week * 0.15
           + CASE WHEN marital_status LIKE 'Married%' THEN 11 ELSE 0 END
           + CASE WHEN capital_gain > 5000 THEN 20 ELSE 0 END AS points
    FROM read_parquet(?)
"""
_RANKED = f"SELECT *, percent_rank() OVER (PARTITION BY sex, race ORDER BY points DESC) AS rank FROM ({_GROUPS})"  # noqa: S608, E501
# One limit for everybody repeats the census; limits for each group give each about the same share.
_RAW = "points >= 44"
_MENDED = "rank <= 0.25"


@cache
def counted(*, mended: bool) -> ContingencyTable:
    """Real groups with real outcomes, and the decisions of a small rule.

    :param mended: whether the rule has a limit for each group.
    """
    import duckdb

    predicted = _MENDED if mended else _RAW
    rows = duckdb.execute(
        f"SELECT sex, race, truth, {predicted} AS chosen, count(*) FROM ({_RANKED}) GROUP BY ALL",  # noqa: S608 - our own
        [str(CENSUS)],
    ).fetchall()
    cells: dict[tuple[str | None, ...], Counts] = {}
    for sex, race, truth, chosen, number in rows:
        name = {(True, True): "tp", (False, True): "fp", (True, False): "fn"}.get(
            (truth, chosen), "tn"
        )
        key = (sex, race)
        cells[key] = cells.get(key, Counts()) + Counts.of_rows(**{name: number})
    return ContingencyTable(features=("sex", "race"), cells=dict(sorted(cells.items())))


def held_out(table: ContingencyTable, *, share: float, dice: random.Random) -> ContingencyTable:
    """A random part of the rows, as the evaluation of one version sees them."""

    def part(number: int) -> int:
        return max(0, round(dice.gauss(number * share, (number * share * (1 - share)) ** 0.5)))

    cells = {
        key: Counts.of_rows(
            tp=part(counts.tp.rows),
            fp=part(counts.fp.rows),
            fn=part(counts.fn.rows),
            tn=part(counts.tn.rows),
        )
        for key, counts in table.cells.items()
    }
    return ContingencyTable(
        features=table.features, cells=cells, label_values=2, prediction_values=2
    )
