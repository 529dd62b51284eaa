"""The OpenAPI document: ours plus the messages of the WebSockets, which have no routes there."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Litestar, MediaType, Request, get
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin

from dbbackup import __version__
from dbbackup.api.errors import documented
from dbbackup.api.examples import EXAMPLES
from dbbackup.api.guards import PUBLIC, Rule, rule_of
from dbbackup.api.identification import COOKIE, SECURE_COOKIE
from dbbackup.api.live.schemas import LogEndMessage, LogLinesMessage
from dbbackup.core.events import ChangeEvent, ExecutionEvent, PingEvent, ProgressEvent

_DESCRIPTION = """Backs up the databases around it and restores any of them.

Every answer but downloads is `{ success, data, error, meta }`. Two WebSockets go with it:
`/api/ws/events` sends `EventMessage`, `/api/ws/executions/{id}/logs?after=<seq>` sends `LogMessage`."""

_SCHEMES = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": f"Set by `POST /api/auth/sign-in`; behind TLS its name is `{SECURE_COOKIE}`. Changes need the"
        " header `X-Requested-With`, too.",
    },
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An access token of `POST /api/auth/token`, or an API key.",
    },
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key."},
}
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


def complete(schema: dict[str, Any], rules: dict[str, Rule | None]) -> dict[str, Any]:
    """Add the WebSocket messages to the components of the document, and to each operation who may call it."""
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
    schema["components"]["securitySchemes"] = _SCHEMES
    for operation in (operation for path in schema["paths"].values() for operation in path.values()):
        _say_who(operation, rules[operation["operationId"]])
    return schema


def rules_of(app: Litestar) -> dict[str, Rule | None]:
    """Return the rule of each operation."""
    handlers = (handler for route in app.routes for handler in getattr(route, "route_handlers", ()))
    return {handler.operation_id: rule_of(handler) for handler in handlers if isinstance(handler.operation_id, str)}


def _say_who(operation: dict[str, Any], rule: Rule | None) -> None:
    """Add the ways to sign in, the permission, and the answers to who may not."""
    refusals = ["429"] if rule and rule.public else ["401", "403", "429"]
    if not rule or not rule.public:
        operation["security"] = [{name: []} for name in _SCHEMES if not (rule and rule.in_person and name == "apiKey")]
        operation["x-permission"] = rule.permission if rule else None
    for status in refusals:
        answer = documented(int(status))[int(status)]
        operation["responses"].setdefault(
            status,
            {
                "description": answer.description,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorEnvelope"}}},
            },
        )
    operation["responses"] = dict(sorted(operation["responses"].items()))


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


@get("/api/openapi.json", guards=[PUBLIC], include_in_schema=False, sync_to_thread=False, media_type=MediaType.JSON)
def document(request: Request) -> bytes:  # type: ignore[type-arg]  # Litestar resolves the bare name
    """Serve the whole document."""
    return export(request.app)


def export(app: Litestar) -> bytes:
    """Return the whole document as indented JSON."""
    whole = complete(app.openapi_schema.to_schema(), rules_of(app))
    return msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n"
