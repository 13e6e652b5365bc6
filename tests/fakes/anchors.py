"""Anchors that settings can name: each keeps what it was given where a test can look."""

from __future__ import annotations

import threading

given: list[str] = []
instances: list[object] = []
release = threading.Event()
both = threading.Barrier(2)


def keep(note: str) -> str:
    given.append(note)
    return f"kept as number {len(given)}"


def meet(note: str) -> str:
    """Answers once two have asked."""
    given.append(note)
    both.wait(30)
    return "both"


def keep_silently(note: str) -> None:
    given.append(note)


def fail(note: str) -> None:
    raise RuntimeError("password=hunter2")


def hang(note: str) -> None:
    release.wait(60)


def answer_nonsense(note: str) -> dict[str, str]:
    return {"note": note}


def answer_a_book(note: str) -> bytes:
    return bytes(50_000)


class Bucket:
    """Made once, called often."""

    def __init__(self) -> None:
        instances.append(self)

    def __call__(self, note: str) -> bytes:
        given.append(note)
        return b"\x00version 7"


not_callable = "a text"
