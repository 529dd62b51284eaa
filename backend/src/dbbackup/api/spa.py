"""Serves the built page from the same process: for single use and `make demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import File
from litestar.static_files import create_static_files_router

_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'"
)
HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
}


def spa_routes(static_dir: Path | None) -> list[Any]:
    """Return the routes that serve the page, none when there is no folder with a built page.

    Every path that is no file gets index.html: the page has its own router. Paths below /api and
    /assets that do not exist stay 404.
    """
    if static_dir is None:
        return []
    assets = create_static_files_router(
        path="/assets",
        directories=[static_dir / "assets"],
        cache_control=None,
        include_in_schema=False,
    )
    return [assets, _page(static_dir)]


def _page(static_dir: Path) -> HTTPRouteHandler:
    root = static_dir.resolve()

    @get(["/", "/{path:path}"], include_in_schema=False, sync_to_thread=True)
    def page(path: FromPath[Path | None] = None) -> Response[Any] | File:
        relative = str(path or "").lstrip("/")
        if relative.startswith("api/"):
            raise NotFoundException(f"There is no /{relative}.")
        file = (root / relative).resolve()
        if not relative or not file.is_relative_to(root) or not file.is_file():
            file = root / "index.html"
        return File(file, content_disposition_type="inline", headers=HEADERS | {"cache-control": "no-cache"})

    return page
