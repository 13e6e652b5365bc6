"""What Airflow loads while it starts, and in every task process, must stay light."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "airflow",
    "alembic",
    "duckdb",
    "fastapi",
    "mlflow",
    "numpy",
    "pandas",
    "psycopg",
    "pydantic",
    "sqlalchemy",
    "sqlglot",
    "starlette",
    "yaml",
}
DOMAIN = sorted(
    f"airflow_gov_provider.domain.{path.stem}"
    for path in (Path(__file__).parents[2] / "airflow_gov_provider" / "domain").glob("[a-z]*.py")
)


def modules_loaded_by(code: str) -> set[str]:
    run = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint('LOADED', *sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    )
    loaded = next(line for line in run.stdout.splitlines() if line.startswith("LOADED"))
    return set(loaded.split()[1:])


@pytest.mark.parametrize(
    "module",
    [
        "airflow_gov_provider",
        "airflow_gov_provider.config",
        "airflow_gov_provider.domain.events",
        "airflow_gov_provider.exceptions",
        "airflow_gov_provider.get_provider_info",
        "airflow_gov_provider.listeners.hooks",
        "airflow_gov_provider.store.spool.records",
    ],
)
def test_it_loads_nothing_heavy(module):
    assert modules_loaded_by(f"import {module}").isdisjoint(HEAVY)


@pytest.mark.parametrize("module", DOMAIN)
def test_the_domain_loads_without_airflow_a_database_or_a_web_framework(module):
    loaded = modules_loaded_by(f"import {module}")

    assert loaded.isdisjoint({"airflow", "sqlalchemy", "fastapi", "numpy", "pandas", "duckdb"})


def test_the_plugin_brings_next_to_nothing_into_a_task_process():
    """Compared with a process that has what every task process has."""
    before = "import airflow.sdk.execution_time.task_runner, airflow.providers.common.compat.sdk"
    code = (
        f"{before}\n"
        "known = set(sys.modules)\n"
        "from airflow_gov_provider.plugins.governance import GovernancePlugin\n"
        "plugin = GovernancePlugin()\n"
        "plugin.listeners, plugin.react_apps, plugin.macros\n"
        "print('NEW', *sorted(set(sys.modules) - known))"
    )
    run = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}"], check=True, capture_output=True, text=True
    )
    new = next(line for line in run.stdout.splitlines() if line.startswith("NEW")).split()[1:]

    assert {name for name in new if not name.startswith("airflow_gov_provider")} <= {
        "fcntl",
        "_sha2",
        "_sha256",
    }
    assert not any(".api" in name or ".collector" in name for name in new)


def test_a_hook_loads_nothing_but_the_masker_and_the_settings():
    """A hook that runs must not import what importing the module left out."""
    code = (
        "import airflow.sdk.execution_time.task_runner, airflow.providers.common.compat.sdk\n"
        "from airflow_gov_provider.listeners import hooks\n"
        "import tempfile, os\n"
        "os.environ['AIRFLOW__GOVERNANCE__SPOOL_DIR'] = tempfile.mkdtemp()\n"
        "from types import SimpleNamespace as Thing\n"
        "from airflow.listeners.listener import get_listener_manager\n"
        "known = set(sys.modules)\n"
        "ti = Thing(id='1', dag_id='d', run_id='r', task_id='t', map_index=-1, try_number=1)\n"
        "hooks._write_task('running', ti, 'queued')\n"
        "assert os.listdir(os.environ['AIRFLOW__GOVERNANCE__SPOOL_DIR'])[0].endswith('.spool')\n"
        "print('NEW', *sorted(set(sys.modules) - known))"
    )
    run = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}"], check=True, capture_output=True, text=True
    )
    new = next(line for line in run.stdout.splitlines() if line.startswith("NEW")).split()[1:]

    assert new == []


@pytest.mark.parametrize(
    "module", ["acting", "hooks", "lines", "observation", "rehearsal", "task_end"]
)
def test_the_listener_names_only_light_modules(module):
    spec = importlib.util.find_spec(f"airflow_gov_provider.listeners.{module}")
    body = ast.parse(Path(str(spec.origin)).read_text()).body
    named = {node.module for node in body if isinstance(node, ast.ImportFrom)} | {
        alias.name for node in body if isinstance(node, ast.Import) for alias in node.names
    }

    ours = {name for name in named if str(name).startswith("airflow_gov_provider")}
    assert ours <= {
        "airflow_gov_provider",
        "airflow_gov_provider.domain.events",
        "airflow_gov_provider.listeners.acting",
        "airflow_gov_provider.listeners.lines",
        "airflow_gov_provider.listeners.observation",
        "airflow_gov_provider.listeners.rehearsal",
        "airflow_gov_provider.listeners.task_end",
        "airflow_gov_provider.store.spool",
        "airflow_gov_provider.store.spool.records",
    }
    assert {str(name).partition(".")[0] for name in named - ours} <= sys.stdlib_module_names | {
        "pluggy"
    }
