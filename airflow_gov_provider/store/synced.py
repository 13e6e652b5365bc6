"""Commits of PostgreSQL that do not wait for the disk, and one that waits for all before it.

Its log is written in order: a commit that is on the disk, or wherever else the server is told to
have it confirmed, has every earlier one before it there. SQLite is left as it is.
"""

from __future__ import annotations

from sqlalchemy import Connection

# A commit waits only if its transaction has written to the log, which this does and nothing else.
_WRITE = "SELECT pg_logical_emit_message(true, 'airflow_gov_provider', 'shipped')"
_UNSYNCED = """
SELECT set_config('synchronous_commit', 'off', true) FROM pg_proc
WHERE proname = 'pg_logical_emit_message' AND has_function_privilege(oid, 'EXECUTE') LIMIT 1
"""


def commit_unsynced(connection: Connection) -> bool:
    """Let the commit of this transaction not wait; a server that crashes may lose it, until some
    later commit has waited (see ``wait_for_earlier``).

    :returns: whether that is so; not where nothing could be waited for afterwards.
    """
    if connection.dialect.name != "postgresql":
        return False
    return connection.exec_driver_sql(_UNSYNCED).scalar() is not None


def wait_for_earlier(connection: Connection) -> None:
    """Let the commit of this transaction wait, although it changes nothing."""
    connection.exec_driver_sql(_WRITE)
