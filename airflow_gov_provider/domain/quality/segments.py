"""The same check in each group of rows.

Every group of enough rows is judged as a table of its own would be. Groups of fewer rows are too
small for that: where the check counts rows, they are judged together as one group, and where it is
about a number of a column, they are counted and told. Only chance excuses a small group: where no
row, or a number of rows, may fail, the small groups are judged together however few they are, and a
check of how many rows there are is asked of every group. A verdict never rests on nothing: without
a single group to judge it is INSUFFICIENT.

A check against its own history compares each group with what the group of that name was in earlier
runs, so a group that is seen for the first time has no answer yet. A group that had rows and has
none now counts 0 rows; of other numbers it has none, and nothing is said of it.

The names of groups are values of the data, and the worst of them stand in the evidence (all of them
where there is a history to keep), so a table is to be segmented by columns whose values may be
named.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from airflow_gov_provider.domain.quality.anomalies import Earlier
from airflow_gov_provider.domain.quality.expectations import (
    CheckKind,
    Expectation,
    Group,
    Measurement,
    Profile,
)
from airflow_gov_provider.domain.quality.judging import Case
from airflow_gov_provider.domain.quality.occasions import Dated, Occasion, Remembering, at_occasion
from airflow_gov_provider.domain.quality.parameters import Parameters, Step
from airflow_gov_provider.domain.quality.phrases import counted_rows, expected_words, rows_words
from airflow_gov_provider.domain.verdicts import Finding, Json, Verdict

FEWEST_ROWS = 30
MOST_GROUPS = 1000
_LISTED = 10
_TOLD = 3
MEASURED = "measured"  # in the details of a finding, for later runs: from a group to its number
_ROUNDS = {Verdict.FAILED: 0, Verdict.INSUFFICIENT: 1, Verdict.PASSED: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Segmented(Dated):
    """A check of each group.

    :param check: the one that is asked of every group.
    :param by: the columns whose values make the groups.
    :param at_least_rows: a group of fewer is not judged on its own.
    :param at_most_groups: more than these are no groups, but a mistake in the choice of ``by``.
    """

    kind: ClassVar[str] = "segmented"

    check: Expectation
    by: tuple[str, ...]
    at_least_rows: int = FEWEST_ROWS
    at_most_groups: int = MOST_GROUPS

    def at(self, occasion: Occasion, check: Expectation) -> Parameters:
        mine = at_occasion(replace(self.check, check_id=check.check_id), occasion)
        return replace(self, check=replace(mine, check_id=self.check.check_id))

    @property
    def remembers(self) -> bool:
        return isinstance(self.check.parameters, Remembering)

    def words(self, check: Expectation) -> str:
        del check
        least = self._least_rows
        small = f" of at least {least} rows" if least > 1 else ""
        return f"{expected_words(self.check)}, in each group by {', '.join(self.by)}{small}"

    def identity(self) -> Hashable:
        check = self.check
        own = check.parameters.identity() if check.parameters else ()
        return (check.kind, check.columns, check.statistic, check.quantile, own, self.by)

    def changes(self, newer: Parameters) -> Iterator[Step]:
        from airflow_gov_provider.domain.contracts.comparing import differences

        if not isinstance(newer, Segmented):
            return
        # The other table stands in the check of the groups as well, and is compared there.
        old, new = (replace(each.check, reference=None) for each in (self, newer))
        yield from differences(old, new)
        bare = replace(self, check=newer.check)
        yield from super(Segmented, bare).changes(newer)

    def suspicions(self, check: Expectation) -> Iterator[str]:
        del check
        if self.check.parameters is not None:
            yield from self.check.parameters.suspicions(self.check)
        if same := [name for name in self.by if name in self.check.columns]:
            yield (
                f"it is about {same[0]!r}, by which it is segmented, and a group has only one "
                "value there; segment by other columns"
            )

    def judge(self, case: Case) -> Finding | None:
        groups = case.measurement.groups if case.measurement else ()
        past = self._past()
        if groups:
            groups = (*groups, *self._gone(groups, past))
        case = replace(case, finding=self._for_later_runs(case, groups))
        least = self._least_rows
        large = [group for group in groups if group.rows >= least]
        small = [group for group in groups if group.rows < least]
        together = self._together(small)
        judged = [*large, *together]
        if not judged:
            return self._named(self._too_small(case, small))
        findings = [
            (group, self._judged(group, case, past.get(group.name, ()))) for group in judged
        ]
        findings.sort(key=lambda pair: _badness(*pair))
        return self._named(self._summed(case, findings, small, left_out=not together))

    @property
    def _least_rows(self) -> int:
        """Below this a group is too small; none is for the question how large it is."""
        return 0 if self._asks_how_large else self.at_least_rows

    @property
    def _asks_how_large(self) -> bool:
        remembered = self.remembers and not self.check.columns
        return remembered or self.check.kind == CheckKind.ROW_COUNT

    @property
    def _is_share(self) -> bool:
        """Whether rows may fail up to a share of the group, which few rows miss by chance."""
        tolerance = self.check.tolerance
        return tolerance is not None and bool(tolerance.share)

    def _past(self) -> Mapping[str, tuple[Earlier, ...]]:
        """By the name of a group, what it was in earlier runs."""
        asked = self.check.parameters
        return _by_group(asked.earlier) if isinstance(asked, Remembering) else {}

    def _gone(
        self, groups: Sequence[Group], past: Mapping[str, Sequence[Earlier]]
    ) -> Iterator[Group]:
        """Groups that had rows in earlier runs and have none in this one."""
        if not self._asks_how_large:
            return
        here = {group.name for group in groups}
        for name in sorted(past.keys() - here):
            if any(run.value for run in past[name]):
                yield Group(name=name, rows=0, measurement=Measurement(total=0, value=0))

    def _for_later_runs(self, case: Case, groups: Sequence[Group]) -> Finding:
        from airflow_gov_provider.domain.contracts.forms.history import AgainstThePast

        asked, finding = self.check.parameters, case.finding
        if not isinstance(asked, AgainstThePast):
            return finding
        numbers: dict[str, Json] = {
            group.name: value
            for group in groups
            if isinstance(value := group.measurement.value, (int, float))
        }
        kept: dict[str, Json] = {"basis": asked.basis(self.check), MEASURED: numbers}
        return replace(finding, details={**finding.details, **kept})

    def _judged(self, group: Group, case: Case, past: Sequence[Earlier]) -> Finding:
        from airflow_gov_provider.domain.quality.evaluation import judge

        check = self.check
        if isinstance(check.parameters, Remembering):
            check = replace(check, parameters=replace(check.parameters, earlier=tuple(past)))
        profile = Profile(
            source=case.profile.source,
            columns=case.profile.columns,
            rows=group.rows or case.profile.rows,
            measurements={check.check_id: group.measurement},
        )
        return judge(check, profile, now=case.now)

    def _together(self, small: Sequence[Group]) -> list[Group]:
        """The small groups as one, if failing rows can be added and chance is no excuse."""
        rows = sum(group.rows for group in small)
        enough = rows >= self.at_least_rows
        if not self.check.counts_rows or not small or (self._is_share and not enough):
            return []
        measurement = _added([group.measurement for group in small])
        if measurement.total == 0 and not enough:
            return []
        name = f"{len(small)} groups below {self.at_least_rows} rows"
        return [Group(name=name, rows=rows, measurement=measurement)]

    def _summed(
        self,
        case: Case,
        findings: Sequence[tuple[Group, Finding]],
        small: Sequence[Group],
        *,
        left_out: bool,
    ) -> Finding:
        bad = [(group, each) for group, each in findings if each.verdict is not Verdict.PASSED]
        total = sum(each.total or 0 for _, each in findings)
        failing = sum(each.failing or 0 for _, each in findings) if self.check.counts_rows else None
        observed = f"{len(bad)} of {len(findings)} groups do not pass"
        if failing is not None:
            observed = f"{observed}, {rows_words(failing=failing, total=total)}"
        found = replace(
            case.finding,
            verdict=findings[0][1].verdict,
            reason=_reason(bad),
            observed=observed,
            total=total,
            failing=failing,
        )
        details: dict[str, Json] = {
            "groups": len(findings),
            "worst": tuple(_told(group, each) for group, each in findings[:_LISTED]),
        }
        estimates = [each.details.get("approximate") for _, each in findings]
        if any(estimates):
            details["approximate"] = next(filter(None, estimates))
        if small:
            details |= {
                "small_groups": len(small),
                "rows_of_small_groups": sum(group.rows for group in small),
                "small_groups_judged": "not" if left_out else "together",
            }
        return replace(found, details={**found.details, **details})

    def _too_small(self, case: Case, small: Sequence[Group]) -> Finding:
        if not small:
            return case.insufficient("there are no rows to group")
        return case.insufficient(
            f"none of the {len(small)} groups has {self.at_least_rows} rows, and all are too small"
        )

    def _named(self, finding: Finding) -> Finding:
        """Called after the check that is asked, so that all of its kind are found together."""
        check = self.check
        kind = str(check.statistic or check.kind)
        subject = f"{check.subject} by {', '.join(self.by)}"
        return replace(finding, kind=kind, subject=subject)


def _by_group(earlier: Iterable[Earlier]) -> Mapping[str, tuple[Earlier, ...]]:
    runs: dict[str, list[Earlier]] = defaultdict(list)
    for run in earlier:
        if run.group is not None:
            runs[run.group].append(run)
    return {name: tuple(each) for name, each in runs.items()}


def _added(measured: Sequence[Measurement]) -> Measurement:
    """Failing rows of several groups; without an answer where one of them has none."""
    unknown = next((each for each in measured if each.error or each.failing is None), None)
    if unknown is not None:
        return replace(unknown, error=unknown.error or "the rows in scope were not counted")
    total = sum(each.total or 0 for each in measured)
    return Measurement(total=total, failing=sum(each.failing or 0 for each in measured))


def segmented(
    check: Expectation, by: tuple[str, ...], *, at_least_rows: int, at_most_groups: int
) -> Expectation:
    """The check asked of each group, in place of the check asked of the table."""
    asked = Segmented(
        check=replace(check, check_id="group"),
        by=by,
        at_least_rows=at_least_rows,
        at_most_groups=at_most_groups,
    )
    return Expectation(
        check_id=check.check_id,
        kind=Segmented.kind,
        columns=tuple(dict.fromkeys((*check.columns, *by))),
        parameters=asked,
        reference=check.reference,
        severity=check.severity,
        sample_limit=check.sample_limit,
        place=check.place,
        dimension=check.dimension,
        description=check.description,
    )


def _badness(group: Group, finding: Finding) -> tuple[int, float, int, str]:
    """Worst first: what failed, then the larger share of failing rows, then the larger group."""
    share = (finding.failing or 0) / finding.total if finding.total else 0.0
    return (_ROUNDS.get(finding.verdict, 1), -share, -group.rows, group.name)


def _reason(bad: Sequence[tuple[Group, Finding]]) -> str | None:
    if not bad:
        return None
    told = "; ".join(_in_words(group, each) for group, each in bad[:_TOLD])
    return f"{told}; and {len(bad) - _TOLD} more groups" if len(bad) > _TOLD else told


def _in_words(group: Group, finding: Finding) -> str:
    """``country=FR: found 2 of 4 rows fail (50%), no row may fail``."""
    found = "" if finding.observed is None else f"found {finding.observed}, "
    # Where failing rows are counted, the rows that they are counted among are told with them.
    size = "" if finding.failing is not None else f" ({counted_rows(group.rows)})"
    return f"{group.name}{size}: {found}{finding.reason}"


def _told(group: Group, finding: Finding) -> dict[str, Json]:
    return {
        "group": group.name,
        "rows": group.rows,
        "verdict": finding.verdict.value,
        "observed": finding.observed,
        "reason": finding.reason,
    }


def group_name(by: Sequence[str], labels: Sequence[object]) -> str:
    """``country=DE, plan=(none)``; no two groups have the same name."""
    return ", ".join(f"{name}={_label(label)}" for name, label in zip(by, labels, strict=True))


def _label(value: object) -> str:
    if value is None:
        return "(none)"
    if isinstance(value, datetime):
        return value.isoformat()
    text = str(value)
    is_plain = text != "(none)" and ", " not in text and not text.startswith('"')
    return text if is_plain else json.dumps(text, ensure_ascii=False)
