"""What a gate costs before it reads data: a fresh process that imports and compiles.

``ours`` imports the engine with DuckDB, reads a contract of 22 checks from YAML and compiles it to
statements. The neighbours import what their users import, and no more. Cases take turns, each in
a process of its own; seconds are from the first line to the last one, without the start of Python,
which stands in the first row.

    python benchmarks/quality_cold.py --repeat 9
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter

import figures
import neighbours

MOST_SECONDS = 0.5
_CONTRACT = Path(__file__).with_suffix(".yaml")
_OURS = f"""
import duckdb
from pathlib import Path
from airflow_gov_provider.domain.contracts import load
from airflow_gov_provider.profiling.compiling import compiled
from airflow_gov_provider.profiling.places.files import profile_files
contract = load(Path({str(_CONTRACT)!r}))
assert compiled(contract.expectations, dialect="duckdb", table="payments").statements
"""
CASES: Mapping[str, tuple[str | None, str]] = {
    "Python alone": (None, ""),
    "ours": ("airflow-gov-provider", _OURS),
    "common-sql": (
        "apache-airflow-providers-common-sql",
        "import airflow.providers.common.sql.operators.sql",
    ),
    "airflow-dq": ("airflow-dq", "import airflow_dq.executors.duckdb, airflow_dq.compiler.specs"),
    "cuallee": ("cuallee", "import duckdb, cuallee"),
    "Soda": ("soda-core", "import duckdb; from soda_core.contracts import verify_contract_locally"),
    "pointblank": ("pointblank", "import duckdb, pointblank"),
    "pandera": ("pandera", "import pandera.pandas"),
    "GX": ("great-expectations", "import great_expectations, great_expectations.expectations"),
}
_TIMED = "from time import perf_counter as c\nb = c()\n{code}\nprint('SECONDS', c() - b)"


def measure(code: str) -> tuple[float, float]:
    """Seconds from the first line to the last, and of the whole process."""
    start = perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _TIMED.format(code=code)],
        env=neighbours.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    wall = perf_counter() - start
    if done.returncode:
        raise SystemExit(done.stderr)
    said = next(line for line in done.stdout.splitlines() if line.startswith("SECONDS"))
    return float(said.split()[1]), wall


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=7)
    given = parser.parse_args()
    neighbours.find_site()
    there = {name: case for name, case in CASES.items() if figures.version(case[0]) is not None}
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in there}
    for _ in range(given.repeat):
        for name, (_, code) in there.items():
            runs[name].append(measure(code))
    print(f"{given.repeat} turns, median (least); {figures.machine()}")
    print(f"{'case':14}{'import s':>16}{'whole process s':>18}  version")
    for name, (package, _) in CASES.items():
        if name not in there:
            print(f"{name:14}not installed: {neighbours.HOW}")
            continue
        own, wall = (figures.spread([run[at] for run in runs[name]]) for at in (0, 1))
        print(f"{name:14}{own:>16}{wall:>18}  {package or ''} {figures.version(package)}".rstrip())
    least = min(own for own, _ in runs["ours"])
    limit = figures.Limit(
        figure="imports and compiles a contract of 22 checks",
        found=f"{least:.2f} s",
        limit=f"< {MOST_SECONDS} s",
        kept=least < MOST_SECONDS,
    )
    return 0 if figures.tell([limit]) else 1


if __name__ == "__main__":
    sys.exit(main())
