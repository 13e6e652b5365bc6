"""The quality gate's profile of 20 checks, beside the same checks done in other ways.

Cases take turns, each in a fresh process; ratios are of the same turn. ``run`` is without imports,
``wall`` with them, ``RSS`` the peak of the process. What a case reports as numbers must
agree with ours. Under the table stand the limits that we hold ourselves to.

    python benchmarks/quality_gate.py --rows 10000000 --repeat 5
    python benchmarks/quality_gate.py --rows 10000000 --on postgres --only ours "best plan"

* ``ours``        ``profile_files`` on a Parquet file, ``profile_table`` on PostgreSQL
* ``ours, one``   the same over one connection
* ``best plan``   the fastest that we know to write by hand for exactly these checks: one scan, an
                  anti-join, and for uniqueness 64-bit hashes, sorted by numpy or counted by the
                  server
* ``one SQL``     everything in one hand-written statement
* ``common-sql``  Airflow's SQLColumnCheckOperator and SQLTableCheckOperator
* ``airflow-dq``, ``cuallee``, ``pandera``, ``GX``  those packages; the last two on a pandas frame

Packages that do not fit into one environment with Airflow are looked for in ``--site`` as well,
which ``pip install --no-deps --target SITE cuallee airflow-dq pandera`` fills. A package that is
not there is left out.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import transactions

_MB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """``limit``: how many times faster than it we must be; a best plan may be 1.2 times faster."""

    function: str
    package: str | None = None
    limit: float | None = None


CASES = {
    "duckdb": {
        "ours": Case(function="ours", package="duckdb"),
        "best plan": Case(function="best_plan", limit=1 / 1.2),
        "one SQL": Case(function="one_sql", limit=1.3),
        "common-sql": Case(
            function="common_sql", package="apache-airflow-providers-common-sql", limit=1.3
        ),
        "airflow-dq": Case(function="airflow_dq", package="airflow-dq", limit=1.3),
        "cuallee": Case(function="cuallee", package="cuallee", limit=1.3),
        "pandera": Case(function="pandera", package="pandera", limit=1.3),
        "GX": Case(function="gx", package="great-expectations", limit=10),
    },
    "postgres": {
        "ours": Case(function="ours", package="psycopg"),
        "ours, one": Case(function="ours_over_one"),
        "best plan": Case(function="best_plan", limit=1 / 1.2),
        "one SQL": Case(function="one_sql", limit=1.5),
        "common-sql": Case(
            function="common_sql", package="apache-airflow-providers-common-sql", limit=1.5
        ),
        "airflow-dq": Case(function="airflow_dq", package="airflow-dq", limit=1.5),
    },
}
# Peak memory by rows; between the two it may grow in proportion.
MOST_MEMORY = {10_000_000: 1024, 50_000_000: 3072}
Runs = dict[str, list[dict[str, Any]]]


def run_here(on: str, case: str, target: str) -> None:
    """One case in this process; the figures go to the last line of stdout."""
    module = importlib.import_module(f"quality_{on}")
    seconds, answers = getattr(module, CASES[on][case].function)(target)
    print("FIGURES", json.dumps({"run": seconds, "answers": answers}))


def run_child(on: str, case: str, target: str, environment: dict[str, str]) -> dict[str, Any]:
    command = [sys.executable, __file__, "--on", on, "--case", case, "--target", target]
    start = perf_counter()
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        child = subprocess.Popen(command, stdout=output, stderr=errors, env=environment)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = perf_counter() - start
        output.seek(0)
        errors.seek(0)
        lines = [line for line in output if line.startswith("FIGURES")]
        if child.returncode or not lines:
            raise SystemExit(f"{case} failed:\n{errors.read()[-2000:]}")
    found = json.loads(lines[-1].removeprefix("FIGURES"))
    cpu = usage.ru_utime + usage.ru_stime
    return {**found, "wall": wall, "cpu": cpu, "rss": usage.ru_maxrss / _MB}


def disagreements(results: Runs) -> list[str]:
    """What a case found otherwise than the first did. A NaN would disagree with itself."""
    first = results["ours"][0]["answers"]
    return [
        f"{name}: {case} found {answer}, ours {first.get(name)}"
        for case, runs in results.items()
        for name, answer in runs[0]["answers"].items()
        if abs(answer - first.get(name, float("inf"))) > 1e-6 * max(1.0, abs(answer))
    ]


def report(results: Runs, on: str, rows: int) -> None:
    """Seconds and MB of each case, then it in proportion to ours and what that must be."""
    runs_each = len(results["ours"])
    print(f"{rows:,} rows in {_where(on)}, {runs_each} runs each, median (min); {_machine()}")
    print(
        f"{'case':11}{'run s':>15}{'wall s':>15}{'CPU s':>15}{'RSS MB':>8}{'it / ours':>15}"
        f"{'limit':>8}  version"
    )
    for case, runs in results.items():
        known = CASES[on][case]
        figures = "".join(f"{_middle(runs, key):>15}" for key in ("run", "wall", "cpu"))
        ratio = f"{_ratio(runs, results['ours'], 'run'):>15}" if case != "ours" else " " * 15
        limit = f">= {known.limit:.2f}" if known.limit else ""
        version = importlib.metadata.version(known.package) if known.package else ""
        rss = max(run["rss"] for run in runs)
        print(f"{case:11}{figures}{rss:8.0f}{ratio}{limit:>8}  {version}")
    if on == "duckdb":
        peak = max(run["rss"] for run in results["ours"])
        print(f"peak memory of ours: {peak:.0f} MB, limit {_most_memory(rows):.0f} MB")


def _where(on: str) -> str:
    return "Parquet" if on == "duckdb" else "PostgreSQL"


def _machine() -> str:
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return f"{os.cpu_count()} cores, load {load}, Python {platform.python_version()}"


def _most_memory(rows: int) -> float:
    (few, least), (many, most) = MOST_MEMORY.items()
    return max(least, least + (most - least) * (rows - few) / (many - few))


def _middle(runs: list[dict[str, Any]], key: str) -> str:
    values = [run[key] for run in runs]
    return f"{statistics.median(values):.2f} ({min(values):.2f})"


def _ratio(others: list[dict[str, Any]], own: list[dict[str, Any]], key: str) -> str:
    """Median over the turns, and best against best."""
    turns = [other[key] / mine[key] for mine, other in zip(own, others, strict=True)]
    best = min(run[key] for run in others) / min(run[key] for run in own)
    return f"{statistics.median(turns):.2f} ({best:.2f})"


def chosen(on: str, only: list[str], without: list[str]) -> list[str]:
    """The cases that can run here."""
    found = []
    for name, case in CASES[on].items():
        if (only and name not in only) or name in without:
            continue
        try:
            if case.package:
                importlib.metadata.version(case.package)
            found.append(name)
        except importlib.metadata.PackageNotFoundError:
            print(f"{name} is left out: {case.package} is not installed")
    return found


def compare(on: str, rows: int, cases: list[str], repeat: int, site: Path) -> bool:
    """Whether all agree."""
    environment = {**os.environ, "PYTHONPATH": str(site)}
    results: Runs = {case: [] for case in cases}
    with transactions.target(on, rows) as target:
        for turn in range(repeat):
            # Each starts a turn once, so that what follows its end does not always hit the same.
            shift = turn % len(cases)
            for case in cases[shift:] + cases[:shift]:
                results[case].append(run_child(on, case, target, environment))
    wrong = disagreements(results)
    report(results, on, rows)
    print("\n".join(["the cases disagree:", *wrong]) if wrong else "all cases agree", flush=True)
    return not wrong


def main() -> int:
    names = sorted({name for cases in CASES.values() for name in cases})
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000_000])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--on", choices=list(CASES), nargs="+", default=list(CASES))
    parser.add_argument("--only", nargs="*", default=[], choices=names)
    parser.add_argument("--without", nargs="*", default=[], choices=names)
    parser.add_argument("--site", type=Path, default=transactions.CACHE / "site")
    parser.add_argument("--case", choices=names, help="run one case here; used by itself")
    parser.add_argument("--target", help="of that case")
    given = parser.parse_args()
    if given.case:
        run_here(given.on[0], given.case, given.target)
        return 0
    sys.path.append(str(given.site))
    agree = [
        compare(on, rows, chosen(on, given.only, given.without), given.repeat, given.site)
        for rows in given.rows
        for on in given.on
    ]
    return 0 if all(agree) else 1


if __name__ == "__main__":
    sys.exit(main())
