"""One restore: read, verify, decompress, feed the tool; the way of a backup walked back."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbbackup.core.age_keys import Identity
from dbbackup.core.errors import AppError, KeyMissingError, RestoreError
from dbbackup.core.manifest import Manifest, PartFacts
from dbbackup.engines.base import Engine
from dbbackup.engines.modes import RestoreMode, restore_mode, restores_parts
from dbbackup.engines.values import Command, Connection, ToolInfo
from dbbackup.pipeline.compress import decompressor
from dbbackup.pipeline.encrypt import decryptor
from dbbackup.pipeline.gpg import NAME as OPENPGP
from dbbackup.pipeline.gpg import GpgIdentities, decrypted
from dbbackup.pipeline.inlet import Inlet, pour
from dbbackup.pipeline.meter import Verifier
from dbbackup.pipeline.process import LineCallback, Process, Workshop, big_pipe
from dbbackup.pipeline.report import Report
from dbbackup.pipeline.stream import Stream, Transform, closing, through
from dbbackup.storages.base import Storage
from dbbackup.storages.offload import in_thread

_SPOOL = "archive"
_CONTENTS = "contents"
_MAX_CONTENTS = 64 << 20
"""About half a million entries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBackup:
    """One copy of a backup, and what opens it; `key` is the main file's."""

    manifest: Manifest
    storage: Storage
    key: str
    version: str | None
    identities: Sequence[Identity] = ()
    """The private keys at hand, for a backup that is encrypted with age."""
    openpgp: GpgIdentities | None = None
    """The same for OpenPGP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreJob(StoredBackup):
    """Everything one restore needs to know."""

    engine: Engine
    target: Connection
    tools: ToolInfo
    options: dict[str, Any]
    workshop: Workshop


async def fill_whole(job: RestoreJob, report: Report) -> None:
    """Restore the main part into the database; it holds all that the restore takes.

    The stored and the plain bytes are verified on their way; the tool gets the end of the stream
    only when both hashes are right, and is killed before it can act on anything else. A database
    that was there before is not touched until all of the backup was verified once.

    Raises:
        IntegrityError, StorageError: the source is not what was written, or cannot be read.
        AppError: the tool failed; what the engine makes of it.
    """
    main = job.manifest.main
    with ThreadPoolExecutor(1, thread_name_prefix="pipeline") as executor:
        if job.engine.wants_file(job.options):
            report.stage("Fetching the archive")
            archive = job.workshop.folder / _SPOOL
            await _spool(part_stream(job, main, executor, report), archive)
            contents = await _contents(job, archive)
            report.stage("Restoring")
            await run_tool(job, _command(job, archive, contents), None, report)
        else:
            mode = restore_mode(job.options)
            if mode.adds_rows or mode is RestoreMode.RUN_SCRIPT:
                # through the filter, too: what it refuses is refused before anything is touched
                await _prove(job, executor, report)
            report.stage("Restoring")
            stream = filtered(job, job.manifest.main, executor, report)
            await run_tool(job, _command(job, None, await _contents(job, None)), stream, report)
    report.progress.finish_tables()


async def prove(job: RestoreJob, report: Report) -> None:
    """Read the backup once to its end, through everything a restore sends it through, and run nothing.

    For what is changed in place: whatever is wrong with the backup must show before. Raises as `fill_whole`.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="pipeline") as executor:
        await _prove(job, executor, report)


async def _prove(job: RestoreJob, executor: ThreadPoolExecutor, report: Report) -> None:
    report.stage("Verifying the backup")
    several = restores_parts(job.manifest, job.options)
    for part in job.manifest.database_parts if several else [job.manifest.main]:
        await drain(filtered(job, part, executor, report))


def part_stream(
    job: StoredBackup,
    part: PartFacts,
    executor: ThreadPoolExecutor,
    report: Report | None = None,
    change: Transform | None = None,
) -> Stream:
    """Return the plain bytes of a part, verified twice: as stored, and as the tool wrote them.

    `change` stands behind the verifiers: its `finish` is called only when both have found all right.
    """
    counter = _counter(part, report, "bytes_read")
    plain = Verifier(f"The content of {part.file}", part.plain_size, part.plain_sha256, counter)
    unsqueeze = decompressor(job.manifest.compression)
    if job.manifest.encryption == OPENPGP:
        source, decrypt = decrypted(stored_stream(job, part, executor, report), _keys(job)), None
        stored = None
    else:
        source, stored = _read(job, part), _stored_verifier(part, report)
        decrypt = decryptor(job.identities) if job.manifest.encryption else None
    transforms = [step for step in (stored, decrypt, unsqueeze, plain, change) if step is not None]
    return through(source, transforms, executor)


def stored_stream(
    job: StoredBackup, part: PartFacts, executor: ThreadPoolExecutor, report: Report | None = None
) -> Stream:
    """Return the bytes of a part as they are stored, verified."""
    return through(_read(job, part), [_stored_verifier(part, report)], executor)


def _keys(job: StoredBackup) -> GpgIdentities:
    if job.openpgp is None:
        raise KeyMissingError("No private key of OpenPGP is at hand.")
    return job.openpgp


def _read(job: StoredBackup, part: PartFacts) -> Stream:
    folder, slash, _ = job.key.rpartition("/")
    version = job.version if part.name == "database" else None
    return job.storage.read(f"{folder}{slash}{part.file}", 0, version)


def _stored_verifier(part: PartFacts, report: Report | None) -> Verifier:
    return Verifier(part.file, part.size, part.sha256, _counter(part, report, "bytes_written"))


def _counter(part: PartFacts, report: Report | None, field: str) -> Callable[[int], None] | None:
    """Return what takes the bytes of a part, when it is one of those that are shown."""
    return report.counter(field, part.name) if report and part.name != "globals" else None


def _command(job: RestoreJob, archive: Path | None, contents: str | None) -> Command:
    return job.engine.restore(job.target, job.tools, job.manifest, job.options, archive, job.workshop.folder, contents)


def filtered(job: RestoreJob, part: PartFacts, executor: ThreadPoolExecutor, report: Report) -> Stream:
    """Return the plain bytes of a part as the tool gets them."""
    change = job.engine.restore_filter(job.manifest, job.options, part.name)
    return part_stream(job, part, executor, report, change)


async def drain(stream: Stream) -> None:
    """Read a stream to its end, which proves what its stages prove."""
    async with closing(stream) as chunks:
        async for _ in chunks:
            pass


async def _contents(job: RestoreJob, archive: Path | None) -> str | None:
    """Return what the engine's tool lists of the archive, if the engine wants to choose from it."""
    command = job.engine.list_contents(job.tools, job.options, archive)
    if command is None:
        return None
    path = job.workshop.folder / _CONTENTS
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        code, tool = await _wait_for(await Process.start(command, job.workshop, stdout=fd))
        if code != 0:
            raise _as_restore_error(job.engine.explain(command, code, tool.stderr_tail))
        if os.fstat(fd).st_size > _MAX_CONTENTS:
            raise RestoreError("The list of what is in the archive is too long to choose from: restore all of it.")
        return (await in_thread(path.read_bytes)).decode("utf-8", "surrogateescape")
    finally:
        os.close(fd)
        path.unlink()


async def _wait_for(tool: Process) -> tuple[int, Process]:
    try:
        return await tool.wait(), tool
    finally:
        await tool.end()


async def run_tool(job: RestoreJob, command: Command, stream: Stream | None, report: Report) -> None:
    """Run a tool of the restore, on the stream if there is one. Raises what the engine makes of its failure."""
    on_line = report.tool_lines(job.engine)
    if stream is None:
        code, tool = await _wait_for(await Process.start(command, job.workshop, on_line=on_line))
    else:
        code, tool = await feed(command, job.workshop, stream, on_line)
    if code != 0:
        raise _as_restore_error(job.engine.explain(command, code, tool.stderr_tail))


async def feed(
    command: Command,
    workshop: Workshop,
    stream: Stream,
    on_line: LineCallback | None,
    *,
    stdout: int = asyncio.subprocess.DEVNULL,
) -> tuple[int, Process]:
    """Run the tool on the stream. End of input looks like success to it: on any error it is killed first."""
    read_fd, write_fd = big_pipe()
    inlet = Inlet(write_fd)
    try:
        try:
            tool = await Process.start(command, workshop, stdin=read_fd, stdout=stdout, on_line=on_line)
        finally:
            os.close(read_fd)
        try:
            async with closing(stream) as chunks:
                await pour(chunks, inlet, tool)
        except BaseException:
            await tool.end(at_once=True)
            raise
    finally:
        await inlet.close()
    return await _wait_for(tool)


async def _spool(stream: Stream, path: Path) -> None:
    """Write the verified plain dump to a file; it is whole and right when this returns."""
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            async with closing(stream) as chunks:
                async for chunk in chunks:
                    await in_thread(_write_file, fd, chunk)
        finally:
            os.close(fd)
    except OSError as error:
        raise RestoreError(
            f"The archive could not be kept in {path.parent}: {error.strerror}. Free some space; a restore into a new"
            " database with one job needs none."
        ) from error


def _write_file(fd: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(fd, view) :]


def _as_restore_error(error: AppError) -> AppError:
    """The same tool's failure is a restore's failure here; what is one already (IntegrityError) stays it."""
    if isinstance(error, RestoreError):
        return error
    return RestoreError(error.message, details=error.details)
