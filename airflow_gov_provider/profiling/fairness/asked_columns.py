"""The columns that a fairness check names, so that they mean the same in every database.

Warehouses store names in other letters than people write, and databases compare texts by
collations; groups are told apart by code points, and doubles are what single precision becomes.
"""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from airflow_gov_provider.exceptions import SourceInvalid
from airflow_gov_provider.profiling.columns import Column, Family
from airflow_gov_provider.profiling.engines.dialects import named
from airflow_gov_provider.profiling.engines.engine import Engine, Relation
from airflow_gov_provider.profiling.fairness.contingency_spec import ContingencySpec


def as_asked(engine: Engine, relation: Relation, name: str, spec: ContingencySpec) -> Relation:
    """The same rows with the columns of ``spec`` alone, under the names that it has for them; the
    relation itself where nothing is to be changed.

    :raises SourceInvalid: if one of them is missing.
    """
    missing = [column for column in spec.columns if column not in relation.columns]
    if missing:
        found = ", ".join(relation.columns) or "no columns"
        raise SourceInvalid(f"{name} has no column {', '.join(missing)}; found {found}")
    groups = {*spec.features}
    outcomes = {spec.label, spec.prediction}
    meant: dict[str, exp.Expr] = {}
    columns: dict[str, Column] = {}
    for written in spec.columns:
        stored = relation.columns[written]
        meant[written] = named(stored)
        if written in groups or (written in outcomes and stored.family is Family.TEXT):
            meant[written] = engine.dialect.group(stored)
        columns[written] = replace(stored, name=written)
        if not engine.dialect.typed and meant[written] != named(stored):
            columns[written] = replace(columns[written], family=Family.TEXT)
    if all(named(columns[written]) == expression for written, expression in meant.items()):
        return relation
    selected = [exp.alias_(each, written, quoted=True) for written, each in meant.items()]
    query = exp.select(*selected).from_(relation.table.copy())
    return Relation(table=query.subquery("asked"), columns=columns)
