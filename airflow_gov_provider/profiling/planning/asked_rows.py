"""The rows of the table that a query of the contract's author has found.

A query gives values and not rows. Where it gives every column of the table, a row was found if its
values were; where it gives some, only if these tell each found row from all others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlglot import exp, parse_one
from sqlglot.dialects.dialect import Dialect

from airflow_gov_provider.domain.contracts.forms.custom import TABLE
from airflow_gov_provider.exceptions import SourceInvalid
from airflow_gov_provider.profiling.columns import Column, Columns, Family
from airflow_gov_provider.profiling.conditions import query
from airflow_gov_provider.profiling.engines.engine import Engine, Relation
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.plans import Planner
from airflow_gov_provider.profiling.quarantine.singling import Singled, key_name, listed

NAME = "governance_table"


def checked(dialect: str, sql: str, *, table: str = NAME) -> exp.Expr:
    """The query in parentheses, reading the table by a name of its own.

    :raises Unmeasurable: if it is not one SELECT that changes nothing.
    """
    try:
        return query(sql.replace(TABLE, table), dialect=dialect)
    except SourceInvalid as error:
        raise Unmeasurable(str(error).replace("the query of the source", "the query")) from None


def singled(planner: Planner, engine: Engine, relation: Relation, sql: str) -> Singled:
    """The rows that the query has found; of rows that are equal in every column all or none.

    :raises Unmeasurable: if its answer does not tell which rows it has found.
    """
    given = [
        (column, name)
        for column, name in given_columns(sql, engine.dialect.name, relation.columns)
        if column.family is not Family.OTHER
    ]
    if not given:
        raise Unmeasurable("the query gives no column of the table as it is")
    own = [part for column, _ in given for part in planner.dialect.key(column)]
    found = _found(planner, engine, relation, sql, given)
    condition, beside = listed(found, own, name=planner.list_name(), nulls_match=True)
    sought = Singled(condition=condition, beside=(beside,))
    if len({column.name for column, _ in given}) < len(relation.columns):
        _expect_one_row_each(engine, relation, sought, found)
    return sought


def _found(
    planner: Planner,
    engine: Engine,
    relation: Relation,
    sql: str,
    given: Sequence[tuple[Column, str]],
) -> exp.Select:
    there = [replace(column, name=name) for column, name in given]
    parts = [part for column in there for part in planner.dialect.key(column)]
    names = [exp.alias_(part, key_name(index)) for index, part in enumerate(parts)]
    table = planner.list_name()  # some dialects have all such names in one place
    asked = exp.alias_(checked(engine.dialect.name, sql, table=table), "asked", table=True)
    rows = exp.select("*").from_(relation.table.copy())
    return exp.select(*names).distinct().from_(asked).with_(table, as_=rows)


def _expect_one_row_each(
    engine: Engine, relation: Relation, sought: Singled, found: exp.Select
) -> None:
    """Every key comes from a row, so as many rows as keys means one row a key."""
    count = exp.Count(this=exp.Star())
    rows = exp.select(count).from_(relation.table.copy()).where(sought.condition.copy())
    for beside in sought.beside:
        rows = rows.join(beside.keys.copy(), on=beside.on.copy(), join_type="left")
    ((matching,),) = engine.fetch(rows)
    ((keys,),) = engine.fetch(exp.select(count.copy()).from_(found.copy().subquery("found_keys")))
    if matching != keys:
        raise Unmeasurable("other rows have the same values in the columns that the query gives")


def given_columns(sql: str, dialect: str, columns: Columns) -> list[tuple[Column, str]]:
    """Columns of the table that a query gives unchanged, each with the name it has there.

    Only a SELECT straight from the table is understood.
    """
    tree = parse_one(sql.replace(TABLE, NAME), read=dialect)
    if not isinstance(tree, exp.Select) or tree.args.get("from_") is None:
        return []
    sources = [tree.args["from_"].this, *(join.this for join in tree.args.get("joins") or ())]
    own = {each.alias_or_name for each in sources if _is_the_table(each)}
    if not own or not all(isinstance(each, exp.Table | exp.Subquery) for each in sources):
        return []
    found: dict[str, Column] = {}
    for selected in tree.expressions:
        found |= dict(_given(selected, dialect, columns, own, alone=len(sources) == 1))
    return [(column, name) for name, column in found.items()]


def _is_the_table(source: exp.Expr) -> bool:
    return isinstance(source, exp.Table) and source.name == NAME and not source.db


def _given(
    selected: exp.Expr, dialect: str, columns: Columns, own: set[str], *, alone: bool
) -> Iterator[tuple[str, Column]]:
    plain = selected.unalias()
    if isinstance(plain, exp.Star):
        if alone and not any(plain.args.values()):  # such as EXCEPT and REPLACE
            yield from ((column.name, column) for column in columns.values())
        return
    if not isinstance(plain, exp.Column) or not (plain.table in own or (alone and not plain.table)):
        return
    if isinstance(plain.this, exp.Star):
        if not any(plain.this.args.values()):
            yield from ((column.name, column) for column in columns.values())
        return
    stored = _stored(plain.this, dialect, columns)
    alias = selected.args.get("alias") if isinstance(selected, exp.Alias) else None
    if stored is not None:
        yield (_meant(alias, dialect) if alias is not None else stored.name), stored


def _stored(written: exp.Identifier, dialect: str, columns: Columns) -> Column | None:
    if written.name in columns:
        return columns[written.name]
    meant = _meant(written, dialect)
    alike = [name for name in columns if name.casefold() == meant.casefold()]
    return columns[alike[0]] if len(alike) == 1 and not written.args.get("quoted") else None


def _meant(written: exp.Identifier, dialect: str) -> str:
    return str(Dialect.get_or_raise(dialect).normalize_identifier(written.copy()).name)
