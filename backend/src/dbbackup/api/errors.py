"""The one place where errors become answers."""

from __future__ import annotations

import re
from typing import Any

from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import ParameterKwarg
from loguru import logger
from sqlalchemy.exc import DBAPIError, IntegrityError

from dbbackup.api.envelope import ErrorEnvelope, FieldProblem, failure
from dbbackup.core.errors import AppError, RateLimitedError, UnauthorizedError
from dbbackup.db.server import CatalogueUnavailableError

AppRequest = Request[Any, Any, State]

STATUS = {
    "VALIDATION_ERROR": 400,
    "UNAUTHORIZED": 401,
    "SECOND_FACTOR_REQUIRED": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "CONFLICT": 409,
    "SCRATCH_CONTAINER_REFUSED": 409,
    "CONTAINER_EXEC_REFUSED": 409,
    "RATE_LIMITED": 429,
    "DATABASE_ERROR": 502,
    "SIGN_IN_PROVIDER_ERROR": 502,
    "S3_ERROR": 502,
    "BACKUP_ERROR": 502,
    "RESTORE_ERROR": 502,
    "INTERNAL_ERROR": 500,
}
_HTTP_CODES = {400: "VALIDATION_ERROR", 401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "NOT_FOUND", 409: "CONFLICT"}
_HTTP_CODES |= {405: "VALIDATION_ERROR", 413: "VALIDATION_ERROR", 415: "VALIDATION_ERROR", 429: "RATE_LIMITED"}
_NAMED_FIELD = re.compile(r"Object (?:missing required|contains unknown) field `(?P<name>[^`]+)`")
_UNEXPECTED = "Something went wrong inside the program. The log has the details; nothing you sent was lost by it."


def documented(*statuses: int) -> dict[int, ResponseSpec]:
    """Return the error answers of a handler for OpenAPI; 400 and 500 can always come."""
    words = {
        400: "The request is not valid: see `error.details`.",
        401: "Nobody is signed in, or the credentials are wrong.",
        403: "The role may not do this, or a foreign page asked.",
        404: "It does not exist.",
        409: "It does not fit the present state.",
        429: "Too many requests, or too many failed sign-ins: see `Retry-After`.",
        500: "A fault of the program.",
        502: "The other side (database server, storage, who signs people in) refused or failed.",
    }
    return {
        status: ResponseSpec(data_container=ErrorEnvelope, description=words[status], generate_examples=False)
        for status in sorted({400, 500, *statuses})
    }


def app_error(_request: AppRequest, error: AppError) -> Response[ErrorEnvelope]:
    """Answer an error raised on purpose."""
    problems = [FieldProblem(field=d.field, message=d.message) for d in error.details]
    answer = _answer(STATUS[error.code], error.code, error.message, problems)
    if isinstance(error, RateLimitedError):
        answer.headers["retry-after"] = str(error.retry_after)
    if isinstance(error, UnauthorizedError):
        # RFC 9110 asks for it. Not "Basic": a browser would open a window of its own.
        answer.headers["www-authenticate"] = "Bearer"
    return answer


def validation_error(request: AppRequest, error: ValidationException) -> Response[ErrorEnvelope]:
    """Answer input that does not fit its type, with the fields' names."""
    extra = error.extra if isinstance(error.extra, list) else []
    problems = [_problem(request, item) for item in extra if isinstance(item, dict)]
    text = "; ".join(f"{p.field}: {p.message}" for p in problems) or error.detail
    return _answer(400, "VALIDATION_ERROR", f"The request is not valid. {text}", problems)


def http_error(request: AppRequest, error: HTTPException) -> Response[ErrorEnvelope]:
    """Answer what the framework refuses: unknown route, wrong method, body too large."""
    if error.status_code >= 500:
        return unexpected_error(request, error)
    code = _HTTP_CODES.get(error.status_code, "VALIDATION_ERROR")
    place = f"{request.method} {request.url.path}"
    words = {
        "Not Found": f"There is nothing at {place}. The addresses are listed in /api/openapi.json.",
        "Method Not Allowed": f"{place} does not exist with this method. /api/openapi.json lists those that do.",
    }
    answer = _answer(error.status_code, code, words.get(error.detail, error.detail))
    answer.headers.update(error.headers or {})
    return answer


def catalogue_conflict(_request: AppRequest, error: IntegrityError) -> Response[ErrorEnvelope]:
    """Answer a constraint of the catalogue that two requests at once ran into."""
    logger.bind(category="http").warning("A constraint of the catalogue refused a change: {}", error.orig)
    return _answer(409, "CONFLICT", "Somebody else changed this at the same moment: reload and try again.")


def catalogue_failed(request: AppRequest, error: DBAPIError) -> Response[ErrorEnvelope]:
    """Answer while the server that the catalogue lies on is away: nothing was changed, and it may be back soon."""
    if not isinstance(error, CatalogueUnavailableError) and not error.connection_invalidated:
        return unexpected_error(request, error)
    logger.bind(category="http").error("{} {} failed: {}", request.method, request.url.path, error.orig)
    return _answer(503, "INTERNAL_ERROR", "The server that the catalogue lies on does not answer. Try again later.")


def unexpected_error(request: AppRequest, error: Exception) -> Response[ErrorEnvelope]:
    """Log a fault of the program whole, and answer without its insides."""
    logger.bind(category="http").opt(exception=error).error("{} {} failed", request.method, request.url.path)
    return _answer(500, "INTERNAL_ERROR", _UNEXPECTED)


def _problem(request: AppRequest, item: dict[str, Any]) -> FieldProblem:
    """Name the field as the caller knows it: by its JSON path, or by its name in the query."""
    key, message = str(item.get("key") or item.get("source") or "body"), str(item.get("message"))
    if message == "'data'":
        return FieldProblem(field="body", message="Send the fields as a JSON object.")
    parameter = request.route_handler.parsed_fn_signature.parameters.get(key)
    if key != "data" and parameter is not None and isinstance(parameter.kwarg_definition, ParameterKwarg):
        return FieldProblem(field=parameter.kwarg_definition.name or key, message=message)
    path = [] if key == "data" else [key]
    # Of a missing or unknown field the parser names the object around it, and the field in words.
    if named := _NAMED_FIELD.search(message):
        path.append(named["name"])
    return FieldProblem(field=".".join(path) or "body", message=message)


def _answer(status: int, code: str, message: str, details: list[FieldProblem] | None = None) -> Response[ErrorEnvelope]:
    return Response(failure(code, message, details), status_code=status, media_type="application/json")


HANDLERS: dict[Any, Any] = {
    AppError: app_error,
    ValidationException: validation_error,
    HTTPException: http_error,
    IntegrityError: catalogue_conflict,
    DBAPIError: catalogue_failed,
    Exception: unexpected_error,
}
