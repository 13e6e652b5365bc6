"""How much of the data an assessment says nothing about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from airflow_gov_provider.domain.fairness.counts import ContingencyTable, Counts
from airflow_gov_provider.domain.fairness.intervals import wilson
from airflow_gov_provider.domain.fairness.scopes import Scope
from airflow_gov_provider.domain.fairness.thresholds import DEFAULT_LEVEL, SmallGroups
from airflow_gov_provider.domain.verdicts import Finding, Verdict

# Groups that are left out may not hold more of the judged rows than those that are compared.
_MOST_LEFT_OUT = 0.5


def judged_rows(scopes: Sequence[Scope], table: ContingencyTable, limit: float) -> Finding:
    """Rows without label or prediction count nowhere, so there must not be many of them: neither
    overall nor in one group, whose share may be large where the whole's is not.

    Groups of intersections are many and small, so that a few missing values put some of them beyond
    the limit by chance: of these only those count whose share is beyond it surely.
    """
    overall = table.overall
    total = overall.rows + overall.unjudged
    whole = {"all rows": overall.unjudged / total} if total else {}
    beyond = {name: share for name, share in whole.items() if share > limit}
    for scope in scopes:
        beyond |= dict(_groups_beyond(scope, limit))
    verdict, reason = Verdict.PASSED, None
    if not overall.rows:
        verdict, reason = Verdict.INSUFFICIENT, "no row has a label and a prediction"
    elif beyond:
        worst = max(beyond, key=beyond.__getitem__)
        verdict = Verdict.INSUFFICIENT
        reason = f"label or prediction is missing in {beyond[worst]:.1%} of {worst}"
    elif overall.unjudged:
        verdict, reason = Verdict.WARNED, "rows without label or prediction are not judged"
    return Finding(
        check="judged_rows",
        kind="judged_rows",
        subject="label and prediction",
        verdict=verdict,
        expected=f"missing in at most {limit:.1%} of the rows",
        observed=overall.unjudged / total if total else None,
        reason=reason,
        failing=overall.unjudged,
        total=total,
        details={"beyond": beyond},
    )


def _groups_beyond(scope: Scope, limit: float) -> Iterator[tuple[str, float]]:
    """Groups that are compared, or would be if more of their rows were judged."""
    for key, counts in scope.counts.items():
        if key not in scope.comparable and key not in scope.hidden:
            continue
        rows = counts.rows + counts.unjudged
        share = counts.unjudged / rows if rows else 0.0
        if len(scope.features) == 1 and share > limit:
            yield f"{scope.name}={scope.label(key)}", share
        elif len(scope.features) > 1 and wilson(share, rows or 1, DEFAULT_LEVEL)[0] > limit:
            yield scope.label(key), share


def most_left_out(scopes: Sequence[Scope]) -> Iterator[Finding]:
    """Where the author lets small groups be ignored, those may not be most of the people."""
    for scope in scopes:
        if scope.small is not SmallGroups.IGNORE or not scope.features:
            continue
        of_interest = [c for key, c in scope.counts.items() if key not in scope.excluded]
        small, rows = _rows([scope.counts[key] for key in scope.too_small]), _rows(of_interest)
        if small <= _MOST_LEFT_OUT * rows:
            continue
        yield Finding(
            check=f"{scope.name}:judged_groups",
            kind="judged_groups",
            subject=scope.name,
            verdict=Verdict.INSUFFICIENT,
            expected=f"groups too small to compare hold at most {_MOST_LEFT_OUT:.0%} of the rows",
            observed=small / rows,
            reason=f"{len(scope.too_small)} of {len(of_interest)} groups are left out as too "
            f"small, and have {small} of {rows} judged rows",
            failing=small,
            total=rows,
        )


def _rows(counts: Sequence[Counts]) -> int:
    return sum(one.rows for one in counts)
