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
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import uuid4

from airflow_gov_provider.domain.incident_rules import DEFAULT_ATTEMPTS, Channel
from airflow_gov_provider.domain.notices import message_of
from airflow_gov_provider.exceptions import GovernanceError, NoticeFailed, NoticeRefused
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.hooks.incident_rules import current_rules
from airflow_gov_provider.store import notices
from airflow_gov_provider.store.notices import Notice

_log = logging.getLogger(__name__)

CLAIM = timedelta(minutes=5)
_AT_ONCE = 4

Send = Callable[[Channel, Notice], None]


@dataclass(slots=True)
class _Sending:
    notice: Notice
    attempts: int
    thread: threading.Thread | None = None
    error: Exception | None = None


@dataclass(slots=True)
class Delivering:
    """Sends what is due and writes down how it fared.

    :param send: sends one notice through a channel, or raises.
    :param channels: the channels of the rules as they stand now.
    """

    send: Send
    channels: Callable[[], Mapping[str, Channel]] = field(default=lambda: current_rules().channels)
    clock: Callable[[], datetime] = utcnow
    holder: str = field(
        default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex}"[:250]
    )
    _under_way: list[_Sending] = field(default_factory=list, init=False)

    def round(self) -> int:
        """Write down what is over and begin to send what is due; nothing is waited for.

        A failure is the notice's own, which is tried again in its time, and does not slow down the
        notices of other channels.

        :returns: how many notices have been delivered or given up.
        """
        over = [one for one in self._under_way if one.thread and not one.thread.is_alive()]
        finished = sum(self._settle(one) for one in over)
        self._under_way = [one for one in self._under_way if one not in over]
        if room := _AT_ONCE - len(self._under_way):
            self._begin(room)
        return finished

    def finish(self, seconds: float = 2.0) -> None:
        """Wait a little for what is under way, and write down what is over; begin nothing."""
        deadline = time.monotonic() + seconds
        for one in self._under_way:
            if one.thread is not None:
                one.thread.join(max(0.0, deadline - time.monotonic()))
        for one in [one for one in self._under_way if one.thread and not one.thread.is_alive()]:
            self._settle(one)
            self._under_way.remove(one)

    def _begin(self, room: int) -> None:
        with governance_transaction() as connection:
            due = notices.claim(
                connection, holder=self.holder, now=self.clock(), lasting=CLAIM, limit=room
            )
        channels = self.channels() if due else {}
        for notice in due:
            channel = channels.get(notice.channel)
            sending = _Sending(notice, channel.attempts if channel else DEFAULT_ATTEMPTS)
            sending.thread = threading.Thread(
                target=self._run, args=(sending, channel), name="governance-notice", daemon=True
            )
            self._under_way.append(sending)
            sending.thread.start()

    def _run(self, sending: _Sending, channel: Channel | None) -> None:
        try:
            if channel is None:
                raise NoticeFailed("the rules about incidents name no such channel any more")  # noqa: TRY301 - settled like any other failure
            self.send(channel, sending.notice)
        except Exception as error:  # noqa: BLE001 - whatever a notifier raises is settled
            sending.error = error

    def _settle(self, sending: _Sending) -> bool:
        """Whether the notice is finished, one way or the other."""
        notice, now = sending.notice, self.clock()
        if sending.error is None:
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


def _reason(error: Exception) -> str:
    """Notifiers put addresses and credentials into messages, so only our own are kept."""
    return str(error) if isinstance(error, GovernanceError) else type(error).__name__


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
    _notifier(channel)(context)


def _notifier(channel: Channel) -> Callable[[Mapping[str, Any]], None]:
    from airflow.sdk import BaseNotifier

    module, _, name = channel.notifier.rpartition(".")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise NoticeFailed(
            f"{channel.notifier} cannot be imported ({type(error).__name__}); is its provider "
            "installed?"
        ) from error
    if not (isinstance(found, type) and issubclass(found, BaseNotifier)):
        raise NoticeFailed(f"{channel.notifier} is no BaseNotifier")
    try:
        notifier: Callable[[Mapping[str, Any]], None] = found(**channel.arguments)
    except TypeError as error:
        names = ", ".join(sorted(channel.arguments)) or "nothing"
        raise NoticeFailed(f"{channel.notifier} cannot be made of {names}") from error
    return notifier
