"""The eight operators of ODCS, and the unit they count in.

``mustBeBetween`` excludes its ends: the standard calls it equivalent to ``mustBeGreaterThan`` with
``mustBeLessThan``. ``mustNotBeBetween`` is its opposite, so the ends themselves are allowed.
"""

from __future__ import annotations

from collections.abc import Mapping

from airflow_gov_provider.domain.contracts.odcs.terms import OPERATORS
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.quality.expectations import Bounds, Limit

_ONE_NUMBER = {
    "mustBeGreaterThan": "more_than",
    "mustBeGreaterOrEqualTo": "at_least",
    "mustBeLessThan": "less_than",
    "mustBeLessOrEqualTo": "at_most",
}
_NO_ROW = (
    Limit(bounds=Bounds(at_least=0, at_most=0)),
    Limit(bounds=Bounds(at_most=0)),
    Limit(bounds=Bounds(at_least=0, at_most=0), percent=True),
    Limit(bounds=Bounds(at_most=0), percent=True),
)


def limits(fields: Mapping[str, Node], *, percent: bool) -> tuple[Limit, ...] | None:
    """Every operator of a rule, all of which must hold; None after a problem."""
    made = [_limit(fields[key], key, percent=percent) for key in OPERATORS if key in fields]
    return None if any(item is None for item in made) else tuple(item for item in made if item)


def allows_no_row(found: tuple[Limit, ...]) -> bool:
    """Whether the operators say just that no row may fail."""
    return len(found) == 1 and found[0] in _NO_ROW


def _limit(node: Node, key: str, *, percent: bool) -> Limit | None:
    if key in _ONE_NUMBER:
        number = node.number()
        bounds = None if number is None else Bounds(**{_ONE_NUMBER[key]: number})
        return None if bounds is None else Limit(bounds=bounds, percent=percent)
    if key in ("mustBe", "mustNotBe"):
        number = node.number()
        if number is None:
            return None
        point = Bounds(at_least=number, at_most=number)
        return Limit(bounds=point, inside=key == "mustBe", percent=percent)
    ends = [item.number() for item in node.items()]
    if any(end is None for end in ends) or not isinstance(node.value, (list, tuple)):
        return None
    if len(ends) != 2 or ends[0] >= ends[1]:  # type: ignore[operator] # noqa: PLR2004
        node.wrong(f"expected two numbers, the smaller one first, found {list(node.value)}")
        return None
    between = Bounds(more_than=ends[0], less_than=ends[1])
    return Limit(bounds=between, inside=key == "mustBeBetween", percent=percent)
