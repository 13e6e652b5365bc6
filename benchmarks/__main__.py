"""Every benchmark of this directory, one after the other: ``python benchmarks --rows 1000000``."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    rows = parser.parse_args().rows
    failed = []
    for script in sorted(Path(__file__).parent.glob("*.py")):
        source = script.read_text(encoding="utf-8")
        if script.name == Path(__file__).name or "argparse" not in source:
            continue
        sized = ["--rows", str(rows)] if '"--rows"' in source else []
        print(f"\n== {script.stem} {' '.join(sized)}", flush=True)
        if subprocess.run([sys.executable, str(script), *sized], check=False).returncode:
            failed.append(script.stem)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
