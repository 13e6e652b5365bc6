"""What a search of slices comes to: one finding, and a table in the evidence.

::

    "search": {
      "terms": {...},                                see ``SliceSearch``
      "slices": 420, "tests": 1180, "least_rows": 226,
      "correction": {"method", "tests", "q"},
      "complete": true,
      "bins": {feature: [upper end, ...]},
      "detectable": {rate: gap or null},             what a slice of "least_rows" could have shown
      "worst": [
        {
          "slice": "region=south & age=> 61",        the name to show
          "values": {"region": "south", "age": "> 61"},
          "rate": "accuracy", "value": 0.51, "n": 600,
          "rest": 0.95, "rest_n": 3400,
          "worse": 0.44, "interval": [0.4, 0.48],    by how much it is worse than the rest
          "p_value": ..., "p_adjusted": ...
        }
      ]
    }
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from airflow_gov_provider.domain.fairness.counts import group_name
from airflow_gov_provider.domain.fairness.evaluate import Assessment
from airflow_gov_provider.domain.fairness.significance import Correction
from airflow_gov_provider.domain.fairness.slice_terms import SliceSearch
from airflow_gov_provider.domain.fairness.slice_values import least_shown, measured
from airflow_gov_provider.domain.fairness.slices import Found, Slice, SliceCounts, search_slices
from airflow_gov_provider.domain.verdicts import Finding, Report, Severity, Verdict


def with_slices(assessment: Assessment, counts: SliceCounts, terms: SliceSearch) -> Assessment:
    """The assessment, and what the search has found."""
    found = search_slices(counts, terms)
    report = assessment.report
    findings = (*report.findings, _finding(found, terms))
    return Assessment(
        report=Report(subject=report.subject, findings=findings),
        body={**assessment.body, "search": _body(found, counts, terms)},
    )


def _finding(found: Found, terms: SliceSearch) -> Finding:
    worst = found.worst[0] if found.worst else None
    verdict, reason = _decided(found, worst, terms)
    return Finding(
        check="worst_slice",
        kind="worst_slice",
        subject=_name(worst) if worst else ", ".join(terms.features),
        verdict=verdict,
        severity=Severity(terms.severity),
        observed=worst.worse if worst else None,
        expected=f"no slice worse than the rest by more than {terms.limit:g}{terms.of_class}",
        reason=reason,
        total=int(found.whole[0].sum()),
        details={
            "slices": found.slices,
            "correction": Correction(tests=found.tests, q=terms.q).as_json(),
            "worst": [_slice(one, found) for one in found.worst[:3]],
        },
    )


def _decided(found: Found, worst: Slice | None, terms: SliceSearch) -> tuple[Verdict, str | None]:
    beyond = [one for one in found.worst if one.worse > terms.limit]
    if beyond:
        return Verdict.FAILED, _in_words(max(beyond, key=lambda one: one.interval[0]), found)
    if not found.tests:
        return Verdict.INSUFFICIENT, f"no slice has {found.least} rows"
    if not found.complete:
        return Verdict.INSUFFICIENT, f"the search ended after {found.slices} slices"
    return Verdict.PASSED, _in_words(worst, found) if worst else None


def _in_words(one: Slice, found: Found) -> str:
    own, rest = measured(one.rate, one.sums), measured(one.rate, found.whole - one.sums)
    return (
        f"{one.rate} {own.value:.4f} of {_name(one)} (n={own.rows}) against {rest.value:.4f} of "
        f"all others (n={rest.rows}), p = {one.p_adjusted:.2g} after the correction for "
        f"{found.tests} comparisons"
    )


def _body(found: Found, counts: SliceCounts, terms: SliceSearch) -> dict[str, Any]:
    return {
        "terms": terms.as_json(),
        "slices": found.slices,
        "tests": found.tests,
        "least_rows": found.least,
        "correction": Correction(tests=found.tests, q=terms.q).as_json(),
        "complete": found.complete,
        "bins": {feature: list(ends) for feature, ends in counts.bins.items()},
        "detectable": {rate: _detectable(rate, found, terms) for rate in terms.rates},
        "worst": [_slice(one, found) for one in found.worst],
    }


def _slice(one: Slice, found: Found) -> dict[str, Any]:
    own, rest = measured(one.rate, one.sums), measured(one.rate, found.whole - one.sums)
    return {
        "slice": _name(one),
        "values": one.values,
        "rate": one.rate,
        "value": own.value,
        "n": own.rows,
        "rest": rest.value,
        "rest_n": rest.rows,
        "worse": one.worse,
        "interval": list(one.interval),
        "p_value": one.p_value,
        "p_adjusted": one.p_adjusted,
    }


def _detectable(rate: str, found: Found, terms: SliceSearch) -> float | None:
    """The smallest gap that a slice with just enough rows could have shown."""
    if not found.tests:
        return None
    alpha = min(0.5, 2 * terms.q / found.tests)  # one-sided tests
    return least_shown(rate, found.whole, found.least, alpha)


def _name(one: Slice) -> str:
    if len(one.features) == 1:
        return f"{one.features[0]}={group_name(one.features, one.key)}"
    return group_name(one.features, one.key)


def slices_as_text(body: Mapping[str, Any]) -> Iterator[str]:
    """The search of an assessment's body, for a task's log."""
    search = body.get("search")
    if not search:
        return
    how = "" if search["complete"] else ", ended at its bound"
    yield (
        f"{search['slices']} slices of at least {search['least_rows']} rows, "
        f"{search['tests']} comparisons corrected by {search['correction']['method']}{how}"
    )
    for one in search["worst"]:
        yield (
            f"{one['slice']}: {one['rate']} {one['value']:.4f} (n={one['n']}) against "
            f"{one['rest']:.4f}, worse by {one['worse']:.4f}, p = {one['p_adjusted']:.2g}"
        )
    shown = {rate: gap for rate, gap in search["detectable"].items() if gap is not None}
    for rate, gap in shown.items():
        yield f"the smallest slices could not have shown {rate} worse by less than {gap:.3f}"
