"""Pictures of every page, light and dark, on a desk and on a phone: `make screenshots`.

    PYTHONPATH=tests python -m browser.screenshots [--home HOME] [--into DIRECTORY]

Without ``--home`` the year is told first, which takes a few minutes. Three of the pictures are those
that the README shows.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile, copytree
from typing import Any

from browser.browsing import SITE, chromium, in_theme, log_in, missing
from browser.seeded import REPOSITORY, SeededAirflow, password_of, seed
from e2e.harness.settings import free_port
from playwright.sync_api import Browser, Page

WIDTHS = {"desk": (1280, 860), "phone": (390, 844)}
THEMES = ("light", "dark")
SHOWN = {
    "overview-light-desk": "overview",
    "evidence-run-light-desk": "run",
    "audit-dark-desk": "audit",
}
IN_README = REPOSITORY / "docs" / "screenshots"


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    parser.add_argument("--home", type=Path, help="of a seed; it is copied")
    parser.add_argument("--into", type=Path, default=REPOSITORY / ".screenshots")
    parser.add_argument("--keep", action="store_true", help="do not renew those of the README")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is stopped
    if reason := missing():
        say(reason)
        return 1
    arguments.into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory) / "home"
        if arguments.home:
            copytree(arguments.home, home)
        else:
            say("telling the year, which takes a few minutes ...")
            seed(home, port=free_port())
        running = SeededAirflow(home)
        running.start()
        try:
            pictures = list(take(running, arguments.into))
        finally:
            running.stop()
    say(f"{len(pictures)} pictures in {arguments.into}")
    if not arguments.keep:
        IN_README.mkdir(parents=True, exist_ok=True)
        for name, shown in SHOWN.items():
            copyfile(arguments.into / f"{name}.png", IN_README / f"{shown}.png")
    return 0


def take(airflow: SeededAirflow, into: Path) -> Iterator[Path]:
    """One file a page, theme and width."""
    with chromium() as browser:
        places = _places(browser, airflow)
        for theme in THEMES:
            for width, (x, y) in WIDTHS.items():
                page = _page(browser, airflow, theme, x, y)
                for name, address in places.items():
                    yield _picture(page, address, into / f"{name}-{theme}-{width}.png")
                page.context.close()


def _page(browser: Browser, airflow: SeededAirflow, theme: str, x: int, y: int) -> Page:
    context = browser.new_context(
        base_url=airflow.url, locale="en-GB", viewport={"width": x, "height": y}
    )
    page = context.new_page()
    in_theme(page, theme)
    log_in(page, "approver", password_of("approver"))
    return page


def _picture(page: Page, address: str, path: Path) -> Path:
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.locator("nav[aria-label=Governance]").wait_for()  # hidden from roles behind a dialog
    page.wait_for_timeout(700)  # until what moves has come to rest
    page.screenshot(path=path)
    return path


def _places(browser: Browser, airflow: SeededAirflow) -> dict[str, str]:
    """Every page of the navigation, and what its best example leads to."""
    page = _page(browser, airflow, "light", *WIDTHS["desk"])
    page.goto(SITE)
    navigation = page.get_by_role("navigation", name="Governance")
    navigation.get_by_role("link").first.wait_for()
    links = [str(link.get_attribute("href")) for link in navigation.get_by_role("link").all()]
    page.context.close()
    found = {link.rstrip("/").rsplit("/", 1)[-1]: link for link in links}
    return found | _details(airflow)


def _details(airflow: SeededAirflow) -> dict[str, str]:
    incident = _first(airflow, "/governance/v1/incidents", kind="gate_blocked")
    bias = _first(airflow, "/governance/v1/evidence", kind="bias", verdict="FAILED")
    blocked = _first(airflow, "/governance/v1/evidence", kind="quality", verdict="FAILED")
    request = _first(airflow, "/governance/v1/approvals", view="mine")
    event = _first(airflow, "/governance/v1/events", category="override")
    promise = _first(airflow, "/governance/v1/sla/commitments", severity="critical")
    run = f"dag_id={bias['dag_id']}&run_id={bias['run_id']}"
    dag = "/dags/customer_data_mart/plugin/governance_dag"
    return {
        "incident": f"{SITE}/incidents/{incident['incident_id']}",
        "evidence-bias": f"{SITE}/evidence/{bias['evidence_id']}",
        "evidence-quality": f"{SITE}/evidence/{blocked['evidence_id']}",
        "evidence-run": f"{SITE}/evidence/run?{run.replace('+', '%2B').replace(':', '%3A')}",
        "approval": f"{SITE}/approvals/{request['request_id']}",
        "event": f"{SITE}/audit?event={event['event_id']}",
        "model": f"{SITE}/models/{bias['model']['name']}",
        "promise": f"{SITE}/sla/{promise['commitment_id']}",
        "tab-dag": f"{dag}?view=audit",
    }


def _first(
    airflow: SeededAirflow, path: str, user: str = "approver", **query: str | int
) -> dict[str, Any]:
    items = airflow.get(path, user=user, limit=1, **query)["items"]
    assert isinstance(items, list)
    assert items, f"{path} has nothing for {query}"
    return dict(items[0])


if __name__ == "__main__":
    sys.exit(main())
