"""The api-server as a witness of who asked it for a change, from where, and how it answered.

Airflow's own log tells of attempts: it has a row before an action is tried, none of a request that
is denied, and no address. This middleware sees the answer. It reads no body and keeps no query.
Whom it names is the user that Airflow's auth manager verifies a token to be.

The record goes to the spool after the answer was sent, from a thread, so that nobody waits for the
disk. Whatever fails in here, the request is answered as if this module were not there.
"""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from http.cookies import CookieError, SimpleCookie
from typing import Any
from uuid import uuid4

from airflow_gov_provider import config
from airflow_gov_provider.domain.events import LONGEST_ID, Event, bounded
from airflow_gov_provider.hooks.governance import utcnow
from airflow_gov_provider.listeners.acting import Acting, acting
from airflow_gov_provider.store.events.requests import PREFIX, WITNESS
from airflow_gov_provider.store.spool.records import SpoolWriter, note_loss

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_log = logging.getLogger(__name__)
_reported: set[type[Exception]] = set()
_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_WATCHED = re.compile(r"/(api/v2|ui)(/|$)")
_TOKENS_KNOWN = 1000
_TOKEN_KNOWN_SECONDS = 60.0


class RequestWitness:
    """Pure ASGI middleware."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        who = await _who(scope)
        if who is None:
            await self.app(scope, receive, send)
            return
        status, started = 500, utcnow()

        async def listening(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        token = acting.set(who)
        try:
            await self.app(scope, receive, listening)
        finally:
            acting.reset(token)
            await _record(scope, who, status=status, started=started)


async def _who(scope: Scope) -> Acting | None:
    """Who asks for a change; None for everything else that is asked."""
    try:
        if scope["type"] != "http" or scope["method"] not in _METHODS:
            return None
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if not _WATCHED.match(path) or (user := await _user(scope)) is None:
            return None
        client = _client(scope, trusted_proxies=_settings().trusted_proxies)
        return Acting(user=user[:LONGEST_ID], client=client, method=scope["method"], path=path)
    except Exception as error:  # noqa: BLE001 - the request matters more than its record
        _lost(error)
        return None


_known_tokens: OrderedDict[bytes, tuple[float, str | None]] = OrderedDict()


async def _user(scope: Scope) -> str | None:
    """Name of the user, found in the order of precedence in which Airflow looks.

    A token is verified once a minute: it names somebody here and opens nothing.
    """
    headers = _headers(scope)
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        state = scope.get("state", {})
        if (user := state.get("user")) is not None and _is_trusted(state):
            return str(user.get_name())
        token = _cookie(headers.get("cookie", ""))
    if not token.strip():
        return None
    key, now = hashlib.sha256(token.encode()).digest(), time.monotonic()
    verified_at, name = _known_tokens.get(key, (float("-inf"), None))
    if now - verified_at > _TOKEN_KNOWN_SECONDS:
        name = await _verified(token.strip())
        _known_tokens[key] = (now, name)
        _known_tokens.move_to_end(key)
        while len(_known_tokens) > _TOKENS_KNOWN:
            _known_tokens.popitem(last=False)
    return name


async def _verified(token: str) -> str | None:
    from airflow.api_fastapi.app import get_auth_manager
    from jwt import InvalidTokenError

    try:
        user = await get_auth_manager().get_user_from_token(token)
    except InvalidTokenError:
        return None
    name: str = user.get_name()
    return name


def _is_trusted(state: Mapping[str, Any]) -> bool:
    """Whether Airflow itself has put the user there."""
    from airflow.api_fastapi.core_api.security import USER_INJECTED_BY_TRUSTED_MIDDLEWARE

    return state.get("user_authenticated_via") is USER_INJECTED_BY_TRUSTED_MIDDLEWARE


def _cookie(header: str) -> str:
    from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN

    try:
        found = SimpleCookie(header).get(COOKIE_NAME_JWT_TOKEN)
    except CookieError:
        return ""
    return found.value if found else ""


def _headers(scope: Scope) -> dict[str, str]:
    wanted = {b"authorization", b"cookie"}
    return {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in scope["headers"]
        if name in wanted
    }


def _client(scope: Scope, *, trusted_proxies: int) -> str | None:
    """The address that connected, or the one that the outermost trusted proxy names."""
    connected = str(scope["client"][0]) if scope.get("client") else None
    named: list[str] = [
        part.strip()
        for name, value in scope["headers"]
        if name == b"x-forwarded-for"
        for part in value.decode("latin-1").split(",")
    ]
    if trusted_proxies and len(named) >= trusted_proxies:
        return named[-trusted_proxies][:LONGEST_ID]
    return connected


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settings:
    writer: SpoolWriter
    max_bytes: int
    trusted_proxies: int


@cache
def _settings() -> _Settings:
    return _Settings(
        writer=SpoolWriter(config.spool_dir()),
        max_bytes=config.max_payload_bytes(),
        trusted_proxies=config.trusted_proxies(),
    )


async def _record(scope: Scope, who: Acting, *, status: int, started: datetime) -> None:
    from anyio import CancelScope
    from anyio.to_thread import run_sync

    try:
        event = _event(scope, who, status=status, started=started)
        with CancelScope(shield=True):  # a client that is gone has been answered all the same
            await run_sync(_append, event)
    except Exception as error:  # noqa: BLE001 - the request has been answered
        _lost(error)


def _append(event: Event) -> None:
    """Redact and write, away from the loop that answers others."""
    from airflow.sdk.log import redact  # type: ignore[attr-defined]

    settings = _settings()
    payload: Any = redact(dict(event.payload))
    told = {name: getattr(event, name) for name in event.__slots__}
    told["payload"] = bounded(payload, max_bytes=settings.max_bytes)
    settings.writer.append(Event(**told).document)


def _event(scope: Scope, who: Acting, *, status: int, started: datetime) -> Event:
    params = {name: str(value) for name, value in scope.get("path_params", {}).items()}
    endpoint = getattr(scope.get("endpoint"), "__name__", "")
    return Event(
        event_id=uuid4().hex,
        type=f"{PREFIX}{endpoint}"[:100],
        witness=WITNESS,
        occurred_at=started,
        dag_id=_id(params.get("dag_id")),
        run_id=_id(params.get("dag_run_id") or params.get("run_id")),
        task_id=_id(params.get("task_id")),
        actor=who.user,
        payload=who.told | {"status": status, "ended_at": utcnow().isoformat(), "params": params},
    )


def _id(value: str | None) -> str | None:
    """None for the wildcard that stands for all."""
    return None if value is None or value == "~" else value[:LONGEST_ID]


def _lost(error: Exception) -> None:
    """Count the record, and say so in the log once for each kind of failure in this process."""
    try:
        if type(error) not in _reported:
            _reported.add(type(error))
            _log.error("a request is lost to the governance audit", exc_info=error)
        note_loss(config.spool_dir(), f"request {type(error).__name__}")
    except Exception:  # noqa: BLE001 - there is nowhere left to say it
        return
