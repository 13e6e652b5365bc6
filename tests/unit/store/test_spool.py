"""The spool: framing, files, locks, and what happens when the disk or a process fails."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.exceptions import SpoolError
from airflow_gov_provider.store.spool import claims
from airflow_gov_provider.store.spool import records as spool
from airflow_gov_provider.store.spool.claims import claimed_files, read_frames, spool_state
from airflow_gov_provider.store.spool.records import (
    EMPTY,
    LARGEST_RECORD,
    SpoolWriter,
    current_file,
    frame,
    note_loss,
    other_places,
)

records = st.binary(min_size=1, max_size=60).filter(lambda record: b"\n" not in record)
several = st.lists(records, min_size=1, max_size=6)


def framed(lines: list[bytes]) -> bytes:
    return b"".join(frame(line) for line in lines)


@pytest.fixture(autouse=True)
def memory(tmp_path_factory, monkeypatch):
    """Other places of the test's own."""
    monkeypatch.setenv("TMPDIR", str(tmp_path_factory.mktemp("tmp")))
    memory = tmp_path_factory.mktemp("memory")
    monkeypatch.setattr(spool, "_MEMORY", str(memory))
    return memory


def a_file_of(directory: Path, *lines: bytes) -> None:
    """A file as other hosts, users and versions leave it."""
    directory.mkdir(exist_ok=True)
    (directory / f"h-{os.urandom(4).hex()}.spool").write_bytes(framed(list(lines)))


def shipped(directory: Path) -> list[bytes]:
    """Take everything there is, as a shipper does."""
    lines: list[bytes] = []
    while True:
        with claimed_files(directory, limit=100) as files:
            if not files:
                return lines
            for file in files:
                found, damages = file.read()
                assert damages == []
                lines += found
                file.remove()


@given(several)
def test_what_was_framed_is_read(lines):
    assert read_frames(framed(lines)) == (lines, [])


@given(several, st.data())
def test_a_cut_costs_at_most_the_frame_it_goes_through(lines, data):
    content = framed(lines)
    length = data.draw(st.integers(0, len(content)))
    whole = sum(1 for n in range(len(lines)) if len(framed(lines[: n + 1])) <= length + 1)

    found, damages = read_frames(content[:length])

    assert found == lines[:whole]
    assert sum(len(damage.content) for damage in damages) in (
        0,
        length - len(framed(lines[:whole])),
    )


@given(several, st.data())
def test_a_changed_byte_costs_at_most_the_frame_it_lies_in(lines, data):
    content = bytearray(framed(lines))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    hit = next(n for n in range(len(lines)) if place < len(framed(lines[: n + 1])))

    found, damages = read_frames(bytes(content))

    others = [*lines[:hit], *lines[hit + 1 :]]
    if found != lines:  # only the line break itself may change without any loss
        assert found == others
        assert damages
    else:
        assert place == len(framed(lines[: hit + 1])) - 1


@given(st.binary(max_size=200))
def test_rubbish_is_damage_and_never_an_error(content):
    found, damages = read_frames(content)

    assert sum(len(d.content) for d in damages) + sum(len(f) for f in found) <= len(content)


@pytest.mark.parametrize("record", [b"", b"two\nlines", b"x" * (LARGEST_RECORD + 1)])
def test_what_is_not_one_line_of_bounded_length_is_refused(tmp_path, record):
    with pytest.raises(ValueError, match="expected one line"):
        SpoolWriter(tmp_path).append(record)


def test_a_record_is_on_the_disk_when_append_returns(tmp_path):
    directory = tmp_path / "deep" / "spool"

    assert SpoolWriter(directory).append(b"first") == directory

    [file] = directory.iterdir()
    assert file.read_bytes() == b"\n" + frame(b"first")


def test_only_this_user_may_read_the_spool(tmp_path):
    directory = tmp_path / "spool"
    previous = os.umask(0)
    try:
        SpoolWriter(directory).append(b"first")
        note_loss(directory, "x")
        with claimed_files(directory, limit=1):
            pass
    finally:
        os.umask(previous)

    assert directory.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in directory.iterdir()] == [0o600] * 3


def test_all_writers_of_a_host_keep_to_one_file_and_their_order(tmp_path):
    for number in range(20):
        SpoolWriter(tmp_path).append(b"%d" % number)

    assert spool_state(tmp_path).files == 1
    assert shipped(tmp_path) == [b"%d" % number for number in range(20)]


def test_a_shipper_leaves_a_file_that_holds_nothing_and_counts_as_nothing(tmp_path):
    SpoolWriter(tmp_path).append(b"once")

    assert shipped(tmp_path) == [b"once"]

    [fresh] = tmp_path.iterdir()
    assert (fresh, fresh.stat().st_size) == (current_file(tmp_path), EMPTY)
    assert spool_state(tmp_path).files == 0
    assert shipped(tmp_path) == []
    assert list(tmp_path.iterdir()) == [fresh]


def test_a_forked_child_writes_beside_its_parent(tmp_path):
    code = (
        "import os, sys; from pathlib import Path;"
        "from airflow_gov_provider.store.spool.records import SpoolWriter;"
        "w = SpoolWriter(Path(sys.argv[1])); w.append(b'parent'); child = os.fork();"
        "w.append(b'after %d' % (child == 0));"
        "child and os.waitpid(child, 0)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)

    assert sorted(shipped(tmp_path)) == [b"after 0", b"after 1", b"parent"]


def test_threads_may_share_a_writer(tmp_path):
    writer = SpoolWriter(tmp_path)
    lines = [b"%d" % number for number in range(300)]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(writer.append, lines))

    assert sorted(shipped(tmp_path)) == sorted(lines)


def test_a_writer_goes_on_in_a_fresh_file_while_its_old_one_is_shipped(tmp_path):
    writer = SpoolWriter(tmp_path)
    writer.append(b"before")

    with claimed_files(tmp_path, limit=10) as files:
        writer.append(b"during")
        assert [file.read()[0] for file in files] == [[b"before"]]
        files[0].remove()

    assert shipped(tmp_path) == [b"during"]


@pytest.fixture
def before_locking(monkeypatch):
    """Do something in the gap between opening a file and locking it, once."""

    def arrange(act) -> None:
        pending, real = [act], fcntl.flock

        def flock(opened, operation):
            if pending and operation & fcntl.LOCK_NB:
                pending.pop()()
            real(opened, operation)

        monkeypatch.setattr(fcntl, "flock", flock)

    return arrange


def test_a_writer_does_not_write_to_a_file_that_was_shipped_before_it_got_the_lock(
    tmp_path, before_locking
):
    writer, taken = SpoolWriter(tmp_path), []
    writer.append(b"before")

    def ship_and_let_another_thread_write() -> None:
        taken.extend(shipped(tmp_path))
        writer.append(b"other thread")

    before_locking(ship_and_let_another_thread_write)
    writer.append(b"after")

    assert (taken, shipped(tmp_path)) == ([b"before"], [b"other thread", b"after"])


def test_a_shipper_does_not_take_a_file_that_another_shipped_before_it_got_the_lock(
    tmp_path, before_locking
):
    writer, taken = SpoolWriter(tmp_path), []
    writer.append(b"once")

    def ship_and_write_anew() -> None:
        taken.extend(shipped(tmp_path))
        writer.append(b"next")

    before_locking(ship_and_write_anew)
    with claimed_files(tmp_path, limit=9) as files:
        assert (taken, files) == ([b"once"], [])

    assert shipped(tmp_path) == [b"next"]


@pytest.fixture
def syncs(monkeypatch):
    """What is synced, because only a power cut would show it: directories, or content."""
    calls = []
    monkeypatch.setattr(os, "fdatasync", lambda fd: calls.append(os.pread(fd, 999, 0)))
    monkeypatch.setattr(
        os, "fsync", lambda fd: calls.append(Path(f"/proc/self/fd/{fd}").readlink())
    )
    return calls


def test_the_names_of_a_file_and_its_directories_are_synced_before_its_first_record(
    tmp_path, syncs
):
    deep = tmp_path / "deep" / "spool"
    first, second = b"\n" + frame(b"a"), b"\n" + frame(b"b")

    for record in (b"a", b"b"):
        SpoolWriter(deep).append(record)

    assert syncs == [deep.parent, tmp_path, deep, first, first + second]


def test_the_file_that_a_shipper_lays_out_costs_a_writer_no_more_than_its_data(tmp_path, syncs):
    SpoolWriter(tmp_path).append(b"a")
    shipped(tmp_path)
    syncs.clear()

    SpoolWriter(tmp_path).append(b"b")

    assert syncs == [b"\n\n" + frame(b"b")]


def test_a_writer_that_finds_an_unfinished_file_syncs_its_name_itself(tmp_path, syncs):
    current_file(tmp_path).touch()

    SpoolWriter(tmp_path).append(b"a")

    assert syncs == [tmp_path, b"\n" + frame(b"a")]


def test_two_shippers_never_hold_the_same_file(tmp_path):
    SpoolWriter(tmp_path).append(b"once")

    with claimed_files(tmp_path, limit=10) as first, claimed_files(tmp_path, limit=10) as second:
        assert (len(first), second) == (1, [])


def test_what_a_shipper_gave_back_is_taken_again(tmp_path):
    SpoolWriter(tmp_path).append(b"once")
    with claimed_files(tmp_path, limit=10):
        pass

    assert shipped(tmp_path) == [b"once"]


def test_a_shipper_takes_no_more_than_it_asked_for(tmp_path):
    for number in range(5):
        a_file_of(tmp_path, b"%d" % number)

    with claimed_files(tmp_path, limit=2) as few, claimed_files(tmp_path, limit=9) as rest:
        assert (len(few), len(rest)) == (2, 3)
    with claimed_files(tmp_path, limit=9, max_bytes=1) as small:
        assert len(small) == 1


def test_a_file_that_others_are_writing_to_is_taken_when_they_are_done(tmp_path, monkeypatch):
    monkeypatch.setattr(claims, "_PAUSE_SECONDS", 0)
    SpoolWriter(tmp_path).append(b"slowly")

    with current_file(tmp_path).open() as writing:
        fcntl.flock(writing, fcntl.LOCK_SH)
        assert shipped(tmp_path) == []
        SpoolWriter(tmp_path).append(b"next")

    assert shipped(tmp_path) == [b"slowly", b"next"]


def test_writers_do_not_wait_for_each_other(tmp_path):
    SpoolWriter(tmp_path).append(b"first")

    with current_file(tmp_path).open() as writing:
        fcntl.flock(writing, fcntl.LOCK_SH)
        SpoolWriter(tmp_path).append(b"second")

    assert shipped(tmp_path) == [b"first", b"second"]


def test_a_large_file_gives_way_to_a_new_one(tmp_path):
    writer = SpoolWriter(tmp_path)
    for _ in range(10):
        writer.append(b"x" * LARGEST_RECORD)

    assert spool_state(tmp_path).files == 2
    assert len(shipped(tmp_path)) == 10


def test_a_line_after_a_torn_one_is_readable(tmp_path):
    writer = SpoolWriter(tmp_path)
    writer.append(b"whole")
    [file] = tmp_path.iterdir()
    file.write_bytes(file.read_bytes() + frame(b"torn")[:-3])  # as does a kill in a write

    writer.append(b"next")

    found, damages = read_frames(file.read_bytes())
    assert found == [b"whole", b"next"]
    assert [damage.content for damage in damages] == [frame(b"torn")[:-3] + b"\n"]


def test_damage_is_kept_with_its_place_and_counted(tmp_path):
    content = frame(b"good") + b"rubbish\n" + frame(b"torn")[:-2]
    (tmp_path / "h-1-a.spool").write_bytes(content)

    with claimed_files(tmp_path, limit=1) as [file]:
        _, damages = file.read()
        file.quarantine(damages)
        file.quarantine(damages)
        file.remove()

    [kept] = tmp_path.glob("*.quarantine")
    lines = [json.loads(line) for line in kept.read_text().splitlines()]
    assert [(line["reason"], line["offset"]) for line in lines] == [
        ("the checksum does not match", len(frame(b"good"))),
        ("the end is missing", len(frame(b"good") + b"rubbish\n")),
    ]
    assert b64decode(lines[0]["content"]) == b"rubbish\n"
    assert spool_state(tmp_path).quarantined == 2
    assert list(tmp_path.iterdir()) == [kept]


def test_a_full_disk_is_an_error_and_leaves_no_half_record(tmp_path):
    code = """
import resource, sys
from pathlib import Path
from airflow_gov_provider.exceptions import SpoolError
from airflow_gov_provider.store.spool.records import SpoolWriter
writer = SpoolWriter(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
for number in range(100):
    try:
        writer.append(b"%d" % number + b"x" * 150)
    except SpoolError as error:
        print(number, error)
        break
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
writer.append(b"space again")
"""
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True, text=True
    )

    refused, message = run.stdout.split(" ", 1)
    assert "that has space left; see [governance] spool_dir" in message
    found = shipped(tmp_path)
    assert found[-1] == b"space again"
    assert len(found) == int(refused) + 1


def test_a_place_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(SpoolError, match=r"file/spool \(Not a directory\)"):
        SpoolWriter(tmp_path / "file" / "spool").append(b"x")


def test_records_go_elsewhere_when_the_directory_cannot_be_written_to_and_are_found_there(tmp_path):
    directory = tmp_path / "file" / "spool"
    (tmp_path / "file").touch()
    writer = SpoolWriter(directory, elsewhere=True)

    place = writer.append(b"kept")

    assert place == other_places(directory)[0]
    assert place.stat().st_mode & 0o777 == 0o700
    state = spool_state(directory)
    assert (state.files, state.elsewhere) == (1, 1)
    assert shipped(directory) == [b"kept"]
    assert spool_state(directory).elsewhere == 0


def test_memory_is_the_last_of_the_other_places(tmp_path, memory, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "missing"))
    (tmp_path / "file").touch()

    place = SpoolWriter(tmp_path / "file" / "spool", elsewhere=True).append(b"kept")

    assert place.parent == memory


def test_two_directories_share_no_other_place(tmp_path):
    first, second = other_places(tmp_path / "a"), other_places(tmp_path / "b")

    assert not set(first) & set(second)


@pytest.mark.parametrize("trap", ["open to all", "a link", "somebody else's"])
def test_another_place_that_is_not_private_is_neither_written_to_nor_read(
    tmp_path, monkeypatch, trap
):
    directory = tmp_path / "file" / "spool"
    (tmp_path / "file").touch()
    for number, place in enumerate(other_places(directory)):
        if trap == "a link":
            target = tmp_path / str(number)
            target.mkdir(mode=0o700)
            place.symlink_to(target)
        else:
            place.mkdir(mode=0o700)
            a_file_of(place, b"planted")
            if trap == "open to all":
                place.chmod(0o777)
    if trap == "somebody else's":
        owned = spool.is_private
        own, me = other_places(directory), os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: me + 1)
        monkeypatch.setattr(spool, "other_places", lambda _: own)
        assert not any(owned(place) for place in own)

    with pytest.raises(SpoolError):
        SpoolWriter(directory, elsewhere=True).append(b"x")
    assert shipped(directory) == []


def test_other_places_have_an_end(tmp_path, monkeypatch):
    monkeypatch.setattr(spool, "_MOST_ELSEWHERE", 1000)
    (tmp_path / "file").touch()
    writer = SpoolWriter(tmp_path / "file" / "spool", elsewhere=True)

    for _ in range(4):
        writer.append(b"x" * 900)

    with pytest.raises(SpoolError):
        writer.append(b"x" * 900)


def test_a_link_in_place_of_a_file_is_not_followed(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(frame(b"secret"))
    spool = tmp_path / "spool"
    spool.mkdir()
    (spool / "h-1-a.spool").symlink_to(elsewhere)

    with claimed_files(spool, limit=9) as files:
        assert files == []


def test_losses_are_counted_where_that_can_be_written(tmp_path):
    assert note_loss(tmp_path, "task_instance.running OSError\nsecond line")
    assert note_loss(tmp_path, "dag_run.success OSError")

    assert spool_state(tmp_path).lost == 2


def test_losses_are_counted_elsewhere_where_the_directory_cannot_be_written_to(tmp_path):
    nowhere = Path("/proc/nowhere")

    assert note_loss(nowhere, "task_instance.running OSError")

    assert spool_state(nowhere).lost == 1
    assert spool_state(tmp_path).lost == 0


def test_a_loss_that_can_be_noted_nowhere_is_told_to_the_caller(tmp_path, memory, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "missing"))
    monkeypatch.setattr(spool, "_MEMORY", str(tmp_path / "missing"))

    assert not note_loss(Path("/proc/nowhere"), "x")


def test_a_spool_that_was_never_used_is_empty(tmp_path):
    state = spool_state(tmp_path / "missing")

    assert (state.files, state.bytes, state.quarantined, state.lost) == (0, 0, 0, 0)
    with claimed_files(tmp_path / "missing", limit=1) as files:
        assert files == []
