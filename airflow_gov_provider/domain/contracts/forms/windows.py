"""Rows in every window of time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from airflow_gov_provider.domain.contracts import values
from airflow_gov_provider.domain.contracts.forms.form import Fields, Form, required
from airflow_gov_provider.domain.contracts.forms.moments import NO_MOMENT
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.quality.expectations import Expectation
from airflow_gov_provider.domain.quality.judging import Case
from airflow_gov_provider.domain.quality.occasions import Dated, Occasion, RelativeTo
from airflow_gov_provider.domain.quality.parameters import Effect, Parameters, Step, larger
from airflow_gov_provider.domain.quality.phrases import span_words
from airflow_gov_provider.domain.quality.time_windows import MOST_WINDOWS, Grid
from airflow_gov_provider.domain.verdicts import Finding

_TOLD = 3
NO_INTERVAL = (
    "the run has no data interval; write 'over' with a length of time such as \"7d\" in the check"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps(Dated):
    """Windows of time with too few rows.

    :param every: the length of a window.
    :param at_least: rows that each of them must hold.
    :param over: how far back from the moment they reach; None for the data interval of the run.
    :param zone: whose days windows of whole days are; None for UTC.
    :param allowed: so many windows may hold fewer.
    :param grid: the windows, once the occasion is known; None where it has none.
    :param problem: why there are none.
    """

    kind: ClassVar[str] = "gaps"
    told_apart_by: ClassVar[tuple[str, ...]] = ("every", "zone")
    orders: ClassVar[Mapping[str, Callable[[Any, Any], Effect]]] = {
        "at_least": larger(Effect.TIGHTENED),
        "allowed": larger(Effect.LOOSENED),
    }

    every: timedelta
    at_least: int = 1
    over: timedelta | None = None
    relative_to: RelativeTo = RelativeTo.LOGICAL_DATE
    zone: str | None = None
    allowed: int = 0
    grid: Grid | None = None
    problem: str = NO_MOMENT

    def at(self, occasion: Occasion, check: Expectation) -> Parameters:
        del check
        start, end = occasion.start, occasion.end
        if self.over is not None:
            end = occasion.moment(self.relative_to)
            start = None if end is None else end - self.over
        if start is None or end is None or start >= end:
            return replace(self, grid=None, problem=NO_MOMENT if self.over else NO_INTERVAL)
        return self._over(start, end)

    def _over(self, start: datetime, end: datetime) -> Gaps:
        grid = Grid(start=start, end=end, every=self.every, zone=self.zone)
        count = len(grid.windows)
        if count > MOST_WINDOWS:
            problem = f"there are more than {MOST_WINDOWS} windows; take longer ones"
            return replace(self, grid=None, problem=problem)
        if not count:
            problem = f"no window of {span_words(self.every)} fits into {span_words(end - start)}"
            return replace(self, grid=None, problem=problem)
        return replace(self, grid=grid)

    def changes(self, newer: Parameters) -> Iterator[Step]:
        for step in Parameters.changes(self, newer):
            yield replace(step, effect=self._reach(newer)) if step.aspect == "over" else step

    def _reach(self, newer: Parameters) -> Effect:
        """Further windows ask more, if those that were there before stay the same."""
        if not isinstance(newer, Gaps) or self.over is None or newer.over is None:
            return Effect.CHANGED
        if (newer.over - self.over) % self.every:
            return Effect.CHANGED
        return larger(Effect.TIGHTENED)(self.over, newer.over)

    def words(self, check: Expectation) -> str:
        del check
        rows = f"{self.at_least} row{'s' * (self.at_least != 1)}"
        over = f"the last {span_words(self.over)}" if self.over else "the data interval"
        zone = f" ({self.zone})" if self.zone else ""
        spared = f", except for {self.allowed}" if self.allowed else ""
        return f"at least {rows} in every {span_words(self.every)} of {over}{zone}{spared}"

    def judge(self, case: Case) -> Finding | None:
        thin = case.measurement.value if case.measurement else None
        if not isinstance(thin, int) or case.measurement is None:
            return case.insufficient("the windows were not counted")
        details = dict(case.measurement.details)
        total = details["windows"]
        if isinstance(total, int) and self.allowed >= total:
            return case.insufficient(
                f"'allowed' spares all {total} windows, so that the check cannot fail"
            )
        return case.decided(
            ok=thin <= self.allowed,
            reason=f"too few rows from {_listed(details.get('missing'))}",
            observed=f"{thin} of {total} windows hold fewer",
            **details,
        )


def _listed(missing: object) -> str:
    stretches = list(missing) if isinstance(missing, (list, tuple)) else []
    more = f"; and {len(stretches) - _TOLD} more" if len(stretches) > _TOLD else ""
    return "; ".join(str(each) for each in stretches[:_TOLD]) + more


def _gaps(fields: Fields, owner: Node) -> dict[str, Any] | None:
    node = required(fields, owner, "every", what='a length of time such as "1h"')
    every = values.duration(node) if node else None
    over = values.duration(fields["over"]) if "over" in fields else None
    at_least = _counted(fields, "at_least", 1)
    allowed = _counted(fields, "allowed", 0)
    zone = _zone(fields["zone"]) if "zone" in fields else None
    read = {"over": over, "zone": zone}
    lost = any(key in fields and value is None for key, value in read.items())
    if every is None or at_least is None or allowed is None or lost:
        return None
    if over is not None and over < every:
        owner.wrong("'over' is shorter than one window of 'every'")
        return None
    gaps = Gaps(every=every, at_least=at_least, over=over, zone=zone, allowed=allowed)
    return {"parameters": gaps}


def _counted(fields: Fields, key: str, default: int) -> int | None:
    if key not in fields:
        return default
    number = fields[key].integer()
    if number is not None and number < default:
        fields[key].wrong(f"expected {default} or more, found {number}")
        return None
    return number


def _zone(node: Node) -> str | None:
    text = node.text()
    try:
        return ZoneInfo(text).key if text else None
    except (LookupError, ValueError, OSError):
        node.wrong(f"expected a time zone such as 'Europe/Berlin', found {text!r}")
        return None


FORMS = {
    "gaps": Form(
        kind=Gaps, bare="every", keys=("every", "over", "at_least", "zone", "allowed"), read=_gaps
    ),
}
