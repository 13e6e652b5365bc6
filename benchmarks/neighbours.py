"""Installs what the benchmarks compare with, beside the environment and not in it.

    python benchmarks/neighbours.py

Few of them fit into one environment with Airflow. Most work without what they pin, so they lie in
``.benchmarks/site``, each without its dependencies but with those that it really imports; aequitas
needs an older pandas and has an environment of its own in ``.benchmarks/neighbours``. What cannot
be installed is named and left out; the benchmarks then say so in its row. About 600 MB; nothing is
fetched twice. Great Expectations, fairlearn and aif360 come with the extras of this package.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import figures

CACHE = Path(__file__).parent.parent / ".benchmarks"
SITE = CACHE / "site"
OTHER = CACHE / "neighbours"
INTERPRETER = OTHER / "bin" / "python"
HOW = "python benchmarks/neighbours.py"

# Each with what it imports; that of it which the environment has already is left alone.
IN_SITE = {
    "apache-airflow-providers-openlineage": (
        *("openlineage-integration-common", "openlineage-python", "openlineage-sql"),
    ),
    "airflow-dq": (),
    "cuallee": ("toolz",),
    "pandera": ("mypy_extensions", "typeguard", "typing_inspect"),
    "soda-core": (
        *("soda-duckdb", "soda-postgres", "python-dotenv", "ruamel.yaml", "sqlglot", "tabulate"),
        *("opentelemetry-api", "opentelemetry-exporter-otlp-proto-http", "pytz"),
    ),
    "pointblank": (
        *("Babel", "commonmark", "faicons", "great-tables", "htmltools", "importlib-metadata"),
        *("importlib_resources", "multimark", "narwhals", "nokap"),
    ),
}

# What some of them send home unless they are told not to.
SILENT = {
    "DO_NOT_TRACK": "true",
    "GX_ANALYTICS_ENABLED": "false",
    "SODA_CORE_TELEMETRY_ENABLED": "false",
}


def find_site(site: Path = SITE) -> None:
    """Let this process see what lies there."""
    if str(site) not in sys.path:
        sys.path.append(str(site))


def environment() -> dict[str, str]:
    """Of a process that uses them: it finds them, and they are told to be silent."""
    path = [*filter(None, [os.environ.get("PYTHONPATH")]), str(SITE)]
    return {**os.environ, **SILENT, "PYTHONPATH": os.pathsep.join(path)}


def main() -> int:
    SITE.mkdir(parents=True, exist_ok=True)
    find_site()
    failed = [name for name, needs in IN_SITE.items() if not _into_site(name, needs)]
    if not _aequitas():
        failed.append("aequitas")
    if failed:
        print(f"left out of the comparison: {', '.join(failed)}")
    return 0


def _into_site(name: str, needs: tuple[str, ...]) -> bool:
    wanted = [package for package in (name, *needs) if figures.version(package) is None]
    if not wanted:
        return True
    print(f"installing {name} into {SITE.relative_to(CACHE.parent)}: {', '.join(wanted)}")
    return _run(*_installer(sys.executable), "--no-deps", "--target", str(SITE), *wanted)


def _aequitas() -> bool:
    if INTERPRETER.exists():
        return True
    print(f"installing aequitas into {OTHER.relative_to(CACHE.parent)}; this takes a minute")
    uv = shutil.which("uv")
    made = _run(*([uv, "venv"] if uv else [sys.executable, "-m", "venv"]), str(OTHER))
    if made and _run(*_installer(str(INTERPRETER)), "aequitas"):
        return True
    shutil.rmtree(OTHER, ignore_errors=True)  # half of it would be taken for the whole
    return False


def _installer(python: str) -> list[str]:
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--quiet", "--python", python]
    return [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]


def _run(*command: str) -> bool:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it gave no reason"]
        print(f"  could not: {said[-1]}")
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
