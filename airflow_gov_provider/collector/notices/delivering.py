"""The duty that sends notices through the notifiers of their channels.

Each notice is sent by a thread of its own, a few at a time, so that a server which does not answer
holds up neither the other duties nor, for long, the other notices. Sending is repeated until it
succeeded or the channel's attempts are used up. A process that dies after a server took a message
and before that was written down sends it once more; the message's id is the same then.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from airflow_gov_provider.domain.incidents.notices import message_of, without_secrets
from airflow_gov_provider.domain.incidents.rules import DEFAULT_ATTEMPTS, Channel
from airflow_gov_provider.exceptions import GovernanceError, NoticeFailed, NoticeRefused
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.hooks.incident_rules import current_rules
from airflow_gov_provider.hooks.notifiers import made_notifier
from airflow_gov_provider.store.incidents import notices
from airflow_gov_provider.store.incidents.notices import Notice

_log = logging.getLogger(__name__)

CLAIM = timedelta(minutes=5)
_AT_ONCE = 4
_AT_ONCE_FOR_ONE = 2  # channel, so that one which hangs leaves room for the others

Send = Callable[[Channel, Notice], None]


@dataclass(slots=True)
class _Sending:
    """One attempt; it has succeeded only if ``sent`` says so."""

    notice: Notice
    attempts: int
    began: float
    thread: threading.Thread | None = None
    sent: bool = False
    error: BaseException | None = None

    @property
    def is_over(self) -> bool:
        return self.thread is not None and not self.thread.is_alive()


@dataclass(slots=True)
class Delivering:
    """Sends what is due and writes down how it fared.

    Whoever begins to send must lead; whoever has begun writes down what came of it, whether it
    still leads or not.

    :param send: sends one notice through a channel, or raises.
    :param channels: the channels of the rules as they stand now.
    """

    send: Send
    channels: Callable[[], Mapping[str, Channel]] = field(default=lambda: current_rules().channels)
    clock: Callable[[], datetime] = utcnow
    monotonic: Callable[[], float] = time.monotonic
    holder: str = field(
        default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex}"[:250]
    )
    _under_way: list[_Sending] = field(default_factory=list, init=False)
    _given_up: list[_Sending] = field(default_factory=list, init=False)

    def begin(self) -> int:
        """Begin to send what is due; nothing is waited for.

        A failure is the notice's own, which is tried again in its time, and does not slow down the
        notices of other channels.

        :returns: how many were begun.
        """
        begun = 0
        while len(self._under_way) < _AT_ONCE and (notice := self._claim()):
            self._start(notice, self.channels().get(notice.channel))
            begun += 1
        return begun

    def _claim(self) -> Notice | None:
        """The next notice that is due, of a channel that has room for it."""
        busy = Counter(one.notice.channel for one in [*self._under_way, *self._given_up])
        full = [channel for channel, count in busy.items() if count >= _AT_ONCE_FOR_ONE]
        with governance_transaction() as connection:
            due = notices.claim(
                connection,
                holder=self.holder,
                now=self.clock(),
                lasting=CLAIM,
                limit=1,
                without=full,
            )
        return due[0] if due else None

    def note(self) -> int:
        """Write down what is over, and stop to wait for what should have been over long ago.

        :returns: how many notices have been delivered or given up.
        """
        self._given_up = [one for one in self._given_up if not one.is_over]
        self._give_up_waiting()
        over = [one for one in self._under_way if one.is_over]
        finished = 0
        for one in over:
            finished += self._settle(one)
            self._under_way.remove(one)
        return finished

    def finish(self, seconds: float = 2.0) -> None:
        """Wait a little for what is under way, and write down what is over; begin nothing."""
        deadline = time.monotonic() + seconds
        for one in self._under_way:
            if one.thread is not None:
                one.thread.join(max(0.0, deadline - time.monotonic()))
        self.note()

    def _give_up_waiting(self) -> None:
        """A claim that has run out is anybody's; a thread cannot be ended and keeps its place."""
        for one in list(self._under_way):
            if one.is_over or self.monotonic() - one.began < CLAIM.total_seconds():
                continue
            _log.error(
                "channel %s has not answered for %s; notice %s is sent again later",
                one.notice.channel,
                CLAIM,
                one.notice.notice_id,
            )
            self._under_way.remove(one)
            self._given_up.append(one)

    def _start(self, notice: Notice, channel: Channel | None) -> None:
        attempts = channel.attempts if channel else DEFAULT_ATTEMPTS
        sending = _Sending(notice, attempts, self.monotonic())
        sending.thread = threading.Thread(
            target=self._run, args=(sending, channel), name="governance-notice", daemon=True
        )
        self._under_way.append(sending)
        sending.thread.start()

    def _run(self, sending: _Sending, channel: Channel | None) -> None:
        try:
            if channel is None:
                sending.error = NoticeFailed("the rules about incidents name no such channel")
                return
            self.send(channel, sending.notice)
            sending.sent = True
        except BaseException as error:  # noqa: BLE001 - whatever a notifier raises is settled
            sending.error = error

    def _settle(self, sending: _Sending) -> bool:
        """Whether the notice is finished, one way or the other."""
        notice, now = sending.notice, self.clock()
        if sending.sent:
            with governance_transaction() as connection:
                return notices.note_delivered(connection, notice, holder=self.holder, now=now)
        given_up = notice.attempts >= sending.attempts or isinstance(sending.error, NoticeRefused)
        reason = _reason(sending.error)
        _log.log(
            logging.ERROR if given_up else logging.WARNING,
            "attempt %d to send notice %s through %s failed: %s%s",
            notice.attempts,
            notice.notice_id,
            notice.channel,
            reason,
            "; it is given up" if given_up else "",
        )
        with governance_transaction() as connection:
            noted = notices.note_failed(
                connection,
                notice,
                holder=self.holder,
                reason=reason,
                now=now,
                pause=None if given_up else notices.pause_after(notice.attempts),
            )
        return noted and given_up


def _reason(error: BaseException | None) -> str:
    """What a notifier says, without the addresses and credentials that they put into messages."""
    if isinstance(error, GovernanceError):
        return str(error)
    said = without_secrets(_redacted(str(error)))
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _redacted(text: str) -> str:
    """Without the secrets that Airflow knows."""
    from airflow.sdk.log import redact  # type: ignore[attr-defined]

    return str(redact(text))


def send_through_airflow(channel: Channel, notice: Notice) -> None:
    """Make the channel's notifier and let it send the notice.

    :raises NoticeFailed: if there is no such notifier, or it does not take the arguments.
    """
    content = notice.content
    incident, entry = content["incident"], content["entry"]
    context: dict[str, Any] = {
        "notice": message_of(notice.notice_id, incident, entry, url=content["url"]),
        "incident": incident,
        "entry": entry,
    }
    made_notifier(channel)(context)
