"""Many aggregates in as few statements as there can be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from sqlglot import exp

from airflow_gov_provider.exceptions import SourceInvalid
from airflow_gov_provider.profiling.engines.engine import Engine, Relation, StatementFailed
from airflow_gov_provider.profiling.engines.lanes import Lane, side_by_side
from airflow_gov_provider.profiling.plans import Metric, Plan

# SQLite refuses statements of a million bytes.
_LONGEST = 400_000
_KNOW_COUNTS = ("duckdb",)


class Scan:
    """Asks for the metrics of many plans in as few statements as there can be.

    :param always: asked in any case; if this fails nothing can be measured.
    :param beside: engines on the same snapshot, which share the work.
    """

    def __init__(
        self, engine: Engine, relation: Relation, *, always: Metric, beside: Sequence[Lane] = ()
    ) -> None:
        self._engine, self._relation, self._always = engine, relation, always
        self._beside = beside

    def run(self, plans: Sequence[Plan]) -> Mapping[str, Any]:
        """From the key of a metric to its value, or to a StatementFailed.

        :raises SourceInvalid: if the rows cannot be read.
        """
        values = self.more(plans, always=[self._always])
        if isinstance(failure := values[self._always.key], StatementFailed):
            raise SourceInvalid(f"the rows cannot be read: {failure}")
        return values

    def more(self, plans: Sequence[Plan], *, always: Sequence[Metric] = ()) -> dict[str, Any]:
        """The same for metrics that were not asked before."""
        # Checks with SQL of their author stand together, so that a broken one is found sooner.
        plain = [list(always)]
        sorting = []
        for plan in _safe_first(plans):
            plain.append([metric for metric in plan.metrics if not metric.sorts])
            sorting.append([metric for metric in plan.metrics if metric.sorts])
        widest = self._engine.dialect.widest
        # What sorts takes longest and uses one core, so it starts first, each beside another.
        alone = 1 if self._beside else widest
        known = _in_metadata(plain) if self._engine.dialect.name in _KNOW_COUNTS else set()
        told = [[metric for metric in metrics if metric.key in known] for metrics in plain]
        read = [[metric for metric in metrics if metric.key not in known] for metrics in plain]
        batches = [
            *_batches(sorting, widest=alone),
            *_batches(told, widest=widest),
            *_batches(read, widest=widest),
        ]
        jobs = [partial(self._ask, batch) for batch in batches]
        values: dict[str, Any] = {}
        for found in side_by_side(self._engine, self._beside, jobs):
            _take(found, values)
        return values

    def _ask(self, batch: Sequence[Sequence[Metric]], engine: Engine) -> Mapping[str, Any]:
        """One statement; if the database refuses it, halves, until each culprit stands alone."""
        metrics = {metric.key: metric for checks in batch for metric in checks}
        selected = [
            exp.alias_(metric.expression, f"m_{index}")
            for index, metric in enumerate(metrics.values())
        ]
        try:
            (row,) = engine.fetch(exp.select(*selected).from_(self._relation.table))
        except StatementFailed as failure:
            if len(batch) == 1:
                return dict.fromkeys(metrics, failure)
            middle = len(batch) // 2
            values: dict[str, Any] = {}
            _take(self._ask(batch[:middle], engine), values)
            _take(self._ask(batch[middle:], engine), values)
            return values
        return dict(zip(metrics, row, strict=True))


def _in_metadata(asked: Sequence[Sequence[Metric]]) -> set[str]:
    """Keys of what a Parquet file may tell of columns that nothing else looks at.

    Asked in a statement of its own, it is answered without reading those columns, if they have no
    NULL; and if they have, reading them there takes no longer than reading them elsewhere.
    """
    metrics = {metric.key: metric.expression for metrics in asked for metric in metrics}
    columns = {
        key: {column.name for column in expression.find_all(exp.Column)}
        for key, expression in metrics.items()
    }
    told = {key for key, expression in metrics.items() if _is_told(expression)}
    read = {name for key in metrics.keys() - told for name in columns[key]}
    return {key for key in told if columns[key] and not columns[key] & read}


def _is_told(expression: exp.Expr) -> bool:
    """Whether it is the count, least or greatest value of a column."""
    if isinstance(expression, exp.Anonymous) and len(expression.expressions) == 1:
        (expression,) = expression.expressions  # the moment of a time
    is_plain = isinstance(expression, (exp.Count, exp.Min, exp.Max))
    return is_plain and isinstance(expression.this, exp.Column)


def _take(found: Mapping[str, Any], values: dict[str, Any]) -> None:
    """A metric that another check could ask for as well keeps its value."""
    for key, value in found.items():
        if key not in values or not isinstance(value, StatementFailed):
            values[key] = value


def _safe_first(plans: Sequence[Plan]) -> list[Plan]:
    return sorted(plans, key=lambda plan: plan.written_by_hand)


def _batches(asked: list[list[Metric]], *, widest: int) -> Iterator[list[list[Metric]]]:
    """Checks that fit into one statement together; the metrics of one check are never parted."""
    batch: list[list[Metric]] = []
    keys: set[str] = set()
    for metrics in _once(asked):
        wanted = keys | {metric.key for metric in metrics}
        if batch and (len(wanted) > widest or sum(map(len, wanted)) > _LONGEST):
            yield batch
            batch, wanted = [], {metric.key for metric in metrics}
        if metrics:
            batch.append(metrics)
            keys = wanted
    if batch:
        yield batch


def _once(asked: list[list[Metric]]) -> Iterator[list[Metric]]:
    """Without the checks whose metrics another one asks for, all of them and nothing else."""
    seen = set()
    for metrics in asked:
        keys = tuple(metric.key for metric in metrics)
        if keys not in seen:
            seen.add(keys)
            yield metrics
