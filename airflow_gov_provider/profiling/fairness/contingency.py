"""Predictions reduced to counts per group, in one statement that reads the data once.

All sensitive features are crossed in a single GROUP BY together with label and prediction; the
groups of one feature and of any intersection are sums of its rows, taken afterwards. What comes
back does not grow with the data: one row per combination that occurs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from airflow_gov_provider.domain.fairness.counts import (
    Cell,
    ContingencyTable,
    Counts,
    Key,
    group_value,
    summed,
)
from airflow_gov_provider.exceptions import SourceInvalid
from airflow_gov_provider.profiling.engines.engine import Engine, Relation, StatementFailed
from airflow_gov_provider.profiling.fairness.contingency_spec import ContingencySpec, Outcome
from airflow_gov_provider.profiling.fairness.counting import (
    counting_statement,
    distinct_values_statement,
)

# Label and prediction may have this many combinations of values in each group.
_ROWS_PER_GROUP = 100


def count(engine: Engine, relation: Relation, name: str, spec: ContingencySpec) -> ContingencyTable:
    limit = spec.max_groups * _ROWS_PER_GROUP
    statement = counting_statement(relation.table, engine.dialect.name, spec).limit(limit + 1)
    try:
        rows = engine.fetch(statement)
    except StatementFailed as error:
        raise SourceInvalid(f"{name} cannot be counted: {error}") from None
    table = table_of(rows, name, spec) if len(rows) <= limit else None
    if table is None or len(table.cells) > spec.max_groups:
        raise SourceInvalid(too_many(engine, relation, name, spec))
    return table


def too_many(engine: Engine, relation: Relation, name: str, spec: ContingencySpec) -> str:
    keys = [*spec.features, spec.label, *([spec.prediction] if spec.prediction else [])]
    (counts,) = engine.fetch(distinct_values_statement(relation.table, keys))
    listing = ", ".join(f"{key} {n}" for key, n in zip(keys, counts, strict=True))
    return (
        f"{name}: expected at most {spec.max_groups} groups, found more; distinct values: "
        f"{listing}. Put numbers into bins, take a coarser column, or raise max_groups"
    )


def table_of(rows: Iterable[Sequence[Any]], name: str, spec: ContingencySpec) -> ContingencyTable:
    """The table of rows as ``counting_statement`` asks for them."""
    width = len(spec.features)
    rows = list(rows)
    labels = _values(row[width] for row in rows)
    predictions = _values(row[width + 1] for row in rows)
    _require_outcomes(labels, predictions, name, spec)
    counted: list[tuple[Key, Counts]] = []
    wrong_weights = 0
    predicted_as = spec.predicted_as if spec.score is None else (1,)
    for row in rows:
        key = tuple(group_value(value) for value in row[:width])
        label, prediction, n, *weights = row[width:]
        cell = Cell.of_rows(n)
        if weights:
            wrong_weights += int(weights[2])
            cell = Cell(rows=n, weight=float(weights[0] or 0), squares=float(weights[1] or 0))
        outcome = Counts.of_outcome(
            label=is_positive(label, spec.positive),
            prediction=is_positive(prediction, predicted_as),
            cell=cell,
        )
        counted.append((key, outcome))
    cells = summed(counted)
    require_weights(cells.values(), wrong_weights, name, spec)
    return ContingencyTable(
        features=spec.features,
        cells=cells,
        weighted=spec.weight is not None,
        label_values=len(labels),
        prediction_values=None if spec.score else len(predictions),
        one_sided=spec.score is not None and len(predictions) == 1,
    )


def _values(column: Iterable[Any]) -> dict[str, Any]:
    """The distinct values that are not missing, by their text."""
    texts = ((group_value(value), value) for value in column)
    return {text: value for text, value in texts if text is not None}


def is_positive(value: Any, positive: tuple[Outcome, ...]) -> bool | None:
    text = group_value(value)
    if text is None:
        return None
    if isinstance(value, bool):  # TRUE and True are ways to write it
        return any(value == wanted or text == str(wanted).lower() for wanted in positive)
    return any(value == wanted or text == group_value(wanted) for wanted in positive)


def _require_outcomes(
    labels: Mapping[str, Any], predictions: Mapping[str, Any], name: str, spec: ContingencySpec
) -> None:
    """A positive value that never occurs is a mistake, or nothing would ever look unequal.

    A model may predict nothing but negatives, though: that is believed where the predictions are
    values that labels have, and the positive one is among the labels.
    """
    if labels and not _occurs(spec.positive, labels):
        raise SourceInvalid(_never_positive(name, spec.label, spec.positive, len(labels)))
    if spec.score is not None or not predictions or _occurs(spec.predicted_as, predictions):
        return
    if not (predictions.keys() <= labels.keys() and _occurs(spec.predicted_as, labels)):
        column = spec.prediction or ""
        raise SourceInvalid(_never_positive(name, column, spec.predicted_as, len(predictions)))


def _occurs(wanted: tuple[Outcome, ...], values: Mapping[str, Any]) -> bool:
    return any(is_positive(value, wanted) for value in values.values())


def _never_positive(name: str, column: str, positive: tuple[Outcome, ...], values: int) -> str:
    expected = " or ".join(repr(value) for value in positive)
    return (
        f"{name}: expected {expected} among the values of {column}, found {values} other value"
        f"{'s' * (values != 1)}; name the value that means a positive outcome as it is written "
        "in the data"
    )


def require_weights(cells: Iterable[Counts], wrong: int, name: str, spec: ContingencySpec) -> None:
    if not spec.weight:
        return
    if wrong or not all(math.isfinite(counts.total.squares) for counts in cells):
        found = f"{wrong} rows with another or none" if wrong else "one that is too large"
        raise SourceInvalid(
            f"{name}: expected a finite weight of at least 0 in every row of {spec.weight}, "
            f"found {found}; correct them, or leave those rows out"
        )
