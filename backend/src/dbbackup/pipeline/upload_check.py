"""Reads an uploaded file once from end to end: what it is, whether it is whole, and how it hashes."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from dbbackup.core.age_keys import Identity
from dbbackup.core.content import HEAD, Content, content_of, refusal
from dbbackup.core.errors import RestoreError
from dbbackup.core.sizes import human_size
from dbbackup.engines.dump_facts import ArchiveScan, DumpFacts, Scan, scan_for
from dbbackup.engines.values import Command
from dbbackup.pipeline.gpg import GpgIdentities, decrypted
from dbbackup.pipeline.meter import Meter
from dbbackup.pipeline.process import Workshop
from dbbackup.pipeline.restore import feed
from dbbackup.pipeline.stream import Stream, Transform, closing, through
from dbbackup.pipeline.unpack import Limit, layers, names_of, outermost

_HEAD = 4096
"""Bytes in which a dump tool says what it is."""
_READ = 1 << 20


@dataclass(frozen=True, slots=True)
class Checked:
    """What a file turned out to be; sizes in bytes, hashes in hex, of the stored and of the plain bytes."""

    facts: DumpFacts
    encryption: str | None
    compression: str
    size: int
    sha256: str
    plain_size: int
    plain_sha256: str


ReaderFor = Callable[[DumpFacts], Command]
"""Returns the command that writes an archive from stdin out as text (`pg_restore --file=-`)."""


async def check_upload(
    stream: Stream,
    identities: Sequence[Identity],
    openpgp: GpgIdentities,
    most: int,
    reader_for: ReaderFor,
    workshop: Workshop,
) -> Checked:
    """Read a file to its end.

    `most` is how many bytes it may unpack to, and an archive's rows may be.

    Raises:
        RestoreError: it is of no kind that is taken, cut off, damaged, or too large unpacked; KeyMissingError: no
            private key opens it.
        StorageError: it cannot be read.
    """
    limit, plain, scanner = Limit(most), Meter(), _Scanner()
    stored = Meter(lambda size: setattr(limit, "stored", size))
    with ThreadPoolExecutor(1, thread_name_prefix="check") as executor:
        first_of_all, source = await outermost(through(stream, [stored], executor))
        is_openpgp = first_of_all is Content.OPENPGP
        if is_openpgp:
            source = decrypted(source, openpgp)
        outer, inner, innermost = layers(identities, decrypted=is_openpgp)
        transforms: list[Transform] = [outer, inner, innermost, limit, plain, scanner]
        async with closing(through(source, transforms, executor)) as archive:
            # text gives nothing: it has been read to its end then
            first = await anext(archive, None)
            if first is not None:
                await _read_archive(_joined(first, archive), reader_for(scanner.scan.facts()), most, workshop)
    encryption, compression = names_of([first_of_all if is_openpgp else None, outer.found, inner.found])
    return Checked(scanner.scan.facts(), encryption, compression, stored.size, stored.sha256, plain.size, plain.sha256)


def check_text(data: bytes) -> DumpFacts:
    """Do the same for plain text at hand. Raises RestoreError."""
    if content_of(data[:HEAD]) is not Content.TEXT:
        raise RestoreError(refusal(data[:HEAD]) or "This is no text, but a file: upload it.")
    scan = scan_for(Content.TEXT, data)
    deque(scan.update(data), maxlen=0)
    deque(scan.finish(), maxlen=0)
    return scan.facts()


class _Scanner:
    """Finds out what the dump is and reads it; only an archive comes out again, its table of contents known by then."""

    def __init__(self) -> None:
        self.scan: Scan = ArchiveScan()
        self._head = b""
        self._begun = False
        self._held: list[bytes] = []

    def update(self, chunk: bytes) -> Iterable[bytes]:
        """Take a chunk; give it when it is an archive's."""
        if not self._begun:
            self._head += chunk
            if len(self._head) < _HEAD:
                return ()
            chunk = self._begin()
        return self._read(chunk)

    def finish(self) -> Iterable[bytes]:
        """End the reading."""
        last = [] if self._begun else list(self._read(self._begin()))
        deque(self.scan.finish(), maxlen=0)
        last += self._held
        self._held = []
        return last

    def _begin(self) -> bytes:
        self._begun = True
        head, self._head = self._head, b""
        self.scan = scan_for(content_of(head), head)
        return head

    def _read(self, chunk: bytes) -> Iterable[bytes]:
        deque(self.scan.update(chunk), maxlen=0)
        if not isinstance(self.scan, ArchiveScan):
            return ()
        self._held.append(chunk)
        if not self.scan.known:
            return ()
        held, self._held = self._held, []
        return held


async def _joined(first: bytes, rest: Stream) -> Stream:
    yield first
    async for chunk in rest:
        yield chunk


async def _read_archive(stream: Stream, command: Command, most: int, workshop: Workshop) -> None:
    """Let pg_restore write the archive out as text, which is counted: its rows may be compressed once more."""
    read_fd, write_fd = os.pipe()
    counting = asyncio.ensure_future(asyncio.to_thread(_count, read_fd, most))
    try:
        code, tool = await feed(command, workshop, stream, None, stdout=write_fd)
    finally:
        os.close(write_fd)
        count = await asyncio.shield(counting)
    if count > most:
        raise RestoreError(
            f"Unpacked, the archive is larger than the {human_size(most)} allowed (setting "
            "restore.uploadMaxUnpackedMib)."
        )
    if code != 0:
        words = (tool.stderr_tail or [f"exit code {code}"])[-1]
        raise RestoreError(f"The archive cannot be read to its end, it is cut off or damaged: {words}")


def _count(fd: int, most: int) -> int:
    """Read to the end, or until it is too much; the writer meets a closed pipe then."""
    count = 0
    try:
        while count <= most and (data := os.read(fd, _READ)):
            count += len(data)
    finally:
        os.close(fd)
    return count
