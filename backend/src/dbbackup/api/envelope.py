"""The one shape of every answer."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import Struct


class FieldProblem(Struct, kw_only=True, rename="camel"):
    """One field of the request and what is wrong with it."""

    field: str
    message: str


class ErrorBody(Struct, kw_only=True, rename="camel"):
    """What went wrong, in a message a person can act on."""

    code: str
    message: str
    details: list[FieldProblem]


class Meta(Struct, kw_only=True, rename="camel"):
    """The time of the answer; page, limit and total are null where there are no pages."""

    timestamp: datetime
    page: int | None
    limit: int | None
    total: int | None


class Envelope(Struct, kw_only=True, rename="camel"):
    """A success; each subclass adds `data` with its own type.

    Not generic: Litestar 2.25 shows a subclass of a generic Struct as `data: object`.
    """

    success: bool
    error: None
    meta: Meta


class ErrorEnvelope(Struct, kw_only=True, rename="camel"):
    """A failure: `error` says what happened and what to do."""

    success: bool
    data: None
    error: ErrorBody
    meta: Meta


def meta(page: int | None = None, limit: int | None = None, total: int | None = None) -> Meta:
    """Make the meta block for an answer given now."""
    return Meta(timestamp=datetime.now(UTC), page=page, limit=limit, total=total)


def failure(code: str, message: str, details: list[FieldProblem] | None = None) -> ErrorEnvelope:
    """Make the answer for an error."""
    body = ErrorBody(code=code, message=message, details=details or [])
    return ErrorEnvelope(success=False, data=None, error=body, meta=meta())
