"""Opening a zip that anybody may have made: nothing is extracted, and nothing is believed."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from airflow_gov_provider.domain.ledger.bundle import format as layout
from airflow_gov_provider.exceptions import LedgerInvalid
from airflow_gov_provider.verify.unpacking import Inflated, InflatedBeside, inflated

_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1
_LOCAL_HEADER = 30  # bytes, before the name
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


class _Member(io.RawIOBase):
    """A file in the zip, read forwards; damage in it is a :class:`LedgerInvalid`."""

    def __init__(self, name: str, opening: Callable[[], BinaryIO]) -> None:
        super().__init__()
        self._name, self._opening = name, opening
        self._stream: BinaryIO | None = None

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        with _damage(self._name):
            if self._stream is None:
                self._stream = self._opening()
            return self._stream.read(size)


@contextmanager
def opened(path: Path) -> Iterator[dict[str, BinaryIO]]:
    """The files of the bundle at ``path``, by name.

    :raises LedgerInvalid: when it is not a zip, or holds what no bundle holds: other names, a name
        twice, encryption, or texts beyond their limit.
    :raises OSError: when the file cannot be opened.
    """
    with path.open("rb") as file, path.open("rb", buffering=0) as again, ExitStack() as ended:
        with _damage(path.name):
            archive = zipfile.ZipFile(file)
        with archive:
            yield {
                info.filename: _opened(archive, info, again, ended) for info in _members(archive)
            }


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    members = archive.infolist()
    names = [info.filename for info in members]
    problems = [f"{name!r} is no file of a bundle" for name in names if name not in layout.FILES]
    problems += [f"{name} is there twice" for name in sorted(set(names)) if names.count(name) > 1]
    for info in members:
        if info.flag_bits & _ENCRYPTED or info.compress_type not in _METHODS:
            problems.append(f"{info.filename!r} is encrypted, or packed in an unusual way")
        streamed = info.filename in {layout.EVENTS, layout.LEAVES}
        if not streamed and info.file_size > layout.LARGEST_TEXT:
            problems.append(f"{info.filename!r} unpacks to more than {layout.LARGEST_TEXT} bytes")
    if problems:
        raise LedgerInvalid("; ".join(problems[:10]))
    return members


def _opened(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, again: BinaryIO, ended: ExitStack
) -> BinaryIO:
    """:param again: the same file, opened once more for the events."""
    if info.filename == layout.EVENTS and info.compress_type == zipfile.ZIP_DEFLATED:
        return _Member(info.filename, lambda: _inflated(archive, info, again, ended))  # type: ignore[return-value, arg-type]
    return _Member(info.filename, lambda: archive.open(info))  # type: ignore[return-value, arg-type]


def _inflated(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, again: BinaryIO, ended: ExitStack
) -> Inflated | InflatedBeside:
    archive.open(info).close()  # which looks whether the file begins as the directory says
    again.seek(info.header_offset)
    header = again.read(_LOCAL_HEADER)
    names = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    again.seek(info.header_offset + len(header) + names)
    stream = inflated(again, info.compress_size, info.file_size)
    ended.callback(stream.close)
    return stream


@contextmanager
def _damage(name: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise LedgerInvalid(f"{name} is damaged and cannot be unpacked: {error}") from error
