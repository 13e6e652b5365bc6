"""Failing rows of files, as one Parquet file for every run of a task."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from sqlglot import exp

from airflow_gov_provider.domain.evidence import Origin
from airflow_gov_provider.domain.expectations import Expectation, Profile
from airflow_gov_provider.domain.quarantine import Kept, Quarantine, Stamp
from airflow_gov_provider.exceptions import SourceError, SourceUnavailable
from airflow_gov_provider.profiling import locations
from airflow_gov_provider.profiling.digests import digest_of_files
from airflow_gov_provider.profiling.duck import DuckDBEngine, opened, restrict
from airflow_gov_provider.profiling.engine import Relation
from airflow_gov_provider.profiling.failures import in_words
from airflow_gov_provider.profiling.files import references_of
from airflow_gov_provider.profiling.quarantine import Failing, failing_rows, kept
from airflow_gov_provider.profiling.resources import Resources


def quarantine_files(
    path: str,
    expectations: Sequence[Expectation],
    profile: Profile,
    *,
    spec: Quarantine,
    stamp: Stamp,
    resources: Resources | None = None,
) -> Kept:
    """Write the rows that fail to this run's file, in place of what an earlier try wrote there.

    The file appears whole or not at all. Where no row fails there is none.

    :param resources: what it may use of the machine.
    :raises SourceInvalid: if the data has a column with a name of ours.
    :raises SourceUnavailable: if the data cannot be read again, or the file cannot be written.
    """
    files = locations.find(path)
    references = references_of(expectations, directory=files.paths[0].parent)
    target = place_of(spec.to, stamp.origin)
    partial = target.with_name(f".{target.name}.{uuid4().hex}.partial")
    readable = [*files.paths]
    for found in references.values():
        readable += [] if isinstance(found, SourceError) else found.paths
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        allowed = resources or Resources()
        with opened(allowed) as connection:
            restrict(connection, readable=[*readable, partial.absolute()])
            engine = DuckDBEngine(connection, references=references, memory=allowed.memory)
            relation = engine.open(files)
            failing = failing_rows(engine, relation, expectations, profile, spec=spec, stamp=stamp)
            written = _written(
                connection,
                engine,
                relation,
                failing,
                partial=partial.absolute(),
                target=target,
                spec=spec,
            )
        if not written.rows:
            target.unlink(missing_ok=True)
            return written
        digest = digest_of_files([partial])
        partial.replace(target)
        return replace(written, sha256=digest)
    except OSError as error:
        raise SourceUnavailable(
            f"quarantine: nothing can be written below {spec.to} ({error.strerror}); "
            "name a directory that the worker may write to"
        ) from error
    finally:
        with suppress(OSError):  # it was moved, or never came to be
            partial.unlink()


def place_of(directory: str, origin: Origin) -> Path:
    """``<directory>/<dag>/<task>/<run>.parquet``, with the map index where there is one."""
    mapped = "" if origin.map_index < 0 else f".{origin.map_index}"
    parts = [quote(each, safe="+ ") for each in (origin.dag_id, origin.task_id, origin.run_id)]
    dag, task, run = (part.replace(".", "%2E") if part.strip(".") == "" else part for part in parts)
    return Path(directory) / dag / task / f"{run}{mapped}.parquet"


def _written(
    connection: Any,
    engine: DuckDBEngine,
    relation: Relation,
    failing: Failing,
    *,
    partial: Path,
    target: Path,
    spec: Quarantine,
) -> Kept:
    import duckdb

    if failing.rows is None:
        return Kept(place=None, rows=0, limit=spec.limit, left_out=failing.left_out)
    place = exp.Literal.string(str(partial)).sql(dialect="duckdb")
    rows = failing.rows.sql(dialect="duckdb")
    try:
        copied = connection.execute(f"COPY ({rows}) TO {place} (FORMAT parquet)").fetchall()
    except duckdb.Error as error:
        raise SourceUnavailable(
            f"quarantine: the failing rows cannot be written to {spec.to} ({in_words(error)})"
        ) from None
    return kept(
        engine,
        failing,
        relation.columns,
        written=exp.Anonymous(this="read_parquet", expressions=[exp.Literal.string(str(partial))]),
        of_this_run=exp.true(),
        rows=int(copied[0][0]),
        place=str(target),
        limit=spec.limit,
    )
