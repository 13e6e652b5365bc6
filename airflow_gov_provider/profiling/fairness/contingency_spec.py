"""What to count; light to import, because Dag files do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Outcome = str | int | float | bool

DEFAULT_MAX_GROUPS = 1000
DEFAULT_SCORE_BINS = 1000


class Task(StrEnum):
    """What the model predicts: one of two outcomes, one of several classes, or a number."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContingencySpec:
    """What to count.

    A row's label is positive if it equals one of ``positive``, and negative if it is anything else
    but missing. Its prediction is positive if it equals one of ``positive_prediction``, or if the
    score reaches ``threshold``. NULL and NaN are missing. Values are compared by their text as
    well, so that ``1`` finds the ``1`` of a file that was read as text.

    :param prediction: the column of decisions; or ``score`` with ``threshold``.
    :param positive_prediction: the same as ``positive`` when it is empty.
    :param weight: a column of weights, finite and not negative in every row.
    :param max_groups: combinations of features beyond which counting stops: a column with that many
        values has to be put into bins first.
    :param task: with more than two classes or with numbers, ``positive`` plays no part.
    :param score_bins: bins of equal width from 0 to 1 that scores are counted in beside the
        decisions; 0 counts every distinct score by itself, None counts no scores.
    :param quantiles_by: the features, or crossed features, of whose groups quantiles of residuals
        are taken; of all rows for the empty one.
    """

    features: tuple[str, ...]
    label: str
    positive: tuple[Outcome, ...]
    prediction: str | None = None
    positive_prediction: tuple[Outcome, ...] = ()
    score: str | None = None
    threshold: float | None = None
    weight: str | None = None
    max_groups: int = DEFAULT_MAX_GROUPS
    task: Task = Task.BINARY
    score_bins: int | None = None
    quantiles_by: tuple[tuple[str, ...], ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read, without repetition."""
        named = (*self.features, self.label, self.prediction, self.score, self.weight)
        return tuple(dict.fromkeys(name for name in named if name is not None))

    @property
    def predicted_as(self) -> tuple[Outcome, ...]:
        return self.positive_prediction or self.positive
