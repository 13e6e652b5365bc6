"""What the small files of a bundle look like, written and read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from airflow_gov_provider.domain.ledger.merkle import LARGEST_SIZE
from airflow_gov_provider.domain.ledger.notes import decode, encode
from airflow_gov_provider.domain.ledger.proofs import cover
from airflow_gov_provider.exceptions import LedgerInvalid

FORMAT = "airflow-gov-ledger-bundle@v1"
EVENTS, LEAVES, PROOF = "events.jsonl", "leaves.bin", "proof.txt"
CHECKPOINT, CONSISTENCY = "checkpoint.txt", "consistency.jsonl"
KEYS, MANIFEST = "keys.txt", "manifest.json"
REQUIRED = (EVENTS, LEAVES, PROOF, CHECKPOINT, MANIFEST)
FILES = (*REQUIRED, CONSISTENCY, KEYS)

LONGEST_LINE = 16 * 2**20
LARGEST_TEXT = 64 * 2**20
LARGEST_OBJECT = 16 * 2**20  # of JSON, which takes many times its size once it is read

Run = tuple[int, int]
Gap = Iterator[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Which leaves the lines of a bundle are.

    :param size: the leaves of the whole ledger at the checkpoint.
    :param runs: ``(first leaf, how many)`` of each unbroken stretch, in ascending order.
    :raises LedgerInvalid: when the runs do not ascend, touch, or lie outside of the ledger.
    """

    origin: str
    size: int
    runs: tuple[Run, ...]

    def __post_init__(self) -> None:
        if not 0 <= self.size <= LARGEST_SIZE:
            raise LedgerInvalid(f"a ledger has 0 to 2**63-1 leaves, not {self.size}")
        free = 0
        for first, count in self.runs:
            if first < free or count < 1 or first + count > self.size:
                raise LedgerInvalid(
                    f"the run of {count} leaves from {first} does not fit behind the one before "
                    f"it, or not into {self.size} leaves"
                )
            free = first + count + 1

    @property
    def events(self) -> int:
        return sum(count for _, count in self.runs)

    @property
    def pieces(self) -> Iterator[tuple[Gap, Run]]:
        """Every run behind the subtrees of the gap before it; at the end a run of no leaves."""
        begin = 0
        for first, count in (*self.runs, (self.size, 0)):
            yield cover(begin, first), (first, count)
            begin = first + count

    @property
    def text(self) -> str:
        fields = {
            "format": FORMAT,
            "origin": self.origin,
            "size": self.size,
            "events": self.events,
            "runs": self.runs,
        }
        return json.dumps(fields, ensure_ascii=True, separators=(",", ":")) + "\n"

    @classmethod
    def from_text(cls, text: str) -> Manifest:
        """:raises LedgerInvalid: when this is not a manifest, or contradicts itself."""
        fields = _object(text, "the manifest")
        if fields.get("format") != FORMAT:
            raise LedgerInvalid(f"the manifest is not of the format {FORMAT}")
        origin, size, runs = fields.get("origin"), fields.get("size"), fields.get("runs")
        if not isinstance(origin, str) or type(size) is not int or not isinstance(runs, list):
            raise LedgerInvalid("the manifest lacks its origin, its size or its runs")
        manifest = cls(origin=origin, size=size, runs=tuple(_run(run) for run in runs))
        if manifest.text != text:
            raise LedgerInvalid("the manifest is not as it is written: its counts or fields differ")
        return manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Older:
    """An older checkpoint, and the proof that the ledger of the bundle grew out of it."""

    size: int
    note: str
    path: tuple[bytes, ...]

    @property
    def text(self) -> str:
        fields = {
            "size": self.size,
            "checkpoint": self.note,
            "proof": [encode(item) for item in self.path],
        }
        return json.dumps(fields, ensure_ascii=True, separators=(",", ":")) + "\n"

    @classmethod
    def from_text(cls, text: str) -> Older:
        """:raises LedgerInvalid: when this is not a line of ``consistency.jsonl``."""
        fields = _object(text, f"a line of {CONSISTENCY}")
        size, note, path = fields.get("size"), fields.get("checkpoint"), fields.get("proof")
        if type(size) is not int or not isinstance(note, str) or not isinstance(path, list):
            raise LedgerInvalid(f"a line of {CONSISTENCY} lacks its size, checkpoint or proof")
        older = cls(size=size, note=note, path=hashes_from(path, CONSISTENCY))
        if older.text.rstrip("\n") != text:
            raise LedgerInvalid(f"a line of {CONSISTENCY} is not as it is written")
        return older


def hashes_from(lines: Sequence[object], where: str) -> tuple[bytes, ...]:
    """The hashes that stand in base64.

    :raises LedgerInvalid: when one of them is something else.
    """
    if not all(isinstance(line, str) for line in lines):
        raise LedgerInvalid(f"a hash in {where} is not text")
    return tuple(decode(str(line), f"a hash in {where}") for line in lines)


def _run(value: object) -> Run:
    match value:
        case [int(first), int(count)] if type(first) is type(count) is int:
            return first, count
    raise LedgerInvalid("a run in the manifest is not its first leaf and how many there are")


def _object(text: str, what: str) -> dict[str, Any]:
    if len(text) > LARGEST_OBJECT:
        raise LedgerInvalid(f"{what} is longer than {LARGEST_OBJECT} characters")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise LedgerInvalid(f"{what} is not a JSON object")
    return value
