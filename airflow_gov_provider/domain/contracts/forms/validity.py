"""What single values may be: lists, intervals, lengths, and single limits in short words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from airflow_gov_provider.domain.contracts import values
from airflow_gov_provider.domain.contracts.comparing import bounds_effect
from airflow_gov_provider.domain.contracts.forms.form import (
    Fields,
    Form,
    bounds,
    counted_bounds,
    required,
)
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.quality.expectations import Bounds, CheckKind, Expectation, Value
from airflow_gov_provider.domain.quality.parameters import Parameters
from airflow_gov_provider.domain.quality.phrases import bounds_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside(Parameters):
    """No value lies within the interval of the expectation's bounds."""

    kind: ClassVar[str] = "outside"
    counts_rows: ClassVar[bool] = True
    orders: ClassVar = {"interval": lambda old, new: bounds_effect(old, new).opposite}

    interval: Bounds

    def words(self, check: Expectation) -> str:
        del check
        return f"outside of {bounds_words(self.interval)}"


def _values(fields: Fields, owner: Node) -> dict[str, Any] | None:
    node = required(fields, owner, "values", what="a list of values")
    found = values.values(node) if node else ()
    return {"values": found} if found else None


def _outside(fields: Fields, owner: Node) -> dict[str, Any] | None:
    found = bounds(fields, owner)
    return {"parameters": Outside(interval=found["bounds"])} if found else None


def _pattern(fields: Fields, owner: Node) -> dict[str, Any] | None:
    node = required(fields, owner, "pattern")
    found = values.pattern(node) if node else None
    return {"pattern": found} if found else None


def _compared(kind: CheckKind, made: Callable[[Value], dict[str, Any]], *, ordered: bool) -> Form:
    """A comparison with one value, such as ``ge: 0``."""

    def read(fields: Fields, owner: Node) -> dict[str, Any] | None:
        node = required(fields, owner, "value", what="what the column is compared with")
        if node is None:
            return None
        if isinstance(node.value, bool) and not ordered:
            return made(node.value)
        found = values.limit(node, numeric=False)
        return None if found is None else made(found)

    return Form(kind=kind, bare="value", keys=("value",), read=read)


def _bounded(key: str) -> Form:
    return _compared(
        CheckKind.RANGE, lambda value: {"bounds": Bounds(**{key: value})}, ordered=True
    )


def _listed(kind: CheckKind) -> Form:
    return _compared(kind, lambda value: {"values": (value,)}, ordered=False)


FORMS = {
    "accepted_values": Form(
        kind=CheckKind.ACCEPTED_VALUES, bare="values", keys=("values",), read=_values
    ),
    "rejected_values": Form(
        kind=CheckKind.REJECTED_VALUES, bare="values", keys=("values",), read=_values
    ),
    "eq": _listed(CheckKind.ACCEPTED_VALUES),
    "ne": _listed(CheckKind.REJECTED_VALUES),
    "range": Form(kind=CheckKind.RANGE, keys=values.BOUND_KEYS, read=bounds),
    "lt": _bounded("less_than"),
    "le": _bounded("at_most"),
    "gt": _bounded("more_than"),
    "ge": _bounded("at_least"),
    "outside": Form(kind=Outside, keys=values.BOUND_KEYS, read=_outside),
    "length": Form(
        kind=CheckKind.LENGTH, bare="exactly", keys=values.BOUND_KEYS, read=counted_bounds
    ),
    "regex": Form(kind=CheckKind.REGEX, bare="pattern", keys=("pattern",), read=_pattern),
}
