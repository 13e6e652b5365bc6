"""A second process unpacks many events; that is seen in nothing but the time."""

from __future__ import annotations

import io
import os
import subprocess
import zipfile

import pytest
from fakes.ledger import Ledger

from airflow_gov_provider.verify import unpacking

LEDGER = Ledger(
    [b'{"event_id":"%d","text":"%s"}' % (at, os.urandom(600).hex().encode()) for at in range(3000)]
)


@pytest.fixture(autouse=True)
def processes(monkeypatch):
    """Those that were started; none is left in the end."""
    monkeypatch.setattr(unpacking, "WORTH", 2**20)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    started: list[subprocess.Popen[bytes]] = []

    class Noted(subprocess.Popen[bytes]):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    yield started
    assert all(process.returncode is not None for process in started)


def _info(packed):
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return archive.getinfo("events.jsonl")


def test_events_of_several_pieces_are_verified(desk, processes):
    packed = LEDGER.zipped(range(3000))
    assert _info(packed).file_size > 3 * 2**20

    code, said = desk.verify(desk.put("bundle.zip", packed))

    assert code == 0
    assert "3000 events" in said
    assert len(processes) == 1


def test_few_events_are_not_worth_a_process(desk, processes):
    code, _ = desk.verify(desk.put("bundle.zip", LEDGER.zipped(range(100))))

    assert code == 0
    assert processes == []


def test_damage_to_a_later_piece_is_told_as_such(desk):
    packed = bytearray(LEDGER.zipped(range(3000)))
    info = _info(packed)
    at = info.header_offset + info.compress_size * 3 // 4
    packed[at : at + 1000] = b"\xff" * 1000

    code, said = desk.verify(desk.put("bundle.zip", bytes(packed)))

    assert code == 1
    assert "events.jsonl is damaged" in said or "was altered" in said


def test_damage_right_at_the_begin_is_told_with_its_reason(desk):
    packed = bytearray(LEDGER.zipped(range(3000)))
    info = _info(packed)
    at = info.header_offset + 30 + len(info.filename)
    packed[at : at + 1000] = b"\xff" * 1000

    code, said = desk.verify(desk.put("bundle.zip", bytes(packed)))

    assert code == 1
    assert "events.jsonl is damaged and cannot be unpacked: Error -3" in said


def test_whoever_stops_early_leaves_no_process_behind(desk, processes):
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
    assert len(processes) == 1


@pytest.mark.parametrize("python", ["", "/there/is/no/python", "/bin/false"])
def test_without_a_second_process_the_events_are_unpacked_here(desk, monkeypatch, python):
    monkeypatch.setattr(unpacking.sys, "executable", python)

    code, said = desk.verify(desk.put("bundle.zip", LEDGER.zipped(range(3000))))

    assert code == 0
    assert "3000 events" in said
