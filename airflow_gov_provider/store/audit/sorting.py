"""What a second process does for an audit; it starts without SQLAlchemy, which takes longer to load
than a hundred thousand events to read.

    python -m airflow_gov_provider.store.audit.sorting < order
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from importlib import import_module
from typing import IO, Any, NamedTuple

from airflow_gov_provider.domain.ledger.merkle import HASH_SIZE, leaf_hashes
from airflow_gov_provider.store.audit.columns import suspects
from airflow_gov_provider.store.audit.reading import Reader
from airflow_gov_provider.store.audit.rows import DOCUMENT, TYPE, EventRow, Leaves, SealedRows


class Sorted(NamedTuple):
    """What is known of the leaves from where the one before ended up to ``end``.

    :param hashes: those of the leaves, every one with an event of that hash; None if all of them
        have to be looked at again.
    :param unsure: leaf indexes of events that have to be looked at again for another reason.
    """

    end: int
    hashes: tuple[bytes, ...] | None
    unsure: tuple[int, ...]


def sort_out(
    leaves: Leaves, events: Sequence[EventRow | None], start: int, naming: Collection[str]
) -> Sorted:
    """:param start: the leaf that should be the first.
    :param naming: types of events that name what lies in other tables.
    """
    end = leaves.indexes[-1] + 1
    present = [row for row in events if row is not None]
    if len(present) == end - start == len(events):
        found = tuple(leaf_hashes([row[DOCUMENT] or b"" for row in present]))
        if found == leaves.hashes:
            named = [at for at, row in enumerate(present) if row[TYPE] in naming]
            unsure = sorted({*suspects(present), *named})
            return Sorted(end, found, tuple(start + at for at in unsure))
    return Sorted(end, None, ())


def write_sorted(
    reader: Reader, start: int, end: int, naming: Collection[str], out: IO[bytes]
) -> None:
    for leaves, events in SealedRows(reader, start, end).batches():
        made = sort_out(leaves, events, start, naming)
        head = {"end": made.end, "unsure": made.unsure, "hashes": made.hashes is not None}
        out.write(json.dumps(head).encode() + b"\n" + b"".join(made.hashes or ()))
        start = made.end


def read_sorted(file: IO[bytes], start: int, end: int) -> Iterator[Sorted]:
    """As far as it goes: what broke off, or is no such thing, ends it."""
    while line := file.readline():
        try:
            head = json.loads(line)
            stop, unsure, there = int(head["end"]), tuple(map(int, head["unsure"])), head["hashes"]
        except (ValueError, TypeError, KeyError):
            return
        content = file.read(HASH_SIZE * (stop - start)) if there else b""
        if not start < stop <= end or (there and len(content) != HASH_SIZE * (stop - start)):
            return
        parts = range(0, len(content), HASH_SIZE)
        hashes = tuple(content[at : at + HASH_SIZE] for at in parts)
        yield Sorted(stop, hashes if there else None, unsure)
        start = stop


def carry_out(order: dict[str, Any], out: IO[bytes]) -> None:
    """:param order: as `apart` writes it."""
    driver = import_module(order["module"])
    with closing(driver.connect(*order["arguments"], **order["options"])) as raw:
        with closing(raw.cursor()) as cursor:
            for statement in order["begin"]:
                cursor.execute(statement)
        reader = Reader(raw=raw, dialect=order["dialect"], driver=order["driver"])
        write_sorted(reader, order["start"], order["end"], order["naming"], out)


if __name__ == "__main__":
    carry_out(json.load(sys.stdin), sys.stdout.buffer)
