"""The app that the plugin hands to the api-server, mounted as Airflow mounts it."""

from __future__ import annotations

import builtins
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount

from airflow_gov_provider.plugins.governance import GovernancePlugin
from airflow_gov_provider.plugins.mount import api_app, closed_app

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "MADEUP"]


def mounted(app: FastAPI) -> FastAPI:
    """Airflow enters the lifespan of mounted apps that are FastAPI instances, and only of those."""

    @asynccontextmanager
    async def lifespan(root):
        async with AsyncExitStack() as stack:
            for route in root.routes:
                if isinstance(route, Mount) and isinstance(route.app, FastAPI):
                    await stack.enter_async_context(route.app.router.lifespan_context(route.app))
            yield

    root = FastAPI(lifespan=lifespan)
    root.mount("/governance", app)
    return root


class Started:
    def __init__(self) -> None:
        self.events: list[str] = []

    def __call__(self):
        self.events.append("started")
        return lambda: self.events.append("stopped")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["/governance/", "/governance/v1/events", "/governance/docs"])
def test_an_api_that_could_not_be_built_is_closed_to_everyone(method, path):
    with TestClient(mounted(closed_app(lambda: lambda: None))) as client:
        answer = client.request(method, path)

    assert answer.status_code == 503
    if method != "HEAD":
        assert answer.json()["error"]["code"] == "unavailable"


def test_every_refusal_can_be_read_where_answers_are_compressed_as_airflow_does_it():
    root = mounted(closed_app(lambda: lambda: None))
    root.add_middleware(GZipMiddleware, minimum_size=10)

    with TestClient(root) as client:
        codes = [client.get("/governance/v1/events").json()["error"]["code"] for _ in range(3)]

    assert codes == ["unavailable"] * 3


def test_the_collector_runs_even_behind_a_closed_api():
    started = Started()

    with TestClient(mounted(closed_app(started))):
        assert started.events == ["started"]

    assert started.events == ["started", "stopped"]


@pytest.fixture
def broken_api(monkeypatch):
    real = builtins.__import__

    def failing(name, *args, **kwargs):
        if name == "airflow_gov_provider.api.app":
            raise ImportError("broken")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", failing)


def test_an_api_that_cannot_be_imported_is_logged_and_closed(broken_api, caplog, monkeypatch):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__COLLECTOR", "off")

    with TestClient(mounted(api_app())) as client:
        assert client.get("/governance/v1/health").status_code == 503

    assert "the governance API could not be built" in caplog.text


def test_the_api_asks_everyone_who_they_are(monkeypatch, sqlite_store):
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__COLLECTOR", "off")
    monkeypatch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "a-secret-that-only-this-test-uses-" * 2)
    from airflow.api_fastapi import app as airflow_app

    airflow_app.create_auth_manager()
    with TestClient(mounted(api_app())) as client:
        answers = {
            path: client.get(f"/governance/{path}").status_code
            for path in ("v1/events", "v1/evidence", "v1/health", "docs", "openapi.json", "")
        }

    assert set(answers.values()) == {401}


def test_the_plugin_mounts_one_app_however_often_it_is_asked():
    plugin = GovernancePlugin()

    [first] = plugin.fastapi_apps
    [second] = plugin.fastapi_apps

    assert (first["url_prefix"], first["name"]) == ("/governance", "governance")
    assert isinstance(first["app"], FastAPI)
    assert first["app"] is second["app"]
