"""Python's garbage collector, where many objects come and go without cycles."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_ALLOCATIONS = 50_000  # more than the events that are in memory at a time make up


@contextmanager
def fewer_collections() -> Iterator[None]:
    """A full collection visits all of Airflow, and finds nothing among events."""
    before = gc.get_threshold()
    gc.set_threshold(_ALLOCATIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
