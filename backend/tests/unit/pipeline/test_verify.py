"""Reading a stored backup without restoring it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest

from dbbackup.core.errors import IntegrityError, RestoreError
from dbbackup.core.manifest import Manifest
from dbbackup.engines.values import Filter, ReaderCheck, TailCheck
from dbbackup.pipeline.process import Workshop
from dbbackup.pipeline.restore import StoredBackup
from dbbackup.pipeline.verify import read_plain, read_stored
from dbbackup.storages.local import LocalStorage
from tests.unit.pipeline.jobs import FOLDER
from tests.unit.pipeline.test_restore_run import backup, file_of, flip
from tests.unit.pipeline.tools import END, RunReport, nothing_left, shell

WHOLE = TailCheck(END)


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "storage")


class Reader:
    """Stands where a restore changes a script."""

    def __init__(self, refuse: bool = False) -> None:
        self.seen = 0
        self.finished = False
        self._refuse = refuse

    def update(self, chunk: bytes) -> Iterable[bytes]:
        if self._refuse:
            raise RestoreError("a statement that is not of a dump")
        self.seen += len(chunk)
        yield chunk

    def finish(self) -> Iterable[bytes]:
        self.finished = True
        yield b"COMMIT"


async def read(
    workshop: Workshop,
    storage: LocalStorage,
    manifest: Manifest,
    check: ReaderCheck | TailCheck = WHOLE,
    script: Filter | None = None,
) -> RunReport:
    run = RunReport()
    stored = StoredBackup(manifest=manifest, storage=storage, key=f"{FOLDER}/{manifest.main.file}", version=None)
    await read_stored(stored, manifest.main, run.report())
    await read_plain(stored, manifest.main, check, script, workshop, run.report())
    return run


async def test_read_when_all_is_well_counts_both_sides(workshop: Workshop, storage: LocalStorage) -> None:
    manifest = await backup(workshop, storage)
    script = Reader()
    async with nothing_left():
        run = await read(workshop, storage, manifest, script=script)
    assert (script.seen, script.finished) == (manifest.main.plain_size, True)
    assert (run.progress.bytes_written, run.progress.bytes_read) == (manifest.main.size, manifest.main.plain_size)


async def test_read_when_the_tool_reads_it_gives_it_all(workshop: Workshop, storage: LocalStorage) -> None:
    manifest = await backup(workshop, storage)
    async with nothing_left():
        run = await read(workshop, storage, manifest, ReaderCheck(shell("wc -c > got; echo looked >&2")))
    assert int((workshop.folder / "got").read_text()) == manifest.main.plain_size
    assert run.log.messages("debug") == ["looked"]


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (TailCheck(b"another end"), "its last line is missing"),
        (ReaderCheck(shell("cat > /dev/null; echo odd block >&2; exit 1")), "odd block"),
        (ReaderCheck(shell("cat > /dev/null; exit 7")), "exit code 7"),
    ],
)
async def test_read_when_it_was_never_whole_says_so(
    workshop: Workshop, storage: LocalStorage, check: ReaderCheck | TailCheck, said: str
) -> None:
    manifest = await backup(workshop, storage)
    async with nothing_left():
        with pytest.raises(IntegrityError, match=rf"cannot be read to its end \({said}\)"):
            await read(workshop, storage, manifest, check)


async def test_read_when_a_restore_would_refuse_it_refuses(workshop: Workshop, storage: LocalStorage) -> None:
    manifest = await backup(workshop, storage)
    with pytest.raises(RestoreError, match="not of a dump"):
        await read(workshop, storage, manifest, script=Reader(refuse=True))


async def test_read_when_a_byte_is_altered_refuses(workshop: Workshop, storage: LocalStorage, tmp_path: Path) -> None:
    manifest = await backup(workshop, storage)
    flip(file_of(tmp_path, manifest), 1000)
    with pytest.raises(IntegrityError, match="altered or damaged"):
        await read(workshop, storage, manifest)


async def test_read_when_cancelled_ends_the_tool(workshop: Workshop, storage: LocalStorage) -> None:
    manifest = await backup(workshop, storage)
    async with nothing_left():
        reading = asyncio.create_task(read(workshop, storage, manifest, ReaderCheck(shell("sleep 60"))))
        await asyncio.sleep(0.3)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
