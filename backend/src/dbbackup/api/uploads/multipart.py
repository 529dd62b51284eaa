"""Reads a multipart form as it comes: the file goes straight to disk, never through memory or a temporary folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from litestar import Request
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from dbbackup.core.errors import ValidationError

_FIELD = "file"


@dataclass
class FilePart:
    """The one file of a form: its name once it has begun, and its bytes."""

    name: str
    body: AsyncIterator[bytes] = field(repr=False)


async def file_part(request: Request[Any, Any, Any]) -> FilePart:
    """Return the part called `file`, with what follows it yet to be read.

    Raises:
        ValidationError: it is no such form, or has no such part.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != "multipart/form-data" or "boundary" not in options:
        raise ValidationError.of(_FIELD, "Send a multipart form with one part named file.")
    events = _events(request, options["boundary"])
    try:
        async for event in events:
            if isinstance(event, MultipartSegment) and event.name == _FIELD:
                return FilePart(event.filename or "", _body(events))
    except MultipartError as error:
        raise _broken(error) from error
    raise ValidationError.of(_FIELD, "The form has no part named file.")


async def _events(request: Request[Any, Any, Any], boundary: str) -> AsyncIterator[Any]:
    with PushMultipartParser(boundary) as parser:
        async for chunk in request.stream():
            for event in parser.parse(chunk):
                yield event


async def _body(events: AsyncIterator[Any]) -> AsyncIterator[bytes]:
    """Give the bytes of the part that has begun, and read what follows to the end of the form."""
    ended = False
    try:
        async for event in events:
            if event is None:
                ended = True
            elif not ended and isinstance(event, bytearray | bytes):
                yield bytes(event)
    except MultipartError as error:
        raise _broken(error) from error


def _broken(error: MultipartError) -> ValidationError:
    return ValidationError.of(_FIELD, f"The form cannot be read: {error}.")
