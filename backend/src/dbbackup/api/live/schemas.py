"""The messages of the WebSockets; they stand in the OpenAPI components too."""

from __future__ import annotations

from msgspec import Struct

from dbbackup.core.events import ChangeEvent, ExecutionEvent, PingEvent, ProgressEvent
from dbbackup.services.execution_logs import LogLine


class LogLinesMessage(Struct, kw_only=True, rename="camel", tag_field="type", tag="lines"):
    """Log lines in order of `seq`, without gap or repeat."""

    lines: list[LogLine]


class LogEndMessage(Struct, kw_only=True, rename="camel", tag_field="type", tag="end"):
    """The execution has ended and every line was sent; the server closes the socket."""

    status: str


EventMessage = ExecutionEvent | ProgressEvent | ChangeEvent | PingEvent
LogMessage = LogLinesMessage | LogEndMessage
