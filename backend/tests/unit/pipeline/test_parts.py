"""Backups in several parts: what one of them does to the others, and how they are put together again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest

from dbbackup.core.errors import AppError, BackupError, IntegrityError, RestoreError, StorageError
from dbbackup.core.manifest import Manifest
from dbbackup.engines.base import Engine
from dbbackup.engines.values import Command, DumpPart, Stage, TailCheck
from dbbackup.pipeline.backup import back_up
from dbbackup.pipeline.fill import fill_database
from dbbackup.pipeline.process import Workshop
from dbbackup.pipeline.restore import RestoreJob, part_stream
from dbbackup.pipeline.together import together
from dbbackup.storages.local import LocalStorage
from tests.contract.faulty import Faults, FaultyStorage
from tests.unit.pipeline.jobs import CONNECTION, FOLDER, TOOLS, backup_job
from tests.unit.pipeline.tools import END, RunReport, ToolEngine, nothing_left, shell


class Watch:
    """Names a table whatever passes."""

    def __init__(self, *tables: tuple[str, str]) -> None:
        self.tables = list(tables)

    def update(self, chunk: bytes) -> Iterable[bytes]:
        return (chunk,)

    def finish(self) -> Iterable[bytes]:
        return ()


class Head:
    """Wants the first line."""

    def __init__(self) -> None:
        self.done = False

    def feed(self, chunk: bytes) -> None:
        self.done = b"\n" in chunk

    def finish(self) -> None:
        raise RestoreError("no line")


@dataclass
class StagedEngine(ToolEngine):
    """Writes down in a folder what each stage was fed."""

    out: Path = Path()
    leaves_out: tuple[str, ...] = ()

    def head_reader(self) -> Head:
        return Head()

    def restore_stage(
        self, target: object, tools: object, manifest: object, options: Any, stage: Stage, heads: Any, work: Path
    ) -> Command | None:
        assert all(path.read_bytes().startswith(b"head of") for path in heads.values())
        name = f"{stage.name}-{stage.part}"
        if name in self.leaves_out:
            return None
        source = "" if stage.name == "rows" else "</dev/null"
        return shell(f'cat {source} > "$1"/{name}', str(self.out))


def part(name: str, body: str = "", *, watch: Watch | None = None) -> DumpPart:
    command = shell(f"printf 'head of {name}\\n'; {body or 'seq 1 200000'}; printf '%s' '{END.decode()}'")
    return DumpPart(name, "pg_custom", f"{name}.dump", command, TailCheck(END), cast(Any, watch or Watch()))


def parts(*, fails: str = "") -> list[DumpPart]:
    return [
        part("data1", watch=Watch(("public", "a"))),
        part("data2", fails, watch=Watch(("public", "b"))),
        part("database"),
    ]


async def made(workshop: Workshop, root: Path) -> Manifest:
    return (await back_up(backup_job(workshop, [LocalStorage(root)], parts()), RunReport().report())).manifest


async def fill(workshop: Workshop, root: Path, manifest: Manifest, **engine: Any) -> RunReport:
    run = RunReport()
    job = RestoreJob(
        engine=cast(Engine, StagedEngine(**engine)),
        target=CONNECTION,
        tools=TOOLS,
        manifest=manifest,
        storage=LocalStorage(root),
        key=f"{FOLDER}/{manifest.main.file}",
        version=None,
        options={"mode": "newDatabase", "jobs": 2},
        workshop=workshop,
    )
    await fill_database(job, run.report())
    return run


async def test_backup_when_in_parts_then_each_is_filled_from_its_own_stream(workshop: Workshop, tmp_path: Path) -> None:
    manifest, out = await made(workshop, tmp_path / "a"), tmp_path / "out"
    out.mkdir()
    async with nothing_left():
        run = await fill(workshop, tmp_path / "a", manifest, out=out, leaves_out=("finish-database", "rows-data2"))
    assert {path.name for path in out.iterdir()} == {"definitions-database", "rows-data1", "rows-database"}
    assert len((out / "rows-data1").read_bytes()) == manifest.data_parts[0].plain_size
    assert run.progress.bytes_read == manifest.plain_size
    assert list(workshop.folder.iterdir()) == []


async def test_backup_when_one_part_fails_then_nothing_is_left_of_the_others(
    workshop: Workshop, tmp_path: Path
) -> None:
    job = backup_job(workshop, [LocalStorage(tmp_path / "a")], parts(fails="exit 3"))
    async with nothing_left():
        with pytest.raises(AppError, match="ended with 3"):
            await back_up(job, RunReport().report())
    assert [path for path in (tmp_path / "a").rglob("*") if path.is_file()] == []


async def test_backup_when_every_storage_failed_then_the_parts_that_come_after_are_not_begun(
    workshop: Workshop, tmp_path: Path
) -> None:
    bad = [FaultyStorage(LocalStorage(tmp_path / name), Faults(write_fails_at=1)) for name in "ab"]
    late = replace(parts()[0], command=shell("sleep 0.3; seq 1 10"))
    with pytest.raises((BackupError, StorageError)):
        await back_up(backup_job(workshop, bad, [late, *parts()[1:]]), RunReport().report())
    assert [path for path in tmp_path.rglob("*.dump*") if path.is_file()] == []


@pytest.mark.parametrize("change", [b"head of nothing\n", b"head"])
async def test_restore_when_a_part_begins_otherwise_on_its_second_reading_then_it_fails_before_the_last_stage(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: bytes
) -> None:
    """Both readings have the right hash: that cannot be had with files, so the second is changed behind the check."""
    manifest, out = await made(workshop, tmp_path / "a"), tmp_path / "out"
    out.mkdir()

    def changed(job: Any, part: Any, executor: Any, report: Any = None, front: Any = None) -> Any:
        return part_stream(job, part, executor, report, front and Altered(front, change))

    monkeypatch.setattr("dbbackup.pipeline.fill.part_stream", changed)
    async with nothing_left():
        with pytest.raises(IntegrityError, match="altered while it was read"):
            await fill(workshop, tmp_path / "a", manifest, out=out)
    assert not (out / "finish-database").exists()


class Altered:
    """Gives the front other bytes than come: another beginning, or only four of them."""

    def __init__(self, front: Any, begin: bytes) -> None:
        self._front, self._begin = front, begin
        self._given = False

    def update(self, chunk: bytes) -> Iterable[bytes]:
        short, self._given, given = len(self._begin) == 4, True, self._given
        if given:
            return () if short else (chunk,)
        whole: Iterable[bytes] = self._front.update(self._begin if short else self._begin + chunk)
        return whole

    def finish(self) -> Iterable[bytes]:
        end: Iterable[bytes] = self._front.finish()
        return end


async def test_restore_when_a_part_ends_within_its_contents_then_it_says_so(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = await made(workshop, tmp_path / "a")
    monkeypatch.setattr(Head, "feed", lambda *_: None)
    with pytest.raises(RestoreError, match="no line"):
        await fill(workshop, tmp_path / "a", manifest, out=tmp_path)


async def test_together_when_there_is_nothing_to_do_then_nothing_comes() -> None:
    assert await together([]) == []


async def test_together_when_so_many_at_once_then_never_more_and_in_order() -> None:
    going, most = 0, 0

    async def one(number: int) -> int:
        nonlocal going, most
        going += 1
        most = max(most, going)
        await asyncio.sleep(0)
        going -= 1
        return number

    def work(number: int) -> Any:
        return lambda: one(number)

    assert await together([work(n) for n in range(6)], at_once=2) == list(range(6))
    assert most == 2


async def test_together_when_cancelled_then_all_have_ended_before() -> None:
    ended = []

    async def one() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            ended.append(1)

    task = asyncio.create_task(together([one, one]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(ended) == 2
