"""The SQL that a gate would send, for somebody to read: no database is asked anything.

A contract is planned as always, and an engine that only takes notes answers with made-up numbers,
chosen so that every check asks all it could ask. Types of columns are those that the contract
gives; where it gives none, what the check needs is assumed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.quality.column_types import logical_types
from airflow_gov_provider.domain.quality.expectations import (
    CheckKind,
    Expectation,
    LogicalType,
    Reference,
)
from airflow_gov_provider.exceptions import ArgumentInvalid
from airflow_gov_provider.profiling import repeats
from airflow_gov_provider.profiling.columns import Column, Columns, Family
from airflow_gov_provider.profiling.engines.dialects import DuckDB, Postgres, SQLite
from airflow_gov_provider.profiling.engines.engine import Relation, Row, StatementFailed
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.plans import Plan, Planner
from airflow_gov_provider.profiling.scan import Scan
from airflow_gov_provider.profiling.warehouses.base import Warehouse, path_of, path_of_reference
from airflow_gov_provider.profiling.warehouses.engine import WarehouseEngine
from airflow_gov_provider.profiling.warehouses.known import WAREHOUSES

DIALECTS: Mapping[str, DuckDB] = {
    **WAREHOUSES,
    **{dialect.name: dialect for dialect in (DuckDB(), Postgres(), SQLite())},
}
_FAMILIES = {
    LogicalType.STRING: Family.TEXT,
    LogicalType.INTEGER: Family.INTEGER,
    LogicalType.NUMBER: Family.FLOAT,
    LogicalType.BOOLEAN: Family.BOOLEAN,
    LogicalType.DATE: Family.DATE,
    LogicalType.TIMESTAMP: Family.TIMESTAMP,
    LogicalType.TIME: Family.TIME,
}
# In which order types are assumed of a column of which the contract says nothing.
_ASSUMED = (Family.UNKNOWN, Family.TEXT, Family.TIMESTAMP, Family.FLOAT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """What a contract becomes.

    :param settings: what is said to the session first.
    :param statements: in the order in which they are sent.
    :param by_columns: checks that the names and types of the columns answer.
    :param refused: checks that this database cannot be asked, and why.
    """

    dialect: str
    settings: tuple[str, ...]
    statements: tuple[str, ...]
    by_columns: tuple[str, ...]
    refused: Mapping[str, str]


def compiled(expectations: Sequence[Expectation], *, dialect: str, table: str) -> Compiled:
    """The statements of a gate on a table.

    :param table: its name, after a schema and a catalog where it needs them.
    :raises ArgumentInvalid: for a dialect that nobody here speaks.
    """
    if dialect not in DIALECTS:
        known = ", ".join(sorted(DIALECTS))
        raise ArgumentInvalid(f"expected one of {known} as the dialect, found {dialect!r}")
    notes = _Notes(dialect=DIALECTS[dialect], path=path_of(table))
    refused: dict[str, str] = {}
    plans = dict(_planned(expectations, notes, refused))
    planner = Planner(notes.dialect, notes.columns(expectations, Family.UNKNOWN))
    relation = Relation(table=notes.table(notes.path), columns=planner.columns)
    values = Scan(notes, relation, always=planner.all_rows).run(list(plans.values()))
    for plan in plans.values():
        if (reason := _followed_up(notes, relation, plan, values)) is not None:
            refused[plan.expectation.check_id] = reason
    return Compiled(
        dialect=dialect,
        settings=tuple(getattr(notes.dialect, "settings", ())),
        statements=tuple(notes.written),
        by_columns=tuple(each.check_id for each in expectations if not each.needs_rows),
        refused=refused,
    )


def _planned(
    expectations: Sequence[Expectation], notes: _Notes, refused: dict[str, str]
) -> Iterator[tuple[str, Plan]]:
    """The first assumption under which a check can be planned; if there is none, the reason."""
    for expectation in expectations:
        reasons = []
        for assumed in _ASSUMED if expectation.needs_rows else ():
            try:
                planner = Planner(notes.dialect, notes.columns(expectations, assumed))
                yield expectation.check_id, planner.plan(expectation)
                break
            except Unmeasurable as unmeasurable:
                reasons.append(str(unmeasurable))
        else:
            if reasons:
                refused[expectation.check_id] = reasons[0]


def _followed_up(
    notes: _Notes, relation: Relation, plan: Plan, values: Mapping[str, Any]
) -> str | None:
    """What a check asks after the first look, or why it cannot; None if it can."""
    found = [values[metric.key] for metric in plan.metrics]
    failed = next((each for each in found if isinstance(each, StatementFailed)), None)
    if failed is not None:
        return str(failed)
    if plan.follow_up is None:
        return None
    names = plan.expectation.columns
    notes.own = [relation.columns[name] for name in names if name in relation.columns]
    try:
        plan.follow_up(notes, relation, plan, found)
    except (StatementFailed, Unmeasurable) as refusal:
        return str(refusal)
    except (TypeError, ValueError, LookupError, OverflowError):
        return None  # what was asked is noted; only the numbers made no sense
    return None


@dataclass(slots=True, kw_only=True)
class _Notes:
    """An engine without a database."""

    dialect: DuckDB
    path: list[str]
    statements: int = 0
    written: list[str] = field(default_factory=list)
    own: list[Column] = field(default_factory=list)

    def fetch(self, query: exp.Query) -> list[Row]:
        if isinstance(self.dialect, Warehouse):
            try:
                sql = self.dialect.compiled(query, pretty=True)
            except Unmeasurable as unmeasurable:
                raise StatementFailed(str(unmeasurable)) from None
        else:
            sql = query.sql(dialect=self.dialect.name, pretty=True)
        self.statements += 1
        if sql not in self.written:
            self.written.append(sql)
        # No two numbers are equal, so that nothing is proven and everything is asked.
        return [tuple(range(2, 2 + len(query.selects)))]

    def reference(self, reference: Reference) -> Relation:
        path = path_of_reference(reference, beside=self.path[:-1])
        own = dict(zip(reference.columns, self.own, strict=False))
        columns = {
            name: replace(own.get(name, _column(name, Family.UNKNOWN)), name=name)
            for name in reference.columns
        }
        return Relation(table=self.table(path), columns=columns)

    def repeated(
        self, relation: Relation, keys: Sequence[Column], where: exp.Expr, total: int
    ) -> int:
        if isinstance(self.dialect, Warehouse):
            engine: Any = self  # it needs a dialect and a way to fetch, which are both here
            return WarehouseEngine.repeated(engine, relation, keys, where, total)
        ((rows,),) = self.fetch(repeats.repeated_rows(relation, keys, where))
        return int(rows)

    def table(self, path: Sequence[str]) -> exp.Expr:
        parts = [exp.to_identifier(part, quoted=True) for part in path]
        catalog, schema, name = [None] * (3 - len(parts)) + parts
        return exp.Table(this=name, db=schema, catalog=catalog)

    def columns(self, expectations: Sequence[Expectation], assumed: Family) -> Columns:
        families = _families(expectations)
        names = [name for expectation in expectations for name in expectation.columns]
        return {name: _column(name, families.get(name, assumed)) for name in dict.fromkeys(names)}


def _families(expectations: Sequence[Expectation]) -> Mapping[str, Family]:
    found: dict[str, Family] = {}
    for expectation in expectations:
        if expectation.kind != CheckKind.COLUMN_TYPE:
            continue
        logical = expectation.logical_type
        if logical is None:
            fitting = logical_types(expectation.physical_type or "") or frozenset()
            logical = next((each for each in LogicalType if each in fitting), None)
            logical = LogicalType.INTEGER if LogicalType.INTEGER in fitting else logical
        if logical in _FAMILIES:
            found[expectation.columns[0]] = _FAMILIES[logical]
    return found


def _column(name: str, family: Family) -> Column:
    hashable = family in (Family.INTEGER, Family.TEXT)
    return Column(name=name, physical=family.value, family=family, hashable=hashable)
