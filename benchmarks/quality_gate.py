"""The quality gate's profile of 22 checks, beside the same checks done in other ways.

Cases take turns, each in a fresh process; ratios are of the same turns. ``run`` is without imports,
``wall`` with them, ``RSS`` the peak of the process; figures are medians and, in brackets, the
least. What a case reports as numbers must agree with ours. Under the table stand the limits that
we hold ourselves to, of the least of the turns; they are judged from ten million rows on.

    python benchmarks/quality_gate.py --rows 10000000 --repeat 5
    python benchmarks/quality_gate.py --rows 50000000 --on duckdb
    python benchmarks/quality_gate.py --on postgres --only ours "best plan"

* ``ours``        ``profile_files`` on a Parquet file, ``profile_table`` on PostgreSQL
* ``ours, one``   the same over one connection
* ``best plan``   the fastest that we know to write by hand for exactly these checks: one scan, an
                  anti-join, and for uniqueness 64-bit hashes, sorted by numpy or counted by the
                  server
* ``one SQL``     everything in one hand-written statement
* ``common-sql``  Airflow's SQLColumnCheckOperator and SQLTableCheckOperator
* ``Soda``, ``airflow-dq``, ``cuallee``, ``pointblank``, ``pandera``, ``GX``  those packages; for a
                  Parquet file the last two take a pandas frame

The column *checks* says how many of the 22 a package can express. Some are left
out where there are many rows, so that a run ends. ``benchmarks/neighbours.py`` installs those
that do not fit into one environment with Airflow. No process of a case reaches any other machine:
one that tries fails.

Data is generated once and kept in ``.benchmarks``; of more than ten million rows it is deleted
afterwards unless ``--keep`` is given.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import figures
import neighbours
import transactions
from quality_checks import ALL
from quality_table import Runs, disagreements, limits, show

JUDGED_FROM = 10_000_000
_MB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One way to do the checks.

    :param limit: how many times faster than it we must be; a best plan may be 1.2 times faster.
    :param most_rows: it is left out with more; it would need more memory, or hours.
    """

    function: str
    package: str | None = None
    checks: int = ALL
    limit: float | None = None
    most_rows: int = 10**12


_COMMON_SQL = "apache-airflow-providers-common-sql"
_SMALL = 10_000_000
CASES = {
    "duckdb": {
        "ours": Case(function="ours", package="duckdb"),
        "best plan": Case(function="best_plan", limit=1 / 1.2),
        "one SQL": Case(function="one_sql", limit=1.3, most_rows=_SMALL),
        "common-sql": Case(function="common_sql", package=_COMMON_SQL, limit=1.3),
        "airflow-dq": Case(function="airflow_dq", package="airflow-dq", checks=21, limit=1.3),
        "cuallee": Case(
            function="cuallee", package="cuallee", checks=19, limit=1.3, most_rows=_SMALL
        ),
        "Soda": Case(function="soda", package="soda-core", limit=1.3, most_rows=_SMALL),
        "pointblank": Case(
            function="pointblank",
            package="pointblank",
            checks=20,
            limit=1.3,
            most_rows=_SMALL,
        ),
        "pandera": Case(
            function="pandera", package="pandera", checks=15, limit=1.3, most_rows=_SMALL
        ),
        "GX": Case(
            function="gx",
            package="great-expectations",
            checks=20,
            limit=10,
            most_rows=_SMALL,
        ),
    },
    "postgres": {
        "ours": Case(function="ours", package="psycopg"),
        "ours, one": Case(function="ours_over_one"),
        "best plan": Case(function="best_plan", limit=1 / 1.2),
        "one SQL": Case(function="one_sql", limit=1.5),
        "common-sql": Case(function="common_sql", package=_COMMON_SQL, limit=1.5),
        "airflow-dq": Case(function="airflow_dq", package="airflow-dq", checks=21, limit=1.5),
        "Soda": Case(function="soda", package="soda-core", limit=1.5),
        "GX": Case(function="gx", package="great-expectations", checks=20, limit=1.5),
    },
}


class CaseFailedError(Exception):
    """A case did not come to its end."""


def run_here(on: str, case: str, target: str) -> None:
    """One case in this process; the figures go to the last line of stdout."""
    asked = _refuse_network()
    module = importlib.import_module(f"quality_{on}")
    seconds, answers = getattr(module, CASES[on][case].function)(target)
    if asked:
        raise SystemExit(f"{case} wanted to reach {', '.join(asked)}")
    print("FIGURES", json.dumps({"run": seconds, "answers": answers}))


def _refuse_network() -> list[str]:
    """Hosts other than this one that the process asks for from now on; it gets none of them."""
    asked: list[str] = []

    def refuse(event: str, given: tuple[Any, ...]) -> None:
        host = {"socket.getaddrinfo": lambda: given[0], "socket.connect": lambda: given[1][0]}
        if event not in host or (event == "socket.connect" and isinstance(given[1], str | bytes)):
            return
        name = str(host[event]())
        if name not in {"localhost", "127.0.0.1", "::1"}:
            asked.append(name)
            raise ConnectionRefusedError(f"a benchmark reaches no other machine, not {name}")

    sys.addaudithook(refuse)
    return asked


def run_child(on: str, case: str, target: str) -> dict[str, Any]:
    """:raises CaseFailedError: with the last of what it said."""
    command = [sys.executable, __file__, "--on", on, "--case", case, "--target", target]
    start = perf_counter()
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        child = subprocess.Popen(
            command, stdout=output, stderr=errors, env=neighbours.environment()
        )
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = perf_counter() - start
        output.seek(0)
        errors.seek(0)
        lines = [line for line in output if line.startswith("FIGURES")]
        if child.returncode or not lines:
            raise CaseFailedError((errors.read().strip() or "it was killed")[-2000:])
    found = json.loads(lines[-1].removeprefix("FIGURES"))
    cpu = usage.ru_utime + usage.ru_stime
    return {**found, "wall": wall, "cpu": cpu, "rss": usage.ru_maxrss / _MB}


def why_not(case: Case, rows: int) -> str | None:
    """None if it can run here."""
    if figures.version(case.package) is None:
        return f"not installed: {neighbours.HOW}"
    return f"not with more than {case.most_rows:,} rows" if rows > case.most_rows else None


def take_turns(on: str, target: str, cases: list[str], repeat: int) -> tuple[Runs, dict[str, str]]:
    """The runs of each case, and what became of those that failed.

    :raises CaseFailedError: if that is ours.
    """
    results: Runs = {case: [] for case in cases}
    failed: dict[str, str] = {}
    for turn in range(repeat):
        # Each starts a turn once, so that what follows its end does not always hit the same.
        shift = turn % len(cases)
        for case in cases[shift:] + cases[:shift]:
            if case in failed:
                continue
            print(f"  turn {turn + 1} of {repeat}: {case} ...", file=sys.stderr, flush=True)
            try:
                results[case].append(run_child(on, case, target))
            except CaseFailedError as error:
                if case == "ours":
                    raise
                failed[case] = f"failed: {str(error).splitlines()[-1]}"
    return {case: runs for case, runs in results.items() if runs and case not in failed}, failed


def compare(on: str, rows: int, given: argparse.Namespace) -> bool:
    """Whether all agree, and no limit is missed."""
    wanted = [
        name
        for name in CASES[on]
        if name == "ours" or (name not in given.without and (not given.only or name in given.only))
    ]
    left_out = {name: why for name in wanted if (why := why_not(CASES[on][name], rows))}
    cases = [name for name in wanted if name not in left_out]
    with transactions.target(on, rows, keep=given.keep or rows <= _SMALL) as target:
        results, failed = take_turns(on, target, cases, given.repeat)
    show(on, rows, CASES[on], results, left_out | failed)
    kept = figures.tell(limits(on, rows, CASES[on], results, judged=rows >= JUDGED_FROM))
    wrong = disagreements(results)
    print("\n".join(["the cases disagree:", *wrong]) if wrong else "all cases agree", flush=True)
    return kept and not wrong


def main() -> int:
    names = sorted({name for cases in CASES.values() for name in cases})
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000_000])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--on", choices=list(CASES), nargs="+", default=list(CASES))
    parser.add_argument("--only", nargs="*", default=[], choices=names, help="beside ours")
    parser.add_argument("--without", nargs="*", default=[], choices=names)
    parser.add_argument("--keep", action="store_true", help="keep data of any size")
    parser.add_argument("--case", choices=names, help="run one case here; used by itself")
    parser.add_argument("--target", type=str, help="of that case")
    given = parser.parse_args()
    if given.case:
        run_here(given.on[0], given.case, given.target)
        return 0
    neighbours.find_site()
    well = [compare(on, rows, given) for rows in given.rows for on in given.on]
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.exit(main())
