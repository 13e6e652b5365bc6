"""The API and the collector, put together for the api-server."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import Receive, Scope, Send

_log = logging.getLogger(__name__)


def api_app() -> FastAPI:
    """The app to mount; one that refuses every request if ours cannot be built.

    Either way the collector runs for as long as the app does, so that events arrive.
    """
    from airflow_gov_provider.collector import loop
    from airflow_gov_provider.plugins import bundle

    try:
        from airflow_gov_provider.api.app import Collector, create_app

        embedded = Collector(start=loop.start_embedded, status=loop.status)
        return create_app(embedded, more=[bundle.router()])
    except Exception:  # noqa: BLE001 - Airflow's own api-server starts all the same
        _log.exception("the governance API could not be built; every request to it gets 503")
        return closed_app(loop.start_embedded)


def closed_app(start: Callable[[], Callable[[], None]]) -> FastAPI:
    """An app that answers 503 to everyone; Airflow asks nobody to sign in for a plugin's app."""
    from fastapi import FastAPI
    from fastapi.responses import JSONResponse
    from starlette.concurrency import run_in_threadpool

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        stop = await run_in_threadpool(start)
        try:
            yield
        finally:
            await run_in_threadpool(stop)

    message = "the governance API could not be started; the api-server's log says why"
    error = {"code": "unavailable", "message": message, "details": []}
    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)

    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        """Each answer is a new one: whatever packs it for the way writes so into its headers."""
        await JSONResponse({"error": error}, status_code=503)(scope, receive, send)

    app.mount("/", refuse)
    return app
