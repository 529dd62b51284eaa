"""Owns how one proxied connection carries bytes under the faults in force; never more than about 1 MiB held."""

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass, field
from typing import Literal

Direction = Literal["to_target", "to_client"]

_CHUNK = 64 * 1024
_QUEUED_CHUNKS = 16
_TICK = 0.02  # how soon a change of latency or rate reaches data that is already waiting

_Queue = asyncio.Queue[tuple[float, bytes]]


class CutError(Exception):
    """The connection reached the byte at which it is to be cut."""


@dataclass
class Cut:
    """After how many bytes a connection is cut, and how many connections still are (None: every one)."""

    limits: dict[Direction, int]
    times: int | None


@dataclass
class Wire:
    """The faults in force and the counters, shared by all connections of one proxy."""

    latency: float = 0.0
    rate: float | None = None
    cut: Cut | None = None
    flowing: asyncio.Event = field(default_factory=asyncio.Event)
    accepted: int = 0
    passed: dict[Direction, int] = field(default_factory=lambda: {"to_target": 0, "to_client": 0})
    _free_at: dict[Direction, float] = field(default_factory=lambda: {"to_target": 0.0, "to_client": 0.0})

    def __post_init__(self) -> None:
        self.flowing.set()

    def heal(self) -> None:
        """Take all faults back; the counters stay."""
        self.latency, self.rate, self.cut = 0.0, None, None
        self.flowing.set()

    async def pace(self, direction: Direction, size: int) -> None:
        """Wait until `size` more bytes are within the rate."""
        now = asyncio.get_running_loop().time
        while self.rate is not None and (wait := self._free_at[direction] - now()) > 0:
            await asyncio.sleep(min(wait, _TICK))
        if self.rate is not None:
            self._free_at[direction] = max(now(), self._free_at[direction]) + size / self.rate

    def piece_size(self) -> int:
        """Return how many bytes to hand on at once, so that a slow rate is smooth."""
        return _CHUNK if self.rate is None else max(1, min(_CHUNK, int(self.rate * _TICK)))


@dataclass
class _Meter:
    """What one direction of one connection has passed since the present cut was ordered."""

    cut: Cut | None = None
    passed: int = 0

    def left(self, cut: Cut | None, direction: Direction) -> int | None:
        """Return how many bytes may still pass, or None for any number."""
        if cut is not self.cut:
            self.cut, self.passed = cut, 0
        if cut is None or direction not in cut.limits or cut.times == 0:
            return None
        return max(0, cut.limits[direction] - self.passed)


async def carry(
    wire: Wire, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: tuple[str, int]
) -> None:
    """Carry one accepted connection to its end; it ends with a reset unless both sides closed in order."""
    wire.accepted += 1
    writers = [writer]
    orderly = False
    try:
        target_reader, target_writer = await asyncio.open_connection(*target)
        writers.append(target_writer)
        for each in writers:
            each.transport.set_write_buffer_limits(high=0)  # drain() then means: the kernel has it
        async with asyncio.TaskGroup() as pumps:
            pumps.create_task(_pump(wire, "to_target", reader, target_writer))
            pumps.create_task(_pump(wire, "to_client", target_reader, writer))
        orderly = True
    except* (OSError, CutError):
        pass
    finally:
        for each in writers:
            each.close() if orderly else _reset(each)


async def _pump(wire: Wire, direction: Direction, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    queue: _Queue = asyncio.Queue(_QUEUED_CHUNKS)
    async with asyncio.TaskGroup() as both:
        both.create_task(_receive(reader, queue))
        both.create_task(_deliver(wire, direction, queue, writer))


async def _receive(reader: asyncio.StreamReader, queue: _Queue) -> None:
    now = asyncio.get_running_loop().time
    while data := await reader.read(_CHUNK):
        await queue.put((now(), data))
    await queue.put((now(), b""))


async def _deliver(wire: Wire, direction: Direction, queue: _Queue, writer: asyncio.StreamWriter) -> None:
    now = asyncio.get_running_loop().time
    meter = _Meter()
    while True:
        arrived, data = await queue.get()
        while (wait := arrived + wire.latency - now()) > 0:
            await asyncio.sleep(min(wait, _TICK))
        await wire.flowing.wait()
        if not data:
            writer.write_eof()
            return
        while data:
            size = wire.piece_size()
            await _hand_on(wire, direction, data[:size], writer, meter)
            data = data[size:]


async def _hand_on(wire: Wire, direction: Direction, piece: bytes, writer: asyncio.StreamWriter, meter: _Meter) -> None:
    await wire.pace(direction, len(piece))
    await wire.flowing.wait()
    left = meter.left(wire.cut, direction)
    allowed = piece if left is None else piece[:left]
    writer.write(allowed)
    await writer.drain()
    meter.passed += len(allowed)
    wire.passed[direction] += len(allowed)
    if left is not None and left <= len(piece):
        if meter.cut is not None and meter.cut.times is not None:
            meter.cut.times -= 1
        raise CutError


def _reset(writer: asyncio.StreamWriter) -> None:
    # Linger of zero makes the close a reset (RST): the peer sees a broken connection, not an end of data.
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
