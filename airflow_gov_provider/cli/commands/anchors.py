"""``airflow governance ledger anchor``"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from airflow_gov_provider import config
from airflow_gov_provider.cli.border import command, fail, note
from airflow_gov_provider.cli.commands.ledger import NO_CHECKPOINT
from airflow_gov_provider.cli.rendering import Column, print_json, print_table, shown
from airflow_gov_provider.collector import seal as sealing
from airflow_gov_provider.collector.anchoring import Anchoring
from airflow_gov_provider.domain.ledger.notes import encode
from airflow_gov_provider.exceptions import AnchorFailed
from airflow_gov_provider.hooks.anchors import configured_anchors
from airflow_gov_provider.hooks.governance import governance_transaction
from airflow_gov_provider.store.ledger import tree as ledger
from airflow_gov_provider.store.ledger.receipts import Receipt, receipts

_COLUMNS = (
    Column(title="ANCHORED AT", kept=True),
    Column(title="ANCHOR", kept=True),
    Column(title="LEAVES", kept=True),
    Column(title="RECEIPT"),
    Column(title="EVENT ID", whole=True),
)


@command
def anchor(args: Any) -> None:
    if args.list:
        _list_receipts(args.output)
        return
    path = config.ledger_anchor_file()
    with governance_transaction() as connection:
        if ledger.last_checkpoint(connection) is None:
            fail(NO_CHECKPOINT)
    written = sealing.anchor_once(now_due=True)
    print(f"the newest checkpoint is {'now' if written else 'already'} in {path}")
    failed = [name for name in configured_anchors() if not _anchored_at(name)]
    if failed:
        fail(f"not anchored at {', '.join(map(shown, failed))}")


def _anchored_at(name: str) -> bool:
    try:
        receipt = Anchoring(name).now()
    except AnchorFailed as error:
        note(shown(error))
        return False
    if receipt is None:
        print(f"nothing has come since the last receipt of {shown(name)}")
    else:
        print(f"the newest checkpoint is now at {shown(name)}, receipt {receipt.event_id}")
    return True


def _list_receipts(output: str) -> None:
    with governance_transaction() as connection:
        ledger.snapshot(connection)
        found = list(receipts(connection))
    if output == "json":
        print_json([_facts(item) for item in found])
        return
    print_table(
        _COLUMNS,
        [
            (item.received_at, item.anchor, item.size, _brief(item.content), item.event_id)
            for item in found
        ],
    )


def _facts(item: Receipt) -> dict[str, Any]:
    binary = isinstance(item.content, bytes)
    return {
        **asdict(item),
        "received_at": item.received_at.isoformat(),
        "content": encode(item.content) if isinstance(item.content, bytes) else item.content,
        "encoding": "base64" if binary else "text",
    }


def _brief(content: str | bytes | None) -> str | None:
    return f"{len(content):,} bytes" if isinstance(content, bytes) else content
