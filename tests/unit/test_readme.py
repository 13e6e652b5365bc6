"""The README, held to the code: its tables, its snippets and its commands.

`GOLDEN_UPDATE=1 pytest tests/unit/test_readme.py` writes the generated tables anew.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest
import yaml
from airflow.sdk import DAG
from fakes.task_instances import Airflow, TaskInstance

from airflow_gov_provider.domain import contracts
from airflow_gov_provider.domain.fairness.metrics import METRICS
from airflow_gov_provider.domain.fairness.rates import RATES
from airflow_gov_provider.domain.incidents.rules import Facts, load_rules
from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.domain.sla.promises_file import read_promises_file
from airflow_gov_provider.get_provider_info import get_provider_info

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def readme(repository) -> Path:
    return repository / "README.md"


def blocks(readme, language):
    return [text for kind, text in FENCE.findall(readme.read_text()) if kind == language]


# ---------------------------------------------------------------- generated tables


def settings_table():
    options = get_provider_info()["config"]["governance"]["options"]
    rows = [
        f"| `{name}` | {option['default'] and '`' + option['default'] + '`'} | {option['description']} |"
        for name, option in options.items()
    ]
    return "\n".join(["| setting | default | meaning |", "|---|---|---|", *rows])


def commands_table():
    from airflow_gov_provider.cli.definition import get_governance_cli_commands

    def walk(command, path):
        path = f"{path} {command.name}"
        below = getattr(command, "subcommands", None)
        if below is None:
            yield f"| `{path}` | {command.help} |"
        for child in below or ():
            yield from walk(child, path)

    rows = [row for command in get_governance_cli_commands() for row in walk(command, "airflow")]
    return "\n".join(["| command | what it does |", "|---|---|", *rows])


def routes_table():
    from airflow_gov_provider.api.app import create_app

    rows = [
        f"| `{method.upper()} /governance{path}` | {operation['description'].splitlines()[0]} |"
        for path, operations in create_app().openapi()["paths"].items()
        for method, operation in operations.items()
    ]
    return "\n".join(["| route | answer |", "|---|---|", *rows])


@pytest.mark.parametrize("table", [settings_table, commands_table, routes_table])
def test_a_generated_table_is_the_one_that_the_code_gives(readme, table):
    name = table.__name__.removesuffix("_table")
    mark = f"<!-- {name}: written by tests/unit/test_readme.py -->\n"
    text = readme.read_text()
    before, _, rest = text.partition(mark)
    found, _, after = rest.partition("<!-- end -->")
    expected = table() + "\n"
    if os.environ.get("GOLDEN_UPDATE"):
        readme.write_text(f"{before}{mark}{expected}<!-- end -->{after}")
        return

    assert found == expected


def test_every_fairness_metric_is_listed(repository):
    text = (repository / "docs" / "fairness_metrics.md").read_text()

    assert {f"{name}_difference" for name in RATES} <= set(METRICS)
    assert [name for name in METRICS if f"`{name}`" not in text] == []


# ---------------------------------------------------------------- code blocks


def test_every_make_target_that_is_named_exists(readme, repository):
    named = set(re.findall(r"\bmake ([a-z-]+)\b", readme.read_text()))
    targets = set(re.findall(r"^([a-z-]+):", (repository / "Makefile").read_text(), re.MULTILINE))

    assert named
    assert named <= targets


def test_the_extras_that_are_named_exist(readme, repository):
    import tomllib

    extras = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    named = set(re.findall(r"airflow-gov-provider\[(\w+)\]", readme.read_text()))

    assert named
    assert named <= set(extras["optional-dependencies"])


def test_every_command_line_that_is_shown_is_understood(readme):
    from airflow.cli.cli_parser import get_parser

    lines = [line for text in blocks(readme, "shell") for line in text.splitlines()]
    ours = [line for line in lines if line.startswith("airflow governance ")]

    assert ours
    for line in ours:
        parsed = get_parser().parse_args(shlex.split(line)[1:])
        assert callable(parsed.func), line


@pytest.fixture(scope="module")
def workshop(tmp_path_factory, repository, readme):
    """A directory with what the snippets name: the contract, the data, predictions, a model."""
    import pandas as pd
    from mlflow import MlflowClient

    place = tmp_path_factory.mktemp("readme")
    people = pd.read_parquet(repository / "dags_examples/data/adult.parquet")
    people.to_parquet(place / "adult.parquet")
    told = ["sex", "race", "workclass", "education", "income", "predicted"]
    nearly_all = [">50K" if row % 50 else "<=50K" for row in range(len(people))]
    people.assign(predicted=nearly_all)[told].to_parquet(place / "predictions.parquet")
    (place / "income.yaml").write_text(yaml_with(readme, "contract"))
    client = MlflowClient(f"sqlite:///{place / 'mlflow.db'}")
    experiment = client.create_experiment("readme", artifact_location=(place / "runs").as_uri())
    run = client.create_run(experiment)
    client.log_metric(run.info.run_id, "accuracy", 0.5)
    client.create_registered_model("income_model")
    client.create_model_version("income_model", run.info.artifact_uri, run.info.run_id)
    return place


def yaml_with(readme, key):
    """The one YAML block with such a key."""
    (text,) = [text for text in blocks(readme, "yaml") if key in yaml.safe_load(text)]
    return text


def test_the_contract_is_a_contract(readme):
    text = yaml_with(readme, "contract")

    assert contracts.load(yaml.safe_load(text)).id == "adult-income"


def test_the_commitments_can_be_read_as_they_stand(readme):
    found = read_promises_file(yaml_with(readme, "commitments"), name="commitments.yaml")

    assert [one.name for entry in found.entries for one in entry.promises] == ["finished in time"]


def test_the_rules_about_incidents_can_be_read_as_they_stand(readme):
    rules = load_rules(yaml_with(readme, "rules"))

    facts = Facts(kind="sla_miss", severity=Severity.HIGH, dag_id="finance_daily")
    assert rules.ruling(facts).owner == "finance-data"
    assert rules.channels_for(facts, "opened") == ("ops",)


def test_the_snippets_run_in_the_order_in_which_they_stand(
    readme, workshop, sqlite_store, monkeypatch
):
    from airflow_gov_provider.domain.evidence import EvidenceKind, standing
    from airflow_gov_provider.hooks.governance import recorded_in_run
    from airflow_gov_provider.sensors.approval import HumanApprovalSensor

    monkeypatch.chdir(workshop)
    uri = f"sqlite:///{workshop / 'mlflow.db'}"
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__MLFLOW_TRACKING_URI", uri)
    with DAG("readme", schedule=None) as dag:
        for snippet in blocks(readme, "python"):
            exec(compile(snippet, "README.md", "exec"), {})  # noqa: S102

    airflow = Airflow()
    for task in dag.tasks:
        if not isinstance(task, HumanApprovalSensor):
            task.required = tuple(k for k in getattr(task, "required", ()) if k != "approval")
            ti = TaskInstance(dag_id="readme", run_id="run", task_id=task.task_id, airflow=airflow)
            task.execute({"ti": ti})

    recorded = {item.kind: item.verdict for item in standing(recorded_in_run("readme", "run"))}
    assert set(recorded) == set(EvidenceKind) - {EvidenceKind.APPROVAL}
    assert all(verdict.lets_pass for verdict in recorded.values())
