"""A restore succeeds only with the bytes that were written, and with a tool that says so."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import pytest

from dbbackup.core.errors import IntegrityError, RestoreError, S3UnreachableError, ToolMissingError
from dbbackup.core.manifest import Manifest
from dbbackup.engines.values import Command, DumpPart
from dbbackup.pipeline.process import Workshop
from dbbackup.pipeline.restore import prove
from dbbackup.storages.local import LocalStorage
from tests.contract.faulty import Faults, FaultyStorage
from tests.unit.pipeline.jobs import DATABASE, FOLDER, made, restore_job, restored
from tests.unit.pipeline.tools import END, RunReport, alive, dump_part, eventually, nothing_left, number_in, shell

EVERY = pytest.mark.parametrize("compression", ["gzip", "zstd", "none"])
AT_END = 'trap "" TERM; cat > got; echo yes > acted'
"""A tool that acts on the end of its input, whatever came before."""


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "storage")


async def backup(
    workshop: Workshop, storage: LocalStorage, compression: str = "gzip", parts: Sequence[DumpPart] = (DATABASE,)
) -> Manifest:
    result = await made(workshop, storage, parts=parts, compression=compression, compression_level=None)
    return result.manifest


def file_of(tmp_path: Path, manifest: Manifest) -> Path:
    return tmp_path / "storage" / FOLDER / manifest.main.file


def flip(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 0x01
    path.write_bytes(data)


@EVERY
async def test_restore_when_all_is_well_gives_the_tool_the_plain_bytes(
    workshop: Workshop, storage: LocalStorage, compression: str
) -> None:
    manifest = await backup(workshop, storage, compression)
    async with nothing_left():
        run = await restored(workshop, storage, manifest, shell(f"echo table public.a >&2; {AT_END}"))
    assert sha256((workshop.folder / "got").read_bytes()).hexdigest() == manifest.main.plain_sha256
    assert (workshop.folder / "acted").exists()
    assert (run.progress.bytes_written, run.progress.bytes_read) == (manifest.main.size, manifest.main.plain_size)
    assert (run.progress.tables_done, run.progress.stage) == (1, "Restoring")


@EVERY
@pytest.mark.parametrize("place", [0.0, 0.3, 0.7, 0.999999])
async def test_restore_when_a_byte_is_altered_kills_the_tool_before_it_acts(
    workshop: Workshop, storage: LocalStorage, tmp_path: Path, compression: str, place: float
) -> None:
    manifest = await backup(workshop, storage, compression)
    flip(file_of(tmp_path, manifest), int(place * manifest.main.size))
    async with nothing_left():
        with pytest.raises(IntegrityError, match="altered or damaged"):
            await restored(workshop, storage, manifest, shell(AT_END))
    await asyncio.sleep(0.1)
    assert not (workshop.folder / "acted").exists()


@pytest.mark.parametrize("cut", [1, 1_500_000])
async def test_restore_when_the_file_is_cut_off_refuses(
    workshop: Workshop, storage: LocalStorage, tmp_path: Path, cut: int
) -> None:
    manifest = await backup(workshop, storage)
    path = file_of(tmp_path, manifest)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(IntegrityError):
        await restored(workshop, storage, manifest, shell(AT_END))
    assert not (workshop.folder / "acted").exists()


async def test_restore_when_the_storage_goes_away_raises_its_error_and_kills_the_tool(
    workshop: Workshop, storage: LocalStorage
) -> None:
    manifest = await backup(workshop, storage)
    async with nothing_left():
        with pytest.raises(S3UnreachableError):
            await restored(workshop, FaultyStorage(storage, Faults(read_fails_at=2)), manifest, shell(AT_END))
    assert not (workshop.folder / "acted").exists()


@pytest.mark.parametrize("body", ["echo no room >&2; exit 3", "exec 0<&-; sleep 0.2; echo no room >&2; exit 3"])
async def test_restore_when_the_tool_fails_early_reports_its_error_and_no_broken_pipe(
    workshop: Workshop, storage: LocalStorage, body: str
) -> None:
    manifest = await backup(workshop, storage)
    async with nothing_left():
        with pytest.raises(RestoreError, match="ended with 3: no room") as caught:
            await restored(workshop, storage, manifest, shell(body))
    assert caught.value.code == "RESTORE_ERROR"


async def test_restore_when_the_tool_fails_at_the_end_reports_its_error(
    workshop: Workshop, storage: LocalStorage
) -> None:
    manifest = await backup(workshop, storage)
    with pytest.raises(RestoreError, match="ended with 4"):
        await restored(workshop, storage, manifest, shell("cat > /dev/null; exit 4"))


async def test_restore_when_the_program_is_missing_leaves_nothing(workshop: Workshop, storage: LocalStorage) -> None:
    manifest = await backup(workshop, storage)
    async with nothing_left():
        with pytest.raises(ToolMissingError, match="cannot be started"):
            await restored(workshop, storage, manifest, Command(("/no/such/pg_restore",)))


# Large enough for several writes between what the tool reads and what the verifiers hold back.
LARGE = [dump_part(shell(f"head -c 9000000 /dev/urandom; printf '%s' '{END.decode()}'"))]
CONTENT_WITH_THE_BEGINNING = shell("head -c 100000 > got; exec 0<&-; exit 0")


async def test_restore_when_the_tool_needs_only_the_beginning_succeeds(
    workshop: Workshop, storage: LocalStorage
) -> None:
    manifest = await backup(workshop, storage, parts=LARGE)
    async with nothing_left():
        run = await restored(workshop, storage, manifest, CONTENT_WITH_THE_BEGINNING)
    assert run.progress.bytes_written == manifest.main.size


@EVERY
@pytest.mark.parametrize("offset", [-1, 50_000])
async def test_restore_when_the_tool_needs_only_the_beginning_of_altered_bytes_fails(
    workshop: Workshop, storage: LocalStorage, tmp_path: Path, compression: str, offset: int
) -> None:
    # The tool reported success on what it read; whether that was right shows only at the end.
    manifest = await backup(workshop, storage, compression, LARGE)
    flip(file_of(tmp_path, manifest), offset)
    with pytest.raises(IntegrityError):
        await restored(workshop, storage, manifest, CONTENT_WITH_THE_BEGINNING)


@pytest.mark.parametrize("body", ["echo $$ > pid; exec sleep 60", "echo $$ > pid; cat > /dev/null; exec sleep 60"])
@pytest.mark.parametrize("times", [1, 3])
async def test_restore_when_cancelled_ends_the_tool(
    workshop: Workshop, storage: LocalStorage, body: str, times: int
) -> None:
    manifest = await backup(workshop, storage)
    async with nothing_left():
        task = asyncio.create_task(restored(workshop, storage, manifest, shell(body)))
        pid = await number_in(workshop.folder / "pid")
        await asyncio.sleep(0.2)
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not alive(pid)


async def test_restore_when_spooled_gives_the_tool_a_whole_private_file(
    workshop: Workshop, storage: LocalStorage
) -> None:
    manifest = await backup(workshop, storage)
    run = await restored(workshop, storage, manifest, shell('stat -c %a "$1" > mode; cat "$1" > got'), spooled=True)
    assert sha256((workshop.folder / "got").read_bytes()).hexdigest() == manifest.main.plain_sha256
    assert (workshop.folder / "mode").read_text() == "600\n"
    stages = [metadata["stage"] for _, _, metadata in run.log.lines if "stage" in metadata]
    assert stages == ["Fetching the archive", "Restoring"]


@pytest.mark.parametrize("place", [0.0, 0.5, 0.999999])
async def test_restore_when_spooled_and_altered_never_starts_the_tool(
    workshop: Workshop, storage: LocalStorage, tmp_path: Path, place: float
) -> None:
    manifest = await backup(workshop, storage)
    flip(file_of(tmp_path, manifest), int(place * manifest.main.size))
    with pytest.raises(IntegrityError):
        await restored(workshop, storage, manifest, shell("echo yes > acted"), spooled=True)
    assert not (workshop.folder / "acted").exists()


async def test_restore_when_spooled_and_the_tool_fails_reports_its_error(
    workshop: Workshop, storage: LocalStorage
) -> None:
    manifest = await backup(workshop, storage)
    with pytest.raises(RestoreError, match="ended with 5"):
        await restored(workshop, storage, manifest, shell("exit 5"), spooled=True)


async def test_restore_when_the_spool_cannot_be_written_says_what_to_do(
    workshop: Workshop, storage: LocalStorage
) -> None:
    manifest = await backup(workshop, storage)
    (workshop.folder / "archive").symlink_to("/dev/full")
    async with nothing_left():
        with pytest.raises(RestoreError, match="Free some space; a restore into a new"):
            await restored(workshop, storage, manifest, shell("true"), spooled=True)


async def test_restore_when_spooled_and_cancelled_ends_the_tool(workshop: Workshop, storage: LocalStorage) -> None:
    manifest = await backup(workshop, storage)
    async with nothing_left():
        tool = shell("echo $$ > pid; exec sleep 60")
        task = asyncio.create_task(restored(workshop, storage, manifest, tool, spooled=True))
        pid = await number_in(workshop.folder / "pid")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await eventually(lambda: not alive(pid))


async def test_prove_reads_all_that_a_restore_would_and_starts_no_tool(
    workshop: Workshop, storage: LocalStorage, tmp_path: Path
) -> None:
    manifest = await backup(workshop, storage)
    job = restore_job(workshop, storage, manifest, shell(AT_END))
    async with nothing_left():
        run = RunReport()
        await prove(job, run.report())
        assert run.progress.bytes_read == manifest.main.plain_size
        flip(file_of(tmp_path, manifest), manifest.main.size // 2)
        with pytest.raises(IntegrityError, match="altered or damaged"):
            await prove(job, RunReport().report())
    assert not (workshop.folder / "acted").exists()
