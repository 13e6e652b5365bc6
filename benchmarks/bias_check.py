"""The bias check beside one bare GROUP BY, and beside fairlearn's MetricFrame.

Three sensitive features are crossed (2 x 5 x 8 = 80 groups). Every figure comes from fresh
processes that take turns; a ratio is of the best runs of both sides over the same rows. ``run`` is
without imports, ``wall`` is the whole process, ``RSS`` its peak.

    python benchmarks/bias_check.py --rows 10000000

fairlearn takes about 20 seconds a million rows, so it is measured on ``--fairlearn-rows``, and so
is the bias check once more.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

FEATURES = ["sex", "race", "age_band"]


def write_predictions(path: Path, rows: int) -> None:
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("SELECT setseed(0.5)")
        connection.execute(
            f"""
            COPY (
              WITH person AS (
                SELECT random() AS a, random() AS b, random() AS c, random() AS luck,
                  random() AS noise FROM range({rows})
              )
              SELECT
                CASE WHEN a < 0.33 THEN 'Female' ELSE 'Male' END AS sex,
                CASE WHEN b < 0.80 THEN 'White' WHEN b < 0.90 THEN 'Black'
                  WHEN b < 0.95 THEN 'Asian-Pac-Islander' WHEN b < 0.98 THEN 'Other'
                  ELSE 'Amer-Indian-Eskimo' END AS race,
                'band ' || CAST(floor(c * 8) AS INTEGER) AS age_band,
                CAST(luck < 0.2 + 0.1 * a AS INTEGER) AS label,
                CAST(luck + 0.3 * noise < 0.3 + 0.1 * a AS INTEGER) AS prediction
              FROM person
            ) TO '{path}' (FORMAT parquet)
            """
        )


# The cases, each run in a process of its own.


def group_by(path: str) -> int:
    import duckdb

    start = perf_counter()
    columns = ", ".join([*FEATURES, "label", "prediction"])
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT {columns}, count(*) FROM read_parquet('{path}') GROUP BY ALL"
        ).fetchall()
    report(start, {"cells": len(rows)})
    return len(rows)


def bias_check(path: str) -> int:
    """Counting, 8 metrics on each feature and on all three crossed, with intervals."""
    import duckdb  # noqa: F401 - its import is no part of the run, on either side

    from airflow_gov_provider.domain.fairness import Threshold, evaluate
    from airflow_gov_provider.domain.fairness.metrics import METRICS, Gap
    from airflow_gov_provider.profiling.contingency import count_files
    from airflow_gov_provider.profiling.contingency_spec import ContingencySpec

    metrics = [
        f"{family}_{gap}"
        for family in ("demographic_parity", "equal_opportunity", "equalized_odds")
        for gap in Gap
    ] + ["four_fifths", "predictive_parity_difference"]
    start = perf_counter()
    spec = ContingencySpec(
        features=tuple(FEATURES), label="label", positive=(1,), prediction="prediction"
    )
    table = count_files(path, spec)
    counted = perf_counter()
    thresholds = [
        Threshold(metric=metric, decide_on="interval", **_limit(METRICS[metric].gap == Gap.RATIO))
        for metric in metrics
    ]
    assessment = evaluate(
        table, subject="benchmark", thresholds=thresholds, intersections=[FEATURES]
    )
    groups = assessment.body["features"][-1]["groups"]
    report(start, {"groups": len(groups), "count_s": counted - start})
    return len(groups)


def _limit(is_ratio: bool) -> dict[str, float]:  # noqa: FBT001
    return {"at_least": 0.8} if is_ratio else {"at_most": 0.1}


def bias_check_with_digest(path: str) -> int:
    """What the operator does to a file: the same, and the SHA-256 of the file."""
    from airflow_gov_provider.profiling.digests import digest_of_files

    start = perf_counter()
    digest_of_files([Path(path)])
    digest_s = perf_counter() - start
    groups = bias_check(path)
    print("EXTRA", digest_s)
    return groups


def fairlearn(path: str) -> int:
    """The same eight metrics' rates for the 80 groups."""
    import pandas as pd
    from fairlearn.metrics import (
        MetricFrame,
        count,
        false_negative_rate,
        false_positive_rate,
        selection_rate,
        true_negative_rate,
        true_positive_rate,
    )
    from sklearn.metrics import accuracy_score, precision_score

    start = perf_counter()
    data = pd.read_parquet(path)
    frame = MetricFrame(
        metrics={
            "count": count,
            "selection_rate": selection_rate,
            "true_positive_rate": true_positive_rate,
            "false_positive_rate": false_positive_rate,
            "true_negative_rate": true_negative_rate,
            "false_negative_rate": false_negative_rate,
            "precision": precision_score,
            "accuracy": accuracy_score,
        },
        y_true=data["label"],
        y_pred=data["prediction"],
        sensitive_features=data[FEATURES],
    )
    frame.difference()
    frame.ratio()
    report(start, {"groups": len(frame.by_group)})
    return len(frame.by_group)


CASES: dict[str, Callable[[str], int]] = {
    "GROUP BY": group_by,
    "bias check": bias_check,
    "bias check + digest": bias_check_with_digest,
    "fairlearn": fairlearn,
}


def report(start: float, more: dict[str, float]) -> None:
    run_s = perf_counter() - start
    status = Path("/proc/self/status").read_text()
    # Not what the parent sees of its child: that starts with the parent's own memory.
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    print("RUN", json.dumps({"run_s": run_s, "rss_mb": int(peak.split()[1]) / 1024, **more}))


# The side that starts them.


def measure(case: str, path: Path) -> dict[str, float]:
    start = perf_counter()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", __file__, "--case", case, "--path", str(path)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    wall = perf_counter() - start
    lines = done.stdout.splitlines()
    run = json.loads(next(line for line in lines if line.startswith("RUN")).removeprefix("RUN"))
    digest_s = next((float(line.split()[1]) for line in lines if line.startswith("EXTRA")), 0.0)
    run["run_s"] += digest_s
    return {**run, "wall_s": wall}


def compare(cases: list[str], path: Path, rows: int, repeats: int) -> dict[str, dict[str, float]]:
    """The best run of each case; the cases take turns."""
    runs: dict[str, list[dict[str, float]]] = {case: [] for case in cases}
    for _ in range(repeats):
        for case in cases:
            runs[case].append(measure(case, path))
    print(f"\n{rows:,} rows, best of {repeats}")
    print(f"{'case':<22}{'run s':>9}{'median':>9}{'wall s':>9}{'RSS MB':>9}")
    best = {}
    for case, found in runs.items():
        found.sort(key=lambda run: run["run_s"])
        best[case] = found[0]
        median = found[len(found) // 2]["run_s"]
        wall = min(run["wall_s"] for run in found)
        memory = max(run["rss_mb"] for run in found)
        print(f"{case:<22}{found[0]['run_s']:>9.3f}{median:>9.3f}{wall:>9.2f}{memory:>9.0f}")
    return best


def ratio(best: dict[str, dict[str, float]], one: str, other: str) -> float:
    value = best[one]["run_s"] / best[other]["run_s"]
    print(f"ratio {one} / {other} = {value:.4g}")
    return value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--fairlearn-rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--case", choices=CASES, help=argparse.SUPPRESS)
    parser.add_argument("--path", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case:
        CASES[arguments.case](arguments.path)
        return
    fairlearn_rows = min(arguments.rows, arguments.fairlearn_rows)
    with tempfile.TemporaryDirectory(prefix="governance-bench-") as directory:
        large, small = Path(directory, "large.parquet"), Path(directory, "small.parquet")
        write_predictions(large, arguments.rows)
        write_predictions(small, fairlearn_rows)
        best = compare(
            ["GROUP BY", "bias check", "bias check + digest"],
            large,
            arguments.rows,
            arguments.repeats,
        )
        ratio(best, "bias check", "GROUP BY")
        ratio(best, "bias check + digest", "GROUP BY")
        counting = best["bias check"]["count_s"] / best["GROUP BY"]["run_s"]
        print(f"ratio of counting alone / GROUP BY = {counting:.4g}")
        best = compare(["bias check", "fairlearn"], small, fairlearn_rows, 1)
        ratio(best, "fairlearn", "bias check")


if __name__ == "__main__":
    main()
