"""The table of the quality gate's benchmark, and its limits."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Any

import figures

# Peak memory in MB by rows; between the two it may grow in proportion.
MOST_MEMORY = {10_000_000: 1024, 50_000_000: 3072}
NAMES = {"duckdb": "DuckDB on Parquet", "postgres": "PostgreSQL"}
Runs = dict[str, list[dict[str, Any]]]


def show(
    on: str, rows: int, cases: Mapping[str, Any], results: Runs, left_out: Mapping[str, str]
) -> None:
    """Seconds and MB of each case, and it in proportion to ours."""
    print(f"{rows:,} rows, {NAMES[on]}, median (least); {figures.machine()}")
    print(
        f"{'case':11}{'checks':>7}{'turns':>6}{'run s':>16}{'wall s':>16}{'CPU s':>16}{'RSS MB':>8}"
        f"{'it / ours':>16}  version"
    )
    for name, case in cases.items():
        if name in left_out:
            print(f"{name:11}{'':>7}{left_out[name]}")
        elif name in results:
            runs = results[name]
            seconds = "".join(
                f"{figures.spread([run[key] for run in runs]):>16}"
                for key in ("run", "wall", "cpu")
            )
            beside = "" if name == "ours" else "{:.2f} ({:.2f})".format(*ratios(results, name))
            memory = max(run["rss"] for run in runs)
            known = figures.version(case.package) or ""
            print(
                f"{name:11}{case.checks:7}{len(runs):6}{seconds}{memory:8.0f}{beside:>16}  "
                f"{case.package or ''} {known}".rstrip()
            )


def ratios(results: Runs, name: str) -> tuple[float, float]:
    """How many times longer than ours: the median over the turns, and best against best."""
    pairs = list(zip(results["ours"], results[name], strict=False))
    middle = statistics.median(other["run"] / mine["run"] for mine, other in pairs)
    best = min(other["run"] for _, other in pairs) / min(mine["run"] for mine, _ in pairs)
    return middle, best


def limits(
    on: str, rows: int, cases: Mapping[str, Any], results: Runs, *, judged: bool
) -> list[figures.Limit]:
    def limit(figure: str, found: str, most: str, kept: bool) -> figures.Limit:  # noqa: FBT001
        named = f"{NAMES[on]}, {rows / 1e6:g} million rows: {figure}"
        return figures.Limit(figure=named, found=found, limit=most, kept=kept if judged else None)

    found = []
    for name, case in cases.items():
        if name in results and case.limit:
            _, best = ratios(results, name)
            least = f">= {case.limit:.2f} x ours"
            found.append(limit(name, f"{best:.2f} x ours", least, best >= case.limit))
    if on == "duckdb":
        peak, most = max(run["rss"] for run in results["ours"]), _most_memory(rows)
        found.append(limit("our memory", f"{peak:.0f} MB", f"<= {most:.0f} MB", peak <= most))
    return found


def _most_memory(rows: int) -> float:
    (few, least), (many, most) = MOST_MEMORY.items()
    return max(least, least + (most - least) * (rows - few) / (many - few))


def disagreements(results: Runs) -> list[str]:
    """What a case found otherwise than ours did. A NaN would disagree with itself."""
    first = results["ours"][0]["answers"]
    return [
        f"{name}: {case} found {answer}, ours {first.get(name)}"
        for case, runs in results.items()
        for name, answer in runs[0]["answers"].items()
        if abs(answer - first.get(name, float("inf"))) > 1e-6 * max(1.0, abs(answer))
    ]
