"""Writing a bundle: the same ledger and the same request give the same bytes."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from typing import BinaryIO, NamedTuple

from airflow_gov_provider.domain.ledger.bundle import format as layout
from airflow_gov_provider.domain.ledger.merkle import HASH_SIZE
from airflow_gov_provider.domain.ledger.notes import VerifierKey, encode, unverified
from airflow_gov_provider.domain.ledger.proofs import Node, consistency
from airflow_gov_provider.exceptions import LedgerInvalid

_WRITTEN_AT_ONCE = 2**20
_WHEN = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can name
_READABLE_BY_ALL = 0o100644 << 16


class SealedEvent(NamedTuple):
    """An event as the ledger has it: which leaf it is, that leaf's hash, and its stored bytes."""

    leaf_index: int
    leaf_hash: bytes
    document: bytes


def write_bundle(
    out: BinaryIO,
    *,
    events: Iterable[SealedEvent | tuple[int, bytes, bytes]],
    node: Node,
    checkpoint: str,
    keys: Iterable[VerifierKey] = (),
    older: Iterable[str] = (),
) -> layout.Manifest:
    """Write the zip into ``out`` and say what it holds; the events are read once, and not kept.

    :param events: in ascending order of their leaves; the leaf hash is the one that was sealed,
        which names the event should its bytes have changed since.
    :param node: hashes of complete subtrees of the ledger, for the proofs.
    :param checkpoint: the signed note to prove against.
    :param keys: the public halves of the keys that signed.
    :param older: signed notes of earlier checkpoints, whose holders can then see that nothing was
        rewritten since.
    :raises LedgerInvalid: when an event is not of one line, is not behind the one before it, or
        lies beyond the checkpoint; what was written until then is no bundle.
    """
    claimed = unverified(checkpoint)
    with zipfile.ZipFile(out, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        runs, leaves = _write_events(archive, events)
        found = tuple((first, count) for first, count in runs)
        manifest = layout.Manifest(origin=claimed.origin, size=claimed.size, runs=found)
        _write(archive, layout.LEAVES, bytes(leaves), compressed=False)
        gaps = (node(*at) for gap, _ in manifest.pieces for at in gap)
        _write_text(archive, layout.PROOF, "".join(f"{encode(item)}\n" for item in gaps))
        _write_text(archive, layout.CHECKPOINT, checkpoint)
        past = "".join(_older(note, claimed.size, node).text for note in older)
        _write_text(archive, layout.CONSISTENCY, past)
        _write_text(archive, layout.KEYS, "".join(f"{key.text}\n" for key in keys))
        _write_text(archive, layout.MANIFEST, manifest.text)
    return manifest


def _write_events(
    archive: zipfile.ZipFile, events: Iterable[SealedEvent | tuple[int, bytes, bytes]]
) -> tuple[list[list[int]], bytearray]:
    """The runs of the leaves, and their hashes one after the other."""
    runs: list[list[int]] = []
    leaves, waiting, free = bytearray(), bytearray(), 0
    with archive.open(_named(layout.EVENTS), "w", force_zip64=True) as lines:
        for index, leaf, document in events:
            _check(index, leaf, document, free)
            if runs and index == free:
                runs[-1][1] += 1
            else:
                runs.append([index, 1])
            free = index + 1
            leaves += leaf
            waiting += document
            waiting += b"\n"
            if len(waiting) >= _WRITTEN_AT_ONCE:
                lines.write(waiting)
                waiting.clear()
        lines.write(waiting)
    return runs, leaves


def _check(index: int, leaf: bytes, document: bytes, free: int) -> None:
    if index < free:
        raise LedgerInvalid(f"leaf {index} comes late: leaf {free} or a later one was to follow")
    if len(leaf) != HASH_SIZE:
        raise LedgerInvalid(f"the hash of leaf {index} has {len(leaf)} bytes, not {HASH_SIZE}")
    if b"\n" in document or len(document) > layout.LONGEST_LINE:
        raise LedgerInvalid(
            f"the event of leaf {index} is not one line of at most {layout.LONGEST_LINE} bytes"
        )


def _older(note: str, size: int, node: Node) -> layout.Older:
    claimed = unverified(note)
    path = consistency(claimed.size, size, node)
    return layout.Older(size=claimed.size, note=note, path=path)


def _named(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _WHEN)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = _READABLE_BY_ALL
    return info


def _write(archive: zipfile.ZipFile, name: str, content: bytes, *, compressed: bool) -> None:
    kind = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    archive.writestr(_named(name), content, compress_type=kind)


def _write_text(archive: zipfile.ZipFile, name: str, text: str) -> None:
    content = text.encode()
    most = layout.LARGEST_OBJECT if name == layout.MANIFEST else layout.LARGEST_TEXT
    if len(content) > most:
        raise LedgerInvalid(
            f"{name} would be larger than {most} bytes: export these events in parts"
        )
    _write(archive, name, content, compressed=True)
