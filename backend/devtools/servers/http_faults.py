"""Owns faults above the wire: an HTTP proxy that answers in place of the server, late, or not at all."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, Literal, Self

import aiohttp
from aiohttp import web
from yarl import URL

HttpFault = Literal["500", "503", "200 with an error", "slow", "answer lost"]
HTTP_FAULTS: tuple[HttpFault, ...] = ("500", "503", "200 with an error", "slow", "answer lost")

_SLOW = 1.0
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "proxy-authorization"}
_CHUNK = 256 * 1024
_ERROR = "<?xml version='1.0'?><Error><Code>{code}</Code><Message>On purpose.</Message></Error>"


class HttpFaultProxy:
    """A proxy on 127.0.0.1 in a thread of its own; requests pass unchanged unless a fault is in force.

    The Host header stays the client's, so that signatures made for this address hold behind it.
    """

    def __init__(self, target_host: str, target_port: int) -> None:
        self.host = "127.0.0.1"
        self.port = 0
        self.spoilt = 0
        self._target = f"http://{target_host}:{target_port}"
        self._fault: HttpFault | None = None
        self._left = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="http-faults", daemon=True)
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None

    @classmethod
    def start(cls, target_host: str, target_port: int) -> Self:
        """Start passing requests on to the target."""
        proxy = cls(target_host, target_port)
        proxy._thread.start()
        proxy._call(proxy._open())
        return proxy

    def spoil(self, fault: HttpFault, times: int) -> None:
        """Spoil the next so many requests."""

        async def change() -> None:
            self._fault, self._left = fault, times

        self._call(change())

    def heal(self) -> None:
        """Spoil nothing any more."""

        async def change() -> None:
            self._left = 0

        self._call(change())

    def stop(self) -> None:
        """Close everything and end the thread. May be called again."""
        if self._thread.is_alive():
            self._call(self._close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _open(self) -> None:
        application = web.Application(client_max_size=1 << 40)
        application.router.add_route("*", "/{path:.*}", self._handle)
        self._session = aiohttp.ClientSession(auto_decompress=False, timeout=aiohttp.ClientTimeout(total=None))
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, self.host, 0).start()
        self.port = self._runner.addresses[0][1]

    async def _close(self) -> None:
        assert self._runner is not None
        assert self._session is not None
        await self._runner.cleanup()
        await self._session.close()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        fault = self._take()
        if fault == "500":
            return await _answer(request, 500, "InternalError")
        if fault == "503":
            return await _answer(request, 503, "SlowDown")
        if fault == "200 with an error":
            return await _answer(request, 200, "InternalError")
        if fault == "slow":
            await asyncio.sleep(_SLOW)
        return await self._pass_on(request, lose_answer=fault == "answer lost")

    def _take(self) -> HttpFault | None:
        if not self._left:
            return None
        self._left -= 1
        self.spoilt += 1
        return self._fault

    async def _pass_on(self, request: web.Request, *, lose_answer: bool) -> web.StreamResponse:
        assert self._session is not None
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP}
        url = URL(self._target + request.raw_path, encoded=True)
        body = request.content if request.can_read_body else None
        skipped = ("User-Agent", "Accept-Encoding", "Content-Type", "Accept")
        try:
            async with self._session.request(
                request.method, url, headers=headers, data=body, skip_auto_headers=skipped, allow_redirects=False
            ) as found:
                if lose_answer:
                    await found.read()
                    return _hang_up(request)
                kept = {n: v for n, v in found.headers.items() if n.lower() not in _HOP_BY_HOP}
                answer = web.StreamResponse(status=found.status, headers=kept)
                await answer.prepare(request)
                async for chunk in found.content.iter_chunked(_CHUNK):
                    await answer.write(chunk)
                await answer.write_eof()
                return answer
        except (aiohttp.ClientError, ConnectionError):
            return _hang_up(request)

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)


async def _answer(request: web.Request, status: int, code: str) -> web.Response:
    await request.read()
    return web.Response(status=status, text=_ERROR.format(code=code), content_type="application/xml")


def _hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=502)
