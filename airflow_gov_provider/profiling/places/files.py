"""Profiles of Parquet and CSV files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from airflow_gov_provider.domain.quality.expectations import Expectation, Profile
from airflow_gov_provider.exceptions import SourceError
from airflow_gov_provider.profiling.engines.duck import DuckDBEngine, opened, restrict
from airflow_gov_provider.profiling.measure import measure
from airflow_gov_provider.profiling.places import locations
from airflow_gov_provider.profiling.places.locations import Files
from airflow_gov_provider.profiling.places.resources import Resources


def profile_files(
    path: str, expectations: Sequence[Expectation], *, resources: Resources | None = None
) -> Profile:
    """Measure expectations on a Parquet or CSV file, or on all files that a glob matches.

    The table of a reference is a path too, relative to the directory of the (first) data file. In a
    CSV file the first line names the columns, and an empty field is NULL.

    :param resources: what it may use of the machine; more rows than fit there take longer.
    :raises SourceInvalid: if there is no such file, or it is empty or corrupt.
    :raises SourceUnavailable: if it is there and cannot be opened.
    """
    files = locations.find(path)
    references = references_of(expectations, directory=files.paths[0].parent)
    readable = [p for found in (files, *references.values()) for p in _paths(found)]
    allowed = resources or Resources()
    with opened(allowed) as connection:
        restrict(connection, readable=readable)
        engine = DuckDBEngine(connection, references=references, memory=allowed.memory)
        relation = engine.open(files)
        return measure(engine, relation, expectations, source=path, beside=[engine.twin()])


def references_of(
    expectations: Sequence[Expectation], *, directory: Path
) -> Mapping[str, Files | SourceError]:
    """The files behind each reference's table, or why there are none."""
    found: dict[str, Files | SourceError] = {}
    for expectation in expectations:
        if expectation.reference is None:
            continue
        table = expectation.reference.table
        try:
            found[table] = locations.find(table, directory=directory)
        except SourceError as error:
            # One missing table makes one check insufficient, not all of them.
            found[table] = error
    return found


def _paths(found: Files | SourceError) -> Sequence[Path]:
    return () if isinstance(found, SourceError) else found.paths
