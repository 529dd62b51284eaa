"""Fills a database from a backup: from its one archive, or from several parts that are read at the same time."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import cast

from dbbackup.core.errors import IntegrityError
from dbbackup.core.manifest import PartFacts
from dbbackup.engines.modes import restores_parts
from dbbackup.engines.values import HeadReader, Stage
from dbbackup.pipeline.fill_scripts import fill_from_scripts
from dbbackup.pipeline.report import Report
from dbbackup.pipeline.restore import RestoreJob, drain, fill_whole, part_stream, run_tool
from dbbackup.pipeline.stream import Stream, closing
from dbbackup.pipeline.together import together
from dbbackup.storages.offload import in_thread


async def fill_database(job: RestoreJob, report: Report) -> None:
    """Restore the backup into the database, in parts where it was dumped so.

    Raises:
        IntegrityError, StorageError: the source is not what was written, or cannot be read.
        AppError: a tool failed; what the engine makes of it.
    """
    if not restores_parts(job.manifest, job.options):
        await fill_whole(job, report)
    elif job.engine.head_reader() is None:
        await fill_from_scripts(job, report)
    else:
        await _fill_from_parts(job, report)


async def _fill_from_parts(job: RestoreJob, report: Report) -> None:
    """Make the definitions, fill the tables from all parts at once, then make indexes, constraints and the rest.

    Only the front of each part is kept in a file: its table of contents. The rows go from the storage into the tool,
    `jobs` parts at the same time. What is in a file was read before it was proven, and is compared with what was
    proven later, before anything but empty tables depends on it. The database is one of the run's own.
    """
    parts = job.manifest.database_parts
    report.stage("Reading the contents")
    fronts = dict(zip((p.name for p in parts), [await _Front.read(job, part) for part in parts], strict=True))
    try:
        report.stage("Making the tables")
        await _run_stage(job, Stage("definitions"), fronts, report)
        report.stage("Restoring")
        # the longest first: with fewer jobs than parts the short ones fill what is left
        ordered = sorted(parts, key=lambda part: part.plain_size, reverse=True)
        with ThreadPoolExecutor(len(parts), thread_name_prefix="pipeline") as executor:
            rows = [partial(_fill_rows, job, part, fronts, executor, report) for part in ordered]
            await together(rows, at_once=job.options["jobs"])
        report.stage("Making indexes and constraints")
        await _run_stage(job, Stage("finish"), fronts, report)
    finally:
        for front in fronts.values():
            front.path.unlink(missing_ok=True)
    report.progress.finish_tables()


class _Front:
    """The beginning of a part's plain dump in a file, and the proof that the part has just this beginning."""

    def __init__(self, part: PartFacts, path: Path, size: int, sha256: str) -> None:
        self.path = path
        self._part = part
        self._size = size
        self._sha256 = sha256
        self._left = size
        self._hash = hashlib.sha256()

    @classmethod
    async def read(cls, job: RestoreJob, part: PartFacts) -> _Front:
        """Read as much of the part as tells what is in it."""
        # Engines that read no heads do not come here: see `fill_database`.
        reader, data = cast(HeadReader, job.engine.head_reader()), bytearray()
        with ThreadPoolExecutor(1, thread_name_prefix="contents") as executor:
            async with closing(part_stream(job, part, executor)) as chunks:
                async for chunk in chunks:
                    data += chunk
                    await in_thread(reader.feed, chunk)
                    if reader.done:
                        break
        if not reader.done:
            reader.finish()
        path = job.workshop.folder / f"front-{part.name}"
        await in_thread(_write, path, bytes(data))
        return cls(part, path, len(data), hashlib.sha256(data).hexdigest())

    def update(self, chunk: bytes) -> Iterable[bytes]:
        """Take a chunk of the whole part and give it. Raises IntegrityError when it begins otherwise."""
        if self._left:
            self._hash.update(chunk[: self._left])
            self._left -= min(self._left, len(chunk))
            if not self._left and self._hash.hexdigest() != self._sha256:
                raise IntegrityError(
                    f"{self._part.file} was altered while it was read. Restore from another copy or another backup."
                )
        return (chunk,)

    def finish(self) -> Iterable[bytes]:
        """Raise IntegrityError when it was shorter."""
        if self._left:
            raise IntegrityError(f"{self._part.file} was altered while it was read: it is shorter now.")
        return ()


async def _fill_rows(
    job: RestoreJob, part: PartFacts, fronts: dict[str, _Front], executor: ThreadPoolExecutor, report: Report
) -> None:
    stream = part_stream(job, part, executor, report, fronts[part.name])
    await _run_stage(job, Stage("rows", part.name), fronts, report, stream)


async def _run_stage(
    job: RestoreJob, stage: Stage, fronts: dict[str, _Front], report: Report, stream: Stream | None = None
) -> None:
    heads = {name: front.path for name, front in fronts.items()}
    arguments = (job.target, job.tools, job.manifest, job.options, stage, heads, job.workshop.folder)
    command = await in_thread(job.engine.restore_stage, *arguments)
    if command is not None:
        await run_tool(job, command, stream, report)
    elif stream is not None:
        # Nothing of it was chosen; but what was read of it must be true.
        await drain(stream)


def _write(path: Path, data: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
