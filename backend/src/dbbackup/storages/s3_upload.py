"""Turns a stream into parts, sends them in parallel, and commits or undoes the object."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from loguru import logger

from dbbackup.core.errors import AppError, S3UnreachableError, StorageError
from dbbackup.storages.base import StoredObject, Stream, WriteOptions
from dbbackup.storages.offload import finish, in_thread
from dbbackup.storages.s3_budget import Lease
from dbbackup.storages.s3_client import S3Client
from dbbackup.storages.s3_object import S3Object
from dbbackup.storages.s3_parts import MemoryPart, Part, SpooledPart, Sums
from dbbackup.storages.s3_plan import MEMORY_PART, part_size, plan_part_size

T = TypeVar("T")

PARALLEL = 4
"""Parts of one upload on the wire at once."""
PARALLEL_SPOOLED = 2
"""The same for parts in files, which may be gigabytes."""


class S3Upload:
    """One `write`: used once.

    `key` is what the caller calls the object, `full_key` what the bucket does. `spool` is the
    folder for parts that find no memory. `seconds` returns how long one part may take.
    """

    def __init__(
        self,
        client: S3Client,
        lease: Lease,
        spool: Path,
        key: str,
        full_key: str,
        options: WriteOptions,
        seconds: Callable[[], float],
    ) -> None:
        self._client = client
        self._seconds = seconds
        self._lease = lease
        self._spool = spool
        self._key = key
        self._options = options
        self._object = S3Object(client, full_key, options)
        self._profile = client.settings.profile()
        self._base = plan_part_size(
            options.expected_size, self._profile.max_parts, equal_parts=self._profile.equal_parts
        )
        self._rest = memoryview(b"")
        self._whole = 0
        self._size = 0
        self._sent = 0
        self._open: set[Part] = set()
        self._running: set[asyncio.Task[None]] = set()
        self._failed: list[BaseException] = []

    async def run(self, stream: Stream) -> StoredObject:
        """Store the stream; on any error, and on cancellation, take back what was begun."""
        grace = self._client.patience.answer
        try:
            number = 1
            part, sums, last = await self._fill(stream, number)
            if last:
                # Cancelled in here, the answer is awaited all the same: only then is it known what to undo.
                return await finish(self._put(part, sums), grace)
            await finish(self._object.create(), grace)
            self._start(number, part, sums)
            while not last:
                number += 1
                part, sums, last = await self._fill(stream, number)
                self._start(number, part, sums)
            while self._running:
                await self._wait_for_one()
            return await finish(self._complete(), grace)
        except BaseException:
            await finish(self._undo())
            raise
        finally:
            for part in self._open:
                part.close()

    async def _fill(self, stream: Stream, number: int) -> tuple[Part, Sums, bool]:
        """Return the next part, sealed, and whether it is the last one."""
        profile = self._profile
        size = part_size(number, self._base, profile.max_parts, equal_parts=profile.equal_parts)
        part = await self._new_part(size)
        self._open.add(part)
        while part.size < size and await self._pull(stream):
            room = size - part.size
            piece, self._rest = self._rest[:room], self._rest[room:]
            await self._spooling(part.append(piece))
        sums = await self._spooling(part.seal(self._whole, profile.checksum))
        self._whole = sums.whole
        self._size += part.size
        return part, sums, part.size < size or not await self._pull(stream)

    async def _pull(self, stream: Stream) -> bool:
        """Have bytes of the stream at hand; False when it ended. Raises what a sent part failed with."""
        while not self._rest:
            self._raise_failure()
            try:
                self._rest = memoryview(await anext(stream))
            except StopAsyncIteration:
                return False
        return True

    async def _new_part(self, size: int) -> Part:
        """Return an empty part: in memory if there is some, else in a file.

        Waits only for parts of this very upload, see PartBudget.
        """
        spooled = size > MEMORY_PART
        while True:
            if len(self._running) < (PARALLEL_SPOOLED if spooled else PARALLEL):
                if not spooled and self._lease.take(size):
                    return MemoryPart(partial(self._lease.give_back, size))
                if spooled or not self._running:
                    return await self._spooling(in_thread(SpooledPart, self._spool))
            await self._wait_for_one()

    async def _spooling(self, work: Awaitable[T]) -> T:
        """Await work on a part; a full or broken work folder becomes a StorageError."""
        try:
            return await work
        except OSError as error:
            raise StorageError(
                f"Parts for {self._client.settings.host} cannot be kept in {self._spool}: {error.strerror}. "
                "Make room there or choose another work folder."
            ) from error

    def _start(self, number: int, part: Part, sums: Sums) -> None:
        """Send the part in the background."""
        task = asyncio.create_task(self._send(number, part, sums))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _send(self, number: int, part: Part, sums: Sums) -> None:
        """Send the part and free it; an error is kept for the task that reads the stream."""
        try:
            await self._in_time(self._object.send_part(number, part, sums), f"part {number} of {self._key}")
            self._report(part.size)
        except Exception as error:  # noqa: BLE001 - raised again by _raise_failure
            self._failed.append(error)
        finally:
            self._open.discard(part)
            part.close()

    async def _in_time(self, sending: Awaitable[T], what: str) -> T:
        """Await what is sent; a part that never arrives, however often it is tried, ends the upload."""
        seconds = self._seconds()
        try:
            async with asyncio.timeout(seconds):
                return await sending
        except TimeoutError as error:
            raise S3UnreachableError(
                f"Uploading {what} to {self._client.settings.host} took longer than {seconds:.0f} s. Check the "
                "network, or allow more time (the setting s3.uploadTimeout)."
            ) from error

    async def _wait_for_one(self) -> None:
        await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
        self._raise_failure()

    def _raise_failure(self) -> None:
        if self._failed:
            raise self._failed[0]

    def _report(self, size: int) -> None:
        self._sent += size
        if self._options.on_progress:
            self._options.on_progress(self._sent)

    async def _put(self, part: Part, sums: Sums) -> StoredObject:
        answer = await self._in_time(self._object.put(part, sums), self._key)
        stored = await self._object.confirm(answer, self._size, self._whole, self._key)
        self._report(part.size)
        return stored

    async def _complete(self) -> StoredObject:
        answer = await self._object.complete(self._whole)
        stored = await self._object.confirm(answer, self._size, self._whole, self._key)
        try:
            await self._object.tidy()
        except AppError as error:
            logger.warning("An open upload of {} may be left: {}", self._key, error.message)
        return stored

    async def _undo(self) -> None:
        """Stop the parts on the wire, then undo; what fails here is left to `discard`."""
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running)
        try:
            async with asyncio.timeout(self._client.patience.answer):
                await self._object.undo()
        except (AppError, TimeoutError) as error:
            logger.warning("What was begun of {} could not be undone yet: {}", self._key, error)
