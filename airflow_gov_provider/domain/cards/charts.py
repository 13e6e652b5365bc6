"""Geometry of dot-and-whisker charts: one row per group, a dot for the rate, a line for its
interval. The template only places what is computed here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from airflow_gov_provider.domain.cards.model import Feature, Gap, Group, Number, Rate
from airflow_gov_provider.domain.cards.words import label, rate
from airflow_gov_provider.domain.fairness.metrics import METRICS
from airflow_gov_provider.domain.fairness.metrics import Gap as GapKind

CHARTED = ("selection_rate", "true_positive_rate", "false_positive_rate")
MAX_ROWS = 30

_WIDTH, _LEFT, _RIGHT = 860, 250, 280
_TOP, _ROW, _BOTTOM = 22, 28, 30
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25)
_MAX_TICKS = 6
_MAX_LABEL = 34

_Scale = Callable[[Number], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One group; coordinates are None where it has no value to show."""

    label: str
    value: str
    y: float
    hollow: bool
    x: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A vertical line with its words: a tick of the axis or a limit."""

    x: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """:param omitted: groups beyond MAX_ROWS, which only the table shows."""

    title: str
    description: str
    width: int
    height: int
    left: int
    right: int
    top: int
    base: int
    rows: tuple[Row, ...]
    ticks: tuple[Mark, ...]
    limits: tuple[Mark, ...]
    omitted: int


def charts_of(feature: Feature) -> tuple[Chart, ...]:
    """A chart for each of CHARTED that at least one group has a value of."""
    return tuple(chart for name in CHARTED if (chart := _chart(feature, name)) is not None)


def limits_of(feature: Feature, name: str) -> tuple[tuple[float, str], ...]:
    """Where the thresholds on a rate lie, worked out from the group that others are held against.

    Without a reference group that is the one with the highest rate, and the limit is below it; with
    one there is a limit on each side.
    """
    found: dict[float, str] = {}
    for gap in feature.gaps:
        metric = METRICS.get(gap.name)
        if metric is None or metric.mean or name not in metric.rates or gap.against != "groups":
            continue
        anchor, both_sides = _anchor(feature, name, to_best=metric.to_best)
        if anchor is None:
            continue
        for value in _bounds(gap, metric.gap, anchor, both_sides=both_sides):
            if 0 < value < 1:
                found.setdefault(value, f"{label(gap.name)} {gap.expected or ''}".strip())
    return tuple(sorted(found.items()))


def _anchor(feature: Feature, name: str, *, to_best: bool) -> tuple[Number | None, bool]:
    if feature.reference is not None and not to_best:
        reference = [g for g in feature.groups if g.group == feature.reference]
        return (_value(reference[0], name) if reference else None), True
    values = [v for g in feature.groups if g.sufficient and (v := _value(g, name)) is not None]
    return max(values, default=None), False


def _bounds(gap: Gap, kind: GapKind, anchor: Number, *, both_sides: bool) -> list[float]:
    if kind is GapKind.RATIO and gap.at_least:
        below, above = anchor * gap.at_least, anchor / gap.at_least
    elif kind is GapKind.DIFFERENCE and gap.at_most is not None:
        below, above = anchor - gap.at_most, anchor + gap.at_most
    else:
        return []
    return [below, above] if both_sides else [below]


def _rate(group: Group, name: str) -> Rate | None:
    return next((r for r in group.rates if r.name == name), None)


def _value(group: Group, name: str) -> Number | None:
    found = _rate(group, name)
    return found.value if found else None


def _chart(feature: Feature, name: str) -> Chart | None:
    groups = feature.groups[:MAX_ROWS]
    if all(_value(group, name) is None for group in groups):
        return None
    limits = limits_of(feature, name)
    top_value = _axis_end(groups, name, [at for at, _ in limits])
    span = _WIDTH - _LEFT - _RIGHT

    def x(value: Number) -> float:
        return round(_LEFT + span * min(max(value, 0), top_value) / top_value, 1)

    rows = tuple(
        _row(group, name, _TOP + _ROW * (index + 0.5), x) for index, group in enumerate(groups)
    )
    base = _TOP + _ROW * len(rows)
    title = f"{label(name)} by {feature.feature}"
    return Chart(
        title=title,
        description="; ".join(f"{row.label}: {row.value}" for row in rows),
        width=_WIDTH,
        height=base + _BOTTOM,
        left=_LEFT,
        right=_WIDTH - _RIGHT,
        top=_TOP,
        base=base,
        rows=rows,
        ticks=tuple(Mark(x=x(at), words=f"{at:g}") for at in _ticks(top_value)),
        limits=tuple(Mark(x=x(at), words=f"{words} (limit at {at:.3f})") for at, words in limits),
        omitted=len(feature.groups) - len(groups),
    )


def _row(group: Group, name: str, y: float, x: _Scale) -> Row:
    found = _rate(group, name)
    words = rate(found) if found else "no value"
    note = "" if group.sufficient else f", not judged (n = {group.n:,})"
    if found is None or found.value is None:
        return Row(label=_short(group.group), value=words + note, y=y, hollow=True)
    return Row(
        label=_short(group.group),
        value=words + note,
        y=y,
        hollow=not group.sufficient,
        x=x(found.value),
        low=None if found.low is None else x(found.low),
        high=None if found.high is None else x(found.high),
    )


def _short(text: str) -> str:
    return text if len(text) <= _MAX_LABEL else f"{text[: _MAX_LABEL - 1]}…"


def _axis_end(groups: Sequence[Group], name: str, limits: Sequence[float]) -> float:
    """The smallest tick that everything fits under; rates never exceed 1."""
    rates = [r for g in groups if (r := _rate(g, name)) is not None]
    largest = max([0.0, *limits, *(v for r in rates for v in (r.value, r.high) if v is not None)])
    step = _step(largest)
    return min(1.0, step * (int(largest / step - 1e-9) + 1))


def _step(largest: float) -> float:
    return next((s for s in _STEPS if largest / s <= _MAX_TICKS), _STEPS[-1])


def _ticks(end: float) -> list[float]:
    step = _step(end)
    return [round(step * index, 4) for index in range(int(end / step + 1e-9) + 1)]
