"""What each of Airflow's ways to change something is called in the ledger.

The names on the left are the ones that Airflow logs: functions of its API and, with ``cli_`` before
them, of its command line. A few change something without being logged; for those there is only the
request. What is not here keeps its name, under ``action.`` if a person did it and under
``machinery.`` if not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

CLI = "cli_"
DENIED = "access.denied"
ANSWERED, REFUSED = "human_input.answered", "human_input.refused"
MARK_TASK, MARK_RUN, CLEAR = "override.mark_task", "override.mark_run", "override.clear"
DELETE_RUN = "override.delete_run"
TRIGGER = "action.trigger_run"
PAUSE, UNPAUSE = "action.pause", "action.unpause"
CREATED, UPDATED, DELETED = "created", "updated", "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What something is called.

    :param change: what became of the thing that is named, where that is one of the three.
    :param names: what the thing's name is called in a path or a body, the likeliest first.
    """

    type: str
    change: str | None = None
    names: tuple[str, ...] = ()


def _changes(type_: str, names: tuple[str, ...], **endpoints: str) -> dict[str, Kind]:
    return {
        endpoint: Kind(type=type_, change=change, names=names)
        for change, listed in endpoints.items()
        for endpoint in listed.split()
    }


_CONNECTION, _VARIABLE = ("connection_id", "conn_id"), ("variable_key", "key")
_POOL, _XCOM, _KEY = ("pool_name", "name", "pool"), ("xcom_key", "key"), ("key",)

_KINDS: dict[str, Kind] = {
    "patch_task_instance": Kind(type=MARK_TASK),
    "patch_task_group_instances": Kind(type=MARK_TASK),
    "bulk_task_instances": Kind(type="override.change_tasks"),
    "delete_task_instance": Kind(type="override.delete_task"),
    "patch_dag_run": Kind(type=MARK_RUN),
    "bulk_dag_runs": Kind(type=MARK_RUN),
    "delete_dag_run": Kind(type=DELETE_RUN),
    "delete_dag": Kind(type="override.delete_dag"),
    "post_clear_task_instances": Kind(type=CLEAR),
    "clear_dag_run": Kind(type=CLEAR),
    "clear_dag_runs": Kind(type=CLEAR),
    "clear_dag_run_partitions": Kind(type=CLEAR),
    "trigger_dag_run": Kind(type=TRIGGER),
    "create_backfill": Kind(type="action.create_backfill"),
    "pause_backfill": Kind(type="action.pause_backfill"),
    "unpause_backfill": Kind(type="action.unpause_backfill"),
    "cancel_backfill": Kind(type="action.cancel_backfill"),
    "update_hitl_detail": Kind(type=ANSWERED),
    "paused": Kind(type=PAUSE),
    "cli_dag_pause": Kind(type=PAUSE),
    "cli_dag_unpause": Kind(type=UNPAUSE),
    "cli_dag_trigger": Kind(type=TRIGGER),
    "cli_dag_delete": Kind(type="override.delete_dag"),
    "cli_dag_clear": Kind(type=CLEAR),
    "cli_task_clear": Kind(type=CLEAR),
    "cli_create_backfill": Kind(type="action.create_backfill"),
    **_changes(
        "change.connection",
        _CONNECTION,
        created="post_connection create_default_connections cli_connections_add "
        "cli_connections_import",
        updated="patch_connection bulk_connections",
        deleted="delete_connection cli_connections_delete",
    ),
    **_changes(
        "change.variable",
        _VARIABLE,
        created="post_variable",
        updated="patch_variable bulk_variables cli_variables_set cli_variables_import",
        deleted="delete_variable cli_variables_delete",
    ),
    **_changes(
        "change.pool",
        _POOL,
        created="post_pool",
        updated="patch_pool bulk_pools cli_pool_set cli_pool_import",
        deleted="delete_pool cli_pool_delete",
    ),
    **_changes(
        "change.xcom",
        _XCOM,
        created="create_xcom_entry",
        updated="update_xcom_entry",
        deleted="delete_xcom_entry",
    ),
    **_changes(
        "change.task_state",
        _KEY,
        updated="set_task_state_store patch_task_state_store",
        deleted="delete_task_state_store clear_task_state_store",
    ),
    **_changes(
        "change.asset_state",
        _KEY,
        updated="set_asset_state_store",
        deleted="delete_asset_state_store clear_asset_state_store",
    ),
}

# Requests that change nothing, whatever their method says, and that Airflow logs no row for.
HARMLESS = frozenset(
    {
        "",  # nothing at this address
        "create_backfill_dry_run",
        "get_list_dag_runs_batch",
        "patch_task_group_instances_dry_run",
        "patch_task_instance_dry_run",
        "test_connection",
    }
)
# What may be asked for only to see what it would do, which Airflow logs no row for either.
TRIED_OUT = frozenset({"clear_dag_run", "post_clear_task_instances"})
# What Airflow logs no row for although it changes something.
UNLOGGED = frozenset(
    {
        "bulk_task_instances",
        "delete_task_instance",
        "clear_asset_state_store",
        "clear_task_state_store",
        "delete_asset_state_store",
        "delete_task_state_store",
        "patch_task_state_store",
        "set_asset_state_store",
        "set_task_state_store",
    }
)


def kind_of(name: str, *, by_person: bool) -> Kind:
    """:param name: as Airflow logs it."""
    known = _KINDS.get(name)
    if known is not None:
        return known
    plain = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_") or "unnamed"
    return Kind(type=f"{'action' if by_person else 'machinery'}.{plain}"[:100])
