"""What `pytest -n` may run at the same time, and in which order it begins.

A module is never divided. The end-to-end tests wait for Airflow most of the time, so they run beside
the others, in two processes: those on the Airflow that the session starts follow one another in one,
and those that start one of their own in the other, so that there are never more than two. A third
one has those on a seeded history, which need an api-server and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

SHARED, OWN = "the shared Airflow", "an Airflow of their own"
SEEDED = "the Airflow with a seeded history"
WITH_THEIR_OWN = (
    "tests/e2e/test_chaos_e2e.py",
    "tests/e2e/test_completeness.py",
    "tests/e2e/test_composition.py",
    "tests/e2e/test_demo.py",
    "tests/e2e/test_sla_e2e.py",
)
ON_THE_SEED = (
    "tests/browser/test_audit_page.py",
    "tests/browser/test_every_page.py",
    "tests/browser/test_people_on_the_pages.py",
    "tests/e2e/test_seed_demo.py",
)
# The longest first: what begins last decides when all is done.
ORDER = (SHARED, OWN, SEEDED, "tests/integration/", "tests/unit/store/", "tests/unit/")


def group_of(nodeid: str) -> str:
    """What runs in one process, one after the other."""
    module = nodeid.split("::", 1)[0]
    if module in WITH_THEIR_OWN:
        return OWN
    if module in ON_THE_SEED:
        return SEEDED
    return SHARED if module.startswith(("tests/e2e/", "tests/browser/")) else module


def in_order(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Groups that take long before others; what is alike stays as it was shuffled."""

    def place(item: pytest.Item) -> int:
        group = group_of(item.nodeid)
        return next((n for n, start in enumerate(ORDER) if group.startswith(start)), len(ORDER))

    return sorted(items, key=place)


class Scheduling(LoadScopeScheduling):
    """Gives every process a group, and the next one when it has nearly done it."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # the number of tests says little of their time

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
