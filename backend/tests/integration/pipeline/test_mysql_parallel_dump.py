"""Parallel dumps of real MySQL and MariaDB servers: one moment, several tools, one backup, restored as one."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dbbackup.core.errors import AppError, BackupError, IntegrityError
from dbbackup.engines import mysql_divisible
from dbbackup.engines.base import Engine
from dbbackup.engines.mysql_connect import session
from dbbackup.engines.values import Command
from dbbackup.pipeline import backup as backup_module
from dbbackup.pipeline import beginning
from dbbackup.pipeline.process import Workshop
from dbbackup.pipeline.restore import StoredBackup
from dbbackup.pipeline.verify import read_plain, read_stored
from dbbackup.storages.local import LocalStorage
from devtools.compare_mysql import compare
from tests.contract.faulty import Faults, FaultyStorage
from tests.integration.engines.mysql_support import FLAVOURS, NASTY, Family
from tests.integration.pipeline.mysql_parallel_support import TWO_TABLES, Parallel, held, make_transactional
from tests.integration.pipeline.support import FOLDER, stored
from tests.unit.pipeline.tools import RunReport, eventually, nothing_left


@pytest.fixture(scope="module", params=FLAVOURS)
def family(request: pytest.FixtureRequest) -> Family:
    return Family.of(request.param, request.getfixturevalue(request.param))


@pytest.fixture(autouse=True)
def small_is_big(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mysql_divisible, "LEAST_BYTES", 1)


@pytest.fixture(scope="module")
def odd(family: Family) -> Iterator[str]:
    """A database with everything that is odd about tables, views, triggers, routines and events."""
    yield make_transactional(family, NASTY)
    family.sql("DROP DATABASE `" + NASTY.replace("`", "``") + "`")


@pytest.fixture(scope="module")
def bank(family: Family) -> Iterator[str]:
    """Two tables whose money together is two million."""
    yield family.create("bank", TWO_TABLES)
    family.sql("DROP DATABASE bank")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "a"


async def test_parallel_dump_when_restored_then_all_is_as_it_was_cell_by_cell(
    family: Family, workshop: Workshop, odd: str, root: Path
) -> None:
    storage, parallel = LocalStorage(root), Parallel(family, workshop, odd)
    async with nothing_left():
        result = await parallel.back_up(await parallel.job([storage]))
    made = result.manifest
    assert [part.name for part in made.parts] == ["data1", "data2", "data3", "after", "database"]
    apart = [table for part in made.data_parts for table in part.tables]
    assert len(apart) == len(set(apart)) == len(made.source.tables)
    assert all(table.rows_exact for table in made.source.tables)
    plain = await parallel.back_up(await parallel.job([LocalStorage(root / "plain")], {"jobs": 1}))
    assert [part.name for part in plain.manifest.parts] == ["database"]
    counted = [(table.name, table.rows, table.sample) for table in plain.manifest.source.tables]
    assert [(table.name, table.rows, table.sample) for table in made.source.tables] == counted
    assert any("writing was held up for" in line for line in parallel.run.log.messages("info"))
    async with nothing_left():
        name = await parallel.restore(storage, made, jobs=3)
    found = compare(family.server, odd, name)
    assert found.differences == []
    assert list(workshop.folder.iterdir()) == []
    empty = await parallel.restore(storage, made, mode="schemaOnly")
    programs = "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = '{0}' UNION ALL"
    programs += " SELECT event_name FROM information_schema.events WHERE event_schema = '{0}' ORDER BY 1"
    assert family.sql(programs.format(empty)) == family.sql(programs.format(name)) != ""
    assert family.sql("SELECT COUNT(*) FROM parent", empty) == "0"
    family.sql(f"DROP DATABASE {name}; DROP DATABASE {empty}")


@asynccontextmanager
async def money_moving(family: Family) -> AsyncIterator[Callable[[], int]]:
    """Move money between the tables all the time; give how often that was done."""
    moved, going = 0, True

    async def move() -> None:
        nonlocal moved
        async with session(family.connection("bank"), limit=None) as opened:
            while going:
                await opened.ask("START TRANSACTION")
                await opened.ask("UPDATE one SET money = money - 7 WHERE id = %s", moved % 1000)
                await opened.ask("UPDATE two SET money = money + 7 WHERE id = %s", moved % 1000)
                await opened.ask("COMMIT")
                moved += 1
                await asyncio.sleep(0)

    moving = asyncio.create_task(move())
    try:
        yield lambda: moved
    finally:
        going = False
        await moving


def _late(command: Command) -> Command:
    """Make the tool of one part begin later than the others: alone it would see another moment."""
    if not any(argument.endswith("client-data2.cnf") for argument in command.argv):
        return command
    return replace(command, argv=("/bin/sh", "-c", 'sleep 0.5; exec "$@"', "late", *command.argv))


@asynccontextmanager
async def _not_still(engine: Engine, connection: object, parts: object, report: object) -> AsyncIterator[Any]:
    yield beginning.Beginning([]), []


@pytest.mark.parametrize("locked", [True, False])
async def test_parallel_dump_when_money_moves_between_the_parts_then_the_sum_is_exact_thanks_to_the_lock(
    family: Family, workshop: Workshop, bank: str, root: Path, monkeypatch: pytest.MonkeyPatch, locked: bool
) -> None:
    if not locked:
        # that this test could see a wrong sum
        monkeypatch.setattr(backup_module, "beginning", _not_still)
    storage, parallel = LocalStorage(root), Parallel(family, workshop, bank)
    # without triggers and events there is nothing behind the rows
    made = await parallel.job([storage], {"jobs": 3, "triggers": False, "events": False}, carry=_late)
    async with money_moving(family) as moved:
        await eventually(lambda: moved() > 50, "the writer")
        before = moved()
        result = await parallel.back_up(made)
        assert moved() > before, "nothing was moved while it was dumped"
    assert [len(part.tables) for part in result.manifest.data_parts] == [1, 1]
    assert result.manifest.part("after") is None
    name = await parallel.restore(storage, result.manifest, jobs=2)
    total = "SELECT SUM(money) FROM (SELECT money FROM one UNION ALL SELECT money FROM two) m"
    assert (family.sql(total, name) == "2000000") is locked
    assert int(family.sql("SELECT 1000000 - SUM(money) FROM one", name)) > 0
    family.sql(f"DROP DATABASE {name}")


async def test_parallel_dump_when_tables_may_not_be_locked_then_the_server_is_or_it_says_which_grant_is_missing(
    family: Family, workshop: Workshop, bank: str, root: Path
) -> None:
    reading = f"GRANT SELECT, TRIGGER, EVENT, SHOW VIEW ON {bank}.* TO "
    source = family.connection(bank)
    reader = replace(source, **family.account("reader", f"{reading}'reader'@'%'"))
    with pytest.raises(BackupError, match=r"GRANT LOCK TABLES ON `bank`\.\*.*or set jobs to 1"):
        async with held(family, reader):
            pass
    global_grant = "GRANT RELOAD, PROCESS ON *.* TO 'flusher'@'%'"
    flusher = replace(source, **family.account("flusher", f"{reading}'flusher'@'%'; {global_grant}"))
    parallel = Parallel(family, workshop, bank)
    made = await parallel.job([LocalStorage(root)])
    await parallel.back_up(replace(made, connection=flusher))
    assert any("(FLUSH TABLES WITH READ LOCK)" in line for line in parallel.run.log.messages("info"))


async def test_parallel_dump_when_a_table_is_altered_meanwhile_then_it_fails_and_may_be_tried_again(
    family: Family, workshop: Workshop, root: Path
) -> None:
    name = family.create("changing", TWO_TABLES)
    parallel = Parallel(family, workshop, name)
    made = await parallel.job([LocalStorage(root)])
    async with parallel.read(made) as whole:
        assert whole.divisible is not None
        # each part takes its tables by name, none takes the rest
        whole = replace(whole, divisible=replace(whole.divisible, rest=1 << 40))
        family.sql("CREATE TABLE late (id INT)", name)
        with pytest.raises(BackupError, match=r"made, dropped or altered .*: late\. Run the backup again") as caught:
            await backup_module.back_up(whole, RunReport().report())
    assert caught.value.retryable
    assert stored(root) == []
    family.sql("CREATE TABLE plain (id INT) ENGINE = MyISAM; INSERT INTO plain VALUES (1)", name)
    with pytest.raises(BackupError, match=r"without transactions.*: plain"):
        await parallel.back_up(await parallel.job([LocalStorage(root)]))
    result = await parallel.back_up(await parallel.job([LocalStorage(root)], {"excludeTables": ["plain", "two"]}))
    apart = {table for part in result.manifest.data_parts for table in part.tables}
    assert apart == {(name, "one"), (name, "late")}
    family.sql(f"DROP DATABASE {name}")


def _dumps() -> list[int]:
    """Return the process ids of the dump tools that this process runs."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdecimal() and os.getpgid(int(folder.name)) != os.getpgid(0):
                line = (folder / "cmdline").read_bytes()
                status = (folder / "stat").read_text().rpartition(")")[2].split()
                if b"client-data" in line and b"dump" in line and int(status[1]) == os.getpid() and status[0] != "Z":
                    found.append(int(folder.name))
        except (OSError, ValueError, ProcessLookupError):
            continue
    return found


@pytest.mark.parametrize("how", ["killed", "cancelled", "never begins"])
async def test_parallel_dump_when_it_ends_in_the_middle_then_all_end_and_nothing_is_left(
    family: Family, workshop: Workshop, bank: str, root: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    never = how == "never begins"
    monkeypatch.setattr(beginning, "HOLD_SECONDS", 0.5 if never else 20)

    def stay(command: Command) -> Command:
        """Keep the tool from dumping, or from ending, whatever the size of the table."""
        script = "sleep 60" if never else '"$@"; sleep 60'
        return replace(command, argv=("/bin/sh", "-c", script, "stays", *command.argv))

    parallel = Parallel(family, workshop, bank)
    made = await parallel.job([LocalStorage(root)], carry=stay)
    async with nothing_left():
        task: asyncio.Task[Any] = asyncio.create_task(parallel.back_up(made))
        await eventually(lambda: len(_dumps()) == 2, "two tools")
        if how == "killed":
            os.killpg(_dumps()[0], signal.SIGKILL)
        elif how == "cancelled":
            task.cancel()
        with pytest.raises((AppError, asyncio.CancelledError)) as caught:
            await task
    if never:
        assert "did not begin within 0.5 s" in str(caught.value)
    assert stored(root) == []
    assert list(workshop.folder.iterdir()) == []
    busy = f"SELECT COUNT(*) FROM information_schema.processlist WHERE db = '{bank}'"
    await eventually(lambda: family.sql(busy) == "0", "the end of the sessions")
    family.sql("UPDATE one SET money = money", bank)


async def test_parallel_dump_when_a_byte_of_a_part_is_altered_then_neither_check_nor_restore_take_it(
    family: Family, workshop: Workshop, bank: str, root: Path
) -> None:
    storage, parallel = FaultyStorage(LocalStorage(root), Faults()), Parallel(family, workshop, bank)
    result = await parallel.back_up(await parallel.job([storage], compression="none"))
    made, engine = result.manifest, family.engine
    backup = StoredBackup(manifest=made, storage=storage, key=f"{FOLDER}/{made.main.file}", version=None)
    options = engine.parse_restore_options({"newDatabase": "x"})
    for part in made.parts:
        script = engine.restore_filter(made, options, part.name)
        await read_plain(
            backup,
            part,
            engine.end_check(part.name, parallel.restore_job(storage, made, {}).tools),
            script,
            workshop,
            RunReport().report(),
        )
    part = made.data_parts[0]
    path = root / FOLDER / part.file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(IntegrityError, match=part.file):
        await read_stored(backup, part, RunReport().report())
    before = family.databases()
    async with nothing_left():
        with pytest.raises(IntegrityError, match=part.file):
            await parallel.restore(storage, made, jobs=2)
    assert family.databases() == before
