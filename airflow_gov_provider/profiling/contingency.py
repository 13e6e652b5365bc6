"""Predictions reduced to counts per group, in one statement that reads the data once.

All sensitive features are crossed in a single GROUP BY together with label and prediction; the
groups of one feature and of any intersection are sums of its rows, taken afterwards. What comes
back does not grow with the data: one row per combination that occurs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
from airflow_gov_provider.profiling.digests import sha256_of_files, unchanged
from airflow_gov_provider.profiling.failures import reason
from airflow_gov_provider.profiling.locations import Files
from airflow_gov_provider.profiling.source import QuerySource, TableSource

Outcome = str | int | float | bool

DEFAULT_MAX_GROUPS = 1000
# Label and prediction may have this many values each before they multiply the groups too far.
_VALUES_PER_GROUP = 100


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

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read, without repetition."""
        named = (*self.features, self.label, self.prediction, self.score, self.weight)
        return tuple(dict.fromkeys(name for name in named if name is not None))

    @property
    def predicted_as(self) -> tuple[Outcome, ...]:
        return self.positive_prediction or self.positive


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
    _require_columns(cursor, dialect, relation, name, spec)
    limit = spec.max_groups * _VALUES_PER_GROUP
    statement = counting_statement(relation, dialect, spec).limit(limit + 1)
    rows = _fetch(cursor, statement.sql(dialect=dialect), name)
    if len(rows) > limit:
        raise SourceInvalid(_too_many(cursor, dialect, relation, name, spec))
    table = _table(rows, name, spec)
    if len(table.cells) > spec.max_groups:
        raise SourceInvalid(_too_many(cursor, dialect, relation, name, spec))
    return table


def counting_statement(relation: exp.Expr, dialect: str, spec: ContingencySpec) -> exp.Select:
    """The one statement: a group a row, then label, prediction, rows and three sums of weights."""
    keys: list[exp.Expr] = [_column(feature) for feature in spec.features]
    keys += [_column(spec.label), _prediction(dialect, spec)]
    measures: list[exp.Expr] = [exp.Count(this=exp.Star())]
    if spec.weight:
        measures += _weights(dialect, spec.weight)
    columns = [exp.alias_(e, f"c{i}", quoted=True) for i, e in enumerate([*keys, *measures])]
    ordinals = [exp.Literal.number(i + 1) for i in range(len(keys))]
    return exp.select(*columns).from_(relation).group_by(*ordinals)


def _prediction(dialect: str, spec: ContingencySpec) -> exp.Expr:
    """The decision itself, or 1 and 0 for a score that reaches the threshold or does not."""
    if spec.score is None:
        assert spec.prediction is not None  # noqa: S101 - the operator asks for one of the two
        return _column(spec.prediction)
    score = _double(_column(spec.score), dialect)
    reached = exp.GTE(this=score.copy(), expression=_number(spec.threshold or 0.0))
    return (
        exp.case()
        .when(_is_missing(score, dialect), exp.null())
        .when(reached, exp.Literal.number(1))
        .else_(exp.Literal.number(0))
    )


def _weights(dialect: str, name: str) -> list[exp.Expr]:
    """Their sum, the sum of their squares, and how many of them are no weights at all."""
    weight = _double(_column(name), dialect)
    wrong = exp.or_(
        _is_missing(weight, dialect), exp.LT(this=weight.copy(), expression=_number(0.0))
    )
    flagged = exp.case().when(wrong, exp.Literal.number(1)).else_(exp.Literal.number(0))
    return [
        exp.Sum(this=weight.copy()),
        exp.Sum(this=exp.Mul(this=weight.copy(), expression=weight.copy())),
        exp.Sum(this=flagged),
    ]


def _is_missing(number: exp.Expr, dialect: str) -> exp.Expr:
    """NULL or NaN. Both DuckDB and PostgreSQL hold NaN to equal itself and to exceed any number,
    so it would reach every threshold. SQLite has none, but may hold text, which it holds to exceed
    any number as well.
    """
    null = exp.Is(this=number.copy(), expression=exp.null())
    if dialect == "sqlite":
        stored = exp.Anonymous(this="typeof", expressions=[number.copy()])
        kinds = [exp.Literal.string(kind) for kind in ("integer", "real")]
        return exp.not_(exp.In(this=stored, expressions=kinds))
    nan = _double(exp.Literal.string("NaN"), dialect)
    return exp.or_(null, exp.EQ(this=number.copy(), expression=nan))


def _double(expression: exp.Expr, dialect: str) -> exp.Expr:
    # SQLite's CAST turns any text into a number, so there the column's own values are compared.
    return expression if dialect == "sqlite" else exp.cast(expression, "double")


def _number(value: float) -> exp.Expr:
    literal = exp.Literal.number(repr(abs(value)))
    return exp.Neg(this=literal) if value < 0 else literal


def _column(name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True))


def _relation(source: TableSource | QuerySource, dialect: str) -> exp.Expr:
    if isinstance(source, QuerySource):
        return exp.alias_(query(source.sql, dialect=dialect), "source", quoted=True)
    schema = exp.to_identifier(source.schema, quoted=True) if source.schema else None
    return exp.Table(this=exp.to_identifier(source.table, quoted=True), db=schema)


def _fetch(cursor: Any, statement: str, name: str) -> list[Sequence[Any]]:
    try:
        cursor.execute(statement)
        return list(cursor.fetchall())
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
    columns = [
        exp.alias_(exp.Count(this=exp.Distinct(expressions=[_column(key)])), f"c{i}")
        for i, key in enumerate(keys)
    ]
    statement = exp.select(*columns).from_(relation)
    counts = _fetch(cursor, statement.sql(dialect=dialect), name)[0]
    listing = ", ".join(f"{key} {n}" for key, n in zip(keys, counts, strict=True))
    return (
        f"{name}: expected at most {spec.max_groups} groups, found more; distinct values: "
        f"{listing}. Put numbers into bins, take a coarser column, or raise max_groups"
    )
