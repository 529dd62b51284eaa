"""Writes the tables of docs/reference/permissions.md from the guards of the routes; a test holds the two together."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler, WebsocketRouteHandler

from dbbackup.api.guards import Rule, rule_of
from dbbackup.core.access import MATRIX, Permission, Role
from dbbackup.core.secret import Secret
from dbbackup.main import create_app
from dbbackup.settings import Settings

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "reference" / "permissions.md"
NO_RULE = "**no rule**"
NOT_BY_KEY = ", not by API key"
# Litestar's own copies of the OpenAPI document: as public as ours.
_OPENAPI = "/api/openapi"


class Row(NamedTuple):
    """One route: `method` is WS for a WebSocket, `rule` is how the document names it."""

    method: str
    path: str
    rule: str


def routes(app: Litestar) -> Iterator[tuple[Row, Rule | None]]:
    """Yield every route and WebSocket below /api with its rule."""
    for route in app.routes:
        if not route.path.startswith("/api") or route.path.startswith(_OPENAPI):
            continue
        for handler in getattr(route, "route_handlers", None) or [getattr(route, "route_handler", None)]:
            if isinstance(handler, WebsocketRouteHandler):
                methods = ["WS"]
            elif isinstance(handler, HTTPRouteHandler):
                methods = sorted(str(method) for method in handler.http_methods - {"OPTIONS"})
            else:
                methods = ["ASGI"]
            rule = rule_of(handler) if handler is not None else None
            for method in methods:
                yield Row(method, route.path_format, name_of(rule)), rule


def name_of(rule: Rule | None) -> str:
    """Return how the document names a rule."""
    if rule is None:
        return NO_RULE
    if rule.public:
        return "public"
    if rule.permission is not None:
        return f"`{rule.permission}`{NOT_BY_KEY if rule.in_person else ''}"
    return f"signed in{NOT_BY_KEY}" if rule.in_person else "signed in"


def tables(app: Litestar) -> dict[str, str]:
    """Return the two tables by their names."""
    roles = [Role.VIEWER, Role.OPERATOR, Role.ADMIN]
    who = ["| permission | viewer | operator | admin |", "|---|---|---|---|"]
    who += [f"| `{p}` | {' | '.join('yes' if p in MATRIX[role] else '' for role in roles)} |" for p in Permission]
    what = ["| method | path | who |", "|---|---|---|"]
    found = sorted({row for row, _ in routes(app)}, key=lambda row: (row.path, row.method))
    what += [f"| {row.method} | `{row.path}` | {row.rule} |" for row in found]
    return {"roles": "\n".join(who), "routes": "\n".join(what)}


def filled(text: str, app: Litestar) -> str:
    """Return the document with its tables as the routes are now."""
    for name, table in tables(app).items():
        begin, end = f"<!-- {name}: written by `make client` -->\n", f"<!-- end of {name} -->"
        head, _, rest = text.partition(begin)
        text = f"{head}{begin}{table}\n{end}{rest.partition(end)[2]}"
    return text


def main() -> int:
    """Write the document."""
    nowhere = Path(os.devnull)
    app = create_app(Settings(encryption_key=Secret(""), storage_path=nowhere, database_path=nowhere))
    DOCUMENT.write_text(filled(DOCUMENT.read_text(), app))
    return 0


if __name__ == "__main__":
    sys.exit(main())
