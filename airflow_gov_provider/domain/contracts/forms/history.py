"""A number held against what the same check measured in earlier runs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from math import isfinite
from typing import Any, ClassVar

from airflow_gov_provider.domain.contracts import values
from airflow_gov_provider.domain.contracts.forms.form import Fields, Form, required
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.quality.anomalies import (
    DEFAULT_FALSE_ALARMS,
    DEFAULT_RUNS,
    DEFAULT_WINDOW,
    FEWEST_RUNS,
    AnomalyRule,
    Earlier,
    Season,
    Side,
    Taken,
    Usual,
    comparable_runs,
    taken_numbers,
    usual,
)
from airflow_gov_provider.domain.quality.expectations import Bounds, Expectation
from airflow_gov_provider.domain.quality.judging import Case, exact, holds
from airflow_gov_provider.domain.quality.occasions import Occasion, RelativeTo, Remembering
from airflow_gov_provider.domain.quality.parameters import Effect, Parameters, larger
from airflow_gov_provider.domain.quality.phrases import bounds_words
from airflow_gov_provider.domain.verdicts import Finding, Json, Severity, Verdict

MOST_RUNS = 365


class Of(StrEnum):
    """Which number of a table or a column is compared."""

    ROW_COUNT = "row_count"
    NULL_PERCENT = "null_percent"
    MIN = "min"
    MAX = "max"
    MEAN = "mean"
    MEDIAN = "median"
    STDDEV = "stddev"
    SUM = "sum"


_OF_A_COLUMN = tuple(of for of in Of if of is not Of.ROW_COUNT)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainstThePast(Remembering):
    """What the two kinds share.

    :param moment: that of this run, once the occasion is known; only runs before it count.
    """

    told_apart_by: ClassVar[tuple[str, ...]] = ("of",)

    of: Of
    season: Season = Season.NONE
    moment: datetime | None = None

    def at(self, occasion: Occasion, check: Expectation) -> Parameters:
        moment = occasion.moment(RelativeTo.LOGICAL_DATE) or occasion.now
        return replace(self, moment=moment, earlier=tuple(occasion.earlier.get(check.check_id, ())))

    def basis(self, check: Expectation) -> str:
        """What exactly the number is; only equal ones are compared with each other."""
        columns = f" of {', '.join(check.columns)}" if check.columns else ""
        where = f" where {check.where}" if check.where else ""
        return f"{self.of.value}{columns}{where}"

    def past(self, window: int) -> list[Earlier]:
        if self.moment is None:
            return []
        return comparable_runs(self.earlier, moment=self.moment, season=self.season, window=window)

    def judge(self, case: Case) -> Finding | None:
        value = case.measurement.value if case.measurement else None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return case.insufficient("there was no number to compare")
        finding = replace(
            case.finding,
            observed=value,
            details={**case.finding.details, "basis": self.basis(case.expectation)},
        )
        found = self._compared(replace(case, finding=finding), value)
        if case.profile.rows == 0 and found.verdict is Verdict.PASSED:
            return replace(found, verdict=Verdict.INSUFFICIENT, reason="the table is empty")
        return found

    @abstractmethod
    def _compared(self, case: Case, value: float) -> Finding:
        """The finding, once there is a number."""

    def suspicions(self, check: Expectation) -> Any:
        if check.severity is Severity.ERROR:
            yield (
                "it has no answer until there are earlier runs, and an open question blocks the "
                "gate; write 'severity: warning' for the first runs"
            )

    def _runs(self) -> str:
        return "runs of the same weekday" if self.season is Season.WEEKDAY else "runs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly(AgainstThePast):
    """Whether the number is like those of earlier runs; the fields are ``AnomalyRule``'s."""

    kind: ClassVar[str] = "anomaly"
    orders: ClassVar[Mapping[str, Callable[[Any, Any], Effect]]] = {
        "false_alarms": larger(Effect.TIGHTENED),
        "ignore": larger(Effect.LOOSENED),
    }

    false_alarms: float = DEFAULT_FALSE_ALARMS
    runs: int = DEFAULT_RUNS
    window: int = DEFAULT_WINDOW
    side: Side = Side.BOTH
    taken: Taken = Taken.VALUE
    ignore: float = 0.0

    @property
    def rule(self) -> AnomalyRule:
        return AnomalyRule(
            false_alarms=self.false_alarms,
            runs=self.runs,
            window=self.window,
            season=self.season,
            side=self.side,
            taken=self.taken,
            ignore=self.ignore,
        )

    def words(self, check: Expectation) -> str:
        del check
        side = {Side.BOTH: "", Side.LOW: "not below ", Side.HIGH: "not above "}[self.side]
        taken = "" if self.taken is Taken.VALUE else f"{self.taken.value.replace('_', ' ')} of "
        return (
            f"{taken}{self.of.value.replace('_', ' ')} {side or 'like '}that of earlier "
            f"{self._runs()} (one false alarm in {1 / self.false_alarms:.4g})"
        )

    def _compared(self, case: Case, value: float) -> Finding:
        differences = self.taken is not Taken.VALUE
        past = self.past(self.window + differences)
        numbers = taken_numbers([run.value for run in past], self.taken)
        if len(numbers) < self.runs:
            reason = (
                f"{len(numbers)} earlier {self._runs()} can be compared, and {self.runs} are needed"
            )
            return case.insufficient(reason)
        current = (
            taken_numbers([past[-1].value, value], self.taken)[-1:] if differences else [value]
        )
        if not current:
            return case.insufficient("the run before measured 0, so that the change has no size")
        expected = usual(numbers, self.rule)
        reason = f"{_shown(current[0])} is unlike the last {len(numbers)} {self._runs()}"
        return self._decided(case, value, current[0], expected, reason)

    def _decided(
        self, case: Case, value: float, current: float, expected: Usual, reason: str
    ) -> Finding:
        compared: dict[str, Json] = {} if self.taken is Taken.VALUE else {"change": current}
        found = case.decided(
            ok=expected.holds(current),
            reason=reason,
            observed=value,
            usual_low=expected.low,
            usual_high=expected.high,
            median=expected.median,
            spread=expected.spread,
            earlier_runs=expected.runs,
            false_alarms=expected.false_alarms,
            **compared,
        )
        ends = Bounds(
            at_least=None if expected.low is None else _shown(expected.low),
            at_most=None if expected.high is None else _shown(expected.high),
        )
        return replace(found, expected=f"{case.finding.expected}: {ends}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(AgainstThePast):
    """By how much the number differs from that of the run before, within the bounds.

    :param percent: the bounds are percentages of the earlier number.
    """

    kind: ClassVar[str] = "change"

    percent: bool = False

    def words(self, check: Expectation) -> str:
        bounds = bounds_words(check.bounds)
        if self.percent:
            bounds = " and ".join(f"{part}%" for part in bounds.split(" and "))
        before = "the run before" if self.season is Season.NONE else "the same weekday before"
        return f"change of {self.of.value.replace('_', ' ')} against {before} {bounds}"

    def _compared(self, case: Case, value: float) -> Finding:
        past = self.past(1)
        if not past:
            return case.insufficient("there is no earlier run to compare with")
        before = past[-1]
        if self.percent and before.value == 0 and value != 0:
            return case.insufficient("the run before measured 0, so that the change has no size")
        change = exact(value) - exact(before.value)
        if self.percent and change:
            change = 100 * change / abs(exact(before.value))
        return case.decided(
            ok=holds(change, case.expectation.bounds or Bounds()),
            reason=f"it changed by {_shown(float(change))}{'%' * self.percent}",
            observed=value,
            before=before.value,
            before_at=before.moment.isoformat(),
            change=float(change),
        )


def measured_before(finding: Mapping[str, Any], check: Expectation) -> float | None:
    """The number of an earlier finding of the same check; None if it measured none, or another."""
    asked = check.parameters
    details, observed = finding.get("details"), finding.get("observed")
    if not isinstance(asked, AgainstThePast) or not isinstance(details, Mapping):
        return None
    if finding.get("verdict") not in set(Verdict) or details.get("basis") != asked.basis(check):
        return None
    if isinstance(observed, bool) or not isinstance(observed, (int, float)):
        return None
    return observed


def _shown(number: float) -> str:
    return f"{number:.6g}"


def of_a_column(fields: Fields, owner: Node) -> Of | None:
    """The key ``of``: a number of one column; None after a problem."""
    node = required(fields, owner, "of", what=", ".join(_OF_A_COLUMN))
    word = node.choice([of.value for of in _OF_A_COLUMN]) if node else None
    return Of(word) if word else None


def _choice(fields: Fields, key: str, known: type[StrEnum], default: StrEnum) -> Any:
    if key not in fields:
        return default
    word = fields[key].choice([each.value for each in known])
    return known(word) if word else None


def _share(fields: Fields, key: str, default: float, *, most: float) -> float | None:
    """A share above zero, such as ``1%`` or ``0.01``."""
    if key not in fields:
        return default
    found = values.tolerance(fields[key])
    if found is None:
        return None
    if found.share is None or not 0 < found.share <= most:
        fields[key].wrong(f'expected a share above 0, at most {most:g}, such as "1%"')
        return None
    return found.share


def _whole(fields: Fields, key: str, default: int) -> int | None:
    if key not in fields:
        return default
    number = fields[key].integer()
    if number is not None and not FEWEST_RUNS <= number <= MOST_RUNS:
        fields[key].wrong(f"expected {FEWEST_RUNS} to {MOST_RUNS} runs, found {number}")
        return None
    return number


def _anomaly(of: Callable[[Fields, Node], Of | None]) -> Callable[..., dict[str, Any] | None]:
    def read(fields: Fields, owner: Node) -> dict[str, Any] | None:
        found = {
            "of": of(fields, owner),
            "false_alarms": _share(fields, "false_alarms", DEFAULT_FALSE_ALARMS, most=0.2),
            "runs": _whole(fields, "runs", DEFAULT_RUNS),
            "window": _whole(fields, "window", DEFAULT_WINDOW),
            "season": _choice(fields, "season", Season, Season.NONE),
            "side": _choice(fields, "side", Side, Side.BOTH),
            "taken": _choice(fields, "compare", Taken, Taken.VALUE),
            "ignore": _share(fields, "ignore", 0.0, most=1.0),
        }
        if any(value is None for value in found.values()):
            return None
        if found["runs"] > found["window"]:
            owner.wrong("'window' holds fewer runs than 'runs' asks for")
            return None
        return {"parameters": Anomaly(**found)}

    return read


def _change(of: Callable[[Fields, Node], Of | None]) -> Callable[..., dict[str, Any] | None]:
    def read(fields: Fields, owner: Node) -> dict[str, Any] | None:
        which = of(fields, owner)
        season = _choice(fields, "season", Season, Season.NONE)
        bounds = _change_bounds(fields, owner)
        if which is None or season is None or bounds is None:
            return None
        percent, found = bounds
        return {"parameters": Change(of=which, season=season, percent=percent), "bounds": found}

    return read


def _change_bounds(fields: Fields, owner: Node) -> tuple[bool, Bounds] | None:
    """``within: 10%`` either way, or ``at_least`` and ``at_most``; all percentages, or none."""
    given = {key: fields[key] for key in ("within", "at_least", "at_most") if key in fields}
    if not given or ("within" in given and len(given) > 1):
        owner.lacks("expected 'within' such as \"10%\", or 'at_least' and 'at_most'", *_BOUNDS)
        return None
    read = {key: _signed(node) for key, node in given.items()}
    limits = {key: value for key, value in read.items() if value is not None}
    if len(limits) < len(given):
        return None
    if len({percent for percent, _ in limits.values()}) > 1:
        owner.wrong("write all bounds as percentages, or none of them")
        return None
    percent = next(iter(limits.values()))[0]
    if "within" not in limits:
        found = values.interval(owner, **{key: number for key, (_, number) in limits.items()})
        return None if found is None else (percent, found)
    _, reach = limits["within"]
    if reach < 0:
        given["within"].wrong(f"expected 0 or more, found {reach:g}")
        return None
    return percent, Bounds(at_least=-reach, at_most=reach)


def _signed(node: Node) -> tuple[bool, float] | None:
    """Whether it is a percentage, and the number: ``"-10%"`` or ``-1000``."""
    if isinstance(node.value, (int, float)):
        number = node.number()
        return None if number is None else (False, number)
    percent = _percent(node.value.strip()) if isinstance(node.value, str) else None
    if percent is None:
        node.expected('a percentage such as "-10%", or a number')
        return None
    return True, int(percent) if percent.is_integer() else percent


def _percent(text: str) -> float | None:
    """The finite number before the sign; None if there is none, or no sign."""
    if not text.endswith("%"):
        return None
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        return None
    return number if isfinite(number) else None


def _of_rows(_fields: Fields, _owner: Node) -> Of:
    return Of.ROW_COUNT


def _named(own: Mapping[str, Any]) -> str:
    asked = own["parameters"]
    if asked.of is Of.ROW_COUNT:
        return f"row_count_{asked.kind}"
    return f"{asked.kind}({asked.of.value})"


_RULE = ("false_alarms", "runs", "window", "season", "side", "compare", "ignore")
_BOUNDS = ("within", "at_least", "at_most", "season")
FORMS = {
    "row_count_anomaly": Form(
        example="{runs: 30}",
        kind=Anomaly,
        keys=_RULE,
        read=_anomaly(_of_rows),
        columns=0,
        named=_named,
    ),
    "row_count_change": Form(
        kind=Change, bare="within", keys=_BOUNDS, read=_change(_of_rows), columns=0, named=_named
    ),
    "anomaly": Form(
        kind=Anomaly, bare="of", keys=("of", *_RULE), read=_anomaly(of_a_column), named=_named
    ),
    "change": Form(
        example="{of: mean, within: 10%}",
        kind=Change,
        keys=("of", *_BOUNDS),
        read=_change(of_a_column),
        named=_named,
    ),
}
