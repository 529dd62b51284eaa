"""The OpenAPI document: ours plus the messages of the WebSockets, which have no routes there."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Litestar, MediaType, Request, get
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin

from dbbackup import __version__
from dbbackup.api.examples import EXAMPLES
from dbbackup.api.live.schemas import LogEndMessage, LogLinesMessage
from dbbackup.core.events import ChangeEvent, ExecutionEvent, PingEvent, ProgressEvent

_DESCRIPTION = """Backs up the databases around it and restores any of them.

Every answer but downloads is `{ success, data, error, meta }`. Two WebSockets go with it:
`/api/ws/events` sends `EventMessage`, `/api/ws/executions/{id}/logs?after=<seq>` sends `LogMessage`."""

_EVENTS = (ExecutionEvent, ProgressEvent, ChangeEvent, PingEvent)
_LOGS = (LogLinesMessage, LogEndMessage)


class _WholeDocument(OpenAPIRenderPlugin):
    """Serves the document as JSON. Litestar's own pages load scripts from other servers and stay off."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Return the document with the messages of the WebSockets."""
        return export(request.app)


CONFIG = OpenAPIConfig(
    title="DB Backup & Restore",
    version=__version__,
    description=_DESCRIPTION,
    # Below this path Litestar answers unknown addresses with a page of its own: it must not be /api itself.
    path="/api/openapi",
    render_plugins=[_WholeDocument(path="/document.json", media_type=MediaType.JSON)],
)


def complete(schema: dict[str, Any]) -> dict[str, Any]:
    """Add the WebSocket messages to the components of the document."""
    _, messages = msgspec.json.schema_components([*_EVENTS, *_LOGS], ref_template="#/components/schemas/{name}")
    components = schema["components"]["schemas"]
    for name, body in messages.items():
        components.setdefault(name, body)
    for name, example in EXAMPLES.items():
        components[name]["examples"] = [example]
    for (path, method), content in _STREAMED.items():
        schema["paths"][path][method]["requestBody"] = {"content": content, "required": True}
    components["EventMessage"] = _union([t.__name__ for t in _EVENTS])
    components["LogMessage"] = _union([t.__name__ for t in _LOGS])
    return schema


def _binary() -> dict[str, str]:
    return {"type": "string", "format": "binary"}


# Bodies that are read as they come: Litestar learns of them nothing from the handlers.
_STREAMED: dict[tuple[str, str], dict[str, Any]] = {
    ("/api/restores/uploads/{upload_id}", "patch"): {"application/octet-stream": {"schema": _binary()}},
    ("/api/restores/upload", "post"): {
        "multipart/form-data": {
            "schema": {"type": "object", "properties": {"file": _binary()}, "required": ["file"]},
        }
    },
}


def _union(names: list[str]) -> dict[str, Any]:
    return {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in names]}


@get("/api/openapi.json", include_in_schema=False, sync_to_thread=False, media_type=MediaType.JSON)
def document(request: Request) -> bytes:  # type: ignore[type-arg]  # Litestar resolves the bare name
    """Serve the whole document."""
    return export(request.app)


def export(app: Litestar) -> bytes:
    """Return the whole document as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(complete(app.openapi_schema.to_schema())), indent=2) + b"\n"
