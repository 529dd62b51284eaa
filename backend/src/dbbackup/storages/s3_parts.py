"""The bytes of one part, in memory or in a file, and the body that carries them over HTTP."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from isal import isal_zlib

from dbbackup.storages.offload import in_thread
from dbbackup.storages.s3_settings import Checksum

SEND_SIZE = 256 << 10
"""Bytes handed to the socket at once: whole parts stall the loop, which copies what is left over."""
_SMALL = 64 << 10


@dataclass(slots=True)
class Sums:
    """Checksums of one part; `crc32` also of the whole stream so far, which the caller carries on."""

    crc32: int = 0
    whole: int = 0
    md5: str = ""

    @property
    def crc32_base64(self) -> str:
        """Return the CRC32 as S3 writes it."""
        return crc32_base64(self.crc32)


def crc32_base64(value: int) -> str:
    """Return a CRC32 as S3 writes it: four bytes, big-endian, base64."""
    return base64.b64encode(value.to_bytes(4, "big")).decode()


class Part(Protocol):
    """A part being filled, then sealed, then sent as often as needed, then closed."""

    size: int

    async def append(self, data: memoryview) -> None:
        """Add bytes; raises OSError."""
        ...

    async def seal(self, whole: int, checksum: Checksum) -> Sums:
        """Return the part's checksums; `whole` is the CRC32 of everything before it."""
        ...

    def pieces(self) -> AsyncIterator[memoryview]:
        """Yield the part's bytes from its beginning, in pieces of at most 256 KiB."""
        ...

    def close(self) -> None:
        """Give back memory or disk space."""
        ...


class MemoryPart:
    """Keeps the stream's own chunks, uncopied; very small ones are joined."""

    def __init__(self, give_back: Callable[[], None]) -> None:
        self.size = 0
        self._chunks: list[memoryview] = []
        self._small = bytearray()
        self._give_back = give_back

    async def append(self, data: memoryview) -> None:
        """Add bytes."""
        self.size += len(data)
        if len(data) < _SMALL:
            self._small += data
            if len(self._small) < SEND_SIZE:
                return
            data = memoryview(b"")
        self._join_small()
        if data:
            self._chunks.append(data)

    async def seal(self, whole: int, checksum: Checksum) -> Sums:
        """Return the part's checksums."""
        self._join_small()
        return await in_thread(_sum, self._chunks, whole, checksum)

    async def pieces(self) -> AsyncIterator[memoryview]:
        """Yield the part's bytes."""
        for chunk in self._chunks:
            for start in range(0, len(chunk), SEND_SIZE):
                yield chunk[start : start + SEND_SIZE]

    def close(self) -> None:
        """Give the memory back to the budget."""
        self._chunks.clear()
        self._give_back()

    def _join_small(self) -> None:
        if self._small:
            self._chunks.append(memoryview(self._small))
            self._small = bytearray()


class SpooledPart:
    """Keeps the bytes in a file that has no name, so that nothing is left whatever happens."""

    def __init__(self, folder: Path) -> None:
        self.size = 0
        self._file = tempfile.TemporaryFile(dir=folder, prefix="part-", buffering=0)  # noqa: SIM115 - closed by close()

    async def append(self, data: memoryview) -> None:
        """Add bytes to the file."""
        await in_thread(_write_all, self._file.fileno(), data)
        self.size += len(data)

    async def seal(self, whole: int, checksum: Checksum) -> Sums:
        """Return the part's checksums, read back from the file: what is sent is what was summed."""
        return await in_thread(_sum, self._blocks(), whole, checksum)

    async def pieces(self) -> AsyncIterator[memoryview]:
        """Yield the part's bytes, read in a thread."""
        for position in range(0, self.size, SEND_SIZE):
            yield memoryview(await in_thread(os.pread, self._file.fileno(), SEND_SIZE, position))

    def close(self) -> None:
        """Close the file, which frees its space."""
        self._file.close()

    def _blocks(self) -> Iterator[bytes]:
        for position in range(0, self.size, SEND_SIZE):
            yield os.pread(self._file.fileno(), SEND_SIZE, position)


class PartBody:
    """A part as botocore and aiohttp want a body: sized, seekable, iterable; `sent` tells how far it got.

    botocore asks only whether `read` exists; aiohttp iterates, waiting for the socket between pieces.
    """

    def __init__(self, part: Part) -> None:
        self._part = part
        self.sent = 0

    def __len__(self) -> int:
        return self._part.size

    def read(self, size: int = -1) -> bytes:
        """Refuse: whoever reads a body whole would hold it twice."""
        raise io.UnsupportedOperation("a part is iterated, not read")

    async def __aiter__(self) -> AsyncIterator[memoryview]:
        self.sent = 0
        async for piece in self._part.pieces():
            yield piece
            self.sent += len(piece)


def _sum(blocks: Iterable[memoryview | bytes], whole: int, checksum: Checksum) -> Sums:
    """Return the checksums of the blocks; MD5, the slow one, only where the service wants it."""
    sums, md5 = Sums(whole=whole), hashlib.md5(usedforsecurity=False)
    for block in blocks:
        sums.crc32 = isal_zlib.crc32(block, sums.crc32)
        sums.whole = isal_zlib.crc32(block, sums.whole)
        if checksum == "md5":
            md5.update(block)
    sums.md5 = base64.b64encode(md5.digest()).decode()
    return sums


def _write_all(fd: int, data: memoryview) -> None:
    while data:
        data = data[os.write(fd, data) :]
