"""An assessment as plain text, for a task's log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from airflow_gov_provider.domain.fairness.evaluate import Assessment
from airflow_gov_provider.domain.fairness.slice_findings import slices_as_text
from airflow_gov_provider.domain.fairness.uncertainty import in_words

_COLUMNS = (
    ("selected", "selection_rate"),
    ("TPR", "true_positive_rate"),
    ("FPR", "false_positive_rate"),
    ("PPV", "positive_predictive_value"),
    ("accuracy", "accuracy"),
    ("base rate", "base_rate"),
    ("AUC", "auc"),
    ("ECE", "expected_calibration_error"),
    ("Brier", "brier"),
    ("macro recall", "macro_recall"),
    ("macro F1", "macro_f1"),
    ("mean error", "mean_error"),
    ("MAE", "mean_absolute_error"),
    ("RMSE", "root_mean_squared_error"),
)
_MOST_GROUPS = 50


def as_text(assessment: Assessment) -> str:
    """A table of groups per feature (the first 50 of each), then the findings, worst first."""
    lines = [assessment.report.summary(), ""]
    for feature in assessment.body["features"]:
        lines += [*_groups(feature), ""]
    report = assessment.report
    rest = [finding for finding in report.findings if finding not in report.troubles]
    for finding in (*report.troubles, *rest):
        observed = "-" if finding.observed is None else _number(finding.observed)
        reason = f" ({finding.reason})" if finding.reason else ""
        what = f"{finding.subject} {finding.kind}"
        lines.append(f"{finding.verdict}: {what} {observed}, expected {finding.expected}{reason}")
    lines += [*_not_shown(assessment.body), *slices_as_text(assessment.body)]
    return "\n".join(lines)


def _not_shown(body: Mapping[str, Any]) -> Iterator[str]:
    for feature in body["features"]:
        for metric in feature["metrics"]:
            if words := in_words(metric):
                yield f"{feature['feature']} {metric['metric']}: {words}"


def _groups(feature: dict[str, Any]) -> Iterator[str]:
    groups = feature["groups"]
    shown = groups[:_MOST_GROUPS]
    columns = [
        (title, name)
        for title, name in _COLUMNS
        if any(name in group["rates"] or name in group["measures"] for group in shown)
    ]
    rows = [[feature["feature"], "n", *(title for title, _ in columns), ""]]
    for group in shown:
        rates = [_value(group, name) for _, name in columns]
        cells = ["-" if rate is None else _number(rate) for rate in rates]
        rows.append([group["group"], str(group["n"]), *cells, group["reason"] or ""])
    yield from _aligned(rows)
    if len(groups) > _MOST_GROUPS:
        yield f"... and {len(groups) - _MOST_GROUPS} groups more"


def _value(group: dict[str, Any], name: str) -> float | None:
    if name in group["rates"]:
        rate: float | None = group["rates"][name]
        return rate
    measured = group["measures"].get(name)
    return measured["value"] if measured else None


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for first, *numbers, note in rows:
        cells = [first.ljust(widths[0])]
        cells += [text.rjust(width) for text, width in zip(numbers, widths[1:-1], strict=True)]
        yield "  ".join([*cells, note]).rstrip()


def _number(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)
