"""Signed notes and checkpoints: c2sp.org/signed-note and c2sp.org/tlog-checkpoint, with Ed25519.

A note is a text, an empty line, and one line for each signature. Signatures by keys that the reader
does not know are ignored; one by a known key that does not hold makes the whole note invalid.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from airflow_gov_provider.domain.ledger.merkle import HASH_SIZE, LARGEST_SIZE
from airflow_gov_provider.exceptions import LedgerInvalid

_ED25519 = b"\x01"
_KEY_ID_SIZE, _KEY_SIZE, _SIGNATURE_SIZE = 4, 32, 64
_MOST_SIGNATURES, _LONGEST_NOTE = 100, 1_000_000
_SIGNATURE_MARK = "\u2014 "
_PRIVATE_MARK = "PRIVATE+KEY+"
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_HEX_ID = re.compile(r"[0-9a-f]{8}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """Whom a reader believes: a name and an Ed25519 public key (32 bytes).

    :raises LedgerInvalid: when a note could not carry that name, or the key has another length.
    """

    name: str
    public: bytes

    def __post_init__(self) -> None:
        _check_key(self.name, self.public)

    @property
    def key_id(self) -> bytes:
        """The first 4 bytes of SHA-256 over the name, a newline, the algorithm and the key."""
        named = self.name.encode() + b"\n" + _ED25519 + self.public
        return hashlib.sha256(named).digest()[:_KEY_ID_SIZE]

    @property
    def text(self) -> str:
        """``name+key id+key``: what is handed to those who verify."""
        return f"{self.name}+{self.key_id.hex()}+{encode(_ED25519 + self.public)}"

    @classmethod
    def from_text(cls, text: str) -> VerifierKey:
        """:raises LedgerInvalid: when this is not the text of an Ed25519 verifier key."""
        name, key_id, content = _key_parts(text.strip(), "a verifier key")
        key = cls(name, content)
        if key.key_id.hex() != key_id:
            raise LedgerInvalid(f"the verifier key of {name} has the id {key_id}, not its own")
        return key


@dataclass(frozen=True, slots=True)
class SignerKey:
    """Who signs: a name and an Ed25519 private key (its seed of 32 bytes), which no repr shows.

    :raises LedgerInvalid: when a note could not carry that name, or the seed has another length.
    """

    name: str
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        _check_key(self.name, self.seed)

    @property
    def verifier(self) -> VerifierKey:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key()
        return VerifierKey(self.name, public.public_bytes_raw())

    @property
    def key_id(self) -> bytes:
        return self.verifier.key_id

    @property
    def text(self) -> str:
        """``PRIVATE+KEY+name+key id+seed``: what a key file holds. This is a secret."""
        return f"{_PRIVATE_MARK}{self.name}+{self.key_id.hex()}+{encode(_ED25519 + self.seed)}"

    @classmethod
    def from_text(cls, text: str) -> SignerKey:
        """:raises LedgerInvalid: when this is not the text of an Ed25519 signer key."""
        text = text.strip()
        if not text.startswith(_PRIVATE_MARK):
            raise LedgerInvalid(f"a signer key begins with {_PRIVATE_MARK}")
        name, key_id, content = _key_parts(text.removeprefix(_PRIVATE_MARK), "a signer key")
        key = cls(name, content)
        if key.key_id.hex() != key_id:
            raise LedgerInvalid(f"the signer key of {name} has the id {key_id}, not its own")
        return key


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a ledger says of itself: its name, how many leaves it has, and their root.

    :raises LedgerInvalid: when its text could not be read back.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        lines = (self.origin, *self.extensions)
        if any(not line or "\n" in line or _CONTROL.search(line) for line in lines):
            raise LedgerInvalid("the origin and the extensions of a checkpoint are non-empty lines")
        if not 0 <= self.size <= LARGEST_SIZE:
            raise LedgerInvalid(f"a checkpoint is of 0 to 2**63-1 leaves, not {self.size}")
        if len(self.root) != HASH_SIZE:
            raise LedgerInvalid(f"the root of a checkpoint has {HASH_SIZE} bytes")

    @property
    def text(self) -> str:
        lines = (self.origin, str(self.size), encode(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def from_text(cls, text: str) -> Checkpoint:
        """:raises LedgerInvalid: when this is not the text of a checkpoint."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1]:  # noqa: PLR2004 - three lines, and the end of the last
            raise LedgerInvalid("a checkpoint has lines for origin, size and root, each ended")
        origin, size, root, *extensions = lines[:-1]
        if not _DECIMAL.fullmatch(size):
            raise LedgerInvalid("the second line of a checkpoint is its size, in plain digits")
        return cls(origin, int(size), decode(root, "the root of a checkpoint"), tuple(extensions))


def generate(name: str) -> SignerKey:
    """A new key from the random numbers of the operating system."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return SignerKey(name, Ed25519PrivateKey.generate().private_bytes_raw())


def sign(text: str, *keys: SignerKey) -> str:
    """The note: ``text``, which ends its last line, and a signature by each key.

    :raises LedgerInvalid: when a note cannot carry this text.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    _check_text(text)
    if not keys:
        raise LedgerInvalid("a note is signed by at least one key")
    content, lines = text.encode(), []
    for key in keys:
        signature = Ed25519PrivateKey.from_private_bytes(key.seed).sign(content)
        lines.append(f"{_SIGNATURE_MARK}{key.name} {encode(key.key_id + signature)}\n")
    return f"{text}\n{''.join(lines)}"


def verify(note: str, keys: Iterable[VerifierKey]) -> str:
    """The text of a note that at least one of ``keys`` has signed.

    :raises LedgerInvalid: when the note is malformed, when none of the keys signed it, or when a
        signature that names one of them does not hold.
    """
    return opened(note, keys)[0]


def opened(note: str, keys: Iterable[VerifierKey]) -> tuple[str, tuple[VerifierKey, ...]]:
    """As :func:`verify`, and which of the keys have signed."""
    text, signatures = _parts(note)
    known = {(key.name, key.key_id): key for key in keys}
    signers = {}
    for name, key_id, signature in signatures:
        if (key := known.get((name, key_id))) is None:
            continue
        if not _holds(key, signature, text):
            raise LedgerInvalid(f"the signature of {name} ({key_id.hex()}) does not hold")
        signers[key] = True
    if not signers:
        raise LedgerInvalid(
            f"no key that is trusted here has signed it: signed by {_naming(signatures)}, "
            f"trusted are {_naming(known) or 'none'}"
        )
    return text, tuple(signers)


def open_checkpoint(
    note: str, keys: Iterable[VerifierKey]
) -> tuple[Checkpoint, tuple[VerifierKey, ...]]:
    """The checkpoint in a note, and who of ``keys`` signed it; a ledger signs under its own name.

    :raises LedgerInvalid: as :func:`verify`, when the text is not a checkpoint, and when only
        others than the ledger itself have signed it.
    """
    text, signers = opened(note, keys)
    checkpoint = Checkpoint.from_text(text)
    if all(key.name != checkpoint.origin for key in signers):
        names = ", ".join(key.name for key in signers)
        raise LedgerInvalid(f"a checkpoint of {checkpoint.origin} is signed by {names} alone")
    return checkpoint, signers


def unverified(note: str) -> Checkpoint:
    """The checkpoint that a note claims, with no look at its signatures.

    :raises LedgerInvalid: when the note is malformed, or its text is not a checkpoint.
    """
    return Checkpoint.from_text(_parts(note)[0])


def split(text: str) -> list[str]:
    """The notes of a file to which they were appended, whether or not empty lines part them."""
    found: list[list[str]] = [[]]
    signed = False
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        mark = line.startswith(_SIGNATURE_MARK)
        if signed and not mark and line != "\n":
            found.append([])
        signed = mark or (signed and line == "\n")
        if found[-1] or line != "\n":
            found[-1].append(line)
    return [f"{note}\n" for lines in found if (note := "".join(lines).rstrip("\n"))]


def encode(content: bytes) -> str:
    """Base64 as notes, keys and proofs write it: the standard alphabet, with padding."""
    return base64.b64encode(content).decode("ascii")


def decode(text: str, what: str) -> bytes:
    """The bytes of the one base64 text that :func:`encode` gives for them.

    :raises LedgerInvalid: for every other text; the message speaks of ``what``.
    """
    try:
        content = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        content = None
    if content is None or encode(content) != text:
        raise LedgerInvalid(f"{what} is not base64 with its padding")
    return content


def _parts(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """The text, and ``(name, key id, signature)`` of each line below it."""
    if len(note) > _LONGEST_NOTE:
        raise LedgerInvalid(f"a note has at most {_LONGEST_NOTE} characters, not {len(note)}")
    text, gap, block = note.rpartition("\n\n")
    text += "\n"
    if not gap or not block.endswith("\n"):
        raise LedgerInvalid("a note is a text, an empty line, and signature lines, each ended")
    _check_text(text)
    lines = block[:-1].split("\n")
    if len(lines) > _MOST_SIGNATURES:
        raise LedgerInvalid(f"a note has at most {_MOST_SIGNATURES} signatures, not {len(lines)}")
    return text, [_signature(line) for line in lines]


def _signature(line: str) -> tuple[str, bytes, bytes]:
    name, gap, content = line.removeprefix(_SIGNATURE_MARK).partition(" ")
    if not line.startswith(_SIGNATURE_MARK) or not gap or not _nameable(name):
        raise LedgerInvalid("a signature line is a dash, a name and base64, a blank between them")
    both = decode(content, f"the signature of {name}")
    if len(both) <= _KEY_ID_SIZE:
        raise LedgerInvalid(f"the signature of {name} is too short")
    return name, both[:_KEY_ID_SIZE], both[_KEY_ID_SIZE:]


def _holds(key: VerifierKey, signature: bytes, text: str) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if len(signature) != _SIGNATURE_SIZE:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, text.encode())
    except InvalidSignature:
        return False
    return True


def _key_parts(text: str, what: str) -> tuple[str, str, bytes]:
    name, _, rest = text.partition("+")
    key_id, _, content = rest.partition("+")
    if not _HEX_ID.fullmatch(key_id):
        raise LedgerInvalid(f"{what} is written name+id+base64, the id in 8 hexadecimal digits")
    decoded = decode(content, f"{what} of {name}")
    if decoded[:1] != _ED25519 or len(decoded) != 1 + _KEY_SIZE:
        raise LedgerInvalid(f"{what} of {name} is not an Ed25519 key of {_KEY_SIZE} bytes")
    return name, key_id, decoded[1:]


def _check_key(name: str, content: bytes) -> None:
    if not _nameable(name):
        raise LedgerInvalid("the name of a key is not empty and has no blank, no plus, no control")
    if len(content) != _KEY_SIZE:
        raise LedgerInvalid(f"an Ed25519 key has {_KEY_SIZE} bytes, not {len(content)}")


def _check_text(text: str) -> None:
    if not text.endswith("\n") or _CONTROL.search(text) or not _encodable(text):
        raise LedgerInvalid("the text of a note is UTF-8 without controls, and ends its last line")


def _nameable(name: str) -> bool:
    return bool(name) and "+" not in name and " " not in name and name.isprintable()


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _naming(signatures: Collection[tuple[str, bytes] | tuple[str, bytes, bytes]]) -> str:
    return ", ".join(f"{name} ({key_id.hex()})" for name, key_id, *_ in signatures)
