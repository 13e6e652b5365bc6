"""Other names of metrics, and what to say about a name that is none."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from airflow_gov_provider.domain.fairness.metrics import METRICS, Gap

_FAMILIES: Mapping[str, str] = {
    "statistical_parity": "demographic_parity",
    "overall_accuracy_equality": "accuracy",
    "accuracy_equality": "accuracy",
    "accuracy_parity": "accuracy",
    "predictive_equality": "false_positive_rate",
    "false_positive_error_rate_balance": "false_positive_rate",
    "false_negative_error_rate_balance": "false_negative_rate",
    "conditional_use_accuracy_equality": "conditional_use_accuracy",
    "false_discovery_rate_parity": "false_discovery_rate",
    "false_omission_rate_parity": "false_omission_rate",
    "fdr_parity": "false_discovery_rate",
    "for_parity": "false_omission_rate",
    "tpr": "true_positive_rate",
    "recall": "true_positive_rate",
    "sensitivity": "true_positive_rate",
    "fpr": "false_positive_rate",
    "fallout": "false_positive_rate",
    "tnr": "true_negative_rate",
    "specificity": "true_negative_rate",
    "fnr": "false_negative_rate",
    "miss_rate": "false_negative_rate",
    "ppv": "positive_predictive_value",
    "precision": "positive_predictive_value",
    "npv": "negative_predictive_value",
    "fdr": "false_discovery_rate",
    "for": "false_omission_rate",
    "positive_rate": "selection_rate",
    "acceptance_rate": "selection_rate",
    "prevalence": "base_rate",
    "f1_score": "f1",
    "mcc": "matthews_correlation",
    "roc_auc": "auc",
    "brier_score": "brier",
    "ece": "expected_calibration_error",
    "mce": "maximum_calibration_error",
    "mae": "mean_absolute_error",
    "mse": "mean_squared_error",
    "rmse": "root_mean_squared_error",
    "mean_residual": "mean_error",
    "median_error": "residual_quantile_50",
}

_SINGLE: Mapping[str, str] = {
    "disparate_impact": "demographic_parity_ratio",
    "disparate_impact_ratio": "demographic_parity_ratio",
    "impact_ratio": "four_fifths",
    "four_fifths_rule": "four_fifths",
    "average_abs_odds_difference": "equalized_odds_mean_difference",
    "smoothed_empirical_differential_fairness": "differential_fairness",
    "gei": "generalized_entropy_index",
    "theil": "theil_index",
    "GE": "generalized_entropy_index",
    "DCAcc": "clarify_dca",
    "class_imbalance": "clarify_ci",
    "difference_in_proportions_of_labels": "clarify_dpl",
    "conditional_demographic_disparity_in_labels": "clarify_cddl",
    "conditional_demographic_disparity_in_predicted_labels": "clarify_cddpl",
    "difference_in_positive_proportions_in_predicted_labels": "clarify_dppl",
    "difference_in_conditional_acceptance": "clarify_dca",
    "difference_in_conditional_rejection": "clarify_dcr",
    "difference_in_acceptance_rates": "clarify_dar",
    "difference_in_rejection_rates": "clarify_drr",
    **{
        name.removeprefix("clarify_").upper(): name
        for name in METRICS
        if name.startswith("clarify_")
    },
}

ALIASES: Mapping[str, str] = {
    **{
        f"{alias}_{gap}": f"{family}_{gap}"
        for alias, family in _FAMILIES.items()
        for gap in Gap
        if f"{family}_{gap}" in METRICS
    },
    **_SINGLE,
}

# Known metrics that no counts can give, and why.
_IMPOSSIBLE: Mapping[str, str] = {
    "clarify_ft": (
        "the flip test asks the model again for neighbours with the other facet; counts of its "
        "decisions cannot answer that"
    ),
    "consistency": (
        "consistency compares each row with its nearest neighbours, whose features are not read"
    ),
    "log_loss": (
        "one confident mistake makes the log loss infinite, so no limit on it holds; "
        "use brier_difference or expected_calibration_error_max"
    ),
}
_IMPOSSIBLE_NAMES: Mapping[str, str] = {
    "FT": "clarify_ft",
    "flip_test": "clarify_ft",
    "counterfactual_flip_test": "clarify_ft",
    "consistency_score": "consistency",
    "log_loss_difference": "log_loss",
}


def canonical(name: str) -> str:
    """The name in ``METRICS`` of a metric that has several; any other name as it is."""
    return ALIASES.get(name, name)


def unknown_metric(name: object) -> str:
    """What to say about a name that is not a metric."""
    impossible = _IMPOSSIBLE.get(_IMPOSSIBLE_NAMES.get(str(name), str(name)))
    if impossible:
        return f"{name} cannot be computed: {impossible}"
    close: dict[str, str] = {}
    known = [*METRICS, *ALIASES]
    for match in get_close_matches(str(name), known, n=6, cutoff=0.7) or get_close_matches(
        str(name), known, n=3, cutoff=0.5
    ):
        close.setdefault(canonical(match), match)
    nearest = [*close.values()][:3]
    hint = (
        f"did you mean {' or '.join(nearest)}?"
        if nearest
        else f"known metrics: {', '.join(METRICS)}"
    )
    return f"unknown metric {name!r}; {hint}"
