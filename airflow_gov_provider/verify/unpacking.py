"""Unpacking the events of a bundle, here or in a process beside the one that hashes them.

A second thread gains little, since whoever hashes lines keeps Python's lock.

    python unpacking.py PACKED_BYTES < zip
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zlib
from contextlib import suppress
from typing import BinaryIO

WORTH = 2**26  # unpacked bytes, below which a process is not worth its start
_PACKED_AT_ONCE = 2**17
_UNPACKED_AT_ONCE = 2**20
_PIPE_BYTES = 2**20


class Inflated(io.RawIOBase):
    """What was deflated, in larger pieces than zipfile gives and without its checksum.

    Every line is hashed anyway. What is wrong with the file shows as damage, or as other lines.

    :param file: stands where the packed bytes begin.
    :param left: how many of them there are.
    """

    def __init__(self, file: BinaryIO, left: int) -> None:
        super().__init__()
        self._file, self._left = file, left
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """:raises zlib.error: if that is nothing deflated. :raises EOFError: if it breaks off."""
        while packed := self._inflater.unconsumed_tail or self._packed():
            if found := self._inflater.decompress(packed, max(size, 0)):
                return found
        return b""

    def _packed(self) -> bytes:
        wanted = min(_PACKED_AT_ONCE, self._left)
        packed = self._file.read(wanted) if wanted else b""
        if wanted and not packed:
            raise EOFError("it breaks off")
        self._left -= len(packed)
        return packed


class InflatedBeside(io.RawIOBase):
    """The same from a second process; here after all, where none can be started.

    :param file: a file of the operating system without a buffer, which is read by nobody else.
    """

    def __init__(self, file: BinaryIO, left: int) -> None:
        super().__init__()
        self._file, self._left, self._begin = file, left, file.tell()
        self._process = _started(file, left)
        self._here: Inflated | None = None
        self._has_begun = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """:raises EOFError: with what the other process says."""
        if self._process is not None and self._process.stdout is not None:
            found: bytes = self._process.stdout.read(size)
            if found or not self._process.wait():
                self._has_begun = True
                return found
            if self._has_begun:
                raise EOFError(self._last_words())
            self._end()
        if self._here is None:
            self._file.seek(self._begin)
            self._here = Inflated(self._file, self._left)
        return self._here.read(size)

    def close(self) -> None:
        self._end()
        super().close()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _last_words(self) -> str:
        said = self._process.stderr.read() if self._process and self._process.stderr else b""
        return said.decode(errors="replace").strip() or "it cannot be unpacked"


def inflated(file: BinaryIO, left: int, unpacked: int) -> Inflated | InflatedBeside:
    """:param unpacked: how many bytes are to be expected, as the zip says."""
    is_beside = unpacked >= WORTH and os.cpu_count() not in {None, 1}
    return InflatedBeside(file, left) if is_beside else Inflated(file, left)


def _started(file: BinaryIO, left: int) -> subprocess.Popen[bytes] | None:
    if not sys.executable:
        return None
    command = [sys.executable, "-I", "-S", __file__, str(left)]
    try:
        process = subprocess.Popen(  # noqa: S603 - this file
            command, bufsize=0, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except OSError:
        return None
    with suppress(ImportError, AttributeError, OSError):  # only Linux lets a pipe grow
        import fcntl

        fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)  # type: ignore[arg-type]
    return process


def main() -> None:
    source = Inflated(open(0, "rb", buffering=0), int(sys.argv[1]))  # noqa: SIM115
    with suppress(BrokenPipeError):  # whoever reads has seen enough
        while found := source.read(_UNPACKED_AT_ONCE):
            rest = memoryview(found)
            while rest:
                rest = rest[os.write(1, rest) :]


if __name__ == "__main__":
    try:
        main()
    except (OSError, EOFError, zlib.error) as error:
        sys.exit(str(error))
