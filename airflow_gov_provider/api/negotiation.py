"""Which of our media types an ``Accept`` header likes best (RFC 9110, section 12.5.1)."""

from __future__ import annotations

from collections.abc import Sequence


def preferred(header: str | None, offered: Sequence[str]) -> str | None:
    """The offered type with the highest quality, the earlier one of equals; None if none is wanted.

    A range that cannot be read counts as not sent.
    """
    ranges = [parsed for part in (header or "*/*").split(",") if (parsed := _range(part))]
    qualities = [_quality(media_type, ranges) for media_type in offered]
    best = max(qualities, default=0.0)
    return offered[qualities.index(best)] if best > 0 else None


def _range(part: str) -> tuple[str, float] | None:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    quality = next((p[2:] for p in parameters if p.startswith("q=")), "1")
    try:
        return name, min(max(float(quality), 0.0), 1.0)
    except ValueError:
        return None


def _quality(media_type: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Of all ranges that match, the most specific one counts."""
    main, _, _ = media_type.partition("/")
    for pattern in (media_type, f"{main}/*", "*/*"):
        found = [quality for name, quality in ranges if name == pattern]
        if found:
            return max(found)
    return 0.0
