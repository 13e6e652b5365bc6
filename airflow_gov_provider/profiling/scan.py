"""Many aggregates in as few statements as there can be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlglot import exp

from airflow_gov_provider.exceptions import SourceInvalid
from airflow_gov_provider.profiling.engine import Engine, Relation, StatementFailed
from airflow_gov_provider.profiling.plans import Metric, Plan

# SQLite refuses statements of a million bytes.
_LONGEST = 400_000


class Scan:
    """Asks for the metrics of many plans in as few statements as there can be.

    :param always: asked in any case; if this fails nothing can be measured.
    """

    def __init__(self, engine: Engine, relation: Relation, *, always: Metric) -> None:
        self._engine, self._relation, self._always = engine, relation, always

    def run(self, plans: Sequence[Plan]) -> Mapping[str, Any]:
        """From the key of a metric to its value, or to a StatementFailed."""
        values: dict[str, Any] = {}
        # Checks with SQL of their author stand together, so that a broken one is found sooner.
        for sorts in (False, True):
            asked = [[m for m in plan.metrics if m.sorts is sorts] for plan in _safe_first(plans)]
            if not sorts:
                asked.insert(0, [self._always])
            for batch in _batches(asked, widest=self._engine.dialect.widest):
                self._ask(batch, values)
        if isinstance(failure := values[self._always.key], StatementFailed):
            raise SourceInvalid(f"the rows cannot be read: {failure}")
        return values

    def _ask(self, batch: Sequence[Sequence[Metric]], values: dict[str, Any]) -> None:
        """One statement; if the database refuses it, halves, until each culprit stands alone."""
        metrics = {metric.key: metric for checks in batch for metric in checks}
        selected = [
            exp.alias_(metric.expression, f"m_{index}")
            for index, metric in enumerate(metrics.values())
        ]
        query = exp.select(*selected).from_(self._relation.table)
        try:
            (row,) = self._engine.fetch(query)
        except StatementFailed as failure:
            if len(batch) == 1:
                # A metric that another check could ask for as well keeps its value.
                values.update({key: values.get(key, failure) for key in metrics})
                return
            middle = len(batch) // 2
            self._ask(batch[:middle], values)
            self._ask(batch[middle:], values)
        else:
            values.update(zip(metrics, row, strict=True))


def _safe_first(plans: Sequence[Plan]) -> list[Plan]:
    return sorted(plans, key=lambda plan: plan.written_by_hand)


def _batches(asked: list[list[Metric]], *, widest: int) -> Iterator[list[list[Metric]]]:
    """Checks that fit into one statement together; the metrics of one check are never parted."""
    batch: list[list[Metric]] = []
    keys: set[str] = set()
    for metrics in asked:
        wanted = keys | {metric.key for metric in metrics}
        if batch and (len(wanted) > widest or sum(map(len, wanted)) > _LONGEST):
            yield batch
            batch, wanted = [], {metric.key for metric in metrics}
        if metrics:
            batch.append(metrics)
            keys = wanted
    if batch:
        yield batch
