"""Limits and cleaning for everything that ends up on a card."""

from __future__ import annotations

import re
import unicodedata

MAX_VALUE = 500  # characters of a parameter, tag or other collected value
MAX_ITEMS = 200  # entries of one list

# user:password@ in a URL, wherever it appears in a longer text, and password=... in its query.
_CREDENTIALS = re.compile(r"(?<=://)[^/\s'\"]+@")
_SECRET_PARAMETER = re.compile(r"(?i)\b([\w-]*(?:password|passwd|secret|token|key)=)[^&;\s'\"]+")
# Format characters that reorder or hide what follows them.
_DECEPTIVE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def clean(value: str, *, limit: int = MAX_VALUE) -> str:
    """The value without control characters and credentials in URLs, cut where it is too long.

    Line breaks and tabs become spaces; a cut says how much is missing.
    """
    plain = _DECEPTIVE.sub("", without_credentials(value))
    plain = "".join(
        " " if unicodedata.category(character)[0] in "CZ" else character for character in plain
    )
    plain = " ".join(plain.split())
    if len(plain) <= limit:
        return plain
    return f"{plain[:limit]}… (cut, {len(plain):,} characters)"


def without_credentials(value: str) -> str:
    """The text with ``***`` in place of users, passwords and secret parameters of URLs in it."""
    return _SECRET_PARAMETER.sub(r"\1***", _CREDENTIALS.sub("***@", value))
