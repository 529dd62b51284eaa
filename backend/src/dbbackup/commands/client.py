"""A small client of the API, and where it finds one."""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from litestar import Litestar

from dbbackup.commands.serving import is_listened_to
from dbbackup.core.crypto import Sealer
from dbbackup.core.errors import AppError, ConflictError, InternalError, NotFoundError
from dbbackup.db.lock import CatalogueLock, is_taken, lock_catalogue
from dbbackup.db.session import Catalogue
from dbbackup.services.bootstrap import open_sealer
from dbbackup.services.tokens import issue_for_command
from dbbackup.settings import Settings

_START_SECONDS = 60.0
_LOOK_SECONDS = 0.2


class RemoteError(AppError):
    """What the API refused; the message is its own."""


class Api:
    """Calls below /api and takes the envelope off."""

    def __init__(self, client: httpx.Client, where: str) -> None:
        self._client = client
        self._where = where

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Return `data` of the answer.

        Raises RemoteError with the API's own words, ConflictError when nobody answers.
        """
        wanted = {name: value for name, value in query.items() if value is not None}
        try:
            answer = self._client.request(method, f"/api{path}", json=body, params=wanted)
            return self._checked(answer)["data"]
        except (httpx.HTTPError, ValueError) as error:
            raise self._silent(error) from error

    def download(self, path: str, body: Any) -> bytes:
        """Return the file that a POST answers with. Raises as `call`."""
        try:
            answer = self._client.request("POST", f"/api{path}", json=body)
            if not answer.is_success:
                self._checked(answer)
        except (httpx.HTTPError, ValueError) as error:
            raise self._silent(error) from error
        return answer.content

    def _checked(self, answer: httpx.Response) -> Any:
        content = answer.json()
        if not content.get("success"):
            fault = content.get("error") or {}
            raise RemoteError(str(fault.get("message", f"{self._where} answered {answer.status_code}.")))
        return content

    def _silent(self, error: Exception) -> ConflictError:
        return ConflictError(
            f"{self._where} does not answer as this program does ({error}). Start it, or set DBBACKUP_URL to its"
            " address."
        )

    def named(self, path: str, name: str, kind: str) -> dict[str, Any]:
        """Return the record of a list that has this name or id. Raises NotFoundError naming those there are."""
        records: list[dict[str, Any]] = self.call("GET", path)
        for record in records:
            if name in (record["id"], record["name"]):
                return record
        there = ", ".join(sorted(str(record["name"]) for record in records)) or "none"
        raise NotFoundError(f"There is no {kind} {name!r}. There is: {there}.")


@contextmanager
def connected(load: Callable[[], Settings]) -> Iterator[Api]:
    """Yield a client: of DBBACKUP_URL, of the program that runs on this catalogue, or of one started for now.

    DBBACKUP_TOKEN is sent as a bearer token; beside the catalogue none is needed.

    Raises:
        ConflictError: the program runs and cannot be reached, or another command is at work for long.
    """
    if url := os.environ.get("DBBACKUP_URL"):
        with _client(url, _given_token) as client:
            yield Api(client, url)
        return
    settings = load()
    with ExitStack() as stack:
        path, where = _way(settings, stack)
        yield Api(stack.enter_context(_client(where, _own_token(settings), path)), where)


class _Bearer(httpx.Auth):
    """Sends a token with each request, made anew each time: one for a command lives for a minute."""

    def __init__(self, token: Callable[[], str]) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if token := self._token():
            request.headers["Authorization"] = f"Bearer {token}"
        yield request


def _client(url: str, token: Callable[[], str], socket_path: Path | None = None) -> httpx.Client:
    transport = httpx.HTTPTransport(uds=str(socket_path)) if socket_path else None
    address = "http://localhost" if socket_path else url.rstrip("/")
    return httpx.Client(base_url=address, auth=_Bearer(token), transport=transport, timeout=60.0, trust_env=False)


def _given_token() -> str:
    return os.environ.get("DBBACKUP_TOKEN", "")


def _own_token(settings: Settings) -> Callable[[], str]:
    """Return what makes tokens of one who has the key and the catalogue, unless another one is given."""
    if given := _given_token():
        return lambda: given

    async def sealer() -> Sealer:
        catalogue = Catalogue(settings.catalogue, beside=True)
        try:
            return await open_sealer(catalogue, settings)
        finally:
            await catalogue.close()

    opened = asyncio.run(sealer())
    return lambda: issue_for_command(opened)


def _way(settings: Settings, stack: ExitStack) -> tuple[Path | None, str]:
    """Return the socket of the program that runs on the catalogue (None: it is at its port), and what to call it.

    When none runs, one is started and ends with the stack. One that starts or stops is waited for, and so is another
    command that began one for itself.

    Raises:
        ConflictError: there is still no way in.
    """
    ways = [settings.socket_path] if settings.socket_path else [settings.worker_socket, None]
    address = f"http://{settings.host}:{settings.port}"
    deadline = time.monotonic() + _START_SECONDS
    while (lock := _lock(settings)) is None:
        for path in ways:
            if is_listened_to(path or (settings.host, settings.port)):
                return path, f"The socket {path}" if path else address
        if time.monotonic() > deadline:
            raise ConflictError(
                f"Another process works on this catalogue, and nobody answers at {ways[0] or address}. When it is"
                " another command, wait for its end; else name the program's PORT or SOCKET_PATH, or set DBBACKUP_URL"
                " to its address."
            )
        time.sleep(_LOOK_SECONDS)
    stack.push(lock)
    return stack.enter_context(_served(settings, lock)), "The program started for this command"


def _lock(settings: Settings) -> CatalogueLock | None:
    if is_taken(settings.catalogue):
        return None
    try:
        return lock_catalogue(settings.catalogue).__enter__()
    except ConflictError:  # another process was faster
        return None


@contextmanager
def _served(settings: Settings, lock: CatalogueLock) -> Iterator[Path]:
    """Run the whole program in a thread, on a socket that only this user can reach; yield the socket's path."""
    from dbbackup.main import create_app

    with tempfile.TemporaryDirectory(prefix="dbbackup-") as folder:
        path = Path(folder) / "api.sock"
        app = create_app(replace(settings, socket_path=path, static_dir=None), lock=lock)
        config = uvicorn.Config(
            app,
            uds=str(path),
            loop="uvloop",
            log_config=None,
            access_log=False,
            lifespan="on",
            timeout_graceful_shutdown=5,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, name="program", daemon=True)
        thread.start()
        try:
            _wait_until_started(server, thread, app)
            yield path
        finally:
            server.should_exit = True
            thread.join(settings.stop_grace + _START_SECONDS)


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread, app: Litestar) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            refused = app.state.get("refused")
            raise refused or InternalError("The program did not start. Its log says why.")
        time.sleep(0.02)
