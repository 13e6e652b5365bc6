"""What the benchmarks say alike: machine, versions, medians beside minima, and limits."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import strftime

LIMITS_FILE = "GOVERNANCE_BENCH_LIMITS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One figure that we hold ourselves to.

    :param kept: None where the figure is too small a copy of what the limit is for.
    """

    figure: str
    found: str
    limit: str
    kept: bool | None

    @property
    def verdict(self) -> str:
        return "not judged" if self.kept is None else "kept" if self.kept else "MISSED"

    def __str__(self) -> str:
        return f"{self.figure:<50}{self.found:>18}{self.limit:>22}  {self.verdict}"


def tell(limits: Sequence[Limit]) -> bool:
    """Print them, leave them for the table of all benchmarks, and say whether none is missed."""
    for limit in limits:
        print(f"  limit: {limit}", flush=True)
    if path := os.environ.get(LIMITS_FILE):
        with Path(path).open("a", encoding="utf-8") as lines:
            lines.writelines(json.dumps(asdict(limit)) + "\n" for limit in limits)
    return all(limit.kept is not False for limit in limits)


def told(path: Path) -> list[Limit]:
    """What the benchmarks left in a file."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [Limit(**json.loads(line)) for line in lines]


def machine() -> str:
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    system = f"{platform.system()}, Python {platform.python_version()}"
    return f"{strftime('%Y-%m-%d')}, {os.cpu_count()} cores, load {load}, {system}"


def spread(values: Sequence[float], digits: int = 2) -> str:
    """The median and, in brackets, the least."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f})"


def version(package: str | None) -> str | None:
    """None where it is not installed; empty where there is no package."""
    if package is None:
        return ""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
