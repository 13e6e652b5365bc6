"""What holds for every page: accessible, by keyboard, in both themes, and nothing from data runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from browser.browsing import SITE, in_theme
from browser.seeded import REPOSITORY, SeededAirflow
from playwright.sync_api import Page, expect

from airflow_gov_provider.domain.events import Event
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef, Origin
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.store import database
from airflow_gov_provider.store.events.rows import insert_events
from airflow_gov_provider.store.evidence.rows import insert_evidence

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

LogIn = Callable[[str], Page]
AXE = REPOSITORY / "airflow_gov_provider/plugins/www/node_modules/axe-core/axe.min.js"
TAB = "/dags/customer_data_mart/plugin/governance_dag"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
GRAVE = ("serious", "critical")
# Ours is what stands around our navigation, and what is open above it; the rest is Airflow's.
RUN = """tags => axe.run(
    [document.querySelector('nav[aria-label=Governance]').parentElement,
     ...document.querySelectorAll('[role=dialog]')],
    {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})"""
DETAILS = """() => [...document.querySelector('nav[aria-label=Governance]').parentElement
    .querySelectorAll('a[href]')].map(link => link.getAttribute('href'))"""


def addresses(page: Page) -> list[str]:
    """Of the pages that the navigation leads to."""
    page.goto(SITE)
    navigation = page.get_by_role("navigation", name="Governance")
    navigation.get_by_role("link").first.wait_for()
    links = navigation.get_by_role("link").all()
    return [str(link.get_attribute("href")) for link in links]


def settled(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("navigation", name="Governance")).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(visiting: LogIn, theme: str):
    page = visiting("admin")
    in_theme(page, theme)
    page.set_viewport_size({"width": 1280, "height": 900})
    found: list[str] = []
    waiting, known = [*addresses(page), TAB], set[str]()
    while waiting:
        address = waiting.pop(0)
        page.goto(address)
        settled(page)
        assert page.locator("html").get_attribute("class") == theme
        found += [f"{address}: {problem}" for problem in _problems(page)]
        if address.count("/") == SITE.count("/") + 1:
            waiting += _details(page, known)
    assert not found, "\n".join(found)


def _details(page: Page, known: set[str]) -> list[str]:
    """What a page leads to within the site: of each kind of address the first."""
    found = []
    for link in page.evaluate(DETAILS):
        path = str(link).split("?")[0]
        kind = path.removeprefix(SITE).strip("/").split("/")[0]
        if path.startswith(f"{SITE}/") and path.count("/") > SITE.count("/") + 1:
            found += [] if kind in known else [link]
            known.add(kind)
    return found


def _problems(page: Page) -> Iterator[str]:
    page.add_script_tag(path=AXE)
    answer: dict[str, Any] = page.evaluate(RUN, TAGS)
    for violation in answer["violations"]:
        if violation["impact"] in GRAVE:
            places = [" ".join(map(str, node["target"])) for node in violation["nodes"][:4]]
            yield f"{violation['id']} ({violation['help']}) at {places}"


def test_every_page_is_reached_and_left_by_keyboard(visiting: LogIn):
    page = visiting("admin")
    for address in addresses(page):
        page.goto(address)
        settled(page)
        navigation = page.get_by_role("navigation", name="Governance")
        navigation.get_by_role("link").first.focus()
        seen = set()
        for _ in range(12):
            page.keyboard.press("Tab")
            focused = page.evaluate(
                "() => { const e = document.activeElement; const r = e.getBoundingClientRect();"
                " return [e.tagName, e.textContent?.slice(0, 40), r.width > 0 && r.height > 0]; }"
            )
            assert focused[2] or focused[0] in ("INPUT", "BODY"), (
                f"{address}: {focused} has no size"
            )
            seen.add(tuple(focused[:2]))
        assert len(seen) > 3, f"{address}: the keyboard goes nowhere: {seen}"


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_is_wider_than_the_screen(visiting: LogIn, width: int):
    page = visiting("admin")
    page.set_viewport_size({"width": width, "height": 844})
    for address in addresses(page):
        page.goto(address)
        settled(page)
        needs = page.evaluate("() => document.documentElement.scrollWidth")
        assert needs <= width, f"{address} needs {needs} px of {width}"


HOSTILE = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'
LINK = "[click](javascript:window.pwned=1)"


def test_nothing_that_data_says_is_run(own: SeededAirflow, visiting_own: LogIn):
    evidence_id = _plant(own)
    own.start()
    page = visiting_own("admin")
    attempted: list[str] = []
    page.on("dialog", lambda dialog: (attempted.append(dialog.message), dialog.dismiss()))
    page.on(
        "request",
        lambda request: attempted.append(request.url) if request.url.endswith("/x") else None,
    )
    planted = [
        f"{SITE}/audit?q=pwned",
        f"/governance/v1/cards/{evidence_id}.html",
        *(
            f"{SITE}/{place}"
            for place in ("evidence", "models", "incidents", "approvals", "overview")
        ),
    ]
    for address in planted:
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("() => window.pwned") is None, address
        assert page.locator("img[src=x]").count() == 0, address
        assert page.locator("a[href^='javascript:']").count() == 0, address
    page.goto(f"{SITE}/audit")
    expect(page.get_by_text("onerror").first).to_be_visible()
    assert not attempted, attempted


def _plant(airflow: SeededAirflow) -> str:
    """What somebody could write: names of Dags and tasks, actors, subjects, reasons, card texts."""
    now = datetime(2026, 11, 1, tzinfo=UTC)
    event = Event(
        event_id="f" * 64,
        type="task_instance.failed",
        state="failed",
        dag_id=f"dag{HOSTILE}",
        run_id=f"run{HOSTILE}",
        task_id=f"task{HOSTILE}",
        map_index=-1,
        try_number=1,
        actor=f"actor{HOSTILE}",
        occurred_at=now,
        payload={"reason": HOSTILE, "operator": LINK},
    )
    card = _hostile_card(airflow)
    with database.transaction(airflow.governance_url) as connection:
        insert_events(connection, [event], recorded_at=now)
        insert_evidence(connection, card)
    return card.evidence_id


def _hostile_card(airflow: SeededAirflow) -> Evidence:
    """A card of the story in which every text is hostile."""
    with database.transaction(airflow.governance_url) as connection:
        from sqlalchemy import select

        from airflow_gov_provider.store.tables import evidence

        query = select(evidence.c.document).where(evidence.c.kind == "card").limit(1)
        known = Evidence.from_document(str(connection.scalar(query)).encode())
    text = json.dumps(known.body)
    body = json.loads(
        text.replace("Data", "Data ").replace("example bank", json.dumps(HOSTILE)[1:-1])
    )
    return Evidence(
        evidence_id="ffffffff-ffff-7fff-bfff-ffffffffffff",
        kind=EvidenceKind.CARD,
        origin=Origin(dag_id="customer_data_mart", run_id=HOSTILE, task_id=HOSTILE),
        subject=HOSTILE,
        verdict=Verdict.PASSED,
        summary=HOSTILE,
        recorded_at=datetime(2026, 11, 1, tzinfo=UTC),
        model=ModelRef(name=HOSTILE, version="1"),
        body=body,
    )


def test_axe_is_there_to_be_asked():
    assert Path(AXE).is_file(), "make install brings the packages of the pages"
