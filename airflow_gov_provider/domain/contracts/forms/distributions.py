"""The distribution of a column against a reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import fsum, isclose
from typing import Any, ClassVar

from airflow_gov_provider.domain.contracts import values
from airflow_gov_provider.domain.contracts.forms.form import Fields, Form, required, required_text
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.quality.distances import Distance, distance
from airflow_gov_provider.domain.quality.expectations import Bounds, Expectation, Reference
from airflow_gov_provider.domain.quality.judging import Case, holds
from airflow_gov_provider.domain.quality.parameters import Parameters
from airflow_gov_provider.domain.quality.phrases import bounds_words
from airflow_gov_provider.domain.verdicts import Finding

DEFAULT_BINS = 10
MOST_BINS = 100
MOST_CATEGORIES = 1000
FEWEST_ROWS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution(Parameters):
    """How far the column is from a reference, at most ``at_most`` of its expectation's bounds.

    The reference is another table, or shares that the contract itself gives: of categories, or of
    the bins that ``edges`` make. A bin holds its lower edge; the first reaches down and the last up
    without end. NULL is no value and lies in no bin.

    :param bins: of a table's numbers, so many with equally many rows of the reference in each.
    :param reference_where: which rows of the reference count.
    :param at_least_rows: with fewer values on either side, chance alone makes a distance.
    """

    kind: ClassVar[str] = "distribution"
    told_apart_by: ClassVar[tuple[str, ...]] = ("distance",)

    distance: Distance
    bins: int = DEFAULT_BINS
    edges: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()
    reference_where: str | None = None
    at_least_rows: int = FEWEST_ROWS

    def words(self, check: Expectation) -> str:
        name = self.distance.value.replace("_", " ")
        table = check.reference.table if check.reference else "the shares of the contract"
        where = f" where {self.reference_where}" if self.reference_where else ""
        return f"{name} {bounds_words(check.bounds)} against {table}{where}"

    def judge(self, case: Case) -> Finding | None:
        details = dict(case.measurement.details) if case.measurement else {}
        here, there = _counts(details.get("counts")), _counts(details.get("reference_counts"))
        rows, others = fsum(here), fsum(there)
        if rows < self.at_least_rows:
            return case.insufficient(f"{rows:.0f} values are fewer than {self.at_least_rows}")
        if not self.shares and others < self.at_least_rows:
            return case.insufficient(
                f"the reference has {others:.0f} values, fewer than {self.at_least_rows}"
            )
        found = distance(self.distance, there, here)
        shares = [round(count / rows, 6) for count in here]
        reference = [round(count / others, 6) for count in there]
        moved = max(range(len(shares)), key=lambda n: abs(shares[n] - reference[n]))
        bins = details.get("bins")
        name = bins[moved] if isinstance(bins, (list, tuple)) else f"one of {len(shares)} values"
        return case.decided(
            ok=holds(found, case.expectation.bounds or Bounds()),
            reason=f"most has moved in {name}: from {reference[moved]:.3g} of the reference to "
            f"{shares[moved]:.3g}",
            observed=found,
            rows=int(rows),
            **({"bins": tuple(bins)} if isinstance(bins, (list, tuple)) else {}),
            shares=tuple(shares) if bins else None,
            reference_shares=tuple(reference) if bins else None,
            distinct=None if bins else len(shares),
        )


def _counts(found: object) -> list[float]:
    return [float(count) for count in found] if isinstance(found, (list, tuple)) else []


def _distribution(fields: Fields, owner: Node) -> dict[str, Any] | None:
    word = fields["distance"].choice([d.value for d in Distance]) if "distance" in fields else "psi"
    bounds = _at_most(fields, owner)
    rows = _whole(fields, "at_least_rows", FEWEST_ROWS, most=10**12)
    against = _against(fields, owner, Distance(word)) if word else None
    if word is None or bounds is None or rows is None or against is None:
        return None
    reference = against.pop("reference", None)
    asked = Distribution(distance=Distance(word), at_least_rows=rows, **against)
    found = {"parameters": asked, "bounds": bounds}
    return found if reference is None else {**found, "reference": reference}


def _at_most(fields: Fields, owner: Node) -> Bounds | None:
    node = required(fields, owner, "at_most", what="the largest distance, such as 0.1")
    number = node.number() if node else None
    if node and number is not None and number <= 0:
        node.wrong(f"expected more than 0, found {number}")
        return None
    return None if number is None else Bounds(at_most=number)


def _against(fields: Fields, owner: Node, kind: Distance) -> dict[str, Any] | None:
    if ("reference" in fields) == ("shares" in fields):
        owner.lacks("expected either 'reference' (a table) or 'shares'", "reference", "shares")
        return None
    if "reference" in fields:
        return _table(fields)
    node = fields["shares"]
    if isinstance(node.value, Mapping):
        return _categories(node, kind)
    return _binned(fields, owner, node)


def _table(fields: Fields) -> dict[str, Any] | None:
    node = fields["reference"]
    bins = _whole(fields, "bins", DEFAULT_BINS, most=MOST_BINS)
    if isinstance(node.value, str):
        table = {"reference": Reference(table=node.value, columns=())}
        return None if bins is None else {**table, "bins": bins}
    inner = node.fields(("table", "column", "where"))
    name = required_text(inner, node, "table")
    column = inner["column"].text() if "column" in inner else ""
    where = values.condition(inner["where"]) if "where" in inner else ""
    if name is None or column is None or where is None or bins is None:
        return None
    reference = Reference(table=name, columns=(column,) if column else ())
    return {"reference": reference, "bins": bins, "reference_where": where or None}


def _categories(node: Node, kind: Distance) -> dict[str, Any] | None:
    if kind.needs_order:
        node.wrong(f"categories have no order, which {kind.value!r} needs; take another distance")
        return None
    entries = node.fields(None)
    shares = _shares(node, list(entries.values()))
    return None if shares is None else {"categories": tuple(entries), "shares": shares}


def _binned(fields: Fields, owner: Node, node: Node) -> dict[str, Any] | None:
    edges_node = required(fields, owner, "bins", what="the edges between the bins, such as [0, 10]")
    if edges_node is None:
        return None
    edges = [item.number() for item in edges_node.items()]
    shares = _shares(node, node.items())
    if shares is None or any(edge is None for edge in edges) or not edges:
        return None
    known = [edge for edge in edges if edge is not None]
    if any(low >= high for low, high in pairwise(known)):
        edges_node.wrong("expected edges that grow")
        return None
    if len(shares) != len(known) + 1:
        node.wrong(
            f"{len(known)} edges make {len(known) + 1} bins, the first and the last without end; "
            f"found {len(shares)} shares"
        )
        return None
    return {"edges": tuple(float(edge) for edge in known), "shares": shares}


def _shares(node: Node, items: list[Node]) -> tuple[float, ...] | None:
    found = [item.number() for item in items]
    known = [share for share in found if share is not None]
    if len(known) < len(found) or not found:
        return None
    if any(share < 0 for share in known) or not isclose(fsum(known), 1, abs_tol=1e-3):
        node.wrong(f"expected shares from 0 to 1 that sum to 1, found a sum of {fsum(known):.6g}")
        return None
    if len(known) > MOST_BINS:
        node.wrong(f"expected at most {MOST_BINS} shares, found {len(known)}")
        return None
    return tuple(float(share) for share in known)


def _whole(fields: Fields, key: str, default: int, *, most: int) -> int | None:
    if key not in fields:
        return default
    number = fields[key].integer()
    if number is not None and not 2 <= number <= most:  # noqa: PLR2004 - one bin tells nothing
        fields[key].wrong(f"expected 2 to {most}, found {number}")
        return None
    return number


FORMS = {
    "distribution": Form(
        example="{at_most: 0.1, reference: training.parquet}",
        kind=Distribution,
        keys=("distance", "at_most", "reference", "shares", "bins", "at_least_rows"),
        read=_distribution,
        named=lambda own: own["parameters"].distance.value,
    ),
}
