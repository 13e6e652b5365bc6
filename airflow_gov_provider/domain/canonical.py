"""One byte sequence per JSON value (RFC 8785), so that a digest means the same everywhere."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import rfc8785

_LARGEST_EXACT_INTEGER = 2**53 - 1


def jsonable(value: Any) -> Any:  # noqa: C901, PLR0911 - one case a type
    """The nearest JSON value.

    NaN and infinities become ``None``, because JSON has no such numbers and a made-up one would be
    a lie; integers beyond 2**53 become strings, because other readers would round them. Times are
    ISO 8601. Numbers of numpy and the like are unwrapped by their ``item`` method.

    :raises TypeError: for an object that has no JSON form.
    """
    match value:
        case None | bool() | str() if not isinstance(value, Enum):
            return value
        case Enum():
            return jsonable(value.value)
        case int():
            return int(value) if abs(value) <= _LARGEST_EXACT_INTEGER else str(int(value))
        case float():
            return float(value) if math.isfinite(value) else None
        case Decimal():
            return jsonable(float(value))
        case datetime() | date():
            return value.isoformat()
        case Mapping():
            return {str(key): jsonable(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            items = sorted(value) if isinstance(value, (set, frozenset)) else value
            return [jsonable(item) for item in items]
        case _ if hasattr(value, "item"):
            return jsonable(value.item())
    raise TypeError(f"{type(value).__name__} has no JSON form")


def canonical_bytes(value: Any) -> bytes:
    """RFC 8785 bytes of ``jsonable(value)``."""
    return rfc8785.dumps(jsonable(value))


def parse(content: bytes) -> Any:
    """Read canonical bytes back, so that writing them again gives the same bytes.

    RFC 8785 writes a float such as 6.5e16 without a fraction; an integer that large was written as
    text, so what looks like one is a float.
    """
    return json.loads(content, parse_int=_exact_integer_or_float)


def _exact_integer_or_float(token: str) -> int | float:
    value = int(token)
    return value if abs(value) <= _LARGEST_EXACT_INTEGER else float(token)


def digest(content: bytes) -> str:
    """SHA-256 as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
