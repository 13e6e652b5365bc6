"""Lists longer than a page of the store, and what is said when one is empty or goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from airflow_gov_provider.cli.border import note
from airflow_gov_provider.cli.rendering import Column, print_table
from airflow_gov_provider.store.pages import MAX_LIMIT, Page

Item = TypeVar("Item")


def read(page: Callable[[str | None, int], Page[Item]], *, limit: int) -> tuple[list[Item], bool]:
    """The newest items.

    :param page: the page before a cursor, of at most so many items.
    :returns: at most ``limit`` items, and whether there are more.
    """
    items: list[Item] = []
    cursor: str | None = None
    while len(items) < limit:
        found = page(cursor, min(limit - len(items), MAX_LIMIT))
        items += found.items
        cursor = found.next_cursor
        if cursor is None:
            break
    return items, cursor is not None


def print_list(
    columns: Sequence[Column],
    rows: Sequence[Sequence[object]],
    *,
    more: bool,
    when_empty: str,
) -> None:
    if not rows:
        print(when_empty)
        return
    print_table(columns, rows)
    if more:
        note(f"The newest {len(rows)} are shown; --limit, --since and --until show others.")


def has_filters(args: Any, *names: str) -> bool:
    return any(getattr(args, name) is not None for name in names)
