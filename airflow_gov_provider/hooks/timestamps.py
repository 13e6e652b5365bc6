"""Time stamps of RFC 3161: a third party signs that a checkpoint existed at a time.

Only the SHA-256 digest of the checkpoint is sent. What comes back is kept as it was received, so
that `openssl ts -verify` reads it as well. Needs the extra ``rfc3161``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from airflow_gov_provider import config
from airflow_gov_provider.domain.ledger.notes import open_checkpoint
from airflow_gov_provider.exceptions import ArgumentInvalid, LedgerBroken, LedgerInvalid
from airflow_gov_provider.hooks.anchors import RFC3161
from airflow_gov_provider.store.audit.findings import Problem
from airflow_gov_provider.store.ledger.keyring import Keyring
from airflow_gov_provider.store.ledger.receipts import Receipt, receipts
from airflow_gov_provider.store.ledger.tree import StoredTree

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"
_LONGEST_REPLY = 40 * 2**10
_TIMEOUT_SECONDS = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampAuthority:
    """An anchor that keeps the answers of a time-stamping authority.

    :param url: where requests are posted to; http or https.
    :param trusted: whose time stamps are accepted: roots, and intermediates that answers lack.
    """

    url: str
    trusted: tuple[Certificate, ...]

    def __call__(self, note: str) -> bytes:
        """The answer for a checkpoint, verified.

        :raises LedgerInvalid: if the answer is none, or not to what was asked.
        :raises OSError: if the authority does not answer.
        """
        from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

        request = TimestampRequestBuilder(
            data=note.encode(), hash_algorithm=HashAlgorithm.SHA256, nonce=True, cert_req=True
        ).build()
        reply = self._post(request.as_bytes())
        attested_at(reply, note, self.trusted, nonce=request.nonce)
        return reply

    def _post(self, query: bytes) -> bytes:
        from urllib.request import Request, urlopen

        if not self.url.lower().startswith(("http://", "https://")):
            raise ArgumentInvalid("[governance] timestamp_url: expected an http or https URL")
        request = Request(self.url, data=query, headers={"Content-Type": _QUERY, "Accept": _REPLY})  # noqa: S310 - checked above
        with urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - checked above
            reply: bytes = answer.read(_LONGEST_REPLY + 1)
        if len(reply) > _LONGEST_REPLY:
            raise LedgerInvalid(
                f"the time-stamping authority sent more than {_LONGEST_REPLY} bytes"
            )
        return reply


def attested_at(
    reply: bytes, note: str, trusted: tuple[Certificate, ...], *, nonce: int | None = None
) -> datetime:
    """When a trusted authority says that it saw this note.

    :param nonce: what the request held; None where the request is long over.
    :raises LedgerInvalid: if the reply does not show that.
    """
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

    builder = VerifierBuilder(roots=list(trusted), nonce=nonce)
    try:
        answer = decode_timestamp_response(reply)
        builder.build().verify_message(answer, note.encode())
        found: datetime = answer.tst_info.gen_time
    except (ValueError, VerificationError) as error:
        raise LedgerInvalid(f"the time stamp does not hold: {error}") from error
    return found


def trusted_certificates(path: Path) -> tuple[Certificate, ...]:
    """The certificates of a PEM file.

    :raises ArgumentInvalid: if it holds none, or cannot be read.
    """
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return tuple(load_pem_x509_certificates(path.read_bytes()))
    except (OSError, ValueError) as error:
        raise ArgumentInvalid(
            f"[governance] timestamp_ca_file: expected a PEM file with the certificates to trust; "
            f"{path} cannot be read as one ({type(error).__name__})"
        ) from error


def configured_authority() -> TimestampAuthority:
    """The authority of the settings.

    :raises ArgumentInvalid: if the settings or the extra lack.
    """
    _require_extra()
    return TimestampAuthority(url=config.timestamp_url(), trusted=configured_certificates())


def configured_certificates() -> tuple[Certificate, ...]:
    """:raises ArgumentInvalid: if the setting lacks, or names no certificates."""
    path = config.timestamp_ca_file()
    if path is None:
        raise ArgumentInvalid(
            "[governance] timestamp_url needs timestamp_ca_file: whose time stamps to believe"
        )
    return trusted_certificates(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamps:
    """What the time stamps in a ledger show.

    :param oldest: the time of the first of those that hold, and how many leaves there were then.
    :param newest: the same of the last one.
    """

    count: int = 0
    oldest: tuple[datetime, int] | None = None
    newest: tuple[datetime, int] | None = None
    problems: tuple[Problem, ...] = ()
    remarks: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.oldest is None or self.newest is None:
            return "no time stamps"
        (first, before), (last, size) = self.oldest, self.newest
        return (
            f"{self.count:,} time stamps: {before:,} leaves were there at {first.isoformat()}, "
            f"{size:,} at {last.isoformat()}"
        )

    @property
    def facts(self) -> dict[str, Any]:
        """JSON-safe."""
        ends = {"oldest": self.oldest, "newest": self.newest}
        shown = {
            name: end and {"attested_at": end[0].isoformat(), "size": end[1]}
            for name, end in ends.items()
        }
        return {"count": self.count, **shown}


def check_timestamps(
    connection: Connection, keys: Keyring, *, size: int, since: datetime | None = None
) -> Stamps:
    """Check every time stamp in the ledger, and that it is of a checkpoint of this ledger.

    :param size: leaves that the last checkpoint signs.
    :param since: look only at those that were received at this time or later.
    :raises ArgumentInvalid: if there are time stamps, and the extra or the certificates lack.
    """
    given = list(receipts(connection, anchor=RFC3161, since=since))
    if not given:
        return Stamps()
    if config.timestamp_ca_file() is None:
        unread = (
            f"{len(given):,} time stamps were not looked at: [governance] timestamp_ca_file does "
            "not say whose to believe"
        )
        return Stamps(remarks=(unread,))
    _require_extra()
    trusted, tree = configured_certificates(), StoredTree(connection)
    problems, held = [], []
    for item in given:
        try:
            signed, _ = open_checkpoint(item.note, keys.verifiers)
            content = item.content if isinstance(item.content, bytes) else b""
            held.append((attested_at(content, item.note, trusted), signed.size))
            if signed.size > size or tree.root(signed.size) != signed.root:
                problems.append(_problem(item, "the time stamp is of another ledger"))
        except (LedgerInvalid, LedgerBroken) as error:
            problems.append(_problem(item, str(error)))
    return Stamps(
        count=len(held),
        oldest=min(held, default=None),
        newest=max(held, default=None),
        problems=tuple(problems),
    )


def _problem(item: Receipt, what: str) -> Problem:
    return Problem(what=what, event_id=item.event_id)


def _require_extra() -> Any:
    try:
        import rfc3161_client
    except ImportError as error:
        raise ArgumentInvalid(
            "time stamps need the extra: pip install 'airflow-gov-provider[rfc3161]'"
        ) from error
    return rfc3161_client
