"""Owns the faults on the wire: a TCP proxy whose behaviour a test changes while data flows."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Self

from devtools.servers.ports import free_port
from devtools.servers.wire import Cut, Direction, Wire, carry


class FaultProxy:
    """A proxy on 127.0.0.1 in a thread of its own. Faults add up, act at once, and last until `heal`.

    Every method may be called from any thread; it returns when the change is in force. `target` may be
    assigned to as well: the next connections go there.
    """

    def __init__(self, target_host: str, target_port: int) -> None:
        self.host = "127.0.0.1"
        self.port = free_port()
        self.target = (target_host, target_port)
        # Not new_event_loop: that may be uvloop, whose sockets cannot be told to reset.
        self._loop = asyncio.SelectorEventLoop()
        self._wire = Wire()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy", daemon=True)

    @classmethod
    def start(cls, target_host: str, target_port: int) -> Self:
        """Start passing connections on to the target, without any fault."""
        proxy = cls(target_host, target_port)
        proxy._thread.start()
        proxy._call(proxy._listen())
        return proxy

    @property
    def connections(self) -> int:
        """How many connections were accepted since the start."""
        return self._wire.accepted

    @property
    def open_connections(self) -> int:
        """How many connections are open now."""
        return len(self._tasks)

    def bytes_passed(self, direction: Direction) -> int:
        """How many bytes were handed on in this direction since the start, over all connections."""
        return self._wire.passed[direction]

    def set_latency(self, seconds: float) -> None:
        """Deliver everything this much later, each direction; the order and the rate stay."""
        self._change(lambda: setattr(self._wire, "latency", seconds))

    def set_rate(self, bytes_per_second: float | None) -> None:
        """Bound each direction, over all connections together; None lifts the bound."""
        self._change(lambda: setattr(self._wire, "rate", bytes_per_second))

    def cut_after(
        self, *, to_target: int | None = None, to_client: int | None = None, times: int | None = None
    ) -> None:
        """Reset a connection once it has passed exactly so many bytes from now on in a direction.

        With `times` only so many connections are cut and the later ones pass; without, every one is.
        """
        limits: dict[Direction, int] = {}
        if to_target is not None:
            limits["to_target"] = to_target
        if to_client is not None:
            limits["to_client"] = to_client
        self._change(lambda: setattr(self._wire, "cut", Cut(limits, times)))

    def stall(self) -> None:
        """Hand on nothing, close nothing: both sides see a silent peer, and their buffers fill."""
        self._change(self._wire.flowing.clear)

    def refuse(self, *, drop_open: bool = True) -> None:
        """Refuse new connections (the port is closed), and reset the open ones unless told not to."""
        self._call(self._refuse(drop_open=drop_open))

    def drop(self) -> None:
        """Reset the connections open now; new ones pass."""
        self._call(self._drop())

    def heal(self) -> None:
        """Take every fault back: listen again, and deliver what a stall held up."""
        self._call(self._heal())

    def stop(self) -> None:
        """Reset all connections, close the port and end the thread. May be called again."""
        if self._thread.is_alive():
            self._call(self._refuse(drop_open=True))
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, self.host, self.port)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            # Cancelled means cut: asyncio's own callback on this task would log it as a fault.
            with contextlib.suppress(asyncio.CancelledError):
                await carry(self._wire, reader, writer, self.target)
        finally:
            self._tasks.discard(task)

    async def _refuse(self, *, drop_open: bool) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        if drop_open:
            await self._drop()

    async def _drop(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _heal(self) -> None:
        self._wire.heal()
        await self._listen()

    def _change(self, change: Callable[[], None]) -> None:
        async def apply() -> None:
            change()

        self._call(apply())

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)
