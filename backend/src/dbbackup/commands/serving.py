"""Runs the whole program behind one socket, until it is told to stop."""

from __future__ import annotations

import errno
import logging
import resource
import socket
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import uvicorn
from loguru import logger

from dbbackup import logs, memory
from dbbackup.core.errors import ConflictError, ValidationError
from dbbackup.core.logbook import Logbook
from dbbackup.core.secret import Secret
from dbbackup.db.lock import CatalogueLock, lock_catalogue
from dbbackup.settings import Settings, load

_PROBE_SECONDS = 2.0


def serve() -> None:
    """Run everything: what `dbbackup serve` does."""
    logbook = Logbook()
    run(settings_of(logbook), logbook)


def work() -> None:
    """Run all but the page, on a socket: what `dbbackup worker` does."""
    logbook = Logbook()
    settings = settings_of(logbook)
    path = settings.socket_path or settings.worker_socket
    run(replace(settings, socket_path=path, static_dir=None), logbook)


def settings_of(logbook: Logbook | None = None, extra: tuple[Secret, ...] = ()) -> Settings:
    """Return the settings of the environment; the log is set up by them, and knows their secrets and the extra ones."""
    settings = load()
    secrets = [settings.encryption_key, settings.admin_password, *extra]
    secrets += [settings.oidc_client_secret, settings.ldap_bind_password, settings.audit_forward_token]
    secrets += settings.database_secrets
    if settings.s3:
        secrets += [settings.s3.access_key, settings.s3.secret_key]
    logs.configure(settings.log_level, settings.log_format, secrets, logbook)
    return settings


def run(settings: Settings, logbook: Logbook) -> None:
    """Run the program until SIGTERM or SIGINT."""
    memory.bound_allocator()
    # A crash must not leave the keys that are in memory on the disk; the tools inherit it.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with lock_catalogue(settings.catalogue) as lock:
        # Locked before anybody can connect: a command that finds no lock starts a program of its own.
        _serve(settings, logbook, lock)


def _serve(settings: Settings, logbook: Logbook, lock: CatalogueLock) -> None:
    # Before anything else: a port that is taken must end the start before runs are claimed.
    listening = _listen(settings)
    with memory.uncollected():
        from dbbackup.main import create_app

        app = create_app(settings, logbook, lock, ready=memory.settle)
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


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ValidationError.of(
            "SOCKET_PATH",
            f"The folder {path} of the socket cannot be made: {error.strerror}. Name another one (SOCKET_PATH).",
        ) from error


def _listen(settings: Settings) -> socket.socket:
    """Bind the socket or the port. Raises ConflictError when that cannot be."""
    if settings.socket_path is not None:
        if settings.socket_path == settings.worker_socket:
            _make_folder(settings.socket_path.parent)  # no file of a catalogue is in it where that lies on a server
        return _listen_on_file(settings.socket_path)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
        # At once: until then another process may take the port, and uvloop does not tell when it cannot listen any
        # more. Who connects before the start is done waits.
        listening.listen()
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
        listening.listen()  # at once, as above
    except OSError as error:
        listening.close()
        why = error.strerror or error
        raise ConflictError(f"Cannot listen on {path}: {why}. Choose another SOCKET_PATH.") from error
    logger.info("The API is at the socket {}", path)
    return listening


def is_listened_to(where: Path | tuple[str, int]) -> bool:
    """Return whether a process takes connections at the socket, or at the host and port."""
    if isinstance(where, Path):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            return probe.connect_ex(str(where)) == 0
    try:
        socket.create_connection(where, _PROBE_SECONDS).close()
    except OSError:
        return False
    return True


def _is_abandoned(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(str(path)) == errno.ECONNREFUSED
