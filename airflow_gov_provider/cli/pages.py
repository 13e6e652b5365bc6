"""Lists longer than a page of the store, and what is said when one is empty or goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from airflow_gov_provider.cli.border import note
from airflow_gov_provider.cli.rendering import Column, print_table, shown
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


def given_filters(args: Any, *names: str) -> dict[str, object]:
    """Those that the user has set."""
    return {name: value for name in names if (value := getattr(args, name)) is not None}


def why_nothing(
    what: str, given: Mapping[str, object], finds: Callable[[str, object], bool]
) -> str:
    """Which of the filters finds nothing, or that only all of them together do.

    :param what: in the singular, such as ``incident``.
    :param finds: whether one filter finds anything by itself.
    """
    nothing = [
        f"{name.replace('_', ' ')} {shown(value)!r}"
        for name, value in given.items()
        if not finds(name, value)
    ]
    if nothing:
        found = f"there is no {what} with {' and none with '.join(nothing)}"
        return f"No {what} matches these filters: {found}."
    return (
        f"No {what} matches all of these filters, though each finds some by itself; leave one out "
        "to see more."
    )
