"""The wheel, alone in an empty environment: what a user gets from `pip install`."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from functools import partial

import pytest

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def wheel(repository, tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", out, repository],
        check=True,
        capture_output=True,
    )
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def environment(repository, wheel, tmp_path_factory):
    """Runs programs of an environment that holds the wheel and its core dependencies, nothing else."""
    home = tmp_path_factory.mktemp("empty")
    venv.create(home / "venv", with_pip=True)
    python = home / "venv" / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "--constraint", repository / "constraints.txt", wheel], check=True)
    settings = {
        **{k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW")},
        "AIRFLOW_HOME": str(home / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "COLUMNS": "200",
    }

    def run(program, *arguments):
        return subprocess.run(
            [home / "venv" / "bin" / program, *arguments],
            check=True,
            capture_output=True,
            text=True,
            env=settings,
            cwd=home,
        ).stdout

    run("airflow", "db", "migrate")
    return run


@pytest.fixture(scope="module")
def airflow(environment):
    return partial(environment, "airflow")


def test_it_holds_the_package_and_nothing_beside_it(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    package = [name for name in names if not name.split("/")[0].endswith(".dist-info")]

    assert {name.split("/")[0] for name in package} == {"airflow_gov_provider"}
    assert "airflow_gov_provider/py.typed" in package
    assert "airflow_gov_provider/store/migrations/env.py" in package
    assert not [name for name in package if name.endswith(".pyc")]


def test_of_the_pages_it_holds_what_is_served_and_nothing_else(wheel):
    www = "airflow_gov_provider/plugins/www/"
    names = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith(www)}

    assert names == {www + name for name in ("dist/main.js", "icon.svg", "icon_dark.svg")}


def test_airflow_knows_the_provider(airflow):
    assert "airflow-gov-provider" in airflow("providers", "get", "airflow-gov-provider")


def test_airflow_loads_the_plugin(airflow):
    assert "governance" in airflow("plugins")


def test_the_commands_are_there(airflow):
    text = airflow("governance", "--help")

    for command in ("db", "events", "evidence", "card"):
        assert command in text


def test_the_default_database_needs_no_preparation(airflow):
    assert "No evidence" in airflow("governance", "evidence", "list")


IMPORT_ALL = """
import importlib, pkgutil, airflow_gov_provider as package
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if ".migrations." not in module.name:
        importlib.import_module(module.name)
        print(module.name)
"""


def test_every_module_imports_with_the_core_dependencies_alone(environment):
    assert "airflow_gov_provider.operators.quality" in environment("python", "-c", IMPORT_ALL)
