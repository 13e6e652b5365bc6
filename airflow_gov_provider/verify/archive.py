"""Opening a zip that anybody may have made: nothing is extracted, and nothing is believed."""

from __future__ import annotations

import io
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from airflow_gov_provider.domain.ledger.bundle import format as layout
from airflow_gov_provider.exceptions import LedgerInvalid

_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1
_LOCAL_HEADER = 30  # bytes, before the name
_PACKED_AT_ONCE = 2**17
_TURN_SECONDS = 0.0002  # for which a thread may keep the others from running; 0.005 by itself
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
    with path.open("rb") as file, path.open("rb") as again, _second_thread() as thread:
        with _damage(path.name):
            archive = zipfile.ZipFile(file)
        with archive:
            yield {
                info.filename: _opened(archive, info, again, thread) for info in _members(archive)
            }


@contextmanager
def _second_thread() -> Iterator[ThreadPoolExecutor]:
    """One that gets its turn soon, since it only calls for the next piece to be unpacked."""
    before = sys.getswitchinterval()
    with ThreadPoolExecutor(max_workers=1) as thread:
        sys.setswitchinterval(_TURN_SECONDS)
        try:
            yield thread
        finally:
            sys.setswitchinterval(before)


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


class _Inflated(io.RawIOBase):
    """The events, unpacked in larger pieces than zipfile does and without its checksum.

    Every line is hashed anyway. What is wrong with the file shows as damage, or as other lines.

    :param file: the whole zip.
    """

    def __init__(self, file: BinaryIO, info: zipfile.ZipInfo) -> None:
        super().__init__()
        file.seek(info.header_offset)
        header = file.read(_LOCAL_HEADER)
        names = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        self._file, self._at = file, info.header_offset + len(header) + names
        self._left = info.compress_size
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while packed := self._inflater.unconsumed_tail or self._packed():
            if found := self._inflater.decompress(packed, max(size, 0)):
                return found
        return b""

    def _packed(self) -> bytes:
        wanted = min(_PACKED_AT_ONCE, self._left)
        self._file.seek(self._at)
        packed = self._file.read(wanted)
        if len(packed) != wanted:
            raise EOFError
        self._at, self._left = self._at + wanted, self._left - wanted
        return packed


class _Ahead(io.RawIOBase):
    """A stream of which the next piece is read in another thread while the last one is looked at.

    Unpacking leaves Python's lock to the thread that hashes.
    """

    def __init__(self, stream: io.RawIOBase, thread: ThreadPoolExecutor) -> None:
        super().__init__()
        self._stream, self._thread = stream, thread
        self._next: Future[bytes | None] | None = None

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """As large as was wanted when the piece before was asked for."""
        coming = self._next or self._thread.submit(self._stream.read, size)
        found = coming.result() or b""
        self._next = self._thread.submit(self._stream.read, size) if found else None
        return found


def _opened(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, again: BinaryIO, thread: ThreadPoolExecutor
) -> BinaryIO:
    """:param again: the same file, opened once more for the other thread."""
    if info.filename == layout.EVENTS and info.compress_type == zipfile.ZIP_DEFLATED:
        return _Member(info.filename, lambda: _inflated(archive, info, again, thread))  # type: ignore[return-value, arg-type]
    return _Member(info.filename, lambda: archive.open(info))  # type: ignore[return-value, arg-type]


def _inflated(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, again: BinaryIO, thread: ThreadPoolExecutor
) -> _Ahead:
    archive.open(info).close()  # which looks whether the file begins as the directory says
    return _Ahead(_Inflated(again, info), thread)


@contextmanager
def _damage(name: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise LedgerInvalid(f"{name} is damaged and cannot be unpacked: {error}") from error
