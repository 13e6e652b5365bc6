"""The search for the worst slice as a part of a bias check."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from airflow_gov_provider.domain.fairness.counts import ContingencyTable
from airflow_gov_provider.domain.fairness.population import Population
from airflow_gov_provider.domain.fairness.slice_terms import SliceSearch, parse_search
from airflow_gov_provider.exceptions import ArgumentInvalid, SourceInvalid
from airflow_gov_provider.profiling.fairness.contingency_spec import ContingencySpec, Task

if TYPE_CHECKING:
    from airflow_gov_provider.domain.fairness.slices import SliceCounts
    from airflow_gov_provider.operators.bias import BiasCheck

Looked = tuple[Population, "SliceCounts | None"]


def look(
    spec: ContingencySpec, search: SliceSearch | None, tell: Callable[[str], None]
) -> Callable[..., Looked]:
    """What to do with the data in one snapshot: count, and count for the search where there is
    one.
    """

    def work(engine: Any, relation: Any, name: str) -> Looked:
        from airflow_gov_provider.profiling.fairness.populating import populate

        population = populate(engine, relation, name, spec)
        if search is None:
            return population, None
        from airflow_gov_provider.profiling.fairness.slicing import count_slices

        slices = count_slices(engine, relation, name, spec, search, tell=tell)
        if spec.task is Task.MULTICLASS and search.positive_class is None:
            _require_same_rights(population, slices, name, spec)
        return population, slices

    return work


def _require_same_rights(
    population: Population, slices: SliceCounts, name: str, spec: ContingencySpec
) -> None:
    """The database compares label and prediction for the search, and may not see that 1.0 and '1'
    are one class; then all is wrong and no slice is worse.
    """
    right = population.counts.overall.tp.rows
    for table in slices.tables:
        found = table.overall.tp.rows if isinstance(table, ContingencyTable) else right
        if found != right:
            raise SourceInvalid(
                f"{name}: {spec.label} and {spec.prediction} hold the same classes as values of "
                f"different types, of which the search finds {found} equal in place of {right}; "
                "cast one of them in a query, or leave out search="
            )


def search_problems(operator: BiasCheck) -> Iterable[str]:
    try:
        search = parse_search(operator.search, operator.task_kind)
    except ArgumentInvalid as error:
        yield from str(error).splitlines()
        return
    if search is None:
        return
    outcomes = {operator.label_column, operator.prediction, operator.score, operator.weight}
    for feature in search.features:
        if feature in outcomes:
            yield f"search: {feature!r} is what is searched for and cannot be searched in"
    if find_spec("numpy") is None:
        yield "search= needs numpy; install airflow-gov-provider[duckdb]"
