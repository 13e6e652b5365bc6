"""What a look at data may use of the machine it runs on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from airflow_gov_provider.exceptions import ArgumentInvalid

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]i?B|B)", re.IGNORECASE)
_POWERS = {"K": 1, "M": 2, "G": 3, "T": 4}
_SMALLEST = 64 * 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Bounds for one process that reads files with DuckDB.

    :param memory: bytes that rows and what is worked out of them may take; what needs more is
        written to disk, or done in several rounds. The process itself comes on top.
    :param spill: the directory under which that is written; None takes the system's own.
    """

    memory: int = 2 * 1024**3
    spill: Path | None = None


def size(text: str) -> int:
    """Bytes of a size such as ``2GB`` or ``512 MiB``; GB and GiB both mean 2**30 bytes.

    :raises ArgumentInvalid: if it is no size, or less than 64 MB.
    """
    match = _SIZE.fullmatch(text.strip())
    found = 0
    if match:
        number, unit = match.groups()
        found = int(float(number) * 1024 ** _POWERS.get(unit[0].upper(), 0))
    if found < _SMALLEST:
        raise ArgumentInvalid(
            f"[governance] profiling_memory is {text!r}; write a size of at least 64MB, "
            "such as 512MB or 2GB"
        )
    return found
