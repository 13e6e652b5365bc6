"""The cases of the benchmark of fairness: each runs in a process of its own and prints its figures.

``python bias_cases.py CASE SOURCE`` prints one line of JSON. The neighbours need no more than the
packages that they are named after, so they can run in an interpreter of their own.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import perf_counter
from typing import Any

FEATURES = ["sex", "race", "age_band"]
COLUMNS = ", ".join([*FEATURES, "label", "prediction"])
_BARE = f"SELECT {COLUMNS}, count(*) FROM %s GROUP BY {COLUMNS}"

Figures = dict[str, float]


def group_by(source: str) -> Figures:
    """The least that has to be done: one GROUP BY, and nothing with its result."""
    import duckdb

    start = perf_counter()
    with duckdb.connect() as connection:
        rows = connection.execute(_BARE % f"read_parquet('{source}')").fetchall()
    return {"run": perf_counter() - start, "cells": len(rows)}


def ours(source: str) -> Figures:
    """Counting, 8 metrics on each feature and on all three crossed, with intervals."""
    import duckdb  # noqa: F401 - its import is no part of the run, on either side

    from airflow_gov_provider.profiling.fairness.populating import populate_files

    spec, judge = _spec(), _judge()
    start = perf_counter()
    table = populate_files(source, spec).counts
    counted = perf_counter() - start
    return {"groups": judge(table), "run": perf_counter() - start, "count": counted}


_SCORES = "CAST(hash(sex, race, age_band, label, file_row_number) % 100003 AS DOUBLE) / 100003"


def scored(source: str) -> str:
    """The same rows with a score in 0 to 1 that differs from row to row; written once."""
    import duckdb

    path = Path(source).with_suffix(".scores.parquet")
    if not path.exists():
        partial = path.with_suffix(".partial")
        rows = f"read_parquet('{source}', file_row_number=true)"
        with duckdb.connect() as connection:
            connection.execute(
                f"COPY (SELECT {COLUMNS}, {_SCORES} AS score FROM {rows}) "
                f"TO '{partial}' (FORMAT parquet)"
            )
        partial.rename(path)
    return str(path)


def histogram(source: str) -> Figures:
    """The least that ranks need: rows by group, label and one of 1,000 bins."""
    return _by_bins(source, "count(*)")


def histogram_with_sums(source: str) -> Figures:
    """The least that an exact Brier score and calibration need beside that: what the scores of a
    cell sum up to, and their squares, and between which ends they lie.
    """
    sums = "sum(score), sum(score * score), min(score), max(score)"
    return _by_bins(source, f"count(*), {sums}")


def _by_bins(source: str, measures: str) -> Figures:
    import duckdb

    source = scored(source)
    keys = ", ".join([*FEATURES, "label", "floor(score * 1000 + 0.5)"])
    query = f"SELECT {keys}, {measures} FROM read_parquet('{source}') GROUP BY ALL"
    start = perf_counter()
    with duckdb.connect() as connection:
        rows = connection.execute(query).fetchall()
    return {"run": perf_counter() - start, "cells": len(rows)}


def ours_of_scores(source: str) -> Figures:
    """AUC, calibration, Brier score, ABROCA and rates of each feature and of all three crossed."""
    import duckdb  # noqa: F401 - its import is no part of the run, on either side
    import numpy as np  # noqa: F401 - likewise

    from airflow_gov_provider.domain.fairness import Threshold, evaluate
    from airflow_gov_provider.profiling.fairness.contingency_spec import ContingencySpec
    from airflow_gov_provider.profiling.fairness.populating import populate_files

    spec = ContingencySpec(
        features=tuple(FEATURES),
        label="label",
        positive=(1,),
        score="score",
        threshold=0.5,
        score_bins=1000,
    )
    names = ("auc", "expected_calibration_error", "brier", "equalized_odds")
    thresholds = [Threshold(metric=f"{name}_difference", at_most=0.1) for name in names]
    thresholds += [Threshold(metric="abroca", at_most=0.1), Threshold(metric="four_fifths")]
    source = scored(source)
    start = perf_counter()
    found = populate_files(source, spec)
    counted = perf_counter() - start
    evaluate(found, subject="benchmark", thresholds=thresholds, intersections=[FEATURES])
    return {"run": perf_counter() - start, "count": counted}


def ours_with_digest(source: str) -> Figures:
    """What the operator does to a file: the same, and the SHA-256 of the file."""
    from airflow_gov_provider.profiling.places.digests import digest_of_files

    start = perf_counter()
    digest_of_files([Path(source)])
    digest = perf_counter() - start
    found = ours(source)
    return {**found, "run": found["run"] + digest}


def resampling(source: str) -> Figures:
    """2,000 Poisson replicates of 80 groups, and the interval of their largest gap."""
    from airflow_gov_provider.domain.fairness.metrics import Gap
    from airflow_gov_provider.domain.fairness.replicated import GapOf, interval_of_gap
    from airflow_gov_provider.domain.fairness.resampling import Resampling
    from airflow_gov_provider.profiling.fairness.populating import populate_files

    groups = list(populate_files(source, _spec()).counts.cells.values())
    of = GapOf(rates=["selection_rate"], gap=Gap.DIFFERENCE, groups=len(groups))
    interval_of_gap(groups, of, level=0.95, plan=Resampling(replicates=100))  # imports numpy
    start = perf_counter()
    interval_of_gap(groups, of, level=0.95, plan=Resampling())
    return {"run": perf_counter() - start, "groups": len(groups)}


def slices(source: str) -> Figures:
    """Every combination of the three features, counted and tested."""
    from functools import partial

    import numpy as np  # noqa: F401 - its import is no part of the run

    from airflow_gov_provider.domain.fairness.slice_terms import SliceSearch
    from airflow_gov_provider.domain.fairness.slices import search_slices
    from airflow_gov_provider.profiling.fairness import slicing
    from airflow_gov_provider.profiling.places import locations
    from airflow_gov_provider.profiling.places import look as places

    terms = SliceSearch(features=tuple(FEATURES))
    start = perf_counter()
    work = partial(slicing.count_slices, spec=_spec(), search=terms)
    found = search_slices(places.in_files(locations.find(source), work), terms)
    return {"run": perf_counter() - start, "groups": found.slices}


def group_by_sqlite(source: str) -> Figures:
    with closing(sqlite3.connect(source)) as connection:
        start = perf_counter()
        rows = connection.execute(_BARE % "predictions").fetchall()
        return {"run": perf_counter() - start, "cells": len(rows)}


def ours_sqlite(source: str) -> Figures:
    with closing(sqlite3.connect(source)) as connection:
        return _ours_in(connection, "sqlite")


def group_by_postgres(source: str) -> Figures:
    import psycopg

    with psycopg.connect(source) as connection:
        start = perf_counter()
        rows = connection.execute(_BARE % "predictions").fetchall()
        return {"run": perf_counter() - start, "cells": len(rows)}


def ours_postgres(source: str) -> Figures:
    import psycopg

    with psycopg.connect(source) as connection:
        return _ours_in(connection, "postgres")


def _ours_in(connection: Any, dialect: str) -> Figures:
    from airflow_gov_provider.profiling.fairness.populating import populate_table
    from airflow_gov_provider.profiling.places.source import TableSource

    spec, judge = _spec(), _judge()
    start = perf_counter()
    table = populate_table(connection, dialect, TableSource(table="predictions"), spec).counts
    return {"groups": judge(table), "run": perf_counter() - start}


def _spec() -> Any:
    from airflow_gov_provider.profiling.fairness.contingency_spec import ContingencySpec

    return ContingencySpec(
        features=tuple(FEATURES), label="label", positive=(1,), prediction="prediction"
    )


def _judge() -> Callable[[Any], int]:
    from airflow_gov_provider.domain.fairness import Threshold, evaluate

    families = ("demographic_parity", "equal_opportunity", "equalized_odds")
    limits = {f"{family}_difference": {"at_most": 0.1} for family in families}
    limits |= {f"{family}_ratio": {"at_least": 0.8} for family in families}
    limits |= {"four_fifths": {"at_least": 0.8}, "predictive_parity_difference": {"at_most": 0.1}}
    thresholds = [
        Threshold(metric=metric, decide_on="interval", **limit) for metric, limit in limits.items()
    ]

    def judge(table: Any) -> int:
        found = evaluate(
            table, subject="benchmark", thresholds=thresholds, intersections=[FEATURES]
        )
        return len(found.body["features"][-1]["groups"])

    return judge


def fairlearn(source: str) -> Figures:
    """The rates of the same eight metrics for the 80 groups."""
    import pandas as pd
    from fairlearn import metrics
    from sklearn.metrics import accuracy_score, precision_score

    rates = ("selection_rate", "true_positive_rate", "false_positive_rate")
    names = ("count", *rates, "true_negative_rate", "false_negative_rate")
    start = perf_counter()
    data = pd.read_parquet(source)
    frame = metrics.MetricFrame(
        metrics={
            **{name: getattr(metrics, name) for name in names},
            "precision": precision_score,
            "accuracy": accuracy_score,
        },
        y_true=data["label"],
        y_pred=data["prediction"],
        sensitive_features=data[FEATURES],
    )
    frame.difference()
    frame.ratio()
    return {"run": perf_counter() - start, "groups": len(frame.by_group)}


def aequitas(source: str) -> Figures:
    """Its crosstabs and disparities of the 80 groups."""
    import pandas as pd
    from aequitas.bias import Bias
    from aequitas.group import Group

    start = perf_counter()
    data = pd.read_parquet(source)
    crossed = data[FEATURES[0]].str.cat(data[FEATURES[1:]], sep=" & ")
    data = pd.DataFrame(
        {"score": data["prediction"], "label_value": data["label"], "crossed": crossed}
    )
    crosstabs, _ = Group().get_crosstabs(data, attr_cols=["crossed"])
    Bias().get_disparity_major_group(crosstabs, original_df=data)
    return {"run": perf_counter() - start, "groups": len(crosstabs)}


def aif360(source: str) -> Figures:
    """Its metrics of one pair of groups; eighty groups take 79 such pairs."""
    import pandas as pd
    from aif360.datasets import BinaryLabelDataset
    from aif360.metrics import ClassificationMetric

    start = perf_counter()
    data = pd.read_parquet(source, columns=["sex", "label", "prediction"])
    data["sex"] = (data["sex"] == "Male").astype(float)
    sets = [
        BinaryLabelDataset(
            df=data[["sex", column]].rename(columns={column: "outcome"}),
            label_names=["outcome"],
            protected_attribute_names=["sex"],
        )
        for column in ("label", "prediction")
    ]
    found = ClassificationMetric(
        *sets, unprivileged_groups=[{"sex": 0}], privileged_groups=[{"sex": 1}]
    )
    found.statistical_parity_difference()
    found.disparate_impact()
    found.equal_opportunity_difference()
    found.average_odds_difference()
    found.average_predictive_value_difference()
    found.true_positive_rate_difference()
    found.false_positive_rate_difference()
    found.error_rate_difference()
    return {"run": perf_counter() - start, "groups": 2}


CASES: dict[str, Callable[[str], Figures]] = {
    "GROUP BY": group_by,
    "ours": ours,
    "ours and digest": ours_with_digest,
    "histogram": histogram,
    "histogram and sums": histogram_with_sums,
    "ours of scores": ours_of_scores,
    "resampling": resampling,
    "slices": slices,
    "GROUP BY sqlite": group_by_sqlite,
    "ours sqlite": ours_sqlite,
    "GROUP BY postgres": group_by_postgres,
    "ours postgres": ours_postgres,
    "fairlearn": fairlearn,
    "aequitas": aequitas,
    "aif360": aif360,
}

if __name__ == "__main__":
    figures = CASES[sys.argv[1]](sys.argv[2])
    # Not what the parent sees of its child: that starts with the parent's own memory.
    status = Path("/proc/self/status")
    if status.exists():
        peak = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        figures["rss"] = int(peak.split()[1]) / 1024
    print("FIGURES", json.dumps(figures))
