"""Every benchmark of this directory, one after the other, and one table of all limits at the end.

    python benchmarks
    python benchmarks --rows 100000
    python benchmarks --only quality_gate bias_check

Without ``--rows`` each takes the size that its limits are for, which is ten million rows of data
where data is read; all of them together take nearly three hours. ``--rows`` is that number: fewer
make all the others smaller in proportion, and more are only for those that read data. The exit
code is 1 if one failed or missed a limit.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import figures

_HERE = Path(__file__).parent
_ROWS = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """A script of this directory.

    :param sizes: its options that make it large, each with the size that its limits are for and
        the one below which it says nothing.
    :param grows: whether it takes more rows than that, too.
    """

    title: str
    sizes: tuple[tuple[str, int, int], ...] = ()
    grows: bool = False
    more: tuple[str, ...] = ()

    def options(self, rows: int | None) -> list[str]:
        share = (rows or _ROWS) / _ROWS
        share = share if self.grows else min(share, 1)
        sizes = [(name, max(least, round(full * share))) for name, full, least in self.sizes]
        return [*(word for name, size in sizes for word in (name, str(size))), *self.more]


_DATA = (("--rows", _ROWS, 1),)
BENCHMARKS = {
    "quality_cold": Benchmark(title="the gate before it reads data"),
    "quality_gate": Benchmark(title="the quality gate beside other tools", sizes=_DATA, grows=True),
    "bias_check": Benchmark(title="fairness beside other libraries", sizes=_DATA, grows=True),
    "listener_overhead": Benchmark(
        title="the hooks of a task beside OpenLineage", sizes=(("--tasks", 32, 8),)
    ),
    "shipping": Benchmark(
        title="from the spool into the ledger beside bare inserts",
        sizes=(("--events", 200_000, 10_000),),
        more=("--repeat", "5"),
    ),
    "ledger_seal": Benchmark(
        title="sealing, and a queue under load",
        sizes=(("--events", 200_000, 10_000), ("--seconds", 15, 3)),
        more=("--repeat", "5"),
    ),
    "ledger_verify": Benchmark(
        title="verifying an export beside hashing it",
        sizes=(("--events", 1_000_000, 10_000),),
        more=("--turns", "5"),
    ),
    "ledger_audit": Benchmark(
        title="verifying a database beside hashing it",
        sizes=(("--events", 1_000_000, 10_000),),
        more=("--turns", "5"),
    ),
    "ledger_prove": Benchmark(
        title="proving one event of many", sizes=(("--leaves", 10_000_000, 10_000),)
    ),
    "event_search": Benchmark(
        title="pages of events beside Airflow's eventLogs",
        sizes=(("--rows", 10_000_000, 100_000), ("--log-rows", 1_000_000, 20_000)),
    ),
    "request_witness": Benchmark(
        title="a witnessed request beside a bare one", sizes=(("--requests", 2_000, 200),)
    ),
    "collector_idle": Benchmark(
        title="a collector with nothing to do",
        sizes=(("--history", 20_000, 2_000), ("--seconds", 30, 5), ("--repeats", 5, 1)),
    ),
    "sla_judging": Benchmark(title="judging commitments"),
    "pages": Benchmark(
        title="the Audit page beside Airflow's",
        sizes=(("--events", 1_000_000, 20_000), ("--scroll", 100_000, 2_000)),
    ),
}


def run(name: str, options: Sequence[str], limits_file: Path) -> bool:
    """Whether it came to its end."""
    script = _HERE / f"{name}.py"
    environment = {**os.environ, figures.LIMITS_FILE: str(limits_file)}
    command = [sys.executable, str(script), *options]
    return subprocess.run(command, check=False, env=environment).returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, help="of data; others follow in proportion")
    parser.add_argument("--only", nargs="*", default=[], choices=list(BENCHMARKS))
    given = parser.parse_args()
    names = given.only or list(BENCHMARKS)
    print(figures.machine())
    failed: list[str] = []
    limits: dict[str, list[figures.Limit]] = {}
    with tempfile.TemporaryDirectory() as directory:
        for number, name in enumerate(names, 1):
            options = BENCHMARKS[name].options(given.rows)
            title = f"{number} of {len(names)}: {BENCHMARKS[name].title}"
            print(f"\n{'=' * 100}\n{title}\n  {' '.join([name, *options])}\n", flush=True)
            start, limits_file = perf_counter(), Path(directory, name)
            ended = run(name, options, limits_file)
            limits[name] = figures.told(limits_file)
            if not ended or any(limit.kept is False for limit in limits[name]):
                failed.append(name)
            print(f"({perf_counter() - start:.0f} s)", flush=True)
    return summary(limits, failed)


def summary(limits: dict[str, list[figures.Limit]], failed: Sequence[str]) -> int:
    print(f"\n{'=' * 100}\nall limits; {figures.machine()}\n")
    for name, found in limits.items():
        print(name + ("" if found else ": no limit"))
        for limit in found:
            print(f"  {limit}")
    print(f"\n{len(limits) - len(failed)} of {len(limits)} benchmarks are as they should be")
    if failed:
        print(f"failed, or missed a limit: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
