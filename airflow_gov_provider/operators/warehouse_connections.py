"""Which connections of Airflow lead to which warehouse, and through which hook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution
from typing import TYPE_CHECKING, Any

from airflow_gov_provider.exceptions import ArgumentInvalid

if TYPE_CHECKING:
    from airflow.sdk import Connection

_BY_TYPE = {
    "snowflake": "snowflake",
    "gcpbigquery": "bigquery",
    "google_cloud_platform": "bigquery",
    "databricks": "databricks",
    "trino": "trino",
}
# The provider that knows connections of a type.
_PACKAGES = {
    conn_type: f"apache-airflow-providers-{name}"
    for conn_type, name in {
        "postgres": "postgres",
        "sqlite": "sqlite",
        "snowflake": "snowflake",
        "gcpbigquery": "google",
        "google_cloud_platform": "google",
        "databricks": "databricks",
        "trino": "trino",
        "hiveserver2": "apache-hive",
        "jdbc": "jdbc",
        "odbc": "odbc",
    }.items()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hook:
    """A hook that the type of a connection alone does not lead to, or not as it is needed."""

    module: str
    name: str
    connection: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


_HOOKS = {
    # The hook of this type speaks to the REST interface.
    "databricks": _Hook(
        module="airflow.providers.databricks.hooks.databricks_sql",
        name="DatabricksSqlHook",
        connection="databricks_conn_id",
    ),
    # Without the parameter it speaks legacy SQL.
    "bigquery": _Hook(
        module="airflow.providers.google.cloud.hooks.bigquery",
        name="BigQueryHook",
        connection="gcp_conn_id",
        parameters={"use_legacy_sql": False},
    ),
}


def warehouse_of(connection: Connection) -> str | None:
    """The dialect of a connection: what its extra ``dialect`` says, or what its type tells.

    The extra serves connections of a general type, such as ``hiveserver2`` to a Spark Thrift
    server, ``jdbc`` or ``odbc``.
    """
    from airflow_gov_provider.profiling.warehouses.known import WAREHOUSES

    said = connection.extra_dejson.get("dialect")
    if isinstance(said, str) and said in WAREHOUSES:
        return said
    return _BY_TYPE.get(str(connection.conn_type))


def hook_of(connection: Connection) -> Any:
    """The hook through which a database takes SQL, which most connections name themselves.

    :raises ArgumentInvalid: if its provider, or the driver of that, is not installed.
    """
    hook = _HOOKS.get(_BY_TYPE.get(str(connection.conn_type), ""))
    try:
        if hook is None:
            return _own_hook(connection)
        make = getattr(import_module(hook.module), hook.name)
    except ImportError as error:
        package = _PACKAGES.get(str(connection.conn_type), error.name)
        raise ArgumentInvalid(
            f"conn_id={connection.conn_id!r}: expected {package} to be installed, since the "
            f"connection is of type {connection.conn_type!r}; install it on the worker"
        ) from None
    return make(**{hook.connection: connection.conn_id}, **hook.parameters)


def _own_hook(connection: Connection) -> Any:
    """:raises ModuleNotFoundError: if no installed provider knows the type of the connection."""
    from airflow.sdk.exceptions import AirflowException

    try:
        return connection.get_hook()
    except AirflowException:
        package = _PACKAGES.get(str(connection.conn_type))
        if package is not None and not _is_installed(package):
            raise ModuleNotFoundError(name=package) from None
        raise


def _is_installed(package: str) -> bool:
    try:
        distribution(package)
    except PackageNotFoundError:
        return False
    return True
