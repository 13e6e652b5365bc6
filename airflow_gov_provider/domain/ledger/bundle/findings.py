"""What happened to events, told from where lines and leaf hashes disagree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from airflow_gov_provider.domain.ledger.bundle.folding import Difference


def explain(differences: Sequence[Difference]) -> Iterator[str]:
    """A sentence for every event that was altered, moved, put in or taken out.

    The recorded leaf hashes are believed here; whether they may be is for the root to say.
    """
    homes = {item.recorded: item.leaf for item in differences if item.recorded is not None}
    present = {item.found for item in differences if item.found is not None}
    moved: list[tuple[int, int]] = []
    missing: list[tuple[int, int]] = []
    for item in differences:
        home = homes.get(item.found) if item.found is not None else None
        if item.line is not None and home is not None:
            moved.append((item.line, home))
        elif item.line is not None:
            yield _stranger(item, elsewhere=item.leaf is None or item.recorded in present)
        displaced = item.line is None or home is not None
        if item.leaf is not None and item.recorded not in present and displaced:
            missing.append((item.leaf, item.leaf))
    yield from _missing(missing)
    yield from _moves(moved)


def _stranger(item: Difference, *, elsewhere: bool) -> str:
    named = f", event_id {item.event_id}" if item.event_id else ""
    if elsewhere:
        return f"line {item.line}{named}: this event was put in, it is not of the announced leaves"
    return (
        f"leaf {item.leaf} (line {item.line}{named}): this event was altered, "
        "its bytes are not those that were sealed"
    )


def _missing(leaves: Sequence[tuple[int, int]]) -> Iterator[str]:
    for (first, _), (last, _) in _neighbours(leaves):
        if first == last:
            yield f"leaf {first}: its event is missing"
        else:
            yield f"leaves {first} to {last}: their events are missing"


def _moves(moved: Sequence[tuple[int, int]]) -> Iterator[str]:
    for (line, home), (last_line, last_home) in _neighbours(moved):
        if line == last_line:
            yield f"line {line} holds the event of leaf {home}, out of its place"
        else:
            yield (
                f"lines {line} to {last_line} hold the events of leaves {home} to {last_home}, "
                "out of their places"
            )


def _neighbours(
    pairs: Sequence[tuple[int, int]],
) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """The first and the last of each stretch in which both numbers go up by one."""
    if not pairs:
        return
    first = last = pairs[0]
    for pair in pairs[1:]:
        if pair != (last[0] + 1, last[1] + 1):
            yield first, last
            first = pair
        last = pair
    yield first, last
