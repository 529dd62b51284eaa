"""Serves the built page from the same process: for single use and `make demo`."""

from __future__ import annotations

import asyncio
import mimetypes
from pathlib import Path
from typing import Any

from litestar import get
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

    @get(["/", "/{path:path}"], include_in_schema=False)
    async def page(path: FromPath[Path | None] = None) -> File:
        relative = str(path or "").lstrip("/")
        if relative == "api" or relative.startswith("api/"):
            raise NotFoundException(f"There is no /{relative}.")
        file = await asyncio.to_thread(_file, root, relative) or root / "index.html"
        return File(
            file,
            media_type=mimetypes.guess_type(file.name)[0] or "application/octet-stream",
            content_disposition_type="inline",
            headers=HEADERS | {"cache-control": "no-cache"},
        )

    return page


def _file(root: Path, relative: str) -> Path | None:
    """Return the file of the page, None for everything that is none or lies outside."""
    try:
        file = (root / relative).resolve()
        return file if file.is_file() and file.is_relative_to(root) else None
    except (OSError, ValueError):  # a name no file system takes: too long, or with a zero byte
        return None
