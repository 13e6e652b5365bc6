"""Which connections of Airflow lead to which warehouse, and through which hook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hook:
    """A hook that the type of a connection alone does not lead to, or not as it is needed."""

    package: str
    module: str
    name: str
    connection: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


_HOOKS = {
    # The hook of this type speaks to the REST interface.
    "databricks": _Hook(
        package="apache-airflow-providers-databricks",
        module="airflow.providers.databricks.hooks.databricks_sql",
        name="DatabricksSqlHook",
        connection="databricks_conn_id",
    ),
    # Without the parameter it speaks legacy SQL.
    "bigquery": _Hook(
        package="apache-airflow-providers-google",
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


def hook_of(connection: Connection) -> Any | None:
    """The hook through which a warehouse takes SQL; None if the connection's own one does.

    :raises ArgumentInvalid: if its provider is not installed.
    """
    by_type = _BY_TYPE.get(str(connection.conn_type))
    hook = _HOOKS.get(by_type or "")
    if hook is None:
        return None
    try:
        make = getattr(import_module(hook.module), hook.name)
    except ImportError:
        raise ArgumentInvalid(
            f"conn_id={connection.conn_id!r}: expected {hook.package} to be installed, since the "
            f"connection is of type {connection.conn_type!r}; install it on the worker"
        ) from None
    return make(**{hook.connection: connection.conn_id}, **hook.parameters)
