"""Who writes the log of changes (WAL) back into the catalogue's file, and that nobody else writes meanwhile."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest

from dbbackup.core.errors import ConflictError
from dbbackup.db.file_connection import FileConnection
from dbbackup.db.models import SystemSetting
from dbbackup.db.session import Catalogue
from tests.catalogue import make_catalogue

pytestmark = pytest.mark.sqlite("a server writes back its own log")
_MORE_THAN_A_LOG = "v" * 6_000_000
"""1,000 pages are 4 MB."""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    made = make_catalogue(tmp_path / "app.db")
    assert isinstance(made, Path)
    return made


@pytest.fixture
async def catalogue(place: Path) -> AsyncIterator[Catalogue]:
    opened = Catalogue(place)
    yield opened
    await opened.close()


async def write(catalogue: Catalogue, key: str, value: str = "v") -> None:
    async with catalogue.transaction() as session:
        session.add(SystemSetting(key=key, value=value))


async def test_compacting_when_others_write_then_it_comes_in_its_turn_and_the_next_one_after_it(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[FileConnection] = []
    came: list[FileConnection] = []
    take_turn = FileConnection.take_turn

    async def noted(self: FileConnection, turn: asyncio.Lock) -> None:
        asked.append(self)
        await take_turn(self, turn)
        came.append(self)

    async with catalogue.transaction() as session:
        session.add(SystemSetting(key="first", value="v"))
        await session.flush()
        monkeypatch.setattr(FileConnection, "take_turn", noted)
        compacting = asyncio.create_task(catalogue.compact())
        await until(lambda: len(asked) == 1)
        following = asyncio.create_task(write(catalogue, "second"))
        await until(lambda: len(asked) == 2)
        assert came == []
    await until(lambda: compacting.done() and following.done())
    assert min(compacting.result()) > 0
    assert following.exception() is None
    # VACUUM, the checkpoint, and only then who came after.
    assert came == [asked[0], asked[0], asked[1]]


async def test_compacting_when_it_fails_then_the_next_one_need_not_wait(
    place: Path, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched, closing(sqlite3.connect(place, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        patched.setattr("dbbackup.db.file_connection._BUSY_TIMEOUT_MS", 50)
        with pytest.raises(ConflictError, match="too busy"):
            await catalogue.compact()
        other.execute("ROLLBACK")
    async with asyncio.timeout(5):
        await write(catalogue, "next")


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():
            await asyncio.sleep(0.01)


async def test_commit_when_the_log_is_full_then_the_program_writes_it_back_and_a_command_beside_it_does_not(
    place: Path, catalogue: Catalogue
) -> None:
    await write(catalogue, "first")
    before = place.stat().st_size
    command = Catalogue(place, beside=True)
    try:
        await write(command, "long", _MORE_THAN_A_LOG)
        assert place.stat().st_size == before
        await write(catalogue, "next")
        assert place.stat().st_size > before + len(_MORE_THAN_A_LOG)
    finally:
        await command.close()
