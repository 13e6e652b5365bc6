"""Profiles of Parquet and CSV files."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from airflow_gov_provider.domain.expectations import Expectation, Profile
from airflow_gov_provider.profiling import locations
from airflow_gov_provider.profiling.duck import DuckDBEngine, connect
from airflow_gov_provider.profiling.measure import measure


def profile_files(path: str, expectations: Sequence[Expectation]) -> Profile:
    """Measure expectations on a Parquet or CSV file, or on all files that a glob matches.

    A reference's path is relative to the directory of the (first) data file.

    :raises SourceInvalid: if there is no such file, or it is empty or corrupt.
    :raises SourceUnavailable: if it is there and cannot be opened.
    """
    files = locations.find(path)
    with tempfile.TemporaryDirectory(prefix="governance-") as spill:
        connection = connect(Path(spill))
        try:
            engine = DuckDBEngine(connection, directory=files.paths[0].parent)
            return measure(engine, engine.open(files), expectations, source=path)
        finally:
            connection.close()
