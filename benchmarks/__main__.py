"""Every benchmark of this directory, one after the other, each with its limits.

    python benchmarks
    python benchmarks --rows 1000000 --only bias_check quality_gate

``--rows`` is for those that read data; without it each takes the number that its limits are for.
The exit code is 1 if one of them failed, or missed a limit that it judges itself.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from pathlib import Path
from time import perf_counter, strftime

_HERE = Path(__file__)


def benchmarks() -> dict[str, str]:
    """The scripts that can be run, by name, and their source."""
    sources = {
        script.stem: script.read_text(encoding="utf-8")
        for script in sorted(_HERE.parent.glob("*.py"))
    }
    del sources[_HERE.stem]
    return {name: source for name, source in sources.items() if "argparse" in source}


def main() -> int:
    found = benchmarks()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int)
    parser.add_argument("--only", nargs="*", default=list(found), choices=list(found))
    given = parser.parse_args()
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    print(f"{strftime('%Y-%m-%d')}, {machine}")
    failed = []
    for name in given.only:
        rows = ["--rows", str(given.rows)] if given.rows and '"--rows"' in found[name] else []
        print(f"\n== {' '.join([name, *rows])}", flush=True)
        start = perf_counter()
        script = str(_HERE.with_name(f"{name}.py"))
        if subprocess.run([sys.executable, script, *rows], check=False).returncode:
            failed.append(name)
        print(f"({perf_counter() - start:.0f} s)")
    print(
        f"\n{len(given.only) - len(failed)} of {len(given.only)} benchmarks are as they should be"
    )
    if failed:
        print(f"failed, or missed a limit: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
