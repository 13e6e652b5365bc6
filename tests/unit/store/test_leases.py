"""One holder per name, on SQLite and PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from airflow_gov_provider.store import database
from airflow_gov_provider.store.leases import acquire, holder_of, release

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def take(url, holder, *, now=NOW):
    with database.transaction(url) as connection:
        return acquire(connection, "promote", holder=holder, now=now, lasting=MINUTE)


def test_a_second_holder_is_refused_until_the_first_gives_it_back(store_url):
    assert take(store_url, "a")
    assert not take(store_url, "b")

    with database.transaction(store_url) as connection:
        release(connection, "promote", holder="a")

    assert take(store_url, "b")


def test_a_holder_may_prolong_its_own_lease(store_url):
    assert take(store_url, "a")
    assert take(store_url, "a", now=NOW + MINUTE / 2)
    assert not take(store_url, "b", now=NOW + MINUTE)


def test_a_lease_of_a_dead_holder_ends_by_itself(store_url):
    assert take(store_url, "a")
    assert take(store_url, "b", now=NOW + MINUTE)


def test_nobody_can_release_the_lease_of_another(store_url):
    assert take(store_url, "a")
    with database.transaction(store_url) as connection:
        release(connection, "promote", holder="b")

    assert not take(store_url, "c")


def test_whoever_holds_a_lease_is_known_until_it_ends(store_url):
    assert take(store_url, "a")

    with database.transaction(store_url) as connection:
        assert holder_of(connection, "promote", now=NOW) == "a"
        assert holder_of(connection, "promote", now=NOW + MINUTE) is None
        assert holder_of(connection, "something else", now=NOW) is None


def test_a_lease_is_measured_by_the_clock_that_all_hosts_share(store_url):
    with database.transaction(store_url) as connection:
        assert acquire(connection, "promote", holder="a", lasting=MINUTE)
        assert holder_of(connection, "promote") == "a"
        assert not acquire(connection, "promote", holder="b", lasting=MINUTE)
        assert acquire(connection, "over", holder="a", lasting=-MINUTE)
        assert acquire(connection, "over", holder="b", lasting=MINUTE)


def test_of_many_who_try_at_once_one_gets_it(store_url):
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda n: take(store_url, f"holder {n}"), range(8)))

    assert sum(taken) == 1
