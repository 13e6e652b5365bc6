"""An assessment as plain text, for a task's log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from airflow_gov_provider.domain.fairness.evaluate import Assessment

_COLUMNS = (
    ("selected", "selection_rate"),
    ("TPR", "true_positive_rate"),
    ("FPR", "false_positive_rate"),
    ("PPV", "positive_predictive_value"),
    ("accuracy", "accuracy"),
    ("base rate", "base_rate"),
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
    return "\n".join(lines)


def _groups(feature: dict[str, Any]) -> Iterator[str]:
    groups = feature["groups"]
    rows = [[feature["feature"], "n", *(title for title, _ in _COLUMNS), ""]]
    for group in groups[:_MOST_GROUPS]:
        rates = [group["rates"][name] for _, name in _COLUMNS]
        cells = ["-" if rate is None else _number(rate) for rate in rates]
        rows.append([group["group"], str(group["n"]), *cells, group["reason"] or ""])
    yield from _aligned(rows)
    if len(groups) > _MOST_GROUPS:
        yield f"... and {len(groups) - _MOST_GROUPS} groups more"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for first, *numbers, note in rows:
        cells = [first.ljust(widths[0])]
        cells += [text.rjust(width) for text, width in zip(numbers, widths[1:-1], strict=True)]
        yield "  ".join([*cells, note]).rstrip()


def _number(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)
