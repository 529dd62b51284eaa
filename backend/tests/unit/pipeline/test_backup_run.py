"""A backup is complete with its manifest, or not there at all."""

from __future__ import annotations

import asyncio
import gzip
import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from backports import zstd

from dbbackup.core.errors import BackupError, S3UnreachableError, StorageError, ToolFailedError
from dbbackup.core.journal import JournalKind
from dbbackup.core.manifest import decode
from dbbackup.pipeline.backup import back_up
from dbbackup.pipeline.process import Workshop
from dbbackup.storages.base import Storage, StoredObject, Stream, WriteOptions
from dbbackup.storages.local import LocalStorage
from tests.contract.faulty import Faults, FaultyStorage
from tests.unit.pipeline.jobs import DATABASE, FOLDER, GLOBALS, NOW, STEM, backup_job, made, stored
from tests.unit.pipeline.tools import RunReport, dump_part, nothing_left, shell

MAIN, ROLES = f"{STEM}.dump.gz", f"{STEM}.globals.sql.gz"
MANIFEST = f"{MAIN}.json"


class Recording(LocalStorage):
    """Notes every write and delete, and can refuse a key or wait before it."""

    def __init__(self, root: Path, refuses: str = "", waits: str = "", keeps: bool = False) -> None:
        super().__init__(root)
        self.calls: list[str] = []
        self.options: dict[str, WriteOptions] = {}
        self.refuses, self.waits, self.keeps = refuses, waits, keeps

    async def write(self, key: str, stream: Stream, options: WriteOptions) -> StoredObject:
        name = key.rpartition("/")[2]
        self.calls.append(f"write {name}")
        self.options[name] = options
        if self.refuses and name.endswith(self.refuses):
            raise StorageError(f"{name} is not welcome.")
        if self.waits and name.endswith(self.waits):
            await asyncio.sleep(60)
        stored = await super().write(key, stream, options)
        self.calls.append(f"stored {name}")
        return stored

    async def delete(self, key: str, version: str | None = None) -> None:
        self.calls.append(f"delete {key.rpartition('/')[2]}")
        if self.keeps:
            raise StorageError("The disk is read-only.")
        await super().delete(key, version)


@pytest.fixture
def roots(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "a", tmp_path / "b"


async def test_backup_when_all_is_well_writes_the_manifest_last_and_true(
    workshop: Workshop, roots: tuple[Path, Path]
) -> None:
    storages, run = [Recording(root) for root in roots], RunReport()
    job = backup_job(workshop, storages, [GLOBALS, DATABASE], tags={"team": "x"})
    async with nothing_left():
        result = await back_up(job, run.report())
    for root, storage in zip(roots, storages, strict=True):
        files = (ROLES, MAIN, MANIFEST)
        assert storage.calls == [f"{what} {name}" for name in files for what in ("write", "stored")]
        folder = root / FOLDER
        manifest = decode((folder / MANIFEST).read_bytes())
        assert manifest == result.manifest
        for part in manifest.parts:
            data = (folder / part.file).read_bytes()
            plain = gzip.decompress(data)
            assert (part.size, part.sha256) == (len(data), sha256(data).hexdigest())
            assert (part.plain_size, part.plain_sha256) == (len(plain), sha256(plain).hexdigest())
            assert part.tool == "fake_dump 1.0"
    outcome = result.copies["c1"]
    assert isinstance(outcome, StoredObject)
    assert (outcome.key, outcome.size) == (f"{FOLDER}/{MAIN}", result.manifest.main.size)
    assert [part.name for part in result.manifest.parts] == ["globals", "database"]
    assert (result.manifest.started_at, result.manifest.label) == (NOW, "a label")
    assert (datetime.now(UTC) - result.manifest.completed_at).total_seconds() < 60


async def test_backup_when_it_runs_journals_before_it_writes_and_tells_its_progress(
    workshop: Workshop, roots: tuple[Path, Path]
) -> None:
    run, storage = RunReport(), Recording(roots[0])
    result = await back_up(backup_job(workshop, [storage], [GLOBALS, DATABASE], tags={"t": "x"}), run.report())
    assert run.journal.entries == [
        (JournalKind.STORAGE_WRITE, {"storageId": "local", "key": f"{FOLDER}/{name}"})
        for name in (ROLES, MAIN, MANIFEST)
    ]
    main = result.manifest.main
    progress = run.progress
    assert (progress.bytes_read, progress.bytes_written) == (main.plain_size, main.size)
    assert progress.bytes_uploaded == {"c0": main.size}
    assert (progress.tables_done, progress.stage) == (1, "Writing the manifest")
    stages = [metadata["stage"] for _, _, metadata in run.log.lines if "stage" in metadata]
    assert stages == ["Dumping roles", "Dumping", "Writing the manifest"]
    assert run.log.lines[-2][2] == {"plainSize": main.plain_size, "size": main.size, "sha256": main.sha256}
    options = storage.options[MAIN]
    assert (options.expected_size, options.tags) == (1_000_000, {"t": "x"})
    assert options.metadata == {"instance": "abcd", "run": "b1", "part": "database", "t": "x"}
    assert (options.archivable, storage.options[MANIFEST].archivable) == (True, False)
    assert storage.options[ROLES].expected_size is None


@pytest.mark.parametrize(("compression", "level", "ending"), [("none", None, "dump"), ("zstd", 3, "dump.zst")])
async def test_backup_when_compressed_otherwise_is_named_and_opens_so(
    workshop: Workshop, roots: tuple[Path, Path], compression: str, level: int | None, ending: str
) -> None:
    result = await made(workshop, LocalStorage(roots[0]), compression=compression, compression_level=level)
    main = result.manifest.main
    assert main.file == f"{STEM}.{ending}"
    data = (roots[0] / FOLDER / main.file).read_bytes()
    plain = data if compression == "none" else zstd.decompress(data)
    assert sha256(plain).hexdigest() == main.plain_sha256
    assert sha256(data).hexdigest() == main.sha256


@pytest.mark.parametrize("bad", [1, 2])
async def test_backup_when_one_destination_fails_completes_on_the_other(
    workshop: Workshop, roots: tuple[Path, Path], bad: int
) -> None:
    run = RunReport()
    faulty = FaultyStorage(LocalStorage(roots[1]), Faults(write_fails_at=bad))
    result = await back_up(backup_job(workshop, [LocalStorage(roots[0]), faulty], [GLOBALS, DATABASE]), run.report())
    assert isinstance(result.copies["c0"], StoredObject)
    assert isinstance(result.copies["c1"], S3UnreachableError)
    assert stored(*roots) == sorted([MAIN, MANIFEST, ROLES])
    assert run.log.messages("error") == ["The copy on local failed: The storage went away (on purpose)."]


async def test_backup_when_one_takes_the_file_but_not_the_manifest_leaves_nothing_there(
    workshop: Workshop, roots: tuple[Path, Path]
) -> None:
    refusing = Recording(roots[1], refuses=".json")
    result = await back_up(backup_job(workshop, [LocalStorage(roots[0]), refusing]), RunReport().report())
    assert isinstance(result.copies["c1"], StorageError)
    assert stored(roots[0]) == sorted([MAIN, MANIFEST])
    assert stored(roots[1]) == []


async def test_backup_when_what_failed_cannot_be_removed_says_so_and_goes_on(
    workshop: Workshop, roots: tuple[Path, Path]
) -> None:
    run = RunReport()
    job = backup_job(workshop, [LocalStorage(roots[0]), Recording(roots[1], refuses=".json", keeps=True)])
    result = await back_up(job, run.report())
    assert isinstance(result.copies["c0"], StoredObject)
    assert run.log.messages("warn") == [f"{MAIN} could not be removed from local: The disk is read-only."]


async def test_backup_when_all_destinations_fail_raises_all_reasons_and_ends_the_tool(
    workshop: Workshop, roots: tuple[Path, Path]
) -> None:
    endless = dump_part(shell("cat /dev/zero"))
    bad: list[Storage] = [
        Recording(roots[0], refuses=".gz"),
        FaultyStorage(LocalStorage(roots[1]), Faults(write_fails_at=2)),
    ]
    async with nothing_left():
        with pytest.raises(BackupError, match=r"No storage took the backup\. .*not welcome.*went away"):
            await back_up(backup_job(workshop, bad, [endless]), RunReport().report())
    assert stored(*roots) == []


async def test_backup_when_its_only_destination_fails_raises_its_very_error(
    workshop: Workshop, roots: tuple[Path, Path]
) -> None:
    with pytest.raises(S3UnreachableError):
        await made(workshop, FaultyStorage(LocalStorage(roots[0]), Faults(write_fails_at=1)))
    assert stored(*roots) == []


@pytest.mark.parametrize(
    "parts",
    [
        [dump_part(shell("echo no roles >&2; exit 3"), name="globals"), DATABASE],
        [GLOBALS, dump_part(shell("head -c 5000000 /dev/zero; echo cut >&2; exit 3"))],
        [GLOBALS, dump_part(shell("exit 3"))],
    ],
    ids=["globals", "database at its end", "database at once"],
)
async def test_backup_when_a_tool_fails_leaves_nothing_anywhere(
    workshop: Workshop, roots: tuple[Path, Path], parts: list[object]
) -> None:
    job = backup_job(workshop, [LocalStorage(root) for root in roots], parts)  # type: ignore[arg-type]
    async with nothing_left():
        with pytest.raises(ToolFailedError, match="ended with 3"):
            await back_up(job, RunReport().report())
    assert stored(*roots) == []


async def test_backup_when_cancelled_while_the_manifest_is_written_undoes_it_manifest_first(
    workshop: Workshop, roots: tuple[Path, Path]
) -> None:
    quick, stuck = Recording(roots[0]), Recording(roots[1], waits=".json")
    task = asyncio.create_task(back_up(backup_job(workshop, [quick, stuck]), RunReport().report()))
    while f"stored {MANIFEST}" not in quick.calls:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert stored(*roots) == []
    assert quick.calls[-2:] == [f"delete {MANIFEST}", f"delete {MAIN}"]


async def test_backup_when_cancelled_while_it_gives_one_up_removes_the_complete_one_manifest_first(
    workshop: Workshop, roots: tuple[Path, Path]
) -> None:
    quick, refusing = Recording(roots[0]), Recording(roots[1], refuses=".json")
    task = asyncio.create_task(back_up(backup_job(workshop, [quick, refusing]), RunReport().report()))
    while f"delete {MAIN}" not in refusing.calls:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert stored(*roots) == []
    assert quick.calls[-2:] == [f"delete {MANIFEST}", f"delete {MAIN}"]


async def test_manifest_when_written_is_json_for_people(workshop: Workshop, roots: tuple[Path, Path]) -> None:
    await made(workshop, LocalStorage(roots[0]))
    text = (roots[0] / FOLDER / MANIFEST).read_text()
    assert json.loads(text)["source"]["configName"] == "Shop"
    assert "pw" not in json.loads(text).values()
