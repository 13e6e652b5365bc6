"""What a contract asks of a table, and what a profile answers: the two sides of a quality gate.

Parsing (``domain.contracts``) makes expectations, profiling (``profiling``) answers each with one
measurement, and judging (``domain.quality.evaluation``) turns the pairs into findings. Neither side
knows the other.

Rules that all three share:

* A row check counts *failing* rows among the rows in *scope*. NULL is in scope only for
  ``not_null``; every other row check passes over rows whose column is NULL, and ``unique`` over
  rows with a NULL in any key column. ``where`` narrows the scope further.
* ``unique``: failing rows are all rows whose key occurs more than once.
* What could not be measured carries its reason and no numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from airflow_gov_provider.domain.quality.parameters import Parameters
from airflow_gov_provider.domain.verdicts import Json, Severity

Value = str | int | float | bool | date | datetime


class CheckKind(StrEnum):
    """The kinds whose values are fields of the expectation; every other has its Parameters."""

    COLUMN_EXISTS = "column_exists"
    COLUMN_TYPE = "column_type"
    NOT_NULL = "not_null"
    UNIQUE = "unique"
    ACCEPTED_VALUES = "accepted_values"
    REJECTED_VALUES = "rejected_values"
    RANGE = "range"
    LENGTH = "length"
    REGEX = "regex"
    ROW_COUNT = "row_count"
    FRESHNESS = "freshness"
    STATISTIC = "statistic"
    FOREIGN_KEY = "foreign_key"
    SQL_EXPRESSION = "sql_expression"


ROW_CHECKS = frozenset(
    {
        CheckKind.NOT_NULL,
        CheckKind.UNIQUE,
        CheckKind.ACCEPTED_VALUES,
        CheckKind.REJECTED_VALUES,
        CheckKind.RANGE,
        CheckKind.LENGTH,
        CheckKind.REGEX,
        CheckKind.FOREIGN_KEY,
        CheckKind.SQL_EXPRESSION,
    }
)


class Statistic(StrEnum):
    """``stddev`` is the sample standard deviation (n - 1); a quantile interpolates linearly."""

    MIN = "min"
    MAX = "max"
    MEAN = "mean"
    STDDEV = "stddev"
    SUM = "sum"
    QUANTILE = "quantile"


class LogicalType(StrEnum):
    """ODCS logical types that a physical column type can be judged against."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    TIME = "time"
    ARRAY = "array"
    OBJECT = "object"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """An interval; a bound that is None is open. At least one is given."""

    at_least: Value | None = None
    at_most: Value | None = None
    more_than: Value | None = None
    less_than: Value | None = None

    def __str__(self) -> str:
        parts = [
            f"{sign} {limit}"
            for sign, limit in (
                (">=", self.at_least),
                (">", self.more_than),
                ("<=", self.at_most),
                ("<", self.less_than),
            )
            if limit is not None
        ]
        return " and ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How many failing rows are still all right: a count, or a share of the rows in scope."""

    count: int | None = None
    share: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A requirement on the measured number itself. Only judging reads it; profiling need not.

    The number is the count of failing rows for a row check, and the measured value otherwise.

    :param inside: whether the number must lie inside ``bounds`` or outside them.
    :param percent: the number is taken as a percentage of all rows of the table.
    """

    bounds: Bounds
    inside: bool = True
    percent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The other side of a foreign key: ``table`` is a table name, or a path for a file source."""

    table: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One check of a contract. Which fields it uses depends on ``kind``, which is either that of
    its ``parameters`` or one of these:

    ======================  =====================================================================
    column_exists           columns[0]
    column_type             columns[0], logical_type or physical_type
    not_null                columns[0]
    unique                  columns (one or more)
    accepted/rejected       columns[0], values
    range                   columns[0], bounds (numbers, dates, times or text)
    length                  columns[0], bounds (characters)
    regex                   columns[0], pattern (the whole value must match, RE2-style syntax)
    row_count               bounds (rows)
    freshness               columns[0], max_age (newest value against the time of judging)
    statistic               columns[0], statistic, quantile (0..1), bounds
    foreign_key             columns, reference
    sql_expression          expression: a boolean SQL condition that every row in scope must meet;
                            a row for which it is NULL fails
    ======================  =====================================================================

    :param check_id: unique within the contract, stable between runs.
    :param parameters: what a check of any other kind asks; its ``bounds`` still stand here.
    :param where: a boolean SQL condition; only rows that meet it are in scope.
    :param or_types: further logical types that satisfy a ``column_type`` check as well.
    :param limits: requirements on the measured number, all of which must hold; for a row check they
        stand in place of ``tolerance``.
    :param sample_limit: of how many failing rows the evidence of a quarantine tells what they look
        like; None for the usual number.
    :param place: where in the document it stands, e.g. ``schema[0].properties[2].quality[0]``.
    """

    check_id: str
    kind: str
    columns: tuple[str, ...] = ()
    parameters: Parameters | None = None
    where: str | None = None
    tolerance: Tolerance | None = None
    limits: tuple[Limit, ...] = ()
    severity: Severity = Severity.ERROR
    values: tuple[Value, ...] = ()
    bounds: Bounds | None = None
    pattern: str | None = None
    max_age: timedelta | None = None
    statistic: Statistic | None = None
    quantile: float | None = None
    reference: Reference | None = None
    expression: str | None = None
    logical_type: LogicalType | None = None
    or_types: tuple[LogicalType, ...] = ()
    physical_type: str | None = None
    sample_limit: int | None = None
    place: str = ""
    dimension: str | None = None
    description: str | None = None

    @property
    def subject(self) -> str:
        return ", ".join(self.columns) or "table"

    @property
    def counts_rows(self) -> bool:
        """Whether it counts failing rows among the rows in scope."""
        if self.parameters is not None:
            return self.parameters.counts_rows
        return self.kind in ROW_CHECKS

    @property
    def needs_rows(self) -> bool:
        """Whether rows must be read; otherwise the columns' names and types answer it."""
        if self.parameters is not None:
            return self.parameters.needs_rows
        return self.kind not in (CheckKind.COLUMN_EXISTS, CheckKind.COLUMN_TYPE)

    @property
    def sees_null(self) -> bool:
        """Whether rows whose column is NULL are in scope."""
        if self.parameters is not None:
            return self.parameters.sees_null
        return self.kind == CheckKind.NOT_NULL


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The answer in one group of rows.

    :param name: the values that its rows share, for people.
    """

    name: str
    rows: int
    measurement: Measurement


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """The answer to one expectation.

    :param total: rows in scope.
    :param failing: rows in scope that violate a row check.
    :param value: the statistic, the row count, or the newest time of a freshness check; None when
        there was nothing to compute it from.
    :param details: further JSON-safe facts for the finding; never a value of a row.
    :param groups: the answers in the groups of a check that is asked of each.
    :param error: why it could not be measured; then nothing else is set.
    """

    total: int | None = None
    failing: int | None = None
    value: Value | None = None
    details: Mapping[str, Json] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What was measured on one table.

    :param source: the table or path, for people.
    :param columns: name to physical type, in the order of the table.
    :param rows: all rows of the table, before any ``where``.
    :param measurements: one per ``check_id``; ``column_exists`` and ``column_type`` need none.
    :param statements: how many SQL statements it took.
    """

    source: str
    columns: Mapping[str, str]
    rows: int
    measurements: Mapping[str, Measurement] = field(default_factory=dict)
    statements: int = 0
