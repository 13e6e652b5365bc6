"""Parquet and CSV in object stores and behind web servers, read by DuckDB's extension httpfs, or
through fsspec where that is not installed.

Nothing is reached that was not named: one prefix of addresses for a statement, with one secret, and
the extension is loaded from where an administrator has installed it, never fetched.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from sqlglot import exp

from airflow_gov_provider.domain.quality.expectations import Expectation, Profile
from airflow_gov_provider.exceptions import SourceError, SourceInvalid, SourceUnavailable
from airflow_gov_provider.profiling.engines.duck import DuckDBEngine, opened
from airflow_gov_provider.profiling.engines.engine import Relation
from airflow_gov_provider.profiling.measure import measure
from airflow_gov_provider.profiling.places import object_filesystems
from airflow_gov_provider.profiling.places.locations import Files, csv_options
from airflow_gov_provider.profiling.places.resources import Resources

if TYPE_CHECKING:
    import duckdb

SCHEMES = ("s3", "gs", "https", "http")
_READERS = {".parquet": "read_parquet", ".pq": "read_parquet", ".csv": "read_csv"}
_READERS |= {".tsv": "read_csv", ".txt": "read_csv"}
_AWAY = ("(http error)", "(io error)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Where a gate may look, and as whom.

    :param prefix: with which every address begins; it ends with a slash.
    :param secret: what DuckDB's CREATE SECRET takes, ``TYPE`` among it; empty for nobody.
    """

    prefix: str
    secret: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Objects(Files):
    """Objects that are read as one table; ``shown`` is their address."""

    def relation(self) -> exp.Expr:
        arguments: list[exp.Expr] = [exp.Literal.string(self.shown)]
        if self.reader == "read_csv":
            arguments += csv_options()
        return exp.Anonymous(this=self.reader, expressions=arguments)


def objects_at(address: str, store: Store) -> Objects:
    """The objects at an address; in s3:// and gs:// it may be a pattern.

    :raises SourceInvalid: if the address leaves the store, or its format is not known.
    """
    parts = urlsplit(address)
    if parts.scheme not in SCHEMES or not address.startswith(store.prefix):
        raise SourceInvalid(f"{address}: expected an address below {store.prefix}")
    path = PurePosixPath(unquote(parts.path))
    # A server may take the dots for the way up, and so out of what is allowed.
    if ".." in path.parts or "%" in parts.path or parts.query or parts.fragment or parts.username:
        raise SourceInvalid(
            f"{store.prefix}...: expected a plain address, found one with a login, dots, escapes, "
            "a query or a fragment; name the object itself"
        )
    if parts.scheme.startswith("http") and glob.has_magic(parts.path):
        raise SourceInvalid(f"{address}: a web server lists no files; name a single one")
    suffixes = [each for each in path.suffixes if each.lower() not in (".gz", ".zst")]
    reader = _READERS.get(suffixes[-1].lower() if suffixes else "")
    if reader is None:
        known = ", ".join(sorted(_READERS))
        raise SourceInvalid(f"{address}: the format is not known from its name; expected {known}")
    return Objects(shown=address, paths=(), reader=reader)


def profile_objects(
    address: str,
    expectations: Sequence[Expectation],
    *,
    store: Store,
    resources: Resources | None = None,
) -> Profile:
    """Measure expectations on an object, or on all objects that a pattern matches.

    The table of a reference is relative to the object. There is no snapshot: an object that is
    replaced meanwhile is read as it is at each look.

    :raises SourceInvalid: if it is not in the store or not a table, or httpfs is not installed.
    :raises SourceUnavailable: if the store cannot be reached.
    """
    opening = opened_objects(address, expectations, store=store, resources=resources)
    with opening as (engine, relation):
        return measure(engine, relation, expectations, source=address)


@contextmanager
def opened_objects(
    address: str,
    expectations: Sequence[Expectation] = (),
    *,
    store: Store,
    resources: Resources | None = None,
    also: Sequence[Path] = (),
) -> Iterator[tuple[DuckDBEngine, Relation]]:
    """The objects as one table, with no reach beyond their store; see ``profile_objects``.

    :param also: files of this machine that may be read and written.
    """
    objects = objects_at(address, store)
    allowed = resources or Resources()
    with opened(allowed) as connection:
        through = _reach(connection, store, also=also)
        references = _references(expectations, address, store)
        engine = DuckDBEngine(connection, references=references, memory=allowed.memory)
        try:
            relation = engine.open(objects)
        except SourceInvalid as error:
            status = getattr(through, "refused_with", None)
            if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
                raise SourceInvalid(
                    f"{address}: the server answered {status:d}; expected a login that may read "
                    "it, which is the connection's"
                ) from None
            if status or any(away in str(error) for away in _AWAY):
                answer = f"; the server answered {status:d}" if status else ""
                raise SourceUnavailable(
                    f"{address} cannot be read from its store{answer}"
                ) from None
            raise
        yield engine, relation


def _references(
    expectations: Sequence[Expectation], address: str, store: Store
) -> Mapping[str, Files | SourceError]:
    found: dict[str, Files | SourceError] = {}
    for expectation in expectations:
        if expectation.reference is None:
            continue
        table = expectation.reference.table
        whole = table if "://" in table else f"{address.rpartition('/')[0]}/{table}"
        try:
            found[table] = objects_at(whole, store)
        except SourceInvalid as error:
            found[table] = error
    return found


def _reach(
    connection: duckdb.DuckDBPyConnection, store: Store, *, also: Sequence[Path] = ()
) -> Any | None:
    """Let SQL read below the prefix of a store, and nothing else anywhere, from now on for good.

    :returns: the file system of fsspec, where that takes the place of httpfs.
    """
    import duckdb

    through = None
    try:
        connection.execute("LOAD httpfs")
    except duckdb.Error:
        through = _register(connection, store)
    else:
        connection.execute("SET allow_persistent_secrets = false")
        if store.secret:
            connection.execute(_create_secret(store))
    connection.execute("SET allowed_directories = ?", [[store.prefix]])
    connection.execute("SET allowed_paths = ?", [[str(path) for path in also]])
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return through


def _register(connection: duckdb.DuckDBPyConnection, store: Store) -> Any:
    """Read through fsspec what httpfs would have read."""
    scheme = urlsplit(store.prefix).scheme
    try:
        found = object_filesystems.filesystem(scheme, store.secret)
    except ImportError as error:
        instead = "; or install the package s3fs" if scheme == "s3" else ""
        raise _needs_httpfs(store, f"{instead}; without httpfs: {error}") from error
    if found is None:
        raise _needs_httpfs(store)
    connection.register_filesystem(found)
    return found


def _needs_httpfs(store: Store, more: str = "") -> SourceInvalid:
    import duckdb

    return SourceInvalid(
        f"{store.prefix} needs DuckDB's extension httpfs, which is not installed for DuckDB "
        f"{duckdb.__version__}; run INSTALL httpfs in DuckDB once, as the user of the worker{more}"
    )


def _create_secret(store: Store) -> str:
    given = {**store.secret, "SCOPE": store.prefix}
    listed = ", ".join(
        f"{name} {exp.Literal.string(value).sql(dialect='duckdb')}" for name, value in given.items()
    )
    return f"CREATE TEMPORARY SECRET governance ({listed})"
