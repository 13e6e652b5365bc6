"""Histograms of scores from what an engine has counted, as arrays and never cell by cell.

DuckDB has numbers for groups and places, so that Python sees a row a group and numpy the rest. The
rows of other engines are put into the same form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from airflow_gov_provider.domain.fairness.counts import Key, group_value
from airflow_gov_provider.domain.fairness.scores import ScoreHistogram, place_numbers, starts_of
from airflow_gov_provider.exceptions import SourceInvalid
from airflow_gov_provider.profiling.engines.engine import Row
from airflow_gov_provider.profiling.fairness.contingency import is_positive
from airflow_gov_provider.profiling.fairness.contingency_spec import ContingencySpec
from airflow_gov_provider.profiling.fairness.score_counting import decoded

if TYPE_CHECKING:
    from airflow_gov_provider.domain.fairness.scores import Floats

# The sums of scores and of their squares, the least and the greatest score.
_OF_SCORES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Rows of one group and one label, by score. NaN stands for what is missing.

    :param group: values of the features, and ``label``, as the engine has them.
    :param predicted: 1 or 0.
    :param reached: how many of ``EDGES``.
    :param bins: the bin, or the score itself; missing where the score is outside of 0 to 1.
    :param sums: rows, weights, squared weights, scores and squared scores, a row of numbers each.
    :param ends: the least and the greatest score.
    :param wrong: rows whose weight is none, a number a cell.
    """

    group: tuple[Any, ...]
    label: Any
    predicted: Floats
    reached: Floats
    bins: Floats
    sums: Floats
    ends: Floats
    wrong: Floats

    @property
    def outside(self) -> int:
        """Rows with a score that is no probability."""
        import numpy as np

        return int(self.sums[0][~np.isnan(self.reached) & np.isnan(self.bins)].sum())


def of_rows(rows: Iterable[Row], width: int) -> list[Cells]:
    """:param rows: as ``scores_statement`` asks for them.
    :param width: columns up to the label.
    """
    import numpy as np

    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[:width]), []).append(row[width:])
    parts = []
    for (*group, label), cells in found.items():
        predicted, reached, bins, *counted = np.array(cells, dtype=np.float64).T
        parts.append(_cells((*group, label), (predicted, reached, bins), counted))
    return parts


def of_arrays(
    groups: Sequence[Row], columns: Sequence[Any], spec: ContingencySpec
) -> list[Cells] | None:
    """None if two groups have the same number.

    :param groups: as ``groups_statement`` asks for them.
    :param columns: as ``places_statement`` does.
    :raises SourceInvalid: if the columns have a group that is none of ``groups``.
    """
    import numpy as np

    names = {number: tuple(keys) for *keys, number in groups}
    if len(names) < len(groups):
        return None
    order = np.argsort(columns[0], kind="stable")
    numbers, places, *counted = (np.asarray(values)[order] for values in columns)
    parts = []
    for start, end in pairwise([*starts_of(numbers).tolist(), len(numbers)]):
        keys = names.get(int(numbers[start]))
        if keys is None:
            raise SourceInvalid("the data changed while they were read; try again")
        some = slice(start, end)
        place = decoded(places[some], spec)
        parts.append(_cells(keys, place, [values[some] for values in counted]))
    return parts


def _cells(
    keys: Sequence[Any], place: tuple[Floats, Floats, Floats], counted: Sequence[Any]
) -> Cells:
    import numpy as np

    *group, label = keys
    rows, *weights = counted[:-_OF_SCORES]
    weight, squares, wrong = weights or (rows, rows, np.zeros(len(rows)))
    totals, squared, low, high = counted[-_OF_SCORES:]
    predicted, reached, bins = place
    return Cells(
        group=tuple(group),
        label=label,
        predicted=predicted,
        reached=reached,
        bins=bins,
        sums=_zero_for_none(np.array([rows, weight, squares, totals, squared], dtype=np.float64)),
        ends=np.array([low, high], dtype=np.float64),
        wrong=np.asarray(wrong),
    )


def _zero_for_none(sums: Floats) -> Floats:
    """Without NaN, but with infinities: weights that are too large have to be found."""
    import numpy as np

    known: Floats = np.where(np.isnan(sums), 0.0, sums)
    return known


def outcomes(parts: Iterable[Cells], spec: ContingencySpec) -> Iterator[Row]:
    """The same without scores, as ``counting_statement`` would have them."""
    import numpy as np

    for part in parts:
        for prediction in (1, 0, None):
            some = np.isnan(part.predicted) if prediction is None else part.predicted == prediction
            if some.any():
                rows, *weights = part.sums[:3, some].sum(axis=1).tolist()
                wrong = float(part.wrong[some].sum())
                counted = (int(rows), *weights, wrong) if spec.weight else (int(rows),)
                yield (*part.group, part.label, prediction, *counted)


def histograms(parts: Sequence[Cells], spec: ContingencySpec) -> dict[Key, ScoreHistogram]:
    """The scores of each group, of rows with label and score."""
    import numpy as np

    # Bins are numbers in the order of the scores; scores themselves become such.
    scores = None
    if not spec.score_bins and parts:
        scores = np.unique(np.concatenate([part.bins for part in parts]))
    found: dict[Key, list[tuple[Any, ...]]] = {}
    for part in parts:
        label, judged = is_positive(part.label, spec.positive), ~np.isnan(part.bins)
        if label is None or not judged.any():
            continue
        bins = part.bins[judged]
        at = bins if scores is None else np.searchsorted(scores, bins)
        places = place_numbers(at, part.reached[judged], label=label)
        key = tuple(group_value(value) for value in part.group)
        found.setdefault(key, []).append((places, part.sums[:, judged], part.ends[:, judged]))
    return {
        key: ScoreHistogram.of_arrays(
            np.concatenate([places for places, _, _ in some]),
            np.concatenate([sums for _, sums, _ in some], axis=1),
            np.concatenate([ends for _, _, ends in some], axis=1),
        )
        for key, some in found.items()
    }
