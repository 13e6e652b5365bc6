"""A second thread unpacks events; that is seen in nothing but the time."""

from __future__ import annotations

import io
import os
import sys
import threading
import zipfile

import pytest
from fakes.ledger import Ledger

LEDGER = Ledger(
    [b'{"event_id":"%d","text":"%s"}' % (at, os.urandom(600).hex().encode()) for at in range(3000)]
)


@pytest.fixture(autouse=True)
def as_before():
    threads, turn = threading.active_count(), sys.getswitchinterval()
    yield
    assert (threading.active_count(), sys.getswitchinterval()) == (threads, turn)


def test_events_of_several_pieces_are_verified(desk):
    packed = LEDGER.zipped(range(3000))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.getinfo("events.jsonl").file_size > 3 * 2**20

    code, said = desk.verify(desk.put("bundle.zip", packed))

    assert code == 0
    assert "3000 events" in said


def test_damage_to_a_later_piece_is_told_as_such(desk):
    packed = bytearray(LEDGER.zipped(range(3000)))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        info = archive.getinfo("events.jsonl")
    at = info.header_offset + info.compress_size * 3 // 4
    packed[at : at + 1000] = b"\xff" * 1000

    code, said = desk.verify(desk.put("bundle.zip", bytes(packed)))

    assert code == 1
    assert "events.jsonl is damaged" in said or "was altered" in said


def test_whoever_stops_early_leaves_no_thread_behind(desk):
    long_line = LEDGER.contents[0] + b" " * (40 * 2**20)
    with zipfile.ZipFile(io.BytesIO(LEDGER.zipped(range(10)))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**files, "events.jsonl": long_line}.items():
            archive.writestr(name, content)

    code, said = desk.verify(desk.put("bundle.zip", out.getvalue()))

    assert code == 1
    assert "a line of more than" in said
