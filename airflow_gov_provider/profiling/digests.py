"""What exactly was read: one digest for the content of the files of a source."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from airflow_gov_provider.exceptions import SourceUnavailable


def sha256_of_files(paths: Sequence[Path]) -> str:
    """The SHA-256 of the only file; of several, the SHA-256 of theirs, one hexadecimal line each in
    the order given, as ``sha256sum`` of that list would be.

    :raises SourceUnavailable: if one cannot be read just now.
    """
    digests = [_sha256(path) for path in paths]
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256("".join(f"{digest}\n" for digest in digests).encode()).hexdigest()


@contextmanager
def unchanged(paths: Sequence[Path]) -> Iterator[None]:
    """What is read inside is what the files held all along.

    :raises SourceUnavailable: if one of them was written to meanwhile.
    """
    before = _stamps(paths)
    yield
    if _stamps(paths) != before:
        names = ", ".join(path.name for path in paths[:3])
        raise SourceUnavailable(f"{names} changed while it was read; wait for what writes there")


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise SourceUnavailable(f"{path} cannot be read: {error.strerror}") from error


def _stamps(paths: Sequence[Path]) -> list[tuple[int, int]]:
    """Size and time of the last change; a file that is gone has neither."""
    found = [path.stat() if path.exists() else None for path in paths]
    return [(status.st_size, status.st_mtime_ns) if status else (-1, -1) for status in found]
