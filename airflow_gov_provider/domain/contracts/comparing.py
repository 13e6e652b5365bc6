"""Two checks of the same thing, field by field: which of them asks more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import Any

from airflow_gov_provider.domain.contracts.model import NotEvaluated
from airflow_gov_provider.domain.contracts.values import comparable, family
from airflow_gov_provider.domain.quality.column_types import is_wider, same_physical_type
from airflow_gov_provider.domain.quality.expectations import (
    Bounds,
    CheckKind,
    Expectation,
    LogicalType,
    Tolerance,
    Value,
)
from airflow_gov_provider.domain.quality.parameters import Effect, Step
from airflow_gov_provider.domain.quality.phrases import (
    bounds_words,
    limit_words,
    span_words,
    tolerance_words,
    value_list,
)
from airflow_gov_provider.domain.verdicts import Severity

__all__ = ["Difference", "Effect", "bounds_effect", "differences"]

Difference = Step
Check = Expectation | NotEvaluated
_DESCRIPTIONS = ("check_id", "description", "dimension", "sample_limit")
_UNSEEN = ("place", "kind", "statistic", "quantile", "or_types")


def differences(old: Check, new: Check) -> Iterator[Difference]:
    """What differs, and which way; nothing for two checks that ask the same."""
    if type(old) is not type(new):
        yield Difference(
            aspect="kind", effect=Effect.CHANGED, before=str(old.kind), after=str(new.kind)
        )
        return
    for field in fields(old):
        name = field.name
        before, after = getattr(old, name), getattr(new, name)
        if name == "logical_type" and isinstance(old, Expectation) and isinstance(new, Expectation):
            before, after = _satisfying(old), _satisfying(new)
        if name in _UNSEEN or before == after:
            continue
        if name == "parameters" and before is not None and type(before) is type(after):
            yield from before.changes(after)
            continue
        for effect, gone, come in _ordered(name, old, new, before, after):
            yield Difference(
                aspect=name.removeprefix("check_"),
                effect=effect,
                before=_worded(name, gone),
                after=_worded(name, come),
            )


Change = tuple[Effect, Any, Any]


def _ordered(name: str, old: Check, new: Check, before: Any, after: Any) -> list[Change]:
    """The effect of one field, with what to show of both sides."""
    if name in _DESCRIPTIONS:
        return [(Effect.DESCRIBED, before, after)]
    if name == "severity":
        harder = after is Severity.ERROR
        return [(Effect.TIGHTENED if harder else Effect.LOOSENED, before, after)]
    if isinstance(old, NotEvaluated) or isinstance(new, NotEvaluated):
        effect = Effect.DESCRIBED if name == "reason" else Effect.CHANGED
        return [(effect, before, after)]
    if name == "values":
        return _listed(old.kind, before, after)
    order = _ORDERS.get(name)
    if name == "where":
        order = _where if _counts_rows_alone(old, new) else None
    return [(Effect.CHANGED if order is None else order(before, after), before, after)]


def _listed(kind: str, old: tuple[Value, ...], new: tuple[Value, ...]) -> list[Change]:
    """Values that were taken away, and those that were added, each with its own effect."""
    accepts = kind == CheckKind.ACCEPTED_VALUES
    gone = tuple(value for value in old if not _contains(new, value))
    come = tuple(value for value in new if not _contains(old, value))
    steps: list[Change] = []
    if gone:
        steps.append((Effect.TIGHTENED if accepts else Effect.LOOSENED, gone, None))
    if come:
        steps.append((Effect.LOOSENED if accepts else Effect.TIGHTENED, None, come))
    return steps  # the order of a list says nothing


def _contains(values: tuple[Value, ...], wanted: Value) -> bool:
    return any(type(value) is type(wanted) and value == wanted for value in values)


def bounds_effect(old: Bounds | None, new: Bounds | None) -> Effect:
    """Where both sides of an interval move the same way, the interval has that effect."""
    if old is None or new is None:
        return Effect.TIGHTENED if old is None else Effect.LOOSENED
    if len({family(value) for each in (old, new) for value in _ends(each)}) > 1:
        return Effect.CHANGED
    effects: set[Any] = {
        _side(_low(old), _low(new), upwards=True),
        _side(_high(old), _high(new), upwards=False),
    } - {None}
    if len(effects) > 1:
        return Effect.CHANGED
    return next(iter(effects), Effect.DESCRIBED)


def _side(
    old: tuple[Any, bool] | None, new: tuple[Any, bool] | None, *, upwards: bool
) -> Effect | None:
    """One end of an interval: a limit, and whether it is excluded."""
    if old == new:
        return None
    if old is None or new is None:
        return Effect.TIGHTENED if old is None else Effect.LOOSENED
    if old[0] == new[0]:
        return Effect.TIGHTENED if new[1] else Effect.LOOSENED
    return Effect.TIGHTENED if (new[0] > old[0]) is upwards else Effect.LOOSENED


def _low(bounds: Bounds) -> tuple[Any, bool] | None:
    if bounds.more_than is not None:
        return comparable(bounds.more_than), True
    return None if bounds.at_least is None else (comparable(bounds.at_least), False)


def _high(bounds: Bounds) -> tuple[Any, bool] | None:
    if bounds.less_than is not None:
        return comparable(bounds.less_than), True
    return None if bounds.at_most is None else (comparable(bounds.at_most), False)


def _ends(bounds: Bounds) -> list[Value]:
    every = (bounds.at_least, bounds.more_than, bounds.at_most, bounds.less_than)
    return [each for each in every if each is not None]


def _tolerance(old: Tolerance | None, new: Tolerance | None) -> Effect:
    """None tolerates nothing. A count and a share cannot be compared, unless one is zero."""
    before, after = _tolerated(old), _tolerated(new)
    if before[1] == after[1] == 0:
        return Effect.DESCRIBED
    if before[0] != after[0] and 0 not in (before[1], after[1]):
        return Effect.CHANGED
    return Effect.LOOSENED if after[1] > before[1] else Effect.TIGHTENED


def _tolerated(tolerance: Tolerance | None) -> tuple[str, float]:
    if tolerance is None:
        return "", 0
    if tolerance.count is not None:
        return "count", tolerance.count
    return "share", tolerance.share or 0


def _limits(old: tuple[Any, ...], new: tuple[Any, ...]) -> Effect:
    """Only single limits of one sort can be ordered."""
    if len(old) != 1 or len(new) != 1 or not (old[0].inside and new[0].inside):
        return Effect.CHANGED
    if old[0].percent is not new[0].percent:
        return Effect.CHANGED
    return bounds_effect(old[0].bounds, new[0].bounds)


def _max_age(old: Any, new: Any) -> Effect:
    if old is None or new is None:
        return Effect.CHANGED
    return Effect.TIGHTENED if new < old else Effect.LOOSENED


def _where(old: str | None, new: str | None) -> Effect:
    """A condition takes rows out of a check's sight."""
    if old is None or new is None:
        return Effect.LOOSENED if old is None else Effect.TIGHTENED
    return Effect.CHANGED


def _counts_rows_alone(old: Expectation, new: Expectation) -> bool:
    """Whether a row that is looked at can only add a failure."""
    return old.counts_rows and not any(
        (each.limits or each.tolerance is not None) for each in (old, new)
    )


def _satisfying(check: Expectation) -> frozenset[str]:
    """The logical types that a column may have."""
    if check.logical_type is None:
        return frozenset()
    types = {check.logical_type, *check.or_types}
    return frozenset(types | ({LogicalType.INTEGER} if LogicalType.NUMBER in types else set()))


def _types(old: frozenset[str], new: frozenset[str]) -> Effect:
    if new < old:
        return Effect.TIGHTENED
    return Effect.LOOSENED if old < new else Effect.CHANGED


def _physical(old: str | None, new: str | None) -> Effect:
    """Lengths and precisions count only where they are stated."""
    if old is None or new is None:
        return Effect.CHANGED
    if not same_physical_type(old, new):
        wider = is_wider(new, old)
        if wider is None:
            return Effect.CHANGED
        return Effect.LOOSENED if wider else Effect.TIGHTENED
    stated = ["(" in text for text in (old, new)]
    if stated[0] is stated[1]:
        return Effect.DESCRIBED
    return Effect.TIGHTENED if stated[1] else Effect.LOOSENED


_ORDERS: Mapping[str, Callable[[Any, Any], Effect]] = {
    "bounds": bounds_effect,
    "tolerance": _tolerance,
    "limits": _limits,
    "max_age": _max_age,
    "logical_type": _types,
    "physical_type": _physical,
}


_WORDS: Mapping[str, Callable[[Any], str]] = {
    "values": value_list,
    "bounds": bounds_words,
    "tolerance": tolerance_words,
    "limits": lambda limits: " and ".join(limit_words(each) for each in limits),
    "max_age": span_words,
    "logical_type": lambda types: " or ".join(sorted(types)),
    "reference": lambda reference: f"{reference.table} ({', '.join(reference.columns)})",
}


def _worded(name: str, value: Any) -> str | None:
    if value is None or value in ((), frozenset()):
        return None
    return _WORDS.get(name, str)(value)
