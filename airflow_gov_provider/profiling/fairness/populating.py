"""Predictions reduced to all that fairness is judged by: counts, scores, classes, residuals.

Counts and scores take one statement that reads the data once. Quantiles of residuals take one more
for each feature, because they do not add up from smaller groups.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
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
from airflow_gov_provider.exceptions import SourceInvalid
from airflow_gov_provider.profiling.engines.engine import (
    Engine,
    FetchesArrays,
    Relation,
    Row,
    StatementFailed,
)
from airflow_gov_provider.profiling.fairness import contingency, histograms
from airflow_gov_provider.profiling.fairness.asked_columns import as_asked
from airflow_gov_provider.profiling.fairness.contingency_spec import ContingencySpec, Task
from airflow_gov_provider.profiling.fairness.counting import counting_statement
from airflow_gov_provider.profiling.fairness.score_counting import (
    groups_statement,
    places_statement,
    quantiles_statement,
    residuals_statement,
    scores_statement,
)
from airflow_gov_provider.profiling.places import locations
from airflow_gov_provider.profiling.places import look as places
from airflow_gov_provider.profiling.places.source import QuerySource, TableSource

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
    relation = as_asked(engine, relation, name, spec)
    if spec.task is Task.REGRESSION:
        return _numbers(engine, relation, name, spec)
    if spec.task is Task.MULTICLASS:
        return _classes(engine, relation, name, spec)
    if spec.score is not None and spec.score_bins is not None:
        return _scores(engine, relation, name, spec)
    return Population(counts=contingency.count(engine, relation, name, spec))


def _scores(engine: Engine, relation: Relation, name: str, spec: ContingencySpec) -> Population:
    parts = _scored(engine, relation, name, spec)
    table = contingency.table_of(histograms.outcomes(parts, spec), name, spec)
    if len(table.cells) > spec.max_groups:
        raise SourceInvalid(contingency.too_many(engine, relation, name, spec))
    outside = sum(part.outside for part in parts)
    if outside:
        raise SourceInvalid(
            f"{name}: metrics of scores expect probabilities from 0 to 1 in {spec.score}, found "
            f"{outside} rows outside; scale them, or ask only for metrics of decisions"
        )
    found = histograms.histograms(parts, spec)
    return Population(counts=table, scores=Breakdown(features=spec.features, cells=found))


def _scored(
    engine: Engine, relation: Relation, name: str, spec: ContingencySpec
) -> list[histograms.Cells]:
    most = _MOST_SCORES
    parts = None
    if isinstance(engine, FetchesArrays):
        groups = _fetched(engine, groups_statement(relation.table, spec), name)
        statement = places_statement(relation.table, spec).limit(most + 1)
        try:
            parts = histograms.of_arrays(groups, engine.arrays(statement), spec)
        except StatementFailed as error:
            raise SourceInvalid(f"{name} cannot be counted: {error}") from None
    if parts is None:
        statement = scores_statement(relation.table, engine.dialect.name, spec).limit(most + 1)
        parts = histograms.of_rows(_fetched(engine, statement, name), len(spec.features) + 1)
    if sum(len(part.bins) for part in parts) > most:
        raise SourceInvalid(
            f"{name}: expected at most {most:,} combinations of group, label and score, "
            "found more; take fewer features or fewer score_bins"
        )
    return parts


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
    _require_same_classes(cells.values(), name, spec)
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


def _require_same_classes(found: Iterable[Confusion], name: str, spec: ContingencySpec) -> None:
    """Where no class is both a label and a prediction, everything is wrong and so looks equal."""
    places = {place for confusion in found for place in confusion.cells}
    labels, predictions = ({place[i] for place in places} for i in range(2))
    if places and not labels & predictions:
        raise SourceInvalid(
            f"{name}: expected classes that are both in {spec.label} and in {spec.prediction}, "
            f"found none among {len(labels)} and {len(predictions)}; write them alike in both"
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
    for feature in features:
        if not engine.dialect.partitions_by(relation.columns[feature]):
            raise SourceInvalid(
                f"{name}: the database takes no quantiles by groups of {feature}, which holds "
                "floating point; read it as a text or as a whole number in a query"
            )
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
