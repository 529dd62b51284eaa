"""Starts the product itself as a child process, the way `dbbackup serve` runs it."""

from __future__ import annotations

import atexit
import os
import secrets
import signal
import ssl
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx

from dbbackup.core.catalogue_url import CatalogueUrl
from devtools import catalogue_server
from devtools.servers.children import Child, ServerStartError, spawn
from devtools.servers.clients import client_dirs
from devtools.servers.ports import free_port

_BACKEND = Path(__file__).resolve().parents[1]
_START_PATIENCE = 180.0
_LIVE = "it lives"
# Trusts nobody, which plain http never asks for: reading the authorities' certificates takes 30 ms a client.
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
DIST = _BACKEND.parent / "frontend" / "dist"
SERVE = (sys.executable, "-m", "dbbackup", "serve")


class ApiError(RuntimeError):
    """The API answered with an error; `code` and `details` are its own."""

    def __init__(self, status: int, error: dict[str, Any]) -> None:
        super().__init__(f"{status} {error['code']}: {error['message']}")
        self.status = status
        self.code: str = error["code"]
        self.message: str = error["message"]
        self.details: list[dict[str, str]] = error["details"]


@dataclass
class Product:
    """A running product on a free loopback port; its data stays in `home` over restarts."""

    home: Path
    port: int
    environment: dict[str, str]
    _child: Child = field(repr=False)
    _headers: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def start(
        cls,
        home: Path,
        *,
        port: int | None = None,
        serve_page: bool = False,
        extra: Mapping[str, str] | None = None,
        command: Sequence[str] = SERVE,
    ) -> Self:
        """Start on the data in `home` and wait until it is ready. Raises ServerStartError with its log.

        Without sign-in, unless `extra` says `AUTH_MODE=local`; then `sign_in` comes before `call`.
        `command` may wrap the program: it must become it by exec, or be it.
        """
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        port = port or free_port()
        environment = {
            "ENCRYPTION_KEY": _lasting_key(home),
            "BACKUP_STORAGE_PATH": str(home / "backups"),
            "DATABASE_PATH": str(home / "db" / "app.db"),
            **catalogue_server.environment(home / "db" / "app.db"),
            "PORT": str(port),
            "HOSTNAME": "127.0.0.1",
            "AUTH_MODE": "none",
            "CLIENT_PATH": ":".join(str(folder) for folder in client_dirs()),
            **({"STATIC_PATH": str(DIST)} if serve_page else {}),
            **(extra or {}),
        }
        product = cls(home, port, environment, _launch(command, home, port, environment))
        atexit.register(product.stop)
        return product

    @property
    def url(self) -> str:
        """The address of the page and of the API."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def catalogue(self) -> Path | CatalogueUrl:
        """Where its catalogue lies."""
        url = self.environment.get("DATABASE_URL")
        return CatalogueUrl.parse(url) if url else Path(self.environment["DATABASE_PATH"])

    @property
    def pid(self) -> int:
        """The process id of the API process."""
        return self._child.pid

    @property
    def running(self) -> bool:
        """Tell whether the API process lives."""
        return self._child.running

    @property
    def log(self) -> str:
        """What the product has logged so far."""
        return self._child.log.read_text(errors="replace")

    def call(self, method: str, path: str, body: Any = None, **params: Any) -> Any:
        """Call the API and return `data`. Raises ApiError for an error answer."""
        with httpx.Client(base_url=self.url, timeout=60.0, trust_env=False, verify=_NO_TLS) as client:
            answer = client.request(method, f"/api{path}", json=body, params=params or None, headers=self._headers)
        content = answer.json()
        if not content["success"]:
            raise ApiError(answer.status_code, content["error"])
        return content["data"]

    def sign_in(self, username: str, password: str) -> None:
        """Call as this user from now on, for as long as an access token is good: a quarter of an hour."""
        tokens = self.call("POST", "/auth/token", {"username": username, "password": password})
        self._headers = {"Authorization": f"Bearer {tokens['accessToken']}"}

    def kill(self) -> None:
        """SIGKILL the API process, as a crash would; its children are left to the kernel."""
        self._child.stop(signal.SIGKILL)

    def terminate(self) -> None:
        """Send SIGTERM and return at once."""
        os.kill(self.pid, signal.SIGTERM)

    def stop(self, patience: float = 30.0) -> None:
        """Stop in order (SIGTERM). May be called again."""
        self._child.stop(signal.SIGTERM, patience)
        atexit.unregister(self.stop)

    def restart(self, *, command: Sequence[str] = SERVE, extra: Mapping[str, str] | None = None) -> None:
        """Start again on the same port and data, `extra` added to the environment this time."""
        self.stop()
        self._child = _launch(command, self.home, self.port, {**self.environment, **(extra or {})})
        atexit.register(self.stop)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _launch(command: Sequence[str], home: Path, port: int, environment: dict[str, str]) -> Child:
    # Not measured: that would double the time of every start, and tests within pytest reach the same lines.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    child = spawn(
        command,
        log=home / "product.log",
        cwd=_BACKEND,
        env={**inherited, **environment},
        death_signal="TERM",
    )
    looked = ["never"]
    try:
        child.wait_until(lambda: _is_live(port, looked), _START_PATIENCE, "The product")
    except ServerStartError as error:
        raise ServerStartError(f"{error}\nWhat the last look at it found: {looked[-1]}") from None
    finally:
        if looked[-1] != _LIVE:
            child.kill()
    return child


def _is_live(port: int, looked: list[str]) -> bool:
    try:
        url = f"http://127.0.0.1:{port}/api/health/live"
        answer = httpx.get(url, timeout=1.0, trust_env=False, verify=_NO_TLS)
        looked[-1] = _LIVE if answer.is_success else f"{answer.status_code} {answer.text}"
    except httpx.TransportError as error:
        looked[-1] = repr(error)
    return looked[-1] == _LIVE


def _lasting_key(home: Path) -> str:
    path = home / "encryption.key"
    if not path.exists():
        path.touch(0o600)
        path.write_text(secrets.token_urlsafe(32))
    return path.read_text()
