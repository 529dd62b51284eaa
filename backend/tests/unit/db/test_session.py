"""Sessions and the lock: what happens after a commit only, and who may open the catalogue."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from threading import Timer
from typing import Any, cast

import aiosqlite
import pytest
from sqlalchemy import CursorResult, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from dbbackup.core.errors import ConflictError, ValidationError
from dbbackup.db.file_connection import connect
from dbbackup.db.lock import InstanceLock, is_taken
from dbbackup.db.models import BackupCopy, SystemSetting
from dbbackup.db.session import Catalogue, after_commit
from tests.catalogue import make_catalogue


@pytest.fixture
async def catalogue(tmp_path: Path) -> AsyncIterator[Catalogue]:
    opened = Catalogue(make_catalogue(tmp_path / "app.db"))
    yield opened
    await opened.close()


async def test_after_commit_when_committed_then_the_action_runs_once_and_sees_the_row(catalogue: Catalogue) -> None:
    ran: list[str] = []
    async with catalogue.transaction() as session:
        session.add(SystemSetting(key="k", value="v"))
        after_commit(session, lambda: ran.append("a"))
        after_commit(session, lambda: ran.append("b"))
        await session.flush()
        assert ran == []
    assert ran == ["a", "b"]


async def test_after_commit_when_rolled_back_then_the_action_never_runs(catalogue: Catalogue) -> None:
    ran: list[str] = []
    with pytest.raises(ZeroDivisionError):
        async with catalogue.transaction() as session:
            session.add(SystemSetting(key="k", value="v"))
            await session.flush()
            after_commit(session, lambda: ran.append("a"))
            raise ZeroDivisionError
    async with catalogue.transaction() as session:
        assert (await session.scalars(select(SystemSetting))).all() == []
    assert ran == []


async def test_after_commit_when_a_savepoint_ends_then_the_action_waits_for_the_commit(catalogue: Catalogue) -> None:
    ran: list[str] = []
    async with catalogue.transaction() as session:
        after_commit(session, lambda: ran.append("before"))
        async with session.begin_nested():
            session.add(SystemSetting(key="kept", value="v"))
            after_commit(session, lambda: ran.append("inside"))
        assert ran == []
        after_commit(session, lambda: ran.append("after"))
    assert ran == ["before", "inside", "after"]


async def test_transaction_when_a_savepoint_is_its_first_write_then_nothing_is_kept_before_the_commit(
    catalogue: Catalogue,
) -> None:
    async def keys() -> list[str]:
        async with catalogue.sessions() as another:
            return list(await another.scalars(select(SystemSetting.key)))

    with pytest.raises(ZeroDivisionError):
        async with catalogue.transaction() as session:
            async with session.begin_nested():
                session.add(SystemSetting(key="k", value="v"))
            assert await keys() == []
            raise ZeroDivisionError
    assert await keys() == []
    async with catalogue.transaction() as session:
        async with session.begin_nested():
            session.add(SystemSetting(key="kept", value="v"))
        session.add(SystemSetting(key="too", value="v"))
    assert sorted(await keys()) == ["kept", "too"]


@pytest.mark.sqlite("PostgreSQL's transactions take their turn with the first write, not with the savepoint")
async def test_transaction_when_several_begin_with_a_savepoint_then_each_sees_what_those_before_wrote(
    catalogue: Catalogue,
) -> None:
    async def write(key: str) -> None:
        async with catalogue.transaction() as session:
            async with session.begin_nested():
                before = (await session.scalars(select(SystemSetting.key))).all()
                session.add(SystemSetting(key=key, value=str(len(before))))
            await asyncio.sleep(0.05)

    await asyncio.gather(*(write(f"k{number}") for number in range(4)))
    async with catalogue.sessions() as session:
        assert sorted(await session.scalars(select(SystemSetting.value))) == ["0", "1", "2", "3"]


@pytest.mark.parametrize("fails", ["block", "flush"])
async def test_after_commit_when_a_savepoint_is_rolled_back_then_only_its_actions_are_dropped(
    catalogue: Catalogue, fails: str
) -> None:
    ran: list[str] = []
    async with catalogue.transaction() as session:
        after_commit(session, lambda: ran.append("before"))
        with pytest.raises((ZeroDivisionError, IntegrityError)):
            async with session.begin_nested():
                after_commit(session, lambda: ran.append("inside"))
                if fails == "flush":
                    session.add(BackupCopy(backup_id="nobody", position=0))
                    await session.flush()
                raise ZeroDivisionError
        after_commit(session, lambda: ran.append("after"))
    assert ran == ["before", "after"]


@pytest.mark.sqlite("asks SQLite for its settings")
async def test_catalogue_when_opened_then_write_ahead_log_and_foreign_keys_are_on(catalogue: Catalogue) -> None:
    async with catalogue.sessions() as session:
        assert await session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert await session.scalar(text("PRAGMA synchronous")) == 2
        # in KiB: 15 connections with SQLite's own 2,000 would be too much memory
        assert await session.scalar(text("PRAGMA cache_size")) == -500
    with pytest.raises(IntegrityError):
        async with catalogue.transaction() as session:
            session.add(BackupCopy(backup_id="nobody", position=0))


def test_lock_when_another_process_has_it_then_refused_until_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "db" / "app.db"
    program = (
        "from dbbackup.db.lock import InstanceLock; from pathlib import Path\n"
        f"with InstanceLock(Path({str(path)!r})): print('mine', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3] / "src",
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"mine\n"
        with pytest.raises(ConflictError, match="already running on this catalogue"), InstanceLock(path):
            pass
        other.kill()
    with InstanceLock(path) as lock:
        pass
    lock.__exit__(None, None, None)


def test_lock_when_a_command_looks_in_that_moment_then_it_is_taken_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    looking = InstanceLock(path)
    looking.__enter__()
    assert is_taken(path)
    Timer(0.2, looking.__exit__, (None, None, None)).start()
    with InstanceLock(path):
        assert is_taken(path)
    assert not is_taken(path)


def test_lock_when_the_folder_cannot_be_made_then_the_variable_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ValidationError, match="DATABASE_PATH"), InstanceLock(tmp_path / "file" / "app.db"):
        pass


async def test_connection_when_its_close_is_cancelled_after_a_stop_then_it_ends(tmp_path: Path) -> None:
    connection = await connect(str(tmp_path / "app.db"))
    closing = asyncio.create_task(connection.close())
    await asyncio.sleep(0)
    connection.stop()
    closing.cancel()
    done, _ = await asyncio.wait({closing}, timeout=10)
    assert done == {closing}
    assert connection.stop() is connection.stop()


async def write(catalogue: Catalogue, key: str, done: list[str]) -> None:
    async with catalogue.transaction() as session:
        session.add(SystemSetting(key=key, value="v"))
        await session.flush()
        done.append(key)
        await asyncio.sleep(0)


@pytest.mark.sqlite("PostgreSQL makes the line itself, once a connection is open")
async def test_writers_when_one_holds_the_catalogue_then_the_others_follow_in_the_order_they_came(
    catalogue: Catalogue,
) -> None:
    done: list[str] = []
    names = [f"w{number:02}" for number in range(12)]
    waiting = []
    async with catalogue.transaction() as session:
        session.add(SystemSetting(key="first", value="v"))
        await session.flush()
        for name in names:
            waiting.append(asyncio.create_task(write(catalogue, name, done)))
            await asyncio.sleep(0.05)  # its connection is opened, and it has asked
        assert done == []
    async with asyncio.timeout(20):
        await asyncio.gather(*waiting)
    assert done == names


async def test_writers_when_one_gives_up_waiting_then_those_behind_it_come_in_turn(catalogue: Catalogue) -> None:
    done: list[str] = []
    async with catalogue.transaction() as session:
        session.add(SystemSetting(key="first", value="v"))
        await session.flush()
        waiting = [asyncio.create_task(write(catalogue, name, done)) for name in ("impatient", "patient")]
        await asyncio.sleep(0.3)
        waiting[0].cancel()
    async with asyncio.timeout(20):
        results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [asyncio.CancelledError, type(None)]
    assert done == ["patient"]


async def test_writers_when_one_fails_then_the_next_one_may_write(catalogue: Catalogue) -> None:
    done: list[str] = []
    with pytest.raises(ZeroDivisionError):
        async with catalogue.transaction() as session:
            session.add(SystemSetting(key="first", value="v"))
            await session.flush()
            raise ZeroDivisionError
    async with asyncio.timeout(5):
        await write(catalogue, "second", done)
    assert done == ["second"]


@pytest.mark.sqlite("waits for SQLite's own lock")
async def test_writers_when_one_never_ends_then_the_next_is_told_and_takes_no_turn_from_anybody(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dbbackup.db.file_connection._BUSY_TIMEOUT_MS", 50)
    done: list[str] = []
    async with catalogue.transaction() as session:
        session.add(SystemSetting(key="first", value="v"))
        await session.flush()
        with pytest.raises(OperationalError, match="locked"):
            await write(catalogue, "second", done)
        third = asyncio.create_task(write(catalogue, "third", done))
        await asyncio.sleep(0)
        assert done == []
    await third
    assert done == ["third"]


@pytest.mark.sqlite("the thread of a connection to a file")
async def test_statement_when_it_runs_then_the_connections_thread_is_visited_once(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with catalogue.sessions() as session:
        await session.execute(text("CREATE TABLE pair (key TEXT, value INTEGER)"))
    visits: list[object] = []
    real = aiosqlite.Connection._execute

    async def counted(self: aiosqlite.Connection, work: Any, *arguments: Any) -> Any:
        visits.append(work)
        return await real(self, work, *arguments)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
    async with catalogue.sessions() as session:
        rows = (await session.execute(text("SELECT 1 AS one, 2 AS two UNION SELECT 3, 4"))).all()
        assert [row._asdict() for row in rows] == [{"one": 1, "two": 2}, {"one": 3, "two": 4}]
        assert len(visits) == 1
    # It changed nothing: there is nothing to roll back.
    assert len(visits) == 1
    async with catalogue.transaction() as session:
        made = await session.execute(text("INSERT INTO pair (key, value) VALUES ('a', 1), ('b', 2)"))
        assert cast("CursorResult[Any]", made).rowcount == 2
        given = await session.scalars(text("DELETE FROM pair WHERE key IN ('a', 'c') RETURNING key"))
        assert given.all() == ["a"]
        assert len(visits) == 3
    assert len(visits) == 4


@pytest.mark.sqlite("a write that waits for the thread of a connection to a file")
async def test_write_when_it_is_cancelled_before_it_began_then_it_is_rolled_back(catalogue: Catalogue) -> None:
    asked = asyncio.Event()
    async with catalogue.sessions() as session:
        await session.execute(text("CREATE TABLE pair (key TEXT, value INTEGER)"))

    async def write() -> None:
        async with catalogue.transaction() as session:
            link = (await (await session.connection()).get_raw_connection()).driver_connection
            assert link is not None
            busy = asyncio.create_task(link.visit(partial(time.sleep, 0.3)))
            await asyncio.sleep(0)
            asked.set()
            await session.execute(text("INSERT INTO pair VALUES ('late', 1)"))
            await busy

    task = asyncio.create_task(write())
    await asked.wait()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with catalogue.transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM pair")) == 0
        await session.execute(text("INSERT INTO pair VALUES ('next', 2)"))
