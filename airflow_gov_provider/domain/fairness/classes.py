"""More than two classes: the whole confusion matrix of a group, and each class against the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from airflow_gov_provider.domain.fairness.counts import Cell, Counts
from airflow_gov_provider.domain.fairness.estimates import Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """Rows of one group by what happened and what was predicted.

    :param cells: by label and prediction, as text.
    :param unjudged: rows whose label or prediction is missing.
    """

    cells: Mapping[tuple[str, str], Cell] = field(default_factory=dict)
    unjudged: int = 0

    def __add__(self, other: Confusion) -> Confusion:
        cells = dict(self.cells)
        for place, cell in other.cells.items():
            cells[place] = cells[place] + cell if place in cells else cell
        return Confusion(cells=cells, unjudged=self.unjudged + other.unjudged)

    @property
    def names(self) -> list[str]:
        """Classes that occur as a label or a prediction, in order."""
        return sorted({name for place in self.cells for name in place})

    @property
    def rows(self) -> int:
        return sum(cell.rows for cell in self.cells.values())

    def against_rest(self, name: str) -> Counts:
        """The confusion matrix of one class against all others."""
        return self._counts(
            (Counts.of_outcome(label=label == name, prediction=predicted == name, cell=cell))
            for (label, predicted), cell in self.cells.items()
        )

    def right_and_wrong(self) -> Counts:
        """Right predictions as ``tp`` and wrong ones as ``fn``: only accuracy can be told of it."""
        return self._counts(
            Counts.of_outcome(label=True, prediction=label == predicted, cell=cell)
            for (label, predicted), cell in self.cells.items()
        )

    def _counts(self, parts: Iterator[Counts]) -> Counts:
        return sum(parts, start=Counts(unjudged=self.unjudged))


def macro(found: Confusion, share: str) -> Point | None:
    """The unweighted mean over the classes of recall, precision or F1 against the rest.

    A class without rows that the measure needs does not count: recall takes the classes that occur
    as labels, precision those that are predicted, F1 those that do either.
    """
    values = [value for name in found.names if (value := _value(found, name, share)) is not None]
    return Point(value=sum(values) / len(values), rows=found.rows) if values else None


def _value(found: Confusion, name: str, share: str) -> float | None:
    counts = found.against_rest(name)
    right, missed, wrong = counts.tp.weight, counts.fn.weight, counts.fp.weight
    part, whole = {
        "recall": (right, right + missed),
        "precision": (right, right + wrong),
        "f1": (2 * right, 2 * right + missed + wrong),
    }[share]
    return part / whole if whole > 0 else None
