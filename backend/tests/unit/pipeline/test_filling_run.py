"""What lies between the verified bytes and the tool: a first reading, a list of contents, a filter."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest

from dbbackup.core.errors import IntegrityError, RestoreError
from dbbackup.pipeline import restore
from dbbackup.pipeline.process import Workshop
from dbbackup.storages.local import LocalStorage
from tests.unit.pipeline.jobs import restored
from tests.unit.pipeline.test_restore_run import AT_END, backup, file_of, flip
from tests.unit.pipeline.tools import RunReport, alive, eventually, nothing_left, number_in, shell


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "storage")


class Upper:
    """Changes the bytes, and has a word to say at the end."""

    finished = False

    def update(self, chunk: bytes) -> Iterable[bytes]:
        yield chunk.upper()

    def finish(self) -> Iterable[bytes]:
        self.finished = True
        yield b"COMMIT"


def stages(run: RunReport) -> list[str]:
    return [metadata["stage"] for _, _, metadata in run.log.lines if "stage" in metadata]


async def test_restore_when_filtered_gives_the_tool_the_changed_bytes(
    workshop: Workshop, storage: LocalStorage
) -> None:
    manifest = await backup(workshop, storage)
    change = Upper()
    run = await restored(workshop, storage, manifest, shell(AT_END), filter=change)
    got = (workshop.folder / "got").read_bytes()
    assert got.endswith(b"COMMIT") and len(got) == manifest.main.plain_size + len(b"COMMIT")
    assert run.progress.bytes_read == manifest.main.plain_size
    assert stages(run) == ["Restoring"]


@pytest.mark.parametrize("place", [0.0, 0.5, 0.999999])
async def test_restore_when_filtered_and_altered_never_ends_the_filter_nor_lets_the_tool_act(
    workshop: Workshop, storage: LocalStorage, tmp_path: Path, place: float
) -> None:
    manifest = await backup(workshop, storage, "none")
    flip(file_of(tmp_path, manifest), int(place * manifest.main.size))
    change = Upper()
    async with nothing_left():
        with pytest.raises(IntegrityError):
            await restored(workshop, storage, manifest, shell(AT_END), filter=change)
    assert not change.finished
    assert not (workshop.folder / "acted").exists()


@pytest.mark.parametrize("mode", ["dataOnly", "append"])
async def test_restore_when_the_database_was_there_reads_all_of_the_backup_first(
    workshop: Workshop, storage: LocalStorage, mode: str
) -> None:
    manifest = await backup(workshop, storage)
    run = await restored(workshop, storage, manifest, shell(AT_END), mode=mode)
    assert (workshop.folder / "got").stat().st_size == manifest.main.plain_size
    assert stages(run) == ["Verifying the backup", "Restoring"]


@pytest.mark.parametrize("place", [0.0, 0.5, 0.999999])
@pytest.mark.parametrize("spooled", [False, True])
async def test_restore_when_the_database_was_there_and_the_backup_is_altered_never_starts_the_tool(
    workshop: Workshop, storage: LocalStorage, tmp_path: Path, place: float, spooled: bool
) -> None:
    manifest = await backup(workshop, storage)
    flip(file_of(tmp_path, manifest), int(place * manifest.main.size))
    tool = shell("echo yes > acted")
    with pytest.raises(IntegrityError):
        await restored(workshop, storage, manifest, tool, mode="append", spooled=spooled, listing=tool)
    assert not (workshop.folder / "acted").exists()


async def test_restore_when_contents_are_listed_hands_them_to_the_engine(
    workshop: Workshop, storage: LocalStorage
) -> None:
    manifest = await backup(workshop, storage)
    tool = shell('printf "%s" "$2" > chosen')
    listing = shell("printf 'one\\ntwo \\303\\274'")
    await restored(workshop, storage, manifest, tool, mode="append", spooled=True, listing=listing)
    assert (workshop.folder / "chosen").read_text(encoding="utf-8") == "one\ntwo ü"
    assert not (workshop.folder / "contents").exists()


async def test_restore_when_contents_cannot_be_listed_reports_the_tools_error(
    workshop: Workshop, storage: LocalStorage
) -> None:
    manifest = await backup(workshop, storage)
    async with nothing_left():
        with pytest.raises(RestoreError, match="ended with 7: not an archive"):
            await restored(
                workshop,
                storage,
                manifest,
                shell("echo yes > acted"),
                mode="append",
                spooled=True,
                listing=shell("echo not an archive >&2; exit 7"),
            )
    assert not (workshop.folder / "acted").exists()
    assert not (workshop.folder / "contents").exists()


async def test_restore_when_contents_are_too_many_says_so(
    workshop: Workshop, storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restore, "_MAX_CONTENTS", 10)
    manifest = await backup(workshop, storage)
    with pytest.raises(RestoreError, match="too long to choose from"):
        await restored(
            workshop, storage, manifest, shell("true"), mode="append", spooled=True, listing=shell("echo 0123456789")
        )


async def test_restore_when_cancelled_while_listing_ends_that_tool(workshop: Workshop, storage: LocalStorage) -> None:
    manifest = await backup(workshop, storage)
    async with nothing_left():
        listing = shell("echo $$ > pid; exec sleep 60")
        task = asyncio.create_task(
            restored(workshop, storage, manifest, shell("true"), mode="append", spooled=True, listing=listing)
        )
        pid = await number_in(workshop.folder / "pid")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await eventually(lambda: not alive(pid))
