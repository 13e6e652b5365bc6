"""Predictions reduced to all that fairness is judged by: counts, scores, classes, residuals.

Counts and scores take one statement that reads the data once. Quantiles of residuals take one more
for each feature, because they do not add up from smaller groups.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from airflow_gov_provider.domain.fairness.classes import Confusion
from airflow_gov_provider.domain.fairness.counts import (
    Cell,
    ContingencyTable,
    Counts,
    Key,
    group_value,
    summed,
)
from airflow_gov_provider.domain.fairness.population import Breakdown, Population, added
from airflow_gov_provider.domain.fairness.residuals import QUANTILES, Residuals
from airflow_gov_provider.domain.fairness.scores import ScoreHistogram, place_number
from airflow_gov_provider.exceptions import SourceInvalid
from airflow_gov_provider.profiling import contingency, locations, places
from airflow_gov_provider.profiling.contingency_spec import ContingencySpec, Task
from airflow_gov_provider.profiling.counting import counting_statement
from airflow_gov_provider.profiling.engine import Engine, Relation, Row, StatementFailed
from airflow_gov_provider.profiling.score_counting import (
    quantiles_statement,
    residuals_statement,
    scores_statement,
)
from airflow_gov_provider.profiling.source import QuerySource, TableSource

# What one statement may bring back.
_MOST_SCORES = 1_000_000
_MOST_CLASS_CELLS = 100_000
_MOST_CLASSES = 100


def populate_table(
    connection: Any, dialect: str, source: TableSource | QuerySource, spec: ContingencySpec
) -> Population:
    """What was counted of one table, or of the rows of one SELECT.

    :raises SourceInvalid: if the source lacks a column or cannot be counted as asked.
    :raises SourceUnavailable: if the database cannot be reached.
    :raises ArgumentInvalid: for another dialect, or a connection inside a transaction.
    """
    return places.in_table(connection, dialect, source, partial(populate, spec=spec))


def populate_files(path: str, spec: ContingencySpec) -> Population:
    """What was counted of Parquet or CSV files.

    :param path: one file or a glob.
    :raises SourceInvalid: if there is no such file, or it cannot be read or counted as asked.
    :raises SourceUnavailable: if it is there and cannot be read just now.
    """
    return places.in_files(locations.find(path), partial(populate, spec=spec))


def populate_and_digest(path: str, spec: ContingencySpec) -> tuple[Population, dict[str, Any]]:
    """As ``populate_files``, and what was counted: ``files`` and their ``sha256``.

    :raises SourceUnavailable: also if the files change while they are read.
    """
    return places.with_digest(path, partial(populate, spec=spec))


def populate(engine: Engine, relation: Relation, name: str, spec: ContingencySpec) -> Population:
    contingency.require_columns(relation, name, spec)
    if spec.task is Task.REGRESSION:
        return _numbers(engine, relation, name, spec)
    if spec.task is Task.MULTICLASS:
        return _classes(engine, relation, name, spec)
    if spec.score is not None and spec.score_bins is not None:
        return _scores(engine, relation, name, spec)
    return Population(counts=contingency.count(engine, relation, name, spec))


def _scores(engine: Engine, relation: Relation, name: str, spec: ContingencySpec) -> Population:
    statement = scores_statement(relation.table, engine.dialect.name, spec)
    rows = _fetched(engine, statement.limit(_MOST_SCORES + 1), name)
    if len(rows) > _MOST_SCORES:
        raise SourceInvalid(
            f"{name}: expected at most {_MOST_SCORES:,} combinations of group, label and score, "
            "found more; take fewer features or fewer score_bins"
        )
    width = len(spec.features) + 2
    by_outcome = _by_outcome(rows, width)
    table = contingency.table_of(by_outcome, name, spec)
    if len(table.cells) > spec.max_groups:
        raise SourceInvalid(contingency.too_many(engine, relation, name, spec))
    _require_range(rows, width, name, spec)
    return Population(
        counts=table,
        scores=Breakdown(features=spec.features, cells=_histograms(rows, width, spec)),
    )


def _by_outcome(rows: Iterable[Row], width: int) -> list[Row]:
    """The same rows without scores, as ``counting_statement`` would have them."""
    sums: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows:
        counted = row[width + 2 : -4]
        known = sums.get(tuple(row[:width]))
        if known is None:
            sums[tuple(row[:width])] = [value or 0 for value in counted]
        else:
            for place, value in enumerate(counted):
                known[place] += value or 0
    return [(*key, *counted) for key, counted in sums.items()]


def _require_range(rows: Iterable[Row], width: int, name: str, spec: ContingencySpec) -> None:
    outside = sum(
        row[width + 2] for row in rows if row[width] is not None and row[width + 1] is None
    )
    if outside:
        raise SourceInvalid(
            f"{name}: metrics of scores expect probabilities from 0 to 1 in {spec.score}, found "
            f"{outside} rows outside; scale them, or ask only for metrics of decisions"
        )


def _places(values: Iterable[Any]) -> Mapping[Any, int]:
    """Numbers of bins in the order of scores, be they bins or the scores themselves."""
    distinct = sorted({value for value in values if value is not None})
    return {value: place for place, value in enumerate(distinct)}


def _histograms(
    rows: Iterable[Row], width: int, spec: ContingencySpec
) -> dict[Key, ScoreHistogram]:
    rows = list(rows)
    places = _places(row[width + 1] for row in rows)
    found = {row[width - 2] for row in rows}
    labels = {value: contingency.is_positive(value, spec.positive) for value in found}
    groups: dict[Key, list[tuple[float, ...]]] = {}
    names: dict[tuple[Any, ...], list[tuple[float, ...]]] = {}
    for row in rows:
        label, reached = labels[row[width - 2]], row[width]
        if label is None or reached is None:
            continue
        group = tuple(row[: width - 2])
        bins = names.get(group)
        if bins is None:
            key = tuple(group_value(value) for value in group)
            bins = names[group] = groups.setdefault(key, [])
        number = place_number((label, int(reached), places[row[width + 1]]))
        n, *weights = row[width + 2 : -4]
        weight, squares = (weights[0] or 0, weights[1] or 0) if weights else (n, n)
        bins.append((number, n, weight, squares, *row[-4:]))
    return {key: ScoreHistogram.of_numbers(bins) for key, bins in groups.items()}


def _cell(rows: int, weights: Sequence[Any]) -> Cell:
    if not weights:
        return Cell.of_rows(rows)
    return Cell(rows=rows, weight=float(weights[0] or 0), squares=float(weights[1] or 0))


def _classes(engine: Engine, relation: Relation, name: str, spec: ContingencySpec) -> Population:
    statement = counting_statement(relation.table, engine.dialect.name, spec)
    rows = _fetched(engine, statement.limit(_MOST_CLASS_CELLS + 1), name)
    width = len(spec.features)
    cells = added(_confusion(row, width) for row in rows)
    classes = {text for found in cells.values() for text in found.names}
    if len(rows) > _MOST_CLASS_CELLS or len(classes) > _MOST_CLASSES:
        raise SourceInvalid(
            f"{name}: expected at most {_MOST_CLASSES} classes in {spec.label} and "
            f"{spec.prediction}, found more; for numbers take task='regression'"
        )
    if len(cells) > spec.max_groups:
        raise SourceInvalid(contingency.too_many(engine, relation, name, spec))
    counted = summed((key, found.right_and_wrong()) for key, found in cells.items())
    contingency.require_weights(
        counted.values(), sum(int(row[width + 5]) for row in rows if spec.weight), name, spec
    )
    return Population(
        counts=ContingencyTable(
            features=spec.features, cells=counted, weighted=spec.weight is not None
        ),
        classes=Breakdown(features=spec.features, cells=cells),
    )


def _confusion(row: Row, width: int) -> tuple[Key, Confusion]:
    key = tuple(group_value(value) for value in row[:width])
    label, predicted = (group_value(value) for value in row[width : width + 2])
    n, *weights = row[width + 2 :]
    if label is None or predicted is None:
        return key, Confusion(unjudged=n)
    return key, Confusion(cells={(label, predicted): _cell(n, weights)})


def _numbers(engine: Engine, relation: Relation, name: str, spec: ContingencySpec) -> Population:
    statement = residuals_statement(relation.table, engine.dialect.name, spec)
    rows = _fetched(engine, statement.limit(spec.max_groups + 1), name)
    if len(rows) > spec.max_groups:
        raise SourceInvalid(contingency.too_many(engine, relation, name, spec))
    width = len(spec.features)
    cells = added(_residuals(row, width, spec) for row in rows)
    counted = summed((key, _rows_of(found)) for key, found in cells.items())
    wrong = sum(int(row[width + 10] or 0) for row in rows) if spec.weight else 0
    contingency.require_weights(counted.values(), wrong, name, spec)
    if not all(math.isfinite(found.fourth) for found in cells.values()):
        raise SourceInvalid(
            f"{name}: the numbers in {spec.label} and {spec.prediction} are too large for the sum "
            "of their errors; divide both by the same number"
        )
    return Population(
        counts=ContingencyTable(
            features=spec.features, cells=counted, weighted=spec.weight is not None
        ),
        residuals=Breakdown(features=spec.features, cells=cells),
        quantiles={
            features: _quantiles(engine, relation, name, spec, features)
            for features in spec.quantiles_by
        },
    )


def _residuals(row: Row, width: int, spec: ContingencySpec) -> tuple[Key, Residuals]:
    key = tuple(group_value(value) for value in row[:width])
    rows, judged = row[width : width + 2]
    total, absolute, squares, fourth, predictions, labels = (
        float(value or 0) for value in row[width + 2 : width + 8]
    )
    cell = _cell(judged, row[width + 8 : width + 11] if spec.weight else ())
    return key, Residuals(
        rows=judged,
        weight=cell.weight,
        weight_squares=cell.squares,
        total=total,
        absolute=absolute,
        squares=squares,
        fourth=fourth,
        predictions=predictions,
        labels=labels,
        unjudged=rows - judged,
    )


def _rows_of(found: Residuals) -> Counts:
    cell = Cell(rows=found.rows, weight=found.weight, squares=found.weight_squares)
    return Counts(tn=cell, unjudged=found.unjudged)


def _quantiles(
    engine: Engine, relation: Relation, name: str, spec: ContingencySpec, features: tuple[str, ...]
) -> dict[Key, dict[float, float]]:
    rows = _fetched(
        engine, quantiles_statement(relation.table, engine.dialect, spec, features), name
    )
    width = len(features)
    return {
        tuple(group_value(value) for value in row[:width]): {
            share: float(value) for share, value in zip(QUANTILES, row[width:], strict=True)
        }
        for row in rows
        if row[width] is not None
    }


def _fetched(engine: Engine, statement: Any, name: str) -> list[Row]:
    try:
        return engine.fetch(statement)
    except StatementFailed as error:
        raise SourceInvalid(f"{name} cannot be counted: {error}") from None
