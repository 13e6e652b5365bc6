"""Bring newly arrived events into the search index, a little at a time."""

from __future__ import annotations

import time
from collections.abc import Callable

from airflow_gov_provider.hooks.governance import governance_transaction
from airflow_gov_provider.store.search import index as search_index

_SECONDS = 0.5  # the other duties of the collector wait meanwhile


def index_once(
    *, seconds: float = _SECONDS, monotonic: Callable[[], float] = time.monotonic
) -> int:
    """Index what has arrived, until that is done or the time is up.

    Each step is a transaction of its own, so that a crash loses none but the last, and shipping
    never waits long for the one writer that SQLite allows.

    :param seconds: after so many no further step is begun.
    :returns: how many sequence numbers the index has grown by.
    :raises StoreUnavailable: if the database cannot be reached.
    """
    end = monotonic() + seconds
    with governance_transaction() as connection:
        below = search_index.settled(connection)
    indexed = 0
    while monotonic() < end:
        with governance_transaction() as connection:
            grown = search_index.index_next(connection, below)
            joined = 0 if grown else search_index.join_era(connection)
        if not grown and not joined:
            break
        indexed += grown
    return indexed
