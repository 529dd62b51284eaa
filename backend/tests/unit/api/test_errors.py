"""Faults that no request can provoke at will: a race on a constraint, a framework's own 500."""

from __future__ import annotations

import msgspec
import pytest
from litestar import get
from litestar.exceptions import HTTPException, ValidationException
from litestar.testing import create_test_client
from sqlalchemy.exc import IntegrityError

from dbbackup.api.errors import HANDLERS, STATUS
from dbbackup.core import errors
from dbbackup.core.errors import AppError, FieldError


@pytest.mark.parametrize(
    ("raised", "status", "code", "fields"),
    [
        (IntegrityError("INSERT", {}, ValueError("UNIQUE")), 409, "CONFLICT", []),
        (HTTPException(status_code=503, detail="inside"), 500, "INTERNAL_ERROR", []),
        (HTTPException(status_code=413, detail="The body is too large."), 413, "VALIDATION_ERROR", []),
        (HTTPException(status_code=418, detail="short and stout"), 418, "VALIDATION_ERROR", []),
        (ValidationException(detail="all wrong"), 400, "VALIDATION_ERROR", []),
        (ValidationException(detail="x", extra=[{"message": "odd"}]), 400, "VALIDATION_ERROR", ["body"]),
        (ZeroDivisionError("hidden"), 500, "INTERNAL_ERROR", []),
        (errors.RateLimitedError("Slow down.", details=[FieldError("a", "b")]), 429, "RATE_LIMITED", ["a"]),
    ],
)
def test_handlers_when_something_is_raised_then_the_envelope_hides_the_insides(
    raised: Exception, status: int, code: str, fields: list[str]
) -> None:
    @get("/", sync_to_thread=False)
    def fail() -> None:
        raise raised

    with create_test_client(fail, exception_handlers=HANDLERS, raise_server_exceptions=False) as client:
        answer = client.get("/")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert [detail["field"] for detail in error["details"]] == fields
    assert "hidden" not in answer.text
    assert "INSERT" not in answer.text


def test_statuses_when_an_error_exists_then_it_has_one() -> None:
    classes = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, AppError)]
    assert {kind.code for kind in classes} == STATUS.keys()
    assert msgspec.to_builtins(STATUS)["CONFLICT"] == 409
