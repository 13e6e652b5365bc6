"""Give checkpoints to the anchors that the settings name, beside the anchor file.

Each anchor is a duty of its own, so what fails or hangs at one of them holds up neither sealing nor
the others, and is counted, tried again with growing pauses, and shown on the health page. The call
itself runs in a thread: the duty starts it, and looks at a later round what became of it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from airflow_gov_provider import config
from airflow_gov_provider.collector.duties import Duty
from airflow_gov_provider.collector.seal import require_anchored
from airflow_gov_provider.exceptions import AnchorFailed, GovernanceError
from airflow_gov_provider.hooks.anchors import Anchor, configured_anchors, load_anchor
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.store.ledger import tree as ledger
from airflow_gov_provider.store.ledger.receipts import (
    Receipt,
    newest_receipts,
    only_receipts_since,
    record_receipt,
)

_LONGEST_CALL = 120.0
_LONGEST_INTERVAL = 10.0


@dataclass(slots=True)
class _Call:
    """One call of an anchor, on its way or over."""

    began: float
    thread: threading.Thread | None = None
    receipt: Receipt | None = None
    error: Exception | None = None

    @property
    def on_its_way(self) -> bool:
        return self.thread is not None and self.thread.is_alive()


@dataclass(slots=True)
class Anchoring:
    """One anchor of the settings, and what became of the last call.

    :param name: as in the settings.
    :param load: makes the anchor of its name; called again until it succeeds.
    """

    name: str
    load: Callable[[str], Anchor] = load_anchor
    clock: Callable[[], datetime] = utcnow
    monotonic: Callable[[], float] = time.monotonic
    _anchor: Anchor | None = field(default=None, init=False)
    _call: _Call | None = field(default=None, init=False)
    _failure: str | None = field(default=None, init=False)  # of the last call that is over

    def round(self) -> int:
        """See what became of the call before, or begin one if it is time to; nothing is waited for.

        :returns: how many receipts have come in.
        :raises AnchorFailed: if the call before failed, or is on its way for too long.
        :raises LedgerBroken: if the database does not continue what is in the anchor file.
        """
        call = self._call
        if call is not None and call.on_its_way:
            if self.monotonic() - call.began > _LONGEST_CALL:
                raise AnchorFailed(f"anchor {self.name} has not answered for {_LONGEST_CALL:.0f} s")
            if self._failure is not None:
                raise AnchorFailed(self._failure)
            return 0
        self._call = None
        self._failure = None if call is None else self._reason(call)
        if note := self.due():
            self._begin(note)  # at once after a failure, too: the pauses between rounds grow then
        if self._failure is not None:
            raise AnchorFailed(self._failure)
        return 0 if call is None else 1

    def now(self) -> Receipt | None:
        """Give it the newest checkpoint now, and wait for what it answers.

        :returns: the receipt; None if there is no checkpoint, or it has a receipt for it.
        :raises AnchorFailed: if it failed.
        :raises LedgerBroken: if the database does not continue what is in the anchor file.
        """
        note = self.due(at_once=True)
        if note is None:
            return None
        call = _Call(began=self.monotonic())
        self._run(call, note)
        if reason := self._reason(call):
            raise AnchorFailed(reason)
        return call.receipt

    def due(self, *, at_once: bool = False) -> str | None:
        """The checkpoint that this anchor should be given now.

        Leaves that are receipts themselves ask for no new anchor.

        :param at_once: do not wait for the interval.
        :raises LedgerBroken: if the database does not continue what is in the anchor file.
        """
        with governance_transaction() as connection:
            last = ledger.last_checkpoint(connection)
            if last is None:
                return None
            newest = newest_receipts(connection, (self.name,)).get(self.name)
            if newest is not None:
                pause = timedelta(seconds=config.anchor_interval())
                if not at_once and self.clock() - newest.received_at < pause:
                    return None
                if only_receipts_since(connection, newest.size):
                    return None
            require_anchored(connection, last)
        return last.note

    def _begin(self, note: str) -> None:
        call = self._call = _Call(began=self.monotonic())
        call.thread = threading.Thread(
            target=self._run, args=(call, note), name=f"governance-anchor-{self.name}", daemon=True
        )
        call.thread.start()

    def _run(self, call: _Call, note: str) -> None:
        try:
            if self._anchor is None:
                self._anchor = self.load(self.name)
            content = self._anchor(note)
            with governance_transaction() as connection:
                call.receipt = record_receipt(
                    connection, anchor=self.name, note=note, content=content, now=self.clock()
                )
        except Exception as error:  # noqa: BLE001 - an anchor may raise anything
            call.error = error

    def _reason(self, call: _Call) -> str | None:
        """Why it failed, with nothing of an error that is not ours but its class."""
        if call.error is None:
            return None
        ours = isinstance(call.error, GovernanceError)
        reason = str(call.error) if ours else type(call.error).__name__
        return f"anchor {self.name} failed ({reason}); sealing and the other anchors go on"


def anchoring_duties() -> list[Duty]:
    """A duty for each anchor of the settings; none while they name none."""
    interval = max(config.ship_interval(), min(config.anchor_interval(), _LONGEST_INTERVAL))
    return [
        Duty(
            name=f"anchoring at {name}",
            run=Anchoring(name).round,
            interval=interval,
            single=True,
        )
        for name in configured_anchors()
    ]
