"""Parallel dumps of a real PostgreSQL: one moment, several tools, one backup, restored as one."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dbbackup.core.errors import AppError, BackupError, DatabaseError, IntegrityError, S3UnreachableError
from dbbackup.core.manifest import decode
from dbbackup.engines import postgresql_divisible
from dbbackup.engines.values import Divisible
from dbbackup.pipeline.backup import back_up
from dbbackup.pipeline.process import Workshop
from dbbackup.pipeline.restore import StoredBackup
from dbbackup.pipeline.verify import read_stored
from dbbackup.storages.base import Storage, StoredObject, Stream, WriteOptions
from dbbackup.storages.local import LocalStorage
from dbbackup.storages.s3 import S3Storage
from devtools.servers import PostgresServer
from tests.contract.faulty import Faults, FaultyStorage
from tests.contract.storage_fixtures import QUICK, s3_settings
from tests.integration.pipeline.parallel_support import (
    ODD_NAMES,
    SCHEMA_NAME,
    odd_schema,
    parallel_backup,
    parallel_job,
    quoted,
    read,
    text_of,
)
from tests.integration.pipeline.support import FOLDER, NewDatabase, connection, engine, stored
from tests.unit.pipeline.tools import RunReport, eventually, nothing_left


@pytest.fixture(scope="module")
def odd(pipeline_server: PostgresServer) -> Iterator[str]:
    """A database with everything that is odd about tables."""
    pipeline_server.psql("CREATE DATABASE odd")
    pipeline_server.psql(odd_schema(), database="odd")
    yield "odd"
    pipeline_server.psql("DROP DATABASE odd WITH (FORCE)")


@pytest.fixture(scope="module")
def large(pipeline_server: PostgresServer) -> Iterator[str]:
    """A database with more in each part than pipes and queues hold: no tool ends before its storage has taken some."""
    pipeline_server.psql("CREATE DATABASE large_parts")
    for number in range(3):
        rows = "SELECT i, repeat(md5(i::text), 500) FROM generate_series(1, 1000) i"
        pipeline_server.psql(f"CREATE TABLE t{number} AS {rows}", database="large_parts")
    yield "large_parts"
    pipeline_server.psql("DROP DATABASE large_parts WITH (FORCE)")


@pytest.fixture(autouse=True)
def small_is_big(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql_divisible, "LEAST_BYTES", 1)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "a"


async def test_parallel_dump_when_restored_then_all_is_as_it_was_row_by_row(
    pipeline_server: PostgresServer, workshop: Workshop, odd: str, root: Path
) -> None:
    storage = LocalStorage(root)
    async with nothing_left():
        result = await parallel_backup(await parallel_job(pipeline_server, workshop, [storage], odd))
    manifest = result.manifest
    assert [part.name for part in manifest.parts] == ["data1", "data2", "database"]
    apart = [table for part in manifest.data_parts for table in part.tables]
    assert len(apart) == len(set(apart)) > 6
    assert {(SCHEMA_NAME, name) for name in ODD_NAMES} & set(apart)
    assert ("public", "of_extension") not in apart
    assert all(table.rows_exact for table in manifest.source.tables if table.name != "of_extension")
    database = NewDatabase(pipeline_server, workshop, storage, manifest, jobs=4)
    async with nothing_left():
        await database.fill()
    assert text_of(pipeline_server, database.name) == text_of(pipeline_server, odd)
    assert database.ask("SELECT n || ' ' || m FROM totals") == "3100 2000"
    assert database.ask("SELECT count(*) FROM audit") == "0", "a trigger saw rows"
    assert database.run.progress.bytes_written == manifest.size
    assert list(workshop.folder.iterdir()) == []
    await database.drop()


async def test_parallel_dump_when_every_table_goes_apart_by_its_own_name_then_none_is_taken_for_another(
    pipeline_server: PostgresServer, workshop: Workshop, odd: str, root: Path
) -> None:
    made = await parallel_job(pipeline_server, workshop, [LocalStorage(root)], odd, {"jobs": 8})
    async with read(made) as whole:
        assert whole.divisible is not None
        # nothing stays in the main part, whatever its size
        result = await back_up(
            replace(whole, divisible=Divisible(whole.divisible.tables, 1 << 40)), RunReport().report()
        )
    apart = {table for part in result.manifest.data_parts for table in part.tables}
    assert apart == {(table.schema, table.name) for table in whole.divisible.tables}
    assert {(SCHEMA_NAME, name) for name in ODD_NAMES} < apart
    assert {("public", name) for name in ("big_one", "child", "log_1", "log_2", "quick")} < apart


async def test_parallel_dump_when_money_moves_between_the_parts_then_the_sum_is_exact(
    pipeline_server: PostgresServer, workshop: Workshop, root: Path
) -> None:
    pipeline_server.psql("CREATE DATABASE bank")
    make = "CREATE TABLE {0} (id int PRIMARY KEY, money bigint, filler text);"
    make += "INSERT INTO {0} SELECT i, 1000, repeat(md5(i::text), 60) FROM generate_series(1, 4000) i;"
    pipeline_server.psql(make.format("one") + make.format("two"), database="bank")
    storage = LocalStorage(root)
    # Slow enough that much is moved meanwhile, on a busy machine too.
    slow = FaultyStorage(storage, Faults(slow=0.3))
    made = await parallel_job(pipeline_server, workshop, [slow], "bank", {"jobs": 2}, compression="none")
    moved, going = 0, True

    async def move() -> None:
        nonlocal moved
        opened = await psycopg.AsyncConnection.connect(
            host=pipeline_server.host,
            port=pipeline_server.port,
            dbname="bank",
            user=pipeline_server.superuser,
            password=pipeline_server.password,
        )
        async with opened:
            while going:
                row = (moved % 4000 + 1,)
                await opened.execute("UPDATE one SET money = money - 7 WHERE id = %s", row)
                await opened.execute("UPDATE two SET money = money + 7 WHERE id = %s", row)
                await opened.commit()
                moved += 1

    moving = asyncio.create_task(move())
    await eventually(lambda: moved > 100, "the writer")
    before = moved
    result = await parallel_backup(made)
    during, going = moved, False
    await moving
    assert during > before + 20, "nothing was moved while it was dumped"
    assert [len(part.tables) for part in result.manifest.data_parts] == [1]
    database = NewDatabase(pipeline_server, workshop, storage, result.manifest, jobs=2)
    await database.fill()
    assert database.ask("SELECT sum(money) FROM (SELECT money FROM one UNION ALL SELECT money FROM two) m") == "8000000"
    assert int(database.ask("SELECT 4000000 - sum(money) FROM one")) > 0
    await database.drop()
    pipeline_server.psql("DROP DATABASE bank")


async def test_parallel_dump_when_a_table_is_truncated_after_the_snapshot_then_it_is_refused_and_later_ones_wait(
    pipeline_server: PostgresServer, odd: str
) -> None:
    name = quoted(SCHEMA_NAME, "UPPER")
    source = connection(pipeline_server, odd)
    pipeline_server.psql(f"CREATE TABLE cut AS TABLE {name}", database=odd)
    async with engine().reading(source) as reading:
        pipeline_server.psql("TRUNCATE cut", database=odd)
        with pytest.raises(BackupError, match=r"cut was truncated or written anew.*Run the backup again") as caught:
            await reading.divisible()
        assert caught.value.retryable
    pipeline_server.psql("INSERT INTO cut (a) VALUES (1)", database=odd)
    async with engine().reading(source) as reading:
        assert await reading.divisible()
        with pytest.raises(Exception, match="lock timeout"):
            pipeline_server.psql("SET lock_timeout = '50ms'; TRUNCATE cut", database=odd)
    pipeline_server.psql("DROP TABLE cut", database=odd)


async def test_divisible_when_a_table_is_locked_or_the_connection_is_gone_then_it_says_so(
    pipeline_server: PostgresServer, odd: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_divisible, "LOCK_WAIT", 0.1)
    source = connection(pipeline_server, odd)
    login = f"host={source.host} port={source.port} dbname={odd} user={source.username}"
    async with await psycopg.AsyncConnection.connect(login, password=source.password.reveal()) as holder:
        await holder.execute("LOCK TABLE big_one IN ACCESS EXCLUSIVE MODE")
        async with engine().reading(source) as reading:
            with pytest.raises(BackupError, match="lock timeout"):
                await reading.divisible()
    monkeypatch.setattr(postgresql_divisible, "LEAST_BYTES", 1 << 50)
    async with engine().reading(source) as reading:
        found = await reading.divisible()
        assert found is not None
        assert found.tables == ()
        assert found.rest > 100_000
        pipeline_server.psql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_xmin IS NOT NULL"
            " AND pid <> pg_backend_pid()"
        )
        with pytest.raises(DatabaseError):
            await reading.divisible()


async def _while_dumping(
    server: PostgresServer, workshop: Workshop, root: Path, large: str, act: Callable[[asyncio.Task[Any]], object]
) -> BaseException:
    """Start a slow dump, do something to it once all its tools run, and return how it ended."""
    # So slow that the first tool does not end before the last is there, on a busy machine either: see `large`.
    slow = FaultyStorage(LocalStorage(root), Faults(slow=4.0))
    made = await parallel_job(server, workshop, [slow], large, compression="none")
    run = RunReport()
    async with nothing_left():
        task: asyncio.Task[Any] = asyncio.create_task(parallel_backup(made, run))
        await eventually(lambda: len(_dumps()) == 3, "three tools")
        act(task)
        with pytest.raises((AppError, asyncio.CancelledError)) as caught:
            await task
    return caught.value


def _dumps() -> list[int]:
    """Return the process ids of the dump tools that this process runs."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdecimal() and os.getpgid(int(folder.name)) != os.getpgid(0):
                words = (folder / "cmdline").read_bytes().split(b"\0")
                status = (folder / "stat").read_text().rpartition(")")[2].split()
                if words[0].endswith(b"/pg_dump") and int(status[1]) == os.getpid() and status[0] != "Z":
                    found.append(int(folder.name))
        except (OSError, ValueError, ProcessLookupError):
            continue
    return found


async def test_parallel_dump_when_one_tool_is_killed_then_all_end_and_nothing_is_left(
    pipeline_server: PostgresServer, workshop: Workshop, large: str, root: Path
) -> None:
    error = await _while_dumping(
        pipeline_server, workshop, root, large, lambda _: os.kill(sorted(_dumps())[0], signal.SIGKILL)
    )
    assert isinstance(error, AppError)
    assert "pg_dump" in error.message
    assert stored(root) == []
    await _no_sessions(pipeline_server, large)


async def test_parallel_dump_when_cancelled_then_all_end_and_nothing_is_left(
    pipeline_server: PostgresServer, workshop: Workshop, large: str, root: Path
) -> None:
    error = await _while_dumping(pipeline_server, workshop, root, large, lambda task: task.cancel())
    assert isinstance(error, asyncio.CancelledError)
    assert stored(root) == []
    await _no_sessions(pipeline_server, large)


async def _no_sessions(server: PostgresServer, database: str) -> None:
    busy = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}' AND pid <> pg_backend_pid()"
    await eventually(lambda: server.psql(busy) == "0", "the end of the sessions")


async def test_parallel_dump_when_a_byte_of_a_data_part_is_altered_then_neither_check_nor_restore_take_it(
    pipeline_server: PostgresServer, workshop: Workshop, odd: str, root: Path
) -> None:
    storage = LocalStorage(root)
    made = await parallel_job(pipeline_server, workshop, [storage], odd, compression="none")
    manifest = (await parallel_backup(made)).manifest
    part = manifest.data_parts[0]
    path = root / FOLDER / part.file
    data = bytearray(path.read_bytes())
    data[-200] ^= 1
    path.write_bytes(data)
    backup = StoredBackup(manifest=manifest, storage=storage, key=f"{FOLDER}/{manifest.main.file}", version=None)
    with pytest.raises(IntegrityError, match=part.file):
        await read_stored(backup, part, RunReport().report())
    async with nothing_left():
        with pytest.raises(IntegrityError, match=part.file):
            await NewDatabase(pipeline_server, workshop, storage, manifest, jobs=3).fill()


async def test_parallel_dump_when_stored_on_disk_and_s3_at_once_then_both_are_whole(
    pipeline_server: PostgresServer, workshop: Workshop, odd: str, root: Path
) -> None:
    s3 = S3Storage(s3_settings(), patience=QUICK)
    try:
        run = RunReport()
        made = await parallel_job(pipeline_server, workshop, [LocalStorage(root), s3], odd)
        result = await parallel_backup(made, run)
        manifest = result.manifest
        assert all(isinstance(outcome, StoredObject) for outcome in result.copies.values())
        assert run.progress.bytes_uploaded == dict.fromkeys(("c0", "c1"), manifest.size)
        assert decode((root / FOLDER / manifest.file_name).read_bytes()) == manifest
        database = NewDatabase(pipeline_server, workshop, s3, manifest, jobs=2)
        await database.fill()
        assert text_of(pipeline_server, database.name) == text_of(pipeline_server, odd)
        await database.drop()
    finally:
        await s3.close()


class _RefusesOnePart(FaultyStorage):
    """Refuses one part, and is done with the others only when that has been given up."""

    def __init__(self, inner: Storage, run: RunReport) -> None:
        super().__init__(inner)
        self._run = run

    async def write(self, key: str, stream: Stream, options: WriteOptions) -> StoredObject:
        if "data1" in key:
            raise S3UnreachableError("The storage went away (on purpose).")
        written = await super().write(key, stream, options)
        given_up = f"The copy on {self.id} failed"
        await eventually(lambda: any(given_up in str(line) for line in self._run.log.lines), given_up)
        return written


async def test_parallel_dump_when_one_destination_fails_in_one_part_then_nothing_of_the_others_is_left_there(
    pipeline_server: PostgresServer, workshop: Workshop, odd: str, root: Path, tmp_path: Path
) -> None:
    run = RunReport()
    bad: Storage = _RefusesOnePart(LocalStorage(tmp_path / "b"), run)
    made = await parallel_job(pipeline_server, workshop, [LocalStorage(root), bad], odd)
    result = await parallel_backup(made, run)
    assert isinstance(result.copies["c1"], AppError)
    assert stored(tmp_path / "b") == []
    assert len(stored(root)) == 4


async def test_parallel_dump_when_a_table_is_in_no_part_then_the_backup_fails(
    pipeline_server: PostgresServer, workshop: Workshop, odd: str, root: Path
) -> None:
    """As if a name were read otherwise by the tool: the parts' own contents show it."""
    made = await parallel_job(pipeline_server, workshop, [LocalStorage(root)], odd)
    async with read(made) as whole:
        snapshot = whole.reading.snapshot if whole.reading else None
        made_parts = list(
            whole.engine.dump(
                whole.connection, whole.tools, whole.options, workshop.folder, None, snapshot, whole.divisible
            )
        )
        main = made_parts[-1]
        more = replace(main.command, argv=(*main.command.argv, "--exclude-table-data=public.big_one"))
        less = replace(
            made_parts[0].command,
            argv=tuple(a for a in made_parts[0].command.argv if a != '--table="public"."big_one"'),
        )
        altered = [replace(made_parts[0], command=less), *made_parts[1:-1], replace(main, command=more)]
        with pytest.raises(BackupError, match=r"do not make one whole.*public\.big_one"):
            await back_up(replace(whole, parts=lambda *_: altered), RunReport().report())
    assert stored(root) == []


async def test_parallel_dump_when_a_table_is_left_out_by_the_user_then_it_is_in_no_part(
    pipeline_server: PostgresServer, workshop: Workshop, odd: str, root: Path
) -> None:
    storage = LocalStorage(root)
    options = {"excludeTables": ["public.big_one", "public.child", "public.totals"]}
    result = await parallel_backup(await parallel_job(pipeline_server, workshop, [storage], odd, options))
    apart = [table for part in result.manifest.data_parts for table in part.tables]
    assert apart
    assert ("public", "big_one") not in apart
