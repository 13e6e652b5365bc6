"""What a format is, and what several of them share."""

from __future__ import annotations

import string
from dataclasses import dataclass

from airflow_gov_provider.domain.formats.checksums import DIGITS, Checksum, luhn, weighted

CAPITALS = string.ascii_uppercase
ALNUM = DIGITS + CAPITALS
EAN_13 = weighted((1, 3) * 6 + (1,), 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One format.

    :param words: what a value is, such as ``"an e-mail address"``.
    :param pattern: what the whole text matches.
    :param codes: the only values, instead of a pattern.
    :param checks: sums that all must hold.
    :param without: characters that the sums pass over.
    :param refused: values that the sums let through and that are never issued.
    """

    words: str
    pattern: str | None = None
    codes: tuple[str, ...] = ()
    checks: tuple[Checksum, ...] = ()
    without: str = ""
    refused: tuple[str, ...] = ()
    example: str


def luhn_of(words: str, pattern: str, width: int, example: str, *, without: str = "") -> Format:
    return Format(
        words=words, pattern=pattern, checks=(luhn(width),), without=without, example=example
    )
