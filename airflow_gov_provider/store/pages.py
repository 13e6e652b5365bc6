"""Keyset pages: as fast at any depth as the first one, and stable while rows arrive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")

DEFAULT_LIMIT = 50
MAX_LIMIT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Item]):
    """One page.

    :param items: newest first.
    :param next_cursor: give it as ``before`` to get the next page; None on the last one.
    """

    items: Sequence[Item]
    next_cursor: str | None
