from __future__ import annotations

import io
import struct
import warnings
import zipfile
import zlib

import pytest
from fakes.ledger import ORIGIN, Ledger, documents
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

LEDGER = Ledger(documents(100))
SOUND = LEDGER.zipped(range(10, 30), older=[50])
FILES = LEDGER.files(range(10, 30), older=[50])


def _zip(files: list[tuple[str, bytes]], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", compression) as archive:
        warnings.simplefilter("ignore")
        for name, content in files:
            archive.writestr(name, content)
    return out.getvalue()


def _with(name: str, content: bytes) -> bytes:
    return _zip(list({**FILES, name: content}.items()))


def _encrypted() -> bytes:
    content = bytearray(_zip(list(FILES.items())))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(mark)
        while at >= 0:
            content[at + offset] |= 1
            at = content.find(mark, at + 4)
    return bytes(content)


def _overstated() -> bytes:
    """A directory that promises more of ``leaves.bin`` than there is."""
    content = bytearray(_zip(list(FILES.items()), zipfile.ZIP_STORED))
    at = content.rfind(b"leaves.bin") - 46
    content[at + 20 : at + 28] = struct.pack("<II", 2**31, 2**31)
    return bytes(content)


def _events_replaced(packed: bytes) -> bytes:
    """The packed bytes of the events exchanged for others of the same length or cut short."""
    content = _zip(list(FILES.items()))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        info = archive.getinfo("events.jsonl")
    at = info.header_offset + 30 + len(info.filename)
    fill = packed[: info.compress_size].ljust(info.compress_size, b"\0")
    return content[:at] + fill + content[at + info.compress_size :]


def _deflated(content: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


_LINES = FILES["events.jsonl"].splitlines(keepends=True)

HOSTILE = {
    "nothing": (b"", "is damaged"),
    "no zip": (b"PK" * 1000, "is damaged"),
    "a path that climbs": (_with("../../etc/passwd", b""), "'../../etc/passwd' is no file"),
    "an absolute path": (_with("/etc/passwd", b""), "'/etc/passwd' is no file"),
    "a directory": (_with("events/", b""), "'events/' is no file"),
    "orders to the terminal": (_with("\x1b[2J", b""), "is no file of a bundle"),
    "a name twice": (_zip([*FILES.items(), ("events.jsonl", b"")]), "events.jsonl is there twice"),
    "a text that swells": (_with("proof.txt", bytes(65 * 2**20)), "unpacks to more than 67108864"),
    "a line that swells": (_with("events.jsonl", b" " * (40 * 2**20)), "a line of more than"),
    "lines without end": (
        _with("events.jsonl", b"\n" * 2**20),
        "only the first 100000 differences",
    ),
    "an unusual packing": (_zip(list(FILES.items()), zipfile.ZIP_BZIP2), "unusual way"),
    "a password": (_encrypted(), "is encrypted"),
    "a false length": (_overstated(), "leaves.bin"),
    "a cut end": (SOUND[:-30], "is damaged"),
    "a huge number": (_with("manifest.json", b'{"size":1' + b"0" * 5000 + b"}"), "not a JSON"),
    "a deep nest": (_with("manifest.json", b"[" * 10**6), "not a JSON"),
    "a huge object": (
        _with("manifest.json", b"[" + b"[]," * (6 * 2**20)),
        "is longer than 16777216",
    ),
    "a huge run": (
        _with(
            "manifest.json",
            b'{"format":"airflow-gov-ledger-bundle@v1","origin":"%s","size":100,'
            b'"events":9223372036854775807,"runs":[[0,9223372036854775807]]}\n' % ORIGIN.encode(),
        ),
        "does not fit",
    ),
    "events that are no packed bytes": (_events_replaced(b"\xff" * 100), "events.jsonl is damaged"),
    "fewer events than the directory promises": (
        _events_replaced(_deflated(b"".join(_LINES[:5]))),
        "leaves 15 to 29: their events are missing",
    ),
    "events that break off": (
        _events_replaced(_deflated(b"".join(_LINES)[:-9])),
        "breaks off within its last line",
    ),
    "another origin": (
        _with("manifest.json", FILES["manifest.json"].replace(ORIGIN.encode(), b"\\u001b[2J")),
        "is of \\x1b[2J with 100 leaves",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_fails_in_a_sentence(desk, name):
    content, message = HOSTILE[name]

    code, said = desk.verify(desk.put("bundle.zip", content))

    assert code == 1
    assert message in said
    assert "\x1b" not in said


@settings(
    deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(at=st.integers(0, len(SOUND) - 1), replacement=st.binary(max_size=3))
def test_no_change_to_the_bytes_of_a_zip_makes_the_verifier_stumble(desk, at, replacement):
    content = SOUND[:at] + replacement + SOUND[at + 1 :]

    code, said = desk.verify(desk.put("bundle.zip", content))

    # A zip has bytes without meaning, such as the time of a file; what is read is judged.
    assert code in {0, 1}
    assert ("NOT VERIFIED" in said) == (code == 1)
