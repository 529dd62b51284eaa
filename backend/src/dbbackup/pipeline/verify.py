"""Reads a stored backup without restoring it: as it is stored, and as a tool would read it to its end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from dbbackup.core.errors import IntegrityError
from dbbackup.core.manifest import PartFacts
from dbbackup.engines.base import Engine
from dbbackup.engines.values import Filter, ReaderCheck, Recount, TailCheck
from dbbackup.pipeline.dump import dump_stream
from dbbackup.pipeline.process import Workshop
from dbbackup.pipeline.report import Report
from dbbackup.pipeline.restore import StoredBackup, drain, feed, part_stream, stored_stream
from dbbackup.pipeline.stream import through


async def read_stored(backup: StoredBackup, part: PartFacts, report: Report) -> None:
    """Read a part as it is stored and hash it; needs no key.

    Raises:
        IntegrityError, StorageError: it is not what was written, or cannot be read.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="verify") as executor:
        await drain(stored_stream(backup, part, executor, report))


async def read_plain(
    backup: StoredBackup,
    part: PartFacts,
    check: ReaderCheck | TailCheck,
    script: Filter | None,
    workshop: Workshop,
    report: Report,
) -> None:
    """Decrypt, decompress and hash a part, and read it to its end as a restore would.

    `script` is what a restore puts between the dump and the tool, if anything; it reads all of it, too.

    Raises:
        IntegrityError, KeyMissingError, StorageError: it is not what was written, or cannot be opened or read.
        RestoreError: a restore would refuse what it holds.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="verify") as executor:
        if isinstance(check, TailCheck):
            await drain(part_stream(backup, part, executor, report, _ScriptReader(part.file, check, script)))
            return
        stream = part_stream(backup, part, executor, report)
        code, tool = await feed(check.command, workshop, stream, lambda line: report.log.say("debug", line))
    if code != 0:
        raise _unreadable(part.file, tool.stderr_tail or [f"exit code {code}"])


async def recount(asked: Recount, engine: Engine, workshop: Workshop, report: Report) -> None:
    """Run the dump of a restored copy through its counter. Raises AppError when it cannot be dumped."""
    dump = dump_stream(asked.part, engine, workshop, report.tool_lines(engine))
    with ThreadPoolExecutor(1, thread_name_prefix="verify") as executor:
        await drain(through(dump, [asked.counter], executor))


class _ScriptReader:
    """Swallows a script, looking at its end, and at all of it through the restore's own filter."""

    def __init__(self, file: str, check: TailCheck, script: Filter | None) -> None:
        self._file = file
        self._check = check
        self._script = script
        self._tail = b""

    def update(self, chunk: bytes) -> Iterable[bytes]:
        """Take a chunk and give nothing."""
        self._tail = (self._tail + chunk[-self._check.window :])[-self._check.window :]
        if self._script:
            for _ in self._script.update(chunk):
                pass
        return ()

    def finish(self) -> Iterable[bytes]:
        """Raise IntegrityError when the end is not there."""
        if self._script:
            for _ in self._script.finish():
                pass
        if self._check.pattern not in self._tail:
            raise _unreadable(self._file, ["its last line is missing"])
        return ()


def _unreadable(file: str, words: Sequence[str]) -> IntegrityError:
    return IntegrityError(
        f"{file} has the right hashes, but cannot be read to its end ({words[-1]}): it was not whole when its manifest"
        " was written. Restore from another backup."
    )
