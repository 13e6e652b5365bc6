"""Signs of life and of failure in a spool directory."""

from __future__ import annotations

import os
import time

from airflow_gov_provider.store.shippers import (
    are_served,
    clear_failure,
    has_failed,
    show_failure,
    show_presence,
)
from airflow_gov_provider.store.spool import other_places


def test_a_shipper_that_shows_itself_is_seen(tmp_path):
    directory = tmp_path / "deep" / "spool"
    assert not are_served([directory], within=30)

    assert show_presence(directory) == 1

    assert are_served([directory], within=30)
    assert directory.stat().st_mode & 0o777 == 0o700


def test_a_sign_grows_old_and_one_from_a_far_future_is_none(tmp_path):
    show_presence(tmp_path)
    [sign] = tmp_path.iterdir()

    for age in (31, -31):
        os.utime(sign, (time.time() - age,) * 2)
        assert not are_served([tmp_path], within=30)
    show_presence(tmp_path)
    assert are_served([tmp_path], within=30)


def test_another_place_is_served_once_it_is_there(tmp_path, monkeypatch):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    elsewhere = other_places(tmp_path)[0]
    show_presence(tmp_path)
    assert not are_served([tmp_path, elsewhere], within=30)

    elsewhere.mkdir(mode=0o700)
    show_presence(tmp_path)

    assert are_served([tmp_path, elsewhere], within=30)


def test_a_shipper_of_another_user_serves_nobody_else(tmp_path, monkeypatch):
    show_presence(tmp_path)
    me = os.geteuid()

    monkeypatch.setattr(os, "geteuid", lambda: me + 1)

    assert not are_served([tmp_path], within=30)


def test_where_nothing_can_be_written_nothing_is_shown(tmp_path):
    (tmp_path / "file").touch()

    assert show_presence(tmp_path / "file" / "spool") == 0
    assert not are_served([tmp_path / "file" / "spool"], within=30)


def test_a_failure_is_remembered_until_it_is_cleared(tmp_path):
    assert not has_failed(tmp_path, within=30)

    show_failure(tmp_path)
    assert has_failed(tmp_path, within=30)

    clear_failure(tmp_path)
    assert not has_failed(tmp_path, within=30)
    clear_failure(tmp_path)
