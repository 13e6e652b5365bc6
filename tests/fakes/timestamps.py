"""A time-stamping authority on 127.0.0.1: real answers by `openssl ts`, with a CA of its own."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_CONFIG = """\
[tsa]
default_tsa = this
[this]
serial = {directory}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class Authority:
    """A CA, and one certificate of it that may sign time stamps."""

    def __init__(self, directory: Path, name: str = "example") -> None:
        self.directory = directory / name
        self.directory.mkdir()
        self.ca = self.directory / "ca.pem"
        self.requests: list[bytes] = []
        self.answer = self.reply  # what the server says; a test may put something else here
        self._issue(name)

    def _issue(self, name: str) -> None:
        at = self.directory
        (at / "tsa.cnf").write_text(_CONFIG.format(directory=at))
        (at / "serial").write_text("01\n")
        (at / "ext.cnf").write_text("extendedKeyUsage=critical,timeStamping\n")
        new = ("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        ca = ("-x509", "-days", "30", "-subj", f"/CN={name} root", "-keyout", "ca.key")
        self._run(*new, *ca, "-out", "ca.pem")
        asked = ("-subj", f"/CN={name} time stamps", "-keyout", "tsa.key", "-out", "tsa.csr")
        self._run(*new, *asked)
        by = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30")
        self._run(
            *("openssl", "x509", "-req", "-in", "tsa.csr", *by),
            *("-extfile", "ext.cnf", "-out", "tsa.pem"),
        )

    def reply(self, query: bytes) -> bytes:
        (self.directory / "query.tsq").write_bytes(query)
        self._run(
            *("openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query.tsq"),
            *("-signer", "tsa.pem", "-inkey", "tsa.key", "-out", "reply.tsr"),
        )
        return (self.directory / "reply.tsr").read_bytes()

    def verifies(self, reply: bytes, content: str) -> bool:
        """Whether `openssl ts -verify` takes the reply for this content, with this CA."""
        (self.directory / "given.tsr").write_bytes(reply)
        (self.directory / "given.txt").write_text(content, newline="")
        command = ("openssl", "ts", "-verify", "-in", "given.tsr", "-data", "given.txt")
        checked = subprocess.run(
            [*command, "-CAfile", "ca.pem"], cwd=self.directory, capture_output=True, check=False
        )
        return checked.returncode == 0

    def _run(self, *command: str) -> None:
        subprocess.run(command, cwd=self.directory, capture_output=True, check=True)


@contextmanager
def serving(authority: Authority) -> Iterator[str]:
    """The URL at which the authority answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            authority.requests.append(query)
            reply = authority.answer(query)
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/tsa"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
