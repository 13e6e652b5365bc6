"""One error shape for whatever goes wrong: ``{"error": {"code", "message", "details"}}``."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException as StarletteHTTPException

from airflow_gov_provider.api.schemas import ErrorBody, ErrorDetail, ErrorResponse
from airflow_gov_provider.exceptions import (
    GovernanceError,
    StoreAhead,
    StoreBehind,
    StoreUnavailable,
)

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 5


class Refusal(HTTPException):
    """An answer other than 2xx, with the code that a program can compare."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, message, headers=dict(headers or {}))
        self.code = code


def error_response(
    status: int,
    code: str,
    message: str,
    *,
    details: Sequence[ErrorDetail] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    body = ErrorResponse(error=ErrorBody(code=code, message=message, details=list(details)))
    return JSONResponse(body.model_dump(), status_code=status, headers=dict(headers or {}))


def internal_error() -> JSONResponse:
    """What a client is told of an error of ours: nothing but that there was one."""
    return error_response(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal_error",
        "the request could not be answered; the api-server's log says why",
    )


def add_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(StarletteHTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(GovernanceError, _governance_error)
    app.add_exception_handler(PoolTimeout, _busy)


def _http_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, StarletteHTTPException)  # noqa: S101 - narrows for the type checker
    status = HTTPStatus(error.status_code)
    code = error.code if isinstance(error, Refusal) else status.name.lower()
    return error_response(status, code, str(error.detail), headers=error.headers)


def _invalid_request(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - narrows for the type checker
    details = [
        ErrorDetail(
            field=".".join(str(part) for part in problem["loc"]),
            problem=_problem(problem),
        )
        for problem in error.errors()
    ]
    count = len(details)
    return error_response(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid_request",
        f"the request has {count} problem{'s' * (count != 1)}: "
        + "; ".join(f"{detail.field}: {detail.problem}" for detail in details),
        details=details,
    )


def _problem(problem: Mapping[str, Any]) -> str:
    if problem["type"] == "extra_forbidden":
        return "there is no such parameter; GET /governance/v1/openapi.json lists those there are"
    return str(problem["msg"]).removeprefix("Value error, ")


def _governance_error(_request: Request, error: Exception) -> JSONResponse:
    """The log says which database and why; a client needs neither."""
    log.error("%s: %s", type(error).__name__, error)
    match error:
        case StoreUnavailable():
            return _unavailable(
                "store_unavailable", "the governance database did not answer; try again", retry=True
            )
        case StoreBehind():
            return _unavailable(
                "store_behind",
                "the schema of the governance database is older than this package; "
                "an administrator must run `airflow governance db migrate`",
            )
        case StoreAhead():
            return _unavailable(
                "store_ahead",
                "the schema of the governance database is newer than this package; "
                "an administrator must update airflow-gov-provider",
            )
    return _unavailable(
        "misconfigured",
        "the settings in [governance] cannot be used; the api-server's log says what is wrong",
    )


def _busy(_request: Request, error: Exception) -> JSONResponse:
    log.error("no connection to the governance database became free: %s", error)
    return _unavailable(
        "store_unavailable", "the governance database is busy; try again", retry=True
    )


def _unavailable(code: str, message: str, *, retry: bool = False) -> JSONResponse:
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if retry else {}
    return error_response(HTTPStatus.SERVICE_UNAVAILABLE, code, message, headers=headers)
