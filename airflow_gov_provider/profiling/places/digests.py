"""What exactly was read: one digest for the content of the files of a source."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from airflow_gov_provider.domain.canonical import canonical_bytes, digest
from airflow_gov_provider.exceptions import SourceUnavailable


def digest_of_files(paths: Sequence[Path]) -> str:
    """The SHA-256 of the only file; of several, the SHA-256 of the canonical JSON list of their
    [name, SHA-256] pairs, sorted by name.

    :raises SourceUnavailable: if one cannot be read just now.
    """
    if len(paths) == 1:
        return _sha256(paths[0])
    return digest(canonical_bytes(sorted([path.name, _sha256(path)] for path in paths)))


@contextmanager
def unchanged(paths: Sequence[Path]) -> Iterator[None]:
    """What is read inside is what the files held all along.

    :raises SourceUnavailable: if one of them was written to meanwhile.
    """
    before = [_stamp(path) for path in paths]
    yield
    for path, stamp in zip(paths, before, strict=True):
        if _stamp(path) != stamp:
            raise SourceUnavailable(f"{path} changed while it was read; wait for what writes there")


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise SourceUnavailable(f"{path} cannot be read: {error.strerror}") from error


def _stamp(path: Path) -> tuple[int, int] | None:
    """Size and time of the last change; None for a file that is gone."""
    if not path.exists():
        return None
    status = path.stat()
    return status.st_size, status.st_mtime_ns
