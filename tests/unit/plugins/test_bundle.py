"""The React bundle: where Airflow finds it, and who gets it."""

from __future__ import annotations

import gzip

import pytest
from airflow.api_fastapi.core_api.datamodels.plugins import ReactAppResponse
from fastapi import FastAPI
from fastapi.testclient import TestClient

from airflow_gov_provider.api.app import create_app
from airflow_gov_provider.api.deps import authenticated
from airflow_gov_provider.plugins import bundle
from airflow_gov_provider.plugins.governance import GovernancePlugin

MOST_BYTES = 350_000


@pytest.fixture
def app() -> FastAPI:
    root = FastAPI()
    root.mount(bundle.PREFIX, create_app(more=[bundle.router()]))
    return root


@pytest.fixture
def signed_in(app):
    (mount,) = (route for route in app.routes if route.path == bundle.PREFIX)
    mount.app.dependency_overrides[authenticated] = lambda: "somebody"
    return TestClient(app)


@pytest.fixture
def unbuilt(monkeypatch, tmp_path):
    monkeypatch.setattr(bundle, "_MAIN", tmp_path / "main.js")
    bundle._main.cache_clear()
    bundle._version.cache_clear()
    yield
    bundle._main.cache_clear()
    bundle._version.cache_clear()


def test_airflow_understands_the_entries_and_shows_one_in_its_navigation():
    entries = [ReactAppResponse(**entry) for entry in GovernancePlugin().react_apps]

    assert [entry.destination for entry in entries] == ["nav", "dag", "dag_run", "task_instance"]
    assert [entry.nav_top_level for entry in entries] == [True, False, False, False]
    assert len({entry.url_route for entry in entries}) == len(entries)


def test_all_entries_are_one_component_since_a_browser_loads_a_module_once():
    entries = bundle.react_apps()

    assert {(entry["name"], entry["bundle_url"]) for entry in entries} == {
        (bundle.NAME, entries[0]["bundle_url"])
    }


def test_what_an_entry_names_is_served_below_any_path_of_airflow(signed_in):
    for entry in bundle.react_apps():
        for key in ("bundle_url", "icon", "icon_dark_mode"):
            assert not entry[key].startswith("/")
            assert signed_in.get("/" + entry[key]).status_code == 200


def test_it_is_a_script_that_a_browser_keeps_until_another_version_is_named(signed_in):
    answer = signed_in.get("/governance/ui/main.js")

    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["main.js", "icon.svg", "icon_dark.svg"])
def test_nobody_gets_it_who_is_not_signed_in(app, name):
    assert TestClient(app).get(f"/governance/ui/{name}").status_code == 401


def test_nothing_else_of_the_folder_is_served(signed_in):
    for path in ("npm.py", "..%2Fbundle.py", "../bundle.py", "package.json"):
        assert signed_in.get(f"/governance/ui/{path}").status_code == 404


def test_it_is_small_enough_to_load_at_once():
    assert len(gzip.compress(bundle._main(), 6)) <= MOST_BYTES


def test_it_uses_the_libraries_of_airflow_and_carries_no_second_copy():
    text = bundle._main().decode()

    for name in ("React", "ReactJSXRuntime", "ReactRouterDOM", "ChakraUI"):
        assert f".{name}" in text
    assert "react-dom-client" not in text


@pytest.mark.usefixtures("unbuilt")
def test_pages_that_were_not_built_say_so_and_what_to_do(app):
    assert "make install" in bundle._main().decode()
    assert "globalThis.Governance" in bundle._main().decode()
    assert len(bundle.react_apps()) == 4


def test_what_pins_dependencies_names_no_place_to_download_from(repository):
    lock = repository / "airflow_gov_provider/plugins/www/package-lock.json"
    for pins in (lock, repository / "constraints.txt"):
        assert "://" not in pins.read_text(), (
            f"{pins.name}: run npm through npm.py, or make constraints"
        )
