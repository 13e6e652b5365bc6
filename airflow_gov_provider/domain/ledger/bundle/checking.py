"""Checking a bundle as a stranger would: only the reader's own keys and anchors are believed."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from airflow_gov_provider.domain.ledger.bundle import format as layout
from airflow_gov_provider.domain.ledger.bundle.findings import explain
from airflow_gov_provider.domain.ledger.bundle.folding import MOST_DIFFERENCES, Folded, fold
from airflow_gov_provider.domain.ledger.merkle import EMPTY_ROOT
from airflow_gov_provider.domain.ledger.notes import Checkpoint, VerifierKey, open_checkpoint
from airflow_gov_provider.domain.ledger.proofs import verify_consistency
from airflow_gov_provider.exceptions import LedgerInvalid

Content = bytes | BinaryIO


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What was checked; without problems, everything named here has been verified.

    :param anchors: the names of the reader's anchors that the ledger was shown to continue.
    :param older: how many older checkpoints in the bundle it was shown to continue.
    """

    problems: list[str] = field(default_factory=list)
    checkpoint: Checkpoint | None = None
    signers: tuple[VerifierKey, ...] = ()
    manifest: layout.Manifest | None = None
    anchors: list[str] = field(default_factory=list)
    older: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Earlier:
    """A checkpoint that the ledger has to continue, and the consistency proof that is there.

    :param held: whether the reader kept it; else it came with the bundle.
    """

    name: str
    checkpoint: Checkpoint
    path: tuple[bytes, ...] | None
    held: bool


def verify_bundle(
    files: Mapping[str, Content],
    keys: Iterable[VerifierKey],
    anchors: Mapping[str, str] | None = None,
) -> list[str]:
    """Everything that is wrong with a bundle, each thing a sentence; nothing when it verifies."""
    return check(files, keys, anchors).problems


def check(
    files: Mapping[str, Content],
    keys: Iterable[VerifierKey],
    anchors: Mapping[str, str] | None = None,
) -> Outcome:
    """Verify a bundle, and say what that covers.

    :param files: the files of the bundle by name; a stream is read once, in parts.
    :param keys: the keys that the reader trusts, got from elsewhere than the bundle.
    :param anchors: signed checkpoints that the reader kept, by a name to call them.
    """
    keys, outcome = tuple(keys), Outcome()
    outcome.problems += [f"{name} is missing" for name in layout.REQUIRED if name not in files]
    strangers = sorted(set(files) - set(layout.FILES))
    outcome.problems += [f"{name!r} is no file of a bundle" for name in strangers]
    if outcome.problems:
        return outcome
    try:
        _check_checkpoint(files, keys, outcome)
        _check_contents(files, keys, anchors or {}, outcome)
    except LedgerInvalid as error:
        outcome.problems.append(str(error))
    return outcome


def _check_checkpoint(
    files: Mapping[str, Content], keys: Sequence[VerifierKey], outcome: Outcome
) -> None:
    checkpoint, signers = _opened(layout.CHECKPOINT, _text(files, layout.CHECKPOINT), keys)
    manifest = layout.Manifest.from_text(_text(files, layout.MANIFEST))
    outcome.checkpoint, outcome.signers, outcome.manifest = checkpoint, signers, manifest
    if (manifest.origin, manifest.size) != (checkpoint.origin, checkpoint.size):
        raise LedgerInvalid(
            f"{layout.MANIFEST} is of {manifest.origin} with {manifest.size} leaves, "
            f"{layout.CHECKPOINT} of {checkpoint.origin} with {checkpoint.size}"
        )
    if layout.KEYS in files:
        listed = {VerifierKey.from_text(line) for line in _lines(files, layout.KEYS)}
        if listed and not listed.intersection(signers):
            outcome.problems.append(f"{layout.KEYS} lists none of the keys that signed")


def _check_contents(
    files: Mapping[str, Content],
    keys: Sequence[VerifierKey],
    anchors: Mapping[str, str],
    outcome: Outcome,
) -> None:
    checkpoint, manifest = outcome.checkpoint, outcome.manifest
    if checkpoint is None or manifest is None:  # pragma: no cover - both stand once this is called
        return
    past = [layout.Older.from_text(line) for line in _lines(files, layout.CONSISTENCY)]
    earlier = _earlier(past, anchors, keys, checkpoint, outcome)
    folded = fold(
        _stream(files[layout.EVENTS]),
        _stream(files[layout.LEAVES]),
        layout.hashes_from(_lines(files, layout.PROOF), layout.PROOF),
        manifest,
        sorted({item.checkpoint.size for item in earlier}),
    )
    outcome.problems += folded.problems
    sealed = _judge(folded, checkpoint, earlier, outcome)
    for item in earlier:
        _check_continues(item, checkpoint, folded.roots if sealed else {}, outcome)


def _judge(
    folded: Folded, checkpoint: Checkpoint, earlier: Sequence[_Earlier], outcome: Outcome
) -> bool:
    """Whether the recorded leaf hashes are those below the signed root."""
    signed = (checkpoint.size, checkpoint.root)
    if len(folded.differences) >= MOST_DIFFERENCES:
        outcome.problems.append(f"only the first {MOST_DIFFERENCES} differences were looked at")
    if (folded.recorded.size, folded.recorded.root) == signed:
        outcome.problems += explain(folded.differences)
    elif folded.found is not None and (folded.found.size, folded.found.root) == signed:
        outcome.problems += [
            f"leaf {item.leaf}: its hash in {layout.LEAVES} is wrong; the event is as it was sealed"
            for item in folded.differences
        ]
    elif not folded.problems:
        outcome.problems.append(_unsealed(folded, checkpoint, earlier))
        outcome.problems += explain(folded.differences)
    return (folded.recorded.size, folded.recorded.root) == signed


def _unsealed(folded: Folded, checkpoint: Checkpoint, earlier: Sequence[_Earlier]) -> str:
    """That the root is another one, and between which signed sizes the fault lies."""
    sizes = {item.checkpoint.size: item.checkpoint.root for item in earlier}
    passed = sorted(size for size in sizes if size in folded.roots)
    wrong = [size for size in passed if folded.roots[size] != sizes[size]]
    end = min([*wrong, checkpoint.size])
    begin = max([0, *(size for size in passed if size < end)])
    return (
        f"the leaf hashes do not lead to the root that was signed for {checkpoint.size} leaves: "
        f"one of the leaves {begin} to {end - 1}, or a hash in {layout.PROOF}, "
        "is not what was sealed"
    )


def _earlier(
    past: Sequence[layout.Older],
    anchors: Mapping[str, str],
    keys: Sequence[VerifierKey],
    checkpoint: Checkpoint,
    outcome: Outcome,
) -> list[_Earlier]:
    """The older checkpoints of the bundle and the reader's anchors, as far as they are signed."""
    paths = {item.size: item.path for item in past}
    claims: list[tuple[str, str, layout.Older | None]] = [
        (f"the checkpoint of {item.size} in {layout.CONSISTENCY}", item.note, item) for item in past
    ]
    claims += [(name, note, None) for name, note in anchors.items()]
    found = []
    for name, note, given in claims:
        try:
            older, _ = _opened(name, note, keys)
        except LedgerInvalid as error:
            outcome.problems.append(str(error))
            continue
        if older.origin != checkpoint.origin:
            outcome.problems.append(f"{name} is of {older.origin}, not of {checkpoint.origin}")
        elif given is not None and given.size != older.size:
            outcome.problems.append(f"{name} is one of {older.size} leaves")
        else:
            path = given.path if given is not None else paths.get(older.size)
            found.append(_Earlier(name=name, checkpoint=older, path=path, held=given is None))
    return found


def _check_continues(
    earlier: _Earlier, now: Checkpoint, roots: Mapping[int, bytes], outcome: Outcome
) -> None:
    before, name = earlier.checkpoint, earlier.name
    if before.size > now.size:
        outcome.problems.append(
            f"{name} has {before.size} leaves and the bundle's checkpoint only {now.size}: the "
            "ledger was rolled back, or the bundle is older than that and says nothing about it"
        )
        return
    shown = _shown(earlier, now, {0: EMPTY_ROOT, now.size: now.root, **roots})
    if not shown:
        outcome.problems.append(
            f"{name} cannot be compared: the bundle has no consistency proof from {before.size} "
            f"to {now.size} leaves; ask for one with it"
        )
    elif not any(shown):
        outcome.problems.append(
            f"{name} is not a beginning of this ledger: the first {before.size} leaves were "
            "rewritten, or are those of a fork, or the proof of it was damaged"
        )
    elif not all(shown):
        outcome.problems.append(
            f"{name}: the ledger continues it, but the consistency proof from {before.size} leaves "
            "in the bundle is not the right one"
        )
    elif earlier.held:
        outcome.anchors.append(name)
    else:
        outcome.older += 1


def _shown(earlier: _Earlier, now: Checkpoint, roots: Mapping[int, bytes]) -> list[bool]:
    """What each way to compare says: the leaves themselves, and the consistency proof."""
    before, shown = earlier.checkpoint, []
    if before.size in roots:
        shown.append(roots[before.size] == before.root)
    if earlier.path is not None:
        proved = verify_consistency(
            old_size=before.size,
            new_size=now.size,
            old_root=before.root,
            new_root=now.root,
            proof=earlier.path,
        )
        shown.append(proved)
    return shown


def _opened(
    name: str, note: str, keys: Sequence[VerifierKey]
) -> tuple[Checkpoint, tuple[VerifierKey, ...]]:
    try:
        return open_checkpoint(note, keys)
    except LedgerInvalid as error:
        raise LedgerInvalid(f"{name}: {error}") from error


def _lines(files: Mapping[str, Content], name: str) -> list[str]:
    text = _text(files, name) if name in files else ""
    if text and not text.endswith("\n"):
        raise LedgerInvalid(f"{name} breaks off within its last line")
    return text.split("\n")[:-1]


def _text(files: Mapping[str, Content], name: str) -> str:
    content = _stream(files[name]).read(layout.LARGEST_TEXT + 1)
    if len(content) > layout.LARGEST_TEXT:
        raise LedgerInvalid(f"{name} is larger than {layout.LARGEST_TEXT} bytes")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise LedgerInvalid(f"{name} is not UTF-8") from error


def _stream(content: Content) -> BinaryIO:
    return io.BytesIO(content) if isinstance(content, bytes) else content
