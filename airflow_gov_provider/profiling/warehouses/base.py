"""What the warehouses have in common: a dialect of SQL that is finished before it is sent.

Plans are written once, in DuckDB's terms; ``compiled`` rewrites what a warehouse says otherwise
(filters of aggregates, exact quantiles, types of times), and refuses what it does not know.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from sqlglot import exp

from airflow_gov_provider.domain.quality.expectations import Reference, Statistic, Value
from airflow_gov_provider.profiling.columns import Column, Columns, Family
from airflow_gov_provider.profiling.engines import literals
from airflow_gov_provider.profiling.engines.dialects import DuckDB, named, not_exists
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.warehouses import ranking, rewriting

if TYPE_CHECKING:
    from airflow_gov_provider.profiling.warehouses.writing import Rewrite

EXACT_NUMBER = exp.DataType.build("decimal(38, 0)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A column as a driver describes it.

    :param code: the driver's own word or number for the type.
    """

    name: str
    code: Any
    precision: int | None = None
    scale: int | None = None


class Warehouse(DuckDB, ABC):
    """A database that is reached over somebody else's DB-API driver.

    :cvar title: what people call it.
    :cvar keeps_the_past: tables can be read as they were at a moment, most of them at least.
    :cvar filters: whether an aggregate may have a FILTER clause.
    :cvar casts: how the types of times are written so that they keep microseconds and mean the
        same whatever the session's settings are.
    :cvar settings: statements without which a session would answer something else.
    :cvar time_limit: the statement that bounds how long others run, with ``{seconds}``.
    :cvar transaction: how several statements are begun, ended and undone as one; else each stands
        for itself.
    :cvar naming: matches the errors that speak of names and syntax, which may be shown.
    """

    title: ClassVar[str]
    widest: ClassVar[int] = 500
    keeps_the_past: ClassVar[bool] = False
    filters: ClassVar[bool] = False
    casts: ClassVar[Mapping[str, str]] = {}
    settings: ClassVar[Sequence[str]] = ()
    time_limit: ClassVar[str | None] = None
    transaction: ClassVar[tuple[str, str, str] | None] = None
    naming: ClassVar[re.Pattern[str] | None] = None

    def compiled(self, query: exp.Expr, *, pretty: bool = False) -> str:
        """The statement as it is sent.

        :raises Unmeasurable: if it needs what this warehouse does not have.
        """
        finished = rewriting.finished(
            query,
            casts={name: exp.DataType.build(to, dialect=self.name) for name, to in self._casts()},
            filters=self.filters,
            quantile=self.exact_quantile,
        )
        rewriting.expect_known(finished, dialect=self.name, title=self.title)
        return finished.sql(dialect=self.name, pretty=pretty)

    @abstractmethod
    def column(self, described: Described) -> Column:
        """:returns: the column with its family; OTHER where no value can be compared with it."""

    def describing(self, query: exp.Select) -> str:
        """A statement whose description, or whose rows, tell the columns of a query."""
        return self.compiled(query.limit(0))

    def described(self, description: Sequence[Any], rows: Sequence[Any]) -> list[Described]:
        """What came back for ``describing``; by default the DB-API description of a result."""
        del rows
        return [_described(*entry) for entry in description]

    def table(self, path: Sequence[str]) -> exp.Table:
        """A table by its name, its schema and its catalog, as far as they are given."""
        parts = [exp.to_identifier(part, quoted=True) for part in path]
        catalog, schema, name = [None] * (3 - len(parts)) + parts
        return exp.Table(this=name, db=schema, catalog=catalog)

    def now(self) -> exp.Expr:
        """The present moment in microseconds since 1970."""
        return self.moment(exp.CurrentTimestamp())

    def pinned(self, table: exp.Table, moment: datetime) -> exp.Table:
        """The table as it was at ``moment`` (in UTC); only where it keeps its past."""
        at = exp.cast(literals.text(moment.isoformat(sep=" ")), "timestamptz")
        past = table.copy()
        past.set("version", exp.Version(this="TIMESTAMP", kind="AS OF", expression=at))
        return past

    def created(self, table: str, rows: str, *, run: Sequence[str]) -> str:
        """Makes a table for rows that are put aside, if there is none.

        :param rows: a SELECT with its columns, and without a row.
        :param run: the columns that tell one run of a task from others.
        """
        del run
        return f"CREATE TABLE IF NOT EXISTS {table} AS {rows}"

    def replacing(self, rewrite: Rewrite, rows: str) -> list[str]:
        """Statements after which a table has ``rows`` for a run, and nothing else for it."""
        return [rewrite.delete(), rewrite.insert(rows)]

    def emptying(self, rewrite: Rewrite) -> str:
        """A statement after which a table has no row for a run."""
        return rewrite.delete()

    def same_name(self, written: str, stored: str) -> bool:
        """Whether an author who writes one name, without quotes, means the other."""
        return written.casefold() == stored.casefold()

    def operand(self, column: Column) -> exp.Expr:
        if column.is_single_precision or column.physical.lower() == "float":
            return exp.cast(named(column), "double")
        return super().operand(column)

    def key(self, column: Column) -> list[exp.Expr]:
        """A text by its code points, and NaN where it equals nothing by a mark of its own."""
        odd = self.odd(column)
        if odd is None or self.nan_is_largest:
            return [self.operand(column) if column.family is Family.TEXT else named(column)]
        number, marked = exp.Literal.number(0), exp.Literal.number(1)
        plain = exp.case().when(odd, number.copy()).else_(named(column))
        return [plain, exp.case().when(odd.copy(), marked).else_(number)]

    def group(self, column: Column) -> exp.Expr:
        is_written_alike = column.family in (Family.TEXT, Family.FLOAT)
        return self.operand(column) if is_written_alike else named(column)

    def quantiles(
        self, relation: exp.Expr, keys: Sequence[exp.Expr], column: Column, shares: Sequence[float]
    ) -> exp.Select:
        return ranking.quantiles(relation, keys, column, shares)

    def odd(self, column: Column) -> exp.Expr | None:
        if column.family is Family.FLOAT:
            return exp.IsNan(this=named(column))
        return None

    def literal(self, value: Value, column: Column) -> exp.Expr:
        """A fraction is a DECIMAL or a DOUBLE by the way it is written, so that it is compared
        exactly with decimals, and as the nearest double with doubles.
        """
        written = literals.literal(value, column)
        if isinstance(value, float) and column.family is Family.DECIMAL:
            return _signed(value, f"{Decimal(repr(abs(value))):f}")
        if isinstance(value, float) and column.family is Family.FLOAT:
            shown = repr(abs(value))
            return _signed(value, shown if "e" in shown else f"{shown}e0")
        return written

    @abstractmethod
    def matches(self, column: Column, pattern: str) -> exp.Expr:
        """True if the whole text matches, in the words of this warehouse's regular expressions.

        :raises Unmeasurable: if it may read the pattern otherwise than the other engines.
        """

    def statistic(self, column: Column, statistic: Statistic) -> exp.Expr:
        is_exact = column.family in (Family.INTEGER, Family.DECIMAL)
        if is_exact and statistic is Statistic.SUM:
            return self.total(column)
        if is_exact and statistic is Statistic.MEAN:
            # An average of exact numbers is rounded to a few decimals by most of them.
            count = exp.Count(this=named(column))
            nonzero = exp.Nullif(this=count, expression=exp.Literal.number(0))
            return exp.Div(this=exp.cast(self.total(column), "double"), expression=nonzero)
        return super().statistic(column, statistic)

    def total(self, column: Column) -> exp.Expr:
        """The sum of exact numbers, which does not overflow before 38 digits."""
        if column.family is Family.DECIMAL:
            return exp.Sum(this=named(column))
        return exp.Sum(this=exp.cast(named(column), EXACT_NUMBER.copy()))

    def is_json(self, column: Column) -> exp.Expr:
        raise Unmeasurable(
            f"no test of JSON is written for this warehouse (column {column.name!r})"
        )

    def quantile(self, column: Column, share: float) -> exp.Expr:
        return rewriting.quantile(exp.cast(named(column), "double"), literals.number(share))

    def approximate_quantile(self, column: Column, share: float) -> exp.Expr | None:
        del column, share
        return None  # each has an estimate of a kind of its own; the exact one is always there

    @abstractmethod
    def exact_quantile(self, asked: rewriting.Quantile) -> exp.Expr:
        """The linearly interpolated quantile, as an aggregate or as a query of its own."""

    def proof(self, columns: Sequence[Column]) -> exp.Expr | None:
        if not all(column.hashable for column in columns):
            return None
        if len(columns) == 1 and columns[0].family is Family.INTEGER:
            hashed: exp.Expr | None = named(columns[0])
        else:
            hashed = self.hashed(columns)
        return hashed and exp.Count(this=exp.Distinct(expressions=[hashed]))

    def hashed(self, columns: Sequence[Column]) -> exp.Expr | None:
        """A 64-bit hash of a key; None if this warehouse has none for such columns."""
        del columns
        return None

    def without_counterpart(self, child: exp.Expr, parent: exp.Expr, on: exp.Expr) -> exp.Select:
        return not_exists(child, parent, on)

    def _casts(self) -> list[tuple[str, str]]:
        return list(self.casts.items())


class Folded(dict[str, Column]):
    """Columns by their stored names, and by what people write for them."""

    def __init__(self, stored: Mapping[str, Column], warehouse: Warehouse) -> None:
        super().__init__(stored)
        self._warehouse = warehouse

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or self._meant(str(name)) is not None

    def __missing__(self, name: str) -> Column:
        stored = self._meant(name)
        if stored is None:
            raise KeyError(name)
        return self[stored]

    def _meant(self, name: str) -> str | None:
        alike = [stored for stored in self if self._warehouse.same_name(name, stored)]
        return alike[0] if len(alike) == 1 else None


def spoken(columns: Columns, names: Sequence[str], warehouse: Warehouse) -> Columns:
    """The columns under the names that a contract uses for them."""
    wanted: dict[str, str] = {}
    for name in names:
        alike = [stored for stored in columns if warehouse.same_name(name, stored)]
        if name not in list(columns) and len(alike) == 1:
            wanted.setdefault(alike[0], name)
    return {wanted.get(stored, stored): column for stored, column in columns.items()}


def path_of(table: str) -> list[str]:
    """Catalog, schema and table of a written name; a part that has points stands in quotes."""
    parts = rewriting.parts_of_name(table)
    return parts[-3:] if len(parts) <= rewriting.MOST_PARTS else [table]


def path_of_reference(reference: Reference, *, beside: Sequence[str]) -> list[str]:
    """A reference without a schema is looked for beside the table itself."""
    path = path_of(reference.table)
    return [*beside[: max(0, len(beside) - len(path))], *path]


def _signed(value: float, digits: str) -> exp.Expr:
    positive = exp.Literal.number(digits)
    return exp.Neg(this=positive) if value < 0 else positive


def _described(name: str, code: Any, *rest: Any) -> Described:
    precision, scale = (*rest, None, None, None, None)[2:4]
    return Described(name=name, code=code, precision=precision, scale=scale)
