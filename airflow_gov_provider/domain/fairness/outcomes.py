"""Whether labels and decisions are such that groups could look unequal at all.

A list of positive values that names every value there is makes all rows alike, and alike rows have
equal rates in all groups. That is no answer, and must not look like a good one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from airflow_gov_provider.domain.fairness.counts import ContingencyTable
from airflow_gov_provider.domain.fairness.facets import FACETS
from airflow_gov_provider.domain.fairness.metrics import Kind, Metric, Needs
from airflow_gov_provider.domain.fairness.population import Population
from airflow_gov_provider.domain.fairness.thresholds import Threshold
from airflow_gov_provider.domain.verdicts import Finding, Verdict

# What is the same whatever the labels are, and whatever the decisions are.
_OF_DECISIONS = frozenset({"selection_rate", "smoothed_selection_rate", "size", "mean_score"})
_OF_LABELS = frozenset({"base_rate", "smoothed_base_rate", "size"})
_TWO = 2  # positive and negative


def outcome_findings(population: Population, thresholds: Sequence[Threshold]) -> Iterator[Finding]:
    """What is wrong with labels and decisions as a whole; nothing where they are in order."""
    if population.residuals is not None:
        return
    if population.classes is not None:
        yield from _one_class(population)
        return
    table, metrics = population.counts, [threshold.definition for threshold in thresholds]
    yield from _labels(table, metrics)
    if table.one_sided:
        yield from _scores(table, metrics)
    else:
        yield from _predictions(table, metrics)


def _one_class(population: Population) -> Iterator[Finding]:
    found = population.classes.cells.values() if population.classes else ()
    if len({name for confusion in found for name in confusion.names}) == 1:
        yield _open(
            "class",
            expected="at least two classes",
            observed=1,
            reason="labels and predictions are all of one class, so nothing can look unequal",
        )


def _labels(table: ContingencyTable, metrics: Sequence[Metric]) -> Iterator[Finding]:
    values, judged = table.label_values, table.overall.rows
    positive = table.overall.tp.rows + table.overall.fn.rows
    if values is None or not judged:
        return
    is_asked = any(_reads(metric, but=_OF_DECISIONS) for metric in metrics)
    if positive == judged and values >= _TWO:
        reason = (
            f"every judged row has a label that positive_label names ({values} distinct values in "
            "all), so labels cannot look unequal; name only the values of the positive outcome"
        )
    elif positive == judged and is_asked:
        reason = "the label has one value, and that is positive, so labels cannot look unequal"
    elif not positive and is_asked:
        reason = "no judged row has a positive label, so labels cannot look unequal"
    else:
        yield from _more_than_two("label", values)
        return
    yield _open(
        "label",
        expected="rows with a positive and rows with a negative label",
        observed=f"{positive} of {judged} rows are positive",
        reason=reason,
    )


def _predictions(table: ContingencyTable, metrics: Sequence[Metric]) -> Iterator[Finding]:
    values, judged = table.prediction_values, table.overall.rows
    positive = table.overall.tp.rows + table.overall.fp.rows
    if values is None or not judged:
        return
    if 0 < positive < judged or not _ask_for_decisions(metrics):
        yield from _more_than_two("prediction", values)
        return
    reason = f"{'every' if positive else 'no'} decision is positive"
    if positive and values >= _TWO:
        reason = f"every one of {values} distinct predictions counts as positive"
    yield _open(
        "prediction",
        expected="positive and negative decisions",
        observed=f"{positive} of {judged} rows are positive",
        reason=f"{reason}, so decisions cannot look unequal",
    )


def _scores(table: ContingencyTable, metrics: Sequence[Metric]) -> Iterator[Finding]:
    """A threshold on another scale than the scores decides alike about everybody."""
    if not _ask_for_decisions(metrics):
        return
    negative = table.overall.tn.rows + table.overall.fn.rows
    decision = "no score reaches" if negative else "every score reaches"
    yield _open(
        "score",
        expected="scores on both sides of the threshold",
        observed=1,
        reason=f"{decision} the threshold, so decisions cannot look unequal",
    )


def _more_than_two(subject: str, values: int) -> Iterator[Finding]:
    """One class against all others is a fair question, and a wrong column looks just like it."""
    if values > _TWO:
        yield Finding(
            check=f"two_outcomes:{subject}",
            kind="two_outcomes",
            subject=subject,
            verdict=Verdict.WARNED,
            expected="two distinct values",
            observed=values,
            reason="every value that is not positive counts as negative",
        )


def _open(subject: str, *, expected: str, observed: str | int, reason: str) -> Finding:
    return Finding(
        check=f"two_outcomes:{subject}",
        kind="two_outcomes",
        subject=subject,
        verdict=Verdict.INSUFFICIENT,
        expected=expected,
        observed=observed,
        reason=reason,
    )


def _ask_for_decisions(metrics: Sequence[Metric]) -> bool:
    return any(m.needs is Needs.COUNTS and _reads(m, but=_OF_LABELS) for m in metrics)


def _reads(metric: Metric, *, but: frozenset[str]) -> bool:
    """Whether a metric rests on more than these measures."""
    measures = metric.rates
    if metric.kind is Kind.FACET:
        measures = (FACETS[metric.name].shows,)
    elif metric.kind is Kind.DISPARITY:
        measures = ("base_rate" if metric.name == "clarify_cddl" else "selection_rate",)
    return not measures or not but.issuperset(measures)
