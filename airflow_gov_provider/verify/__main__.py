"""Verify an export of a ledger, or the proof of one event, with nothing but the reader's own keys.

Exit code 0: verified; 1: something is wrong with it; 2: it could not be looked at.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from airflow_gov_provider.domain.ledger.notes import VerifierKey, split
from airflow_gov_provider.exceptions import LedgerInvalid
from airflow_gov_provider.verify.report import Report, of_bundle, of_event

VERIFIED, WRONG, UNREADABLE = 0, 1, 2
_MOST_NAMED = 100


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        keys = _keys(options.key)
        anchors = {str(path): _last_note(path) for path in options.checkpoint}
        document = options.event.read_bytes() if options.event else None
        if document is None:
            report = of_bundle(options.bundle, keys, anchors)
        else:
            report = of_event(options.bundle, document, keys, anchors)
    except (OSError, _Unusable) as error:
        _say(f"could not verify: {error}", to_stderr=True)
        return UNREADABLE
    return _tell(str(options.bundle), report)


class _Unusable(Exception):
    """What the reader gave to verify with cannot be used."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m airflow_gov_provider.verify",
        description="Verify an export of a governance ledger, without Airflow and offline.",
        epilog="Exit code 0: verified; 1: something is wrong with it; 2: it could not be checked.",
    )
    parser.add_argument(
        "bundle", type=Path, help="bundle.zip; or, with --event, a .tlog-proof file"
    )
    parser.add_argument(
        "--key",
        type=Path,
        action="append",
        required=True,
        metavar="FILE",
        help="verifier keys that you trust, a line each; get them from elsewhere than the bundle",
    )
    parser.add_argument(
        "--checkpoint",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a signed checkpoint that you kept: the ledger must be its continuation; of a file "
        "with several, the last one counts",
    )
    parser.add_argument(
        "--event",
        type=Path,
        metavar="FILE",
        help="the event whose proof is given, byte for byte; one line end behind it is not counted",
    )
    return parser


def _keys(paths: Sequence[Path]) -> list[VerifierKey]:
    keys = [
        _key(line, path)
        for path in paths
        for line in _read(path).splitlines()
        if line.strip() and not line.startswith("#")
    ]
    if not keys:
        raise _Unusable(f"{', '.join(map(str, paths))}: no verifier key in there")
    return keys


def _key(line: str, path: Path) -> VerifierKey:
    if line.startswith("PRIVATE+KEY+"):
        raise _Unusable(f"{path} holds a private key; verifying needs the public one, keep it safe")
    try:
        return VerifierKey.from_text(line)
    except LedgerInvalid as error:
        raise _Unusable(f"{path}: {error}") from error


def _last_note(path: Path) -> str:
    text = _read(path)
    notes = _anchored(text) if text.lstrip().startswith("{") else split(text)
    if not notes:
        raise _Unusable(f"{path}: no checkpoint in there")
    return notes[-1]


def _anchored(text: str) -> list[str]:
    """The notes of an anchor file, a JSON object a line; what cannot be read is left out."""
    notes = []
    for line in text.splitlines():
        try:
            note = json.loads(line)["note"]
        except (ValueError, TypeError, KeyError):  # a crash may leave a torn line
            continue
        if isinstance(note, str):
            notes.append(note)
    return notes


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise _Unusable(f"{path} is not UTF-8 text") from error


def _tell(name: str, report: Report) -> int:
    if report.problems:
        _say(f"NOT VERIFIED: {name}")
        for problem in report.problems[:_MOST_NAMED]:
            _say(f"  - {problem}")
        if (more := len(report.problems) - _MOST_NAMED) > 0:
            _say(f"  - and {more} more")
        return WRONG
    _say(f"verified: {name}")
    for line in report.facts:
        _say(f"  {line}")
    _say("This proves:")
    for line in report.proves:
        _say(f"  - {line}")
    _say("This does not prove:")
    for line in report.leaves_open:
        _say(f"  - {line}")
    return VERIFIED


def _say(line: str, *, to_stderr: bool = False) -> None:
    """Print without what a terminal would obey: the names in a bundle are anybody's."""
    shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in line)
    out = sys.stderr if to_stderr else sys.stdout
    encoding = out.encoding or "ascii"
    print(shown.encode(encoding, "backslashreplace").decode(encoding), file=out)


if __name__ == "__main__":
    sys.exit(main())
