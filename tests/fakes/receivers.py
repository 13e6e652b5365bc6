"""Servers on 127.0.0.1 that take what is sent to people."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Post:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Webhook:
    """A real HTTP server; ``answers`` are used up first, then it answers 204."""

    url: str
    answers: list[int] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    hold: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.hold.set()


@contextmanager
def webhook(port: int = 0) -> Iterator[Webhook]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            found.hold.wait(30)
            found.posts.append(Post(self.path, headers, body))
            self.send_response(found.answers.pop(0) if found.answers else 204)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    found = Webhook(f"http://127.0.0.1:{server.server_port}/hook")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        found.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Mailbox:
    host: str
    port: int
    mails: list[Message] = field(default_factory=list)


@contextmanager
def mail_server(port: int) -> Iterator[Mailbox]:
    """A real SMTP server without encryption; everything that it takes is in ``mails``."""

    class Handler:
        async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
            box.mails.append(message_from_bytes(envelope.content, policy=policy.default))
            return "250 taken"

    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    box = Mailbox("127.0.0.1", port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
