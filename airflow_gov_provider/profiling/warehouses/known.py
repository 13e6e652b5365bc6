"""The warehouses by the names that sqlglot and Airflow have for them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from airflow_gov_provider.profiling.warehouses.base import Warehouse
from airflow_gov_provider.profiling.warehouses.bigquery import BigQuery
from airflow_gov_provider.profiling.warehouses.engine import WarehouseEngine, session
from airflow_gov_provider.profiling.warehouses.snowflake import Snowflake
from airflow_gov_provider.profiling.warehouses.spark import Databricks, Spark
from airflow_gov_provider.profiling.warehouses.trino import Trino

WAREHOUSES: Mapping[str, Warehouse] = {
    warehouse.name: warehouse
    for warehouse in (Snowflake(), BigQuery(), Databricks(), Spark(), Trino())
}
# As ``profile_table`` and ``populate_table`` want them: an engine, and what stands around its use.
ENGINES: Mapping[str, tuple[Any, Any]] = {
    name: (partial(WarehouseEngine, warehouse=warehouse), partial(session, warehouse=warehouse))
    for name, warehouse in WAREHOUSES.items()
}
