"""Runs the whole program behind one socket, until it is told to stop."""

from __future__ import annotations

import ctypes
import errno
import logging
import resource
import socket
from contextlib import suppress
from pathlib import Path

import uvicorn
from loguru import logger

from dbbackup.core.errors import ConflictError
from dbbackup.core.logbook import Logbook
from dbbackup.settings import Settings


def run(settings: Settings, logbook: Logbook) -> None:
    """Run the program until SIGTERM or SIGINT."""
    from dbbackup.main import create_app

    _bound_allocator()
    # A crash must not leave the keys that are in memory on the disk; the tools inherit it.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Before anything else: a port that is taken must end the start before runs are claimed.
    listening = _listen(settings)
    app = create_app(settings, logbook)
    config = uvicorn.Config(
        app,
        loop="uvloop",
        log_config=None,
        access_log=settings.log_level == "debug",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        # Open downloads and sockets must not hold up a stop for ever.
        timeout_graceful_shutdown=5,
        # Longer than proxies keep an unused connection (nginx 60 s, Traefik 90 s, Caddy 120 s): who closes first
        # while the other sends loses a request.
        timeout_keep_alive=130,
        server_header=False,
        # Whose word counts is TRUSTED_PROXIES' to say: see api/callers.py.
        proxy_headers=False,
    )
    # A start refused on purpose is told like any other expected error, not by uvicorn's trace.
    logging.getLogger("uvicorn.error").addFilter(lambda _: app.state.get("refused") is None)
    try:
        with suppress(KeyboardInterrupt):  # uvicorn has stopped in order by then
            uvicorn.Server(config).run(sockets=[listening])
    finally:
        if refused := app.state.get("refused"):
            raise refused


def _listen(settings: Settings) -> socket.socket:
    """Bind the socket or the port. Raises ConflictError when that cannot be."""
    if settings.socket_path is not None:
        return _listen_on_file(settings.socket_path)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        raise ConflictError(
            f"Cannot listen on {settings.host} port {settings.port}: {error.strerror}. Choose another PORT or HOSTNAME."
        ) from error
    logger.info("The page and the API are at http://{}:{}", settings.host, listening.getsockname()[1])
    return listening


def _listen_on_file(path: Path) -> socket.socket:
    """Bind the Unix socket, for this user and group only. What a process that was killed left behind is replaced."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.is_socket() and _is_abandoned(path):
            path.unlink()
        listening.bind(str(path))
        path.chmod(0o660)
        # At once, so that another process sees it in use; who connects before the start is done waits.
        listening.listen()
    except OSError as error:
        listening.close()
        why = error.strerror or error
        raise ConflictError(f"Cannot listen on {path}: {why}. Choose another SOCKET_PATH.") from error
    logger.info("The API is at the socket {}", path)
    return listening


def is_listened_to(path: Path) -> bool:
    """Return whether a process takes connections at the socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(str(path)) == 0


def _is_abandoned(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(str(path)) == errno.ECONNREFUSED


def _bound_allocator() -> None:
    """Keep glibc from holding on to what the chunks of a backup used.

    It makes an arena per thread and, once a 1 MiB chunk was freed, serves the next ones from there
    instead of mapping and unmapping them: memory that is never given back.
    """
    m_arena_max, m_mmap_threshold = -8, -3
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    # Other C libraries (musl) have no such call and no such arenas.
    if mallopt is not None:
        mallopt(m_arena_max, 2)
        mallopt(m_mmap_threshold, 128 * 1024)
