"""The whole product in this process: the real app under uvicorn in a thread, driven over HTTP and WebSockets."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, Self, TypeVar

import uvicorn

from dbbackup.core.secret import Secret
from dbbackup.main import create_app
from dbbackup.services.context import Context
from dbbackup.settings import Settings
from devtools.servers import client_dirs
from tests.api.http_api import HttpApi
from tests.catalogue import make_catalogue, rows, url_for

KEY = "0123456789abcdef0123456789abcdef"
_PATIENCE = 90.0
T = TypeVar("T")


def make_settings(home: Path, **changes: Any) -> Settings:
    """Return settings whose data lies below `home`."""
    settings = Settings(
        encryption_key=Secret(KEY),
        storage_path=home / "backups",
        database_path=home / "db" / "app.db",
        database_url=url_for(home / "db" / "app.db"),
        client_dirs=tuple(client_dirs()),
        stop_grace=5.0,
        auth_mode="none",
    )
    return replace(settings, **changes)


class _Server(uvicorn.Server):
    """Tells which event loop it runs on."""

    loop: asyncio.AbstractEventLoop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        await super().startup(sockets)


class RunningApp:
    """A started app; use it as a context manager, or call `stop`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.app = create_app(settings)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            self.app,
            loop="uvloop",
            log_config=None,
            access_log=False,
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            proxy_headers=False,
            lifespan="on",
            timeout_graceful_shutdown=2,
            timeout_keep_alive=130,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._serve, name="app", daemon=True)
        self.api = HttpApi(f"http://{self.host}")
        self.secrets: set[str] = set()
        """What no answer may hold."""

    @classmethod
    def start(cls, home: Path, **changes: Any) -> Self:
        """Start on the data in `home` and return when it answers."""
        settings = make_settings(home, **changes)
        if "database_url" not in changes:
            make_catalogue(settings.database_path)
        running = cls(settings)
        running._thread.start()
        deadline = time.monotonic() + _PATIENCE
        while not running._server.started:
            if not running._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the app did not start")
            time.sleep(0.01)
        return running

    @property
    def ctx(self) -> Context:
        """The wiring of the running app."""
        ctx: Context = self.app.state.context
        return ctx

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the app's own event loop and return its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._server.loop).result(60)

    def wake(self) -> None:
        """Let the worker look again at the queue and at what is to be cleared away, as changes over the API do."""
        for event in (self.ctx.runtime.wake, self.ctx.runtime.sweep):
            self._server.loop.call_soon_threadsafe(event.set)

    def rows(self, query: str, *arguments: Any) -> list[Any]:
        """Return the rows of a query on the catalogue: for what the API does not show."""
        return rows(self.settings.catalogue, query, *arguments)

    def execute(self, statement: str, *arguments: Any) -> None:
        """Change the catalogue behind the product's back: time that a test cannot wait for, say."""
        rows(self.settings.catalogue, statement, *arguments)

    def stop(self) -> None:
        """Stop in order. May be called again."""
        self._server.should_exit = True
        self._thread.join(_PATIENCE)
        self.api.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _serve(self) -> None:
        self._server.run(sockets=[self._socket])
