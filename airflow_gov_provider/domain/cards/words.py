"""How names and numbers are written for people, the same in Markdown and HTML."""

from __future__ import annotations

from airflow_gov_provider.domain.cards.model import Feature, Gap, Gate, Group, Number, Rate

NOT_STATED = "missing"

# The rates that tables show; the card's JSON has all that were recorded.
TABLED = (
    "base_rate",
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "positive_predictive_value",
    "accuracy",
)

LABELS = {
    "model_name": "Model",
    "model_version": "Version",
    "model_registered_at": "Registered",
    "model_run_id": "Training run",
    "model_source": "Registered from",
    "intended_use": "Intended use",
    "license": "Licence",
    "code": "Program",
    "started_at": "Trained",
}

# What a person would do to fill the gap.
REMEDIES = {
    "quality": "put a DataQualityGate before this task in the same Dag",
    "fairness": "put a BiasCheck that names this model version before this task in the same Dag",
    "datasets": "call mlflow.log_input in the training run",
    "metrics": "call mlflow.log_metrics in the training run",
    "parameters": "call mlflow.log_params in the training run",
    "inputs": "log the model with a signature",
    "outputs": "log the model with a signature",
    "library": "log the model with an MLflow flavour",
    "versions": "log the model with an MLflow flavour",
}


def label(name: str) -> str:
    """``out_of_scope`` becomes ``Out of scope``."""
    return LABELS.get(name) or name.replace("_", " ").capitalize()


def remedy(name: str) -> str:
    if name.startswith("model_"):
        return "register the version from a run"
    return REMEDIES.get(name, f"write {name} in the human part of the card")


def shown(name: str, value: str) -> str:
    return when(value) if name.endswith("_at") else value


def when(time: str) -> str:
    """``2026-11-21T12:00:00+00:00`` becomes ``2026-11-21 12:00:00 UTC``."""
    return time.replace("T", " ", 1).removesuffix("+00:00") + " UTC" * time.endswith("+00:00")


def number(value: Number | None) -> str:
    """Four significant digits for fractions, thousands separators for counts."""
    if value is None:
        return "no value"
    if isinstance(value, bool):
        return str(value).lower()
    if float(value).is_integer() and abs(value) < 1e15:  # noqa: PLR2004 - a float is exact there
        return f"{int(value):,}"
    return f"{value:.4g}"


def rate(value: Rate | Gap) -> str:
    """The estimate with its interval: ``0.305 [0.294, 0.316]``."""
    if value.value is None:
        return "no value"
    if value.low is None or value.high is None:
        return f"{value.value:.3f}"
    return f"{value.value:.3f} [{value.low:.3f}, {value.high:.3f}]"


def summary(gate: Gate) -> str:
    """The gate's line without the verdict that stands beside it."""
    return gate.summary.removeprefix(f"{gate.verdict.value}: ")


def tabled(feature: Feature) -> tuple[str, ...]:
    """The rates of TABLED that the feature's groups have."""
    known = {r.name for group in feature.groups for r in group.rates}
    return tuple(name for name in TABLED if name in known)


def rates_in_order(group: Group, names: tuple[str, ...]) -> tuple[str, ...]:
    known = {r.name: r for r in group.rates}
    return tuple(rate(known[name]) if name in known else "no value" for name in names)


def note(group: Group) -> str:
    """Why a group was not judged; empty for one that was."""
    return "" if group.sufficient else f"not judged: {group.reason or 'too small'}"
