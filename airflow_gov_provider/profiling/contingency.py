"""Predictions reduced to counts per group, in one statement that reads the data once.

All sensitive features are crossed in a single GROUP BY together with label and prediction; the
groups of one feature and of any intersection are sums of its rows, taken afterwards. What comes
back does not grow with the data: one row per combination that occurs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.fairness.counts import (
    Cell,
    ContingencyTable,
    Counts,
    Key,
    group_value,
    summed,
)
from airflow_gov_provider.exceptions import SourceInvalid, SourceUnavailable
from airflow_gov_provider.profiling import duck, locations
from airflow_gov_provider.profiling.conditions import query
from airflow_gov_provider.profiling.counting import (
    ContingencySpec,
    Outcome,
    counting_statement,
    distinct_values_statement,
)
from airflow_gov_provider.profiling.digests import sha256_of_files, unchanged
from airflow_gov_provider.profiling.failures import reason
from airflow_gov_provider.profiling.locations import Files
from airflow_gov_provider.profiling.source import QuerySource, TableSource

# Label and prediction may have this many combinations of values in each group.
_ROWS_PER_GROUP = 100


def count_table(
    connection: Any, *, dialect: str, source: TableSource | QuerySource, spec: ContingencySpec
) -> ContingencyTable:
    """Counts of one table, or of the rows of one SELECT.

    :param connection: a DB-API connection.
    :param dialect: sqlglot's name: ``duckdb``, ``postgres``, ``sqlite``.
    :raises SourceInvalid: if the source has no such columns or cannot be counted as asked.
    """
    return count_relation(connection, dialect, _relation(source, dialect), str(source), spec)


def count_files(path: str, spec: ContingencySpec) -> ContingencyTable:
    """Counts of Parquet or CSV files.

    :param path: one file or a glob.
    :raises SourceInvalid: if there is no such file, or it cannot be read or counted as asked.
    :raises SourceUnavailable: if it is there and cannot be read just now.
    """
    return _count(locations.find(path), spec)


def count_and_digest(path: str, spec: ContingencySpec) -> tuple[ContingencyTable, dict[str, Any]]:
    """Counts of files as ``count_files``, and what was counted: ``files`` and their ``sha256``.

    :raises SourceUnavailable: also if the files change while they are read.
    """
    files = locations.find(path)
    with unchanged(files.paths):
        digest = sha256_of_files(files.paths)
        table = _count(files, spec)
    return table, {"files": len(files.paths), "sha256": digest}


def _count(files: Files, spec: ContingencySpec) -> ContingencyTable:
    relation = exp.alias_(files.relation(), "source", quoted=True, table=True)
    with TemporaryDirectory() as spill, duck.connect(Path(spill)) as connection:
        return count_relation(connection, "duckdb", relation, files.shown, spec)


def count_relation(
    connection: Any, dialect: str, relation: exp.Expr, name: str, spec: ContingencySpec
) -> ContingencyTable:
    """Counts of whatever can stand in a FROM; ``name`` is for error messages."""
    cursor = connection.cursor()
    if dialect == "postgres":
        _fetch(cursor, "SET TRANSACTION READ ONLY", name, rows=False)
    _require_columns(cursor, dialect, relation, name, spec)
    limit = spec.max_groups * _ROWS_PER_GROUP
    statement = counting_statement(relation, dialect, spec).limit(limit + 1)
    rows = _fetch(cursor, statement.sql(dialect=dialect), name)
    if len(rows) > limit:
        raise SourceInvalid(_too_many(cursor, dialect, relation, name, spec))
    table = _table(rows, name, spec)
    if len(table.cells) > spec.max_groups:
        raise SourceInvalid(_too_many(cursor, dialect, relation, name, spec))
    return table


def _relation(source: TableSource | QuerySource, dialect: str) -> exp.Expr:
    if isinstance(source, QuerySource):
        return exp.alias_(query(source.sql, dialect=dialect), "source", quoted=True)
    schema = exp.to_identifier(source.schema, quoted=True) if source.schema else None
    return exp.Table(this=exp.to_identifier(source.table, quoted=True), db=schema)


def _fetch(cursor: Any, statement: str, name: str, *, rows: bool = True) -> list[Sequence[Any]]:
    try:
        cursor.execute(statement)
        return list(cursor.fetchall()) if rows else []
    except Exception as error:  # noqa: BLE001 - each driver has errors of its own
        kind = SourceUnavailable if _is_away(error) else SourceInvalid
        raise kind(f"{name} cannot be counted: {reason(error)}") from None


def _is_away(error: BaseException) -> bool:
    """Whether the database went away, rather than refused the question."""
    if type(error).__module__.startswith("sqlite3"):
        return "locked" in str(error) or "unable to open" in str(error)
    sqlstate = str(getattr(error, "sqlstate", None) or getattr(error, "pgcode", None) or "")
    if sqlstate:  # connection lost, resources, operator intervention, serialization
        return sqlstate[:2] in ("08", "40", "53", "57", "58")
    return type(error).__name__ in ("OperationalError", "InterfaceError", "ConnectionException")


def _require_columns(
    cursor: Any, dialect: str, relation: exp.Expr, name: str, spec: ContingencySpec
) -> None:
    statement = exp.select("*").from_(relation).limit(0)
    _fetch(cursor, statement.sql(dialect=dialect), name)
    found = [column[0] for column in cursor.description]
    missing = [column for column in spec.columns if column not in found]
    if missing:
        raise SourceInvalid(
            f"{name} has no column {', '.join(missing)}; found {', '.join(found) or 'no columns'}"
        )


def _table(rows: Iterable[Sequence[Any]], name: str, spec: ContingencySpec) -> ContingencyTable:
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
            label=_is_positive(label, spec.positive),
            prediction=_is_positive(prediction, predicted_as),
            cell=cell,
        )
        counted.append((key, outcome))
    cells = summed(counted)
    _require_weights(cells.values(), wrong_weights, name, spec)
    return ContingencyTable(
        features=spec.features,
        cells=cells,
        weighted=spec.weight is not None,
        label_values=len(labels),
        prediction_values=None if spec.score else len(predictions),
    )


def _values(column: Iterable[Any]) -> set[str]:
    return {text for value in column if (text := group_value(value)) is not None}


def _is_positive(value: Any, positive: tuple[Outcome, ...]) -> bool | None:
    text = group_value(value)
    if text is None:
        return None
    return any(value == wanted or text == group_value(wanted) for wanted in positive)


def _require_outcomes(
    labels: set[str], predictions: set[str], name: str, spec: ContingencySpec
) -> None:
    """A positive value that never occurs is a mistake, or nothing would ever look unequal.

    A model may predict nothing but negatives, though: that is believed where the predictions are
    values that labels have, and the positive one is among the labels.
    """
    if labels and not _occurs(spec.positive, labels):
        raise SourceInvalid(_never_positive(name, spec.label, spec.positive, len(labels)))
    if spec.score is not None or not predictions or _occurs(spec.predicted_as, predictions):
        return
    if not (predictions <= labels and _occurs(spec.predicted_as, labels)):
        column = spec.prediction or ""
        raise SourceInvalid(_never_positive(name, column, spec.predicted_as, len(predictions)))


def _occurs(wanted: tuple[Outcome, ...], values: set[str]) -> bool:
    return any(_is_positive(value, wanted) for value in values)


def _never_positive(name: str, column: str, positive: tuple[Outcome, ...], values: int) -> str:
    expected = " or ".join(repr(value) for value in positive)
    return (
        f"{name}: expected {expected} among the values of {column}, found {values} other value"
        f"{'s' * (values != 1)}; name the value that means a positive outcome as it is written "
        "in the data"
    )


def _require_weights(cells: Iterable[Counts], wrong: int, name: str, spec: ContingencySpec) -> None:
    if not spec.weight:
        return
    if wrong or not all(math.isfinite(counts.total.squares) for counts in cells):
        found = f"{wrong} rows with another or none" if wrong else "one that is too large"
        raise SourceInvalid(
            f"{name}: expected a finite weight of at least 0 in every row of {spec.weight}, "
            f"found {found}; correct them, or leave those rows out"
        )


def _too_many(
    cursor: Any, dialect: str, relation: exp.Expr, name: str, spec: ContingencySpec
) -> str:
    keys = [*spec.features, spec.label, *([spec.prediction] if spec.prediction else [])]
    statement = distinct_values_statement(relation, keys)
    counts = _fetch(cursor, statement.sql(dialect=dialect), name)[0]
    listing = ", ".join(f"{key} {n}" for key, n in zip(keys, counts, strict=True))
    return (
        f"{name}: expected at most {spec.max_groups} groups, found more; distinct values: "
        f"{listing}. Put numbers into bins, take a coarser column, or raise max_groups"
    )
