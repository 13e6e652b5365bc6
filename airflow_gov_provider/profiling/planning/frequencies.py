"""How often keys occur in each group: what is twice, how many differ, and what that tells."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sqlglot import exp

from airflow_gov_provider.domain.contracts.forms.statistics import (
    Entropy,
    MostCommon,
    MutualInformation,
)
from airflow_gov_provider.domain.contracts.forms.uniqueness import (
    DistinctCount,
    DistinctRatio,
    DuplicateCount,
    DuplicatePercent,
    PrimaryKey,
)
from airflow_gov_provider.domain.quality.expectations import CheckKind, Measurement
from airflow_gov_provider.profiling.columns import Column
from airflow_gov_provider.profiling.engines.engine import Engine
from airflow_gov_provider.profiling.groups import AnswerOf, Ask, Groups, Label
from airflow_gov_provider.profiling.plans import Plan

# How often a key occurs, and how many different keys occur so often.
Often = Sequence[tuple[int, int]]


def often(
    engine: Engine, groups: Groups, columns: Sequence[Column], scope: exp.Expr
) -> Mapping[Label, Often]:
    """Few rows even where keys are many: n rows of a group have less than the square root of 2n
    such pairs.
    """
    keys = [part for column in columns for part in engine.dialect.key(column)]
    count = exp.Count(this=exp.Star())
    inner = (
        exp.select(*groups.marks, exp.alias_(count, "n"))
        .from_(groups.relation.table.copy())
        .where(scope.copy())
        .group_by(*groups.ordinals(), *keys)
    )
    query = (
        exp.select(*groups.names(), exp.column("n"), exp.alias_(count.copy(), "n_keys"))
        .from_(inner.subquery("keys"))
        .group_by(*groups.ordinals(1))
    )
    parts = groups.parted(engine.fetch(query))
    return {label: [(int(n), int(keys)) for n, keys in rows] for label, rows in parts.items()}


def entropy(often: Often) -> float:
    """Shannon's, in bits."""
    total = sum(n * keys for n, keys in often)
    bits = -math.fsum(keys * (n / total) * math.log2(n / total) for n, keys in often)
    return max(0.0, bits)


def _columns(groups: Groups, plan: Plan) -> list[Column]:
    return [groups.relation.columns[name] for name in plan.expectation.columns]


def _shared(
    engine: Engine, groups: Groups, plan: Plan, found: Mapping[Label, Sequence[Any]]
) -> Mapping[Label, int]:
    """Rows whose key another row of their group has.

    :param found: rows that have a key, and a number that equals theirs if all keys differ.
    """
    if all(values[0] <= 1 or list(values[1:]) == [values[0]] for values in found.values()):
        return dict.fromkeys(found, 0)
    counts = often(engine, groups, _columns(groups, plan), plan.scope)
    return {label: sum(n * keys for n, keys in pairs if n > 1) for label, pairs in counts.items()}


def _unique(engine: Engine, groups: Groups, plan: Plan) -> AnswerOf:
    shared = _shared(engine, groups, plan, groups.found)
    return lambda label, found: Measurement(total=found[0], failing=shared[label])


def _duplicates(engine: Engine, groups: Groups, plan: Plan) -> AnswerOf:
    shared = _shared(engine, groups, plan, groups.found)

    def answer(label: Label, found: Sequence[Any]) -> Measurement:
        failing = shared[label]
        return Measurement(total=found[0], failing=failing, value=failing if found[0] else None)

    return answer


def _primary_key(engine: Engine, groups: Groups, plan: Plan) -> AnswerOf:
    with_key = {label: values[1:] for label, values in groups.found.items()}
    shared = _shared(engine, groups, plan, with_key)

    def answer(label: Label, found: Sequence[Any]) -> Measurement:
        missing = found[0] - found[1]
        return Measurement(
            total=found[0],
            failing=missing + shared[label],
            details={"without_key": missing, "sharing_a_key": shared[label]},
        )

    return answer


def different(engine: Engine, groups: Groups, plan: Plan) -> AnswerOf:
    counts = often(engine, groups, _columns(groups, plan), plan.scope)

    def answer(label: Label, found: Sequence[Any]) -> Measurement:
        distinct = sum(keys for _, keys in counts[label])
        return Measurement(total=found[0], failing=distinct, value=distinct if found[0] else None)

    return answer


def _most_common(engine: Engine, groups: Groups, plan: Plan) -> AnswerOf:
    counts = often(engine, groups, _columns(groups, plan), plan.scope)

    def answer(label: Label, found: Sequence[Any]) -> Measurement:
        if not found[0]:
            return Measurement(total=0)
        return Measurement(total=found[0], failing=max(n for n, _ in counts[label]))

    return answer


def _information(engine: Engine, groups: Groups, plan: Plan) -> AnswerOf:
    """The entropy of one column; of two, what they have in common."""
    columns = _columns(groups, plan)
    asked = [columns] if len(columns) == 1 else [columns[:1], columns[1:], columns]
    counts = [often(engine, groups, keys, plan.scope) for keys in asked]

    def answer(label: Label, found: Sequence[Any]) -> Measurement:
        if not found[0]:
            return Measurement(total=0)
        bits = [entropy(each[label]) for each in counts]
        value = bits[0] if len(bits) == 1 else max(0.0, bits[0] + bits[1] - bits[2])
        return Measurement(total=found[0], value=value)

    return answer


IN_GROUPS: Mapping[str, Ask] = {
    CheckKind.UNIQUE: _unique,
    PrimaryKey.kind: _primary_key,
    DuplicateCount.kind: _duplicates,
    DuplicatePercent.kind: _duplicates,
    DistinctCount.kind: different,
    DistinctRatio.kind: different,
    MostCommon.kind: _most_common,
    Entropy.kind: _information,
    MutualInformation.kind: _information,
}
