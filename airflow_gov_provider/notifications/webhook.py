"""A webhook for whatever has no notifier of its own.

It sends JSON with ``POST``, signed as Standard Webhooks 1.0 describes it
(https://www.standardwebhooks.com): the headers ``webhook-id``, ``webhook-timestamp`` (seconds) and
``webhook-signature``, which is ``v1,`` and the base64 of the HMAC-SHA256 of
``id.timestamp.body``. The id of a message is the same each time it is sent, so that a receiver
which had answered too late can tell that it knows the message already.

A receiver checks the signature like this:

.. code-block:: python

    content = b".".join((headers["webhook-id"], headers["webhook-timestamp"], body))
    hmac.compare_digest(signature, b64encode(hmac.digest(secret, content, "sha256")))
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseNotifier

from airflow_gov_provider.exceptions import ArgumentInvalid, NoticeFailed, NoticeRefused

if TYPE_CHECKING:
    from airflow.sdk import Context

_PREFIX = "whsec_"
_GONE = 410
_OK = range(200, 300)


class WebhookNotifier(BaseNotifier):
    """POSTs what happened to a URL.

    :param webhook_conn_id: a Connection of any type: its host is the URL (or schema, host, port
        and path of one), its password the secret, and ``headers`` of its extra are sent as well.
    :param url: instead of a Connection.
    :param secret: that messages are signed with, best as ``whsec_`` and base64; never in a file
        that many may read: leave it to the Connection. Without one nothing is signed.
    :param payload: what is sent; by default everything that is known of the incident and of what
        happened to it. A template.
    :param timeout: seconds for the receiver to answer.
    :raises ArgumentInvalid: if it is given both a Connection and a URL, or neither.
    """

    template_fields = ("url", "payload")

    def __init__(
        self,
        *,
        webhook_conn_id: str | None = None,
        url: str | None = None,
        secret: str | None = None,
        payload: Mapping[str, Any] | None = None,
        timeout: float = 10.0,
        clock: Callable[[], float] = time.time,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if (webhook_conn_id is None) == (url is None):
            raise ArgumentInvalid(
                "WebhookNotifier: expected either webhook_conn_id or url, found "
                + ("neither" if url is None else "both")
            )
        self.webhook_conn_id = webhook_conn_id
        self.url = url
        self.secret = secret
        self.payload = payload
        self.timeout = timeout
        self.clock = clock

    def notify(self, context: Context) -> None:
        """Send it once.

        :raises NoticeFailed: if it has not arrived; the message names no address.
        :raises NoticeRefused: if the receiver wants no more of it (410).
        """
        import httpx

        url, secret, headers = self._target()
        body = _body(self.payload, context)
        headers |= self._signed(_message_id(context, body), body, secret)
        try:
            answer = httpx.post(url, content=body, headers=headers, timeout=self.timeout)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NoticeFailed(f"the webhook was not reached: {type(error).__name__}") from None
        if answer.status_code == _GONE:
            raise NoticeRefused("the webhook answered 410: it is gone")
        if answer.status_code not in _OK:
            raise NoticeFailed(f"the webhook answered {answer.status_code}; expected 2xx")

    async def async_notify(self, context: Context) -> None:
        await asyncio.to_thread(self.notify, context)

    def _signed(self, message_id: str, body: bytes, secret: str | None) -> dict[str, str]:
        timestamp = str(int(self.clock()))
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": timestamp,
        }
        if secret:
            content = b".".join((message_id.encode(), timestamp.encode(), body))
            digest = hmac.digest(_key(secret), content, "sha256")
            headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
        return headers

    def _target(self) -> tuple[str, str | None, dict[str, str]]:
        if self.url is not None:
            return self.url, self.secret, {}
        from airflow.sdk import BaseHook

        connection = BaseHook.get_connection(str(self.webhook_conn_id))
        host = connection.host or ""
        if "://" not in host:
            port = f":{connection.port}" if connection.port else ""
            host = f"{connection.schema or 'https'}://{host}{port}"
        headers = connection.extra_dejson.get("headers") or {}
        named = {str(name): str(value) for name, value in headers.items()}
        return host, self.secret or connection.password, named


def _body(payload: Mapping[str, Any] | None, context: Mapping[str, Any]) -> bytes:
    if payload is None:
        notice = context.get("notice") or {}
        payload = {
            "type": notice.get("type"),
            "id": notice.get("id"),
            "text": notice.get("text"),
            "incident": context.get("incident"),
            "entry": context.get("entry"),
        }
    return json.dumps(payload, sort_keys=True, separators=(",", ":"), default=str).encode()


def _message_id(context: Mapping[str, Any], body: bytes) -> str:
    given = (context.get("notice") or {}).get("id")
    return str(given) if given else hashlib.sha256(body).hexdigest()


def _key(secret: str) -> bytes:
    """The bytes of a secret; one without the prefix is taken as text."""
    if not secret.startswith(_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise ArgumentInvalid(
            "WebhookNotifier: expected base64 after whsec_ in the secret, found something else"
        ) from None
