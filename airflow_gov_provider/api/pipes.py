"""From something that writes into a file to something that is read piece by piece."""

from __future__ import annotations

import io
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

_WAITING = 8  # pieces that are written and not read yet
_LOOKS = 0.2  # seconds between two looks at whether anybody still reads


class _Pipe(io.RawIOBase):
    """What is written waits in a short queue until it is read; nothing of it can be sought."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: queue.Queue[bytes | None] = queue.Queue(_WAITING)
        self.abandoned = threading.Event()

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        """:raises BrokenPipeError: when nobody reads any more."""
        self.put(bytes(content))
        return len(content)

    def put(self, piece: bytes | None) -> None:
        while not self.abandoned.is_set():
            try:
                self.pieces.put(piece, timeout=_LOOKS)
            except queue.Full:
                continue
            return
        raise BrokenPipeError


def piped(write: Callable[[BinaryIO], object]) -> Iterator[bytes]:
    """What ``write`` writes, which runs in a thread of its own and waits for the reader.

    Whoever stops reading closes the generator; the next thing that is written then raises.

    :raises Exception: what ``write`` raised, after what it had written.
    """
    pipe, failure = _Pipe(), list[BaseException]()

    def run() -> None:
        try:
            write(pipe)  # type: ignore[arg-type]
        except BaseException as error:  # noqa: BLE001 - raised again where it is read
            failure.append(error)
        try:
            pipe.put(None)
        except BrokenPipeError:
            return

    thread = threading.Thread(target=run, name="governance-export", daemon=True)
    thread.start()
    try:
        while (piece := pipe.pieces.get()) is not None:
            yield piece
    finally:
        pipe.abandoned.set()
        thread.join()
    if failure:
        raise failure[0]
