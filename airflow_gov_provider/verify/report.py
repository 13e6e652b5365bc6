"""What a verification tells a person: what was looked at, what follows from it, what does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from airflow_gov_provider.domain.ledger.bundle import Manifest, Outcome, check
from airflow_gov_provider.domain.ledger.notes import Checkpoint, VerifierKey, open_checkpoint
from airflow_gov_provider.domain.ledger.tlog_proof import TlogProof, verify_event
from airflow_gov_provider.exceptions import LedgerInvalid
from airflow_gov_provider.verify.archive import opened

_MOST_RUNS = 5
_LONGEST_PROOF = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Problems, or else what was verified and how far that reaches."""

    problems: Sequence[str] = ()
    facts: Sequence[str] = ()
    proves: Sequence[str] = ()
    leaves_open: Sequence[str] = ()


def of_bundle(path: Path, keys: Sequence[VerifierKey], anchors: Mapping[str, str]) -> Report:
    """:raises OSError: when the file cannot be read."""
    try:
        with opened(path) as files:
            outcome = check(files, keys, anchors)
    except LedgerInvalid as error:
        return Report(problems=[str(error)])
    if outcome.problems or outcome.checkpoint is None or outcome.manifest is None:
        return Report(problems=outcome.problems)
    return _verified(outcome, outcome.checkpoint, outcome.manifest)


def of_event(
    path: Path, document: bytes, keys: Sequence[VerifierKey], anchors: Mapping[str, str]
) -> Report:
    """The report on the proof of one event.

    :raises OSError: when the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_LONGEST_PROOF).decode()
        document = document.removesuffix(b"\n")
        checkpoint = verify_event(text, document, keys)
        proof = TlogProof.from_text(text)
        _, signers = open_checkpoint(proof.note, keys)
    except UnicodeDecodeError:
        return Report(problems=["the proof is not UTF-8 text"])
    except LedgerInvalid as error:
        return Report(problems=[str(error)])
    if unequal := _unequal(checkpoint, anchors, keys):
        return Report(problems=unequal)
    return Report(
        facts=[f"leaf {proof.index}, {len(document)} bytes", _signed(checkpoint, signers)],
        proves=["these bytes are that leaf of the ledger, as the holder of the key signed it"],
        leaves_open=[*_always_open(), *([] if anchors else [_NO_ANCHOR])],
    )


def _unequal(
    checkpoint: Checkpoint, anchors: Mapping[str, str], keys: Sequence[VerifierKey]
) -> list[str]:
    """A proof of one event carries no consistency proof, so an anchor has to be its checkpoint."""
    problems = []
    for name, note in anchors.items():
        try:
            anchor, _ = open_checkpoint(note, keys)
        except LedgerInvalid as error:
            problems.append(f"{name}: {error}")
            continue
        if anchor != checkpoint:
            problems.append(
                f"{name} is another checkpoint ({anchor.size} leaves, the proof's has "
                f"{checkpoint.size}): ask for a bundle, which proves that they belong together"
            )
    return problems


def _verified(outcome: Outcome, checkpoint: Checkpoint, manifest: Manifest) -> Report:
    continued = [f"it continues your checkpoint {name}" for name in outcome.anchors]
    if outcome.older:
        continued.append(f"it continues {outcome.older} older checkpoints in the bundle")
    proves = [
        "each of these events is, byte for byte and in this place, in the ledger that was signed",
    ]
    if outcome.anchors:
        proves.append("nothing before your checkpoint was changed or taken out since you got it")
    rest = checkpoint.size - manifest.events
    unseen = [f"anything about the {rest} leaves that are not in this bundle"] if rest else []
    return Report(
        facts=[
            f"{manifest.events} events: {_runs(manifest)}",
            _signed(checkpoint, outcome.signers),
            *continued,
        ],
        proves=proves,
        leaves_open=[*unseen, *_always_open(), *([] if outcome.anchors else [_NO_ANCHOR])],
    )


_NO_ANCHOR = (
    "that others were shown the same ledger: whoever holds the key could have signed a rewritten "
    "one; compare with a checkpoint that you kept (--checkpoint)"
)


def _always_open() -> list[str]:
    return ["that the events are true, or that everything that happened was recorded"]


def _signed(checkpoint: Checkpoint, signers: Sequence[VerifierKey]) -> str:
    names = ", ".join(f"{key.name} ({key.key_id.hex()})" for key in signers)
    return f"checkpoint of {checkpoint.origin} at {checkpoint.size} leaves, signed by {names}"


def _runs(manifest: Manifest) -> str:
    if not manifest.runs:
        return "the checkpoint alone"
    shown = [
        f"{first}" if count == 1 else f"{first} to {first + count - 1}"
        for first, count in manifest.runs[:_MOST_RUNS]
    ]
    more = len(manifest.runs) - len(shown)
    tail = f" and {more} more stretches" if more else ""
    return f"leaves {', '.join(shown)}{tail} of {manifest.size}"
