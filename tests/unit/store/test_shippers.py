"""Signs of life and of failure in a spool directory."""

from __future__ import annotations

import os

from airflow_gov_provider.store.spool.records import other_places
from airflow_gov_provider.store.spool.shippers import (
    are_served,
    clear_failure,
    has_failed,
    show_failure,
    show_presence,
)


def test_a_shipper_that_shows_itself_is_seen(tmp_path):
    directory = tmp_path / "deep" / "spool"
    assert not are_served([directory])

    assert show_presence(directory, lasting=30) == 1

    assert are_served([directory])
    assert directory.stat().st_mode & 0o777 == 0o700


def test_a_sign_grows_old_and_one_of_a_clock_that_was_wrong_is_none(tmp_path):
    for lasting in (-1, 10**9):
        show_presence(tmp_path, lasting=lasting)
        assert not are_served([tmp_path])

    show_presence(tmp_path, lasting=30)
    assert are_served([tmp_path])


def test_another_place_is_served_once_it_is_there(tmp_path, monkeypatch):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    elsewhere = other_places(tmp_path)[0]
    show_presence(tmp_path, lasting=30)
    assert not are_served([tmp_path, elsewhere])

    elsewhere.mkdir(mode=0o700)
    show_presence(tmp_path, lasting=30)

    assert are_served([tmp_path, elsewhere])


def test_a_shipper_of_another_user_serves_nobody_else(tmp_path, monkeypatch):
    show_presence(tmp_path, lasting=30)
    me = os.geteuid()

    monkeypatch.setattr(os, "geteuid", lambda: me + 1)

    assert not are_served([tmp_path])


def test_where_nothing_can_be_written_nothing_is_shown(tmp_path):
    (tmp_path / "file").touch()

    assert show_presence(tmp_path / "file" / "spool", lasting=30) == 0
    assert not are_served([tmp_path / "file" / "spool"])


def test_a_failure_is_remembered_until_it_is_cleared(tmp_path):
    assert not has_failed(tmp_path)

    show_failure(tmp_path, lasting=30)
    assert has_failed(tmp_path)

    clear_failure(tmp_path)
    assert not has_failed(tmp_path)
    clear_failure(tmp_path)
