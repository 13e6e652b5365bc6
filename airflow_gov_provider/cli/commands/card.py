"""``airflow governance card``"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from airflow_gov_provider.cli.border import command, fail, note
from airflow_gov_provider.cli.commands.evidence import stored_evidence
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind


@command
def card(args: Any) -> None:
    document = _document_of(args.evidence_id)
    try:
        content = _rendered(Evidence.from_document(document).body["card"], args.format)
    except (ValueError, KeyError):  # its text would repeat what the card says
        fail(
            f"the card {args.evidence_id} was recorded by another version of airflow-gov-provider, "
            "which this one cannot read; `airflow governance evidence show` shows its document"
        )
    if args.output_file is None:
        sys.stdout.buffer.write(content)
        return
    _write(Path(args.output_file), content)
    note(f"wrote {args.output_file}")


def _document_of(evidence_id: str) -> bytes:
    stored = stored_evidence(evidence_id)
    if stored.row.kind != EvidenceKind.CARD:
        fail(
            f"evidence {evidence_id} is of kind {stored.row.kind}, expected kind card; "
            "`airflow governance evidence list --kind card` shows the cards"
        )
    if not stored.digest_matches:
        fail(
            f"the stored card {evidence_id} is not the one that was recorded: its digest differs; "
            "`airflow governance evidence show` shows what is stored"
        )
    return stored.document


def _rendered(content: Mapping[str, Any], name: str) -> bytes:
    from airflow_gov_provider.domain import cards

    made = cards.from_json(content)
    renderers: Mapping[str, Callable[[], bytes]] = {
        "json": lambda: cards.to_json_bytes(made),
        "html": lambda: cards.to_html(made).encode(),
        "md": lambda: cards.to_markdown(made).encode(),
    }
    return renderers[name]()


def _write(path: Path, content: bytes) -> None:
    """All of the file or nothing."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        fail(f"{path} cannot be written: {error.strerror}; name a file in a directory that exists")
