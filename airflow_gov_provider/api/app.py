"""The REST API, mounted by the plugin under ``/governance``.

``authenticated`` is a dependency of the app, so no route can be without it. A last route that takes
every path and method puts what no other route answers (404, 405) behind it as well.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.routing import APIRoute
from starlette.routing import Match

from airflow_gov_provider import __version__
from airflow_gov_provider.api.border import Border
from airflow_gov_provider.api.deps import authenticated
from airflow_gov_provider.api.errors import Refusal, add_error_handlers
from airflow_gov_provider.api.routes import (
    approvals,
    cards,
    coverage,
    events,
    evidence,
    exports,
    health,
    incidents,
    ledger,
    me,
    models,
    overview,
    runs,
    sla,
    sla_pages,
)
from airflow_gov_provider.api.schemas import ErrorResponse

log = logging.getLogger(__name__)

_ERRORS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorResponse, "description": "The request cannot be answered as it is."},
    "5XX": {"model": ErrorResponse, "description": "The request cannot be answered now."},
    422: {"model": ErrorResponse, "description": "A parameter is wrong; all problems are listed."},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """What this app does with the collector, which stands beside it and not below.

    :param start: starts it and returns what stops it.
    :param status: facts about it, with the fields of ``CollectorHealth``.
    """

    start: Callable[[], Callable[[], None]]
    status: Callable[[], Mapping[str, Any]]


def create_app(collector: Collector | None = None, *, more: Sequence[APIRouter] = ()) -> FastAPI:
    """The whole API.

    :param collector: runs for as long as the app does.
    :param more: routes of others, for whoever is signed in like all the rest.
    """
    app = FastAPI(
        title="Airflow governance",
        version=__version__,
        description="Events, evidence and model cards of the Dags that you may read.",
        dependencies=[Depends(authenticated)],
        responses=_ERRORS,
        lifespan=_lifespan(collector),
        generate_unique_id_function=lambda route: route.name,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.collector_status = collector.status if collector else lambda: None
    add_error_handlers(app)
    app.add_middleware(Border)
    for routes in (
        exports,
        ledger,
        events,
        evidence,
        cards,
        health,
        coverage,
        incidents,
        approvals,
        me,
        overview,
        runs,
        models,
        sla,
        sla_pages,
    ):
        app.include_router(routes.router)
    for router in more:
        app.include_router(router)
    app.add_api_route("/v1/openapi.json", _openapi, include_in_schema=False)
    _add_last_route(app)
    return app


def _openapi(request: Request) -> dict[str, Any]:
    schema: dict[str, Any] = request.app.openapi()
    return schema


def _add_last_route(app: FastAPI) -> None:
    app.add_api_route("/{path:path}", _nothing_here, include_in_schema=False)
    last = app.router.routes[-1]
    assert isinstance(last, APIRoute)  # noqa: S101 - narrows for the type checker
    last.methods = set()  # which Starlette reads as every method, known to it or not


def _nothing_here(request: Request) -> None:
    allowed: set[str] = set()
    for route in request.app.router.routes:
        if isinstance(route, APIRoute) and route.matches(request.scope)[0] is Match.PARTIAL:
            allowed |= route.methods
    if allowed:
        methods = ", ".join(sorted(allowed))
        raise Refusal(
            HTTPStatus.METHOD_NOT_ALLOWED,
            "method_not_allowed",
            f"expected {methods}, found {request.method}",
            headers={"Allow": methods},
        )
    raise Refusal(
        HTTPStatus.NOT_FOUND,
        "not_found",
        "there is nothing at this path; GET /governance/v1/openapi.json lists what is",
    )


def _lifespan(
    collector: Collector | None,
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        stop = await to_thread.run_sync(_start, collector)
        try:
            yield
        finally:
            await to_thread.run_sync(stop)

    return lifespan


def _start(collector: Collector | None) -> Callable[[], None]:
    if collector is None:
        return _nothing_to_stop
    try:
        return collector.start()
    except Exception:  # Airflow's own api-server starts all the same; the health route tells
        log.exception("the embedded collector did not start")
        return _nothing_to_stop


def _nothing_to_stop() -> None:
    """Stand in for what stops a collector."""
