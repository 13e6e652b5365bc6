"""An Airflow hook whose database is a DuckDB file that speaks a warehouse's SQL."""

from __future__ import annotations

from typing import Any

import duckdb
from airflow.providers.common.sql.hooks.sql import DbApiHook
from fakes.warehouses import Warehouse


class WarehouseHook(DbApiHook):
    """The connection's host is the file, and its extra ``dialect`` what is spoken there."""

    conn_name_attr = "warehouse_conn_id"
    default_conn_name = "warehouse_default"
    conn_type = "warehouse_double"
    hook_name = "Warehouse"
    sent: list[str] = []  # noqa: RUF012 - of all connections, for a test to read

    def get_conn(self) -> Any:
        connection = self.connection
        extra = connection.extra_dejson
        database = duckdb.connect(str(connection.host), read_only=not extra.get("may_write"))
        made = Warehouse(database, extra["dialect"])
        made.sent = self.sent
        return made
