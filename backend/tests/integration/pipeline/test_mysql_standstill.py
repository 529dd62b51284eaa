"""The moment in which nobody writes: held, given up, refused, and over when who holds it is gone."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dbbackup.core.errors import BackupError, DatabaseError
from dbbackup.engines import mysql_standstill
from dbbackup.engines.mysql_connect import session
from tests.integration.engines.mysql_support import FLAVOURS, Family
from tests.integration.pipeline.mysql_parallel_support import TWO_TABLES, held
from tests.unit.pipeline.tools import eventually

HOLDS = """
import asyncio
from dbbackup.core.secret import Secret
from dbbackup.engines.mariadb import MARIADB
from dbbackup.engines.mysql_standstill import standstill
from dbbackup.engines.values import Connection

async def main():
    host, port, user, password = (input() for _ in range(4))
    async with standstill(Connection(host, int(port), "bank", user, Secret(password)), MARIADB, ["one", "two"]):
        print("held", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.fixture(scope="module", params=FLAVOURS)
def family(request: pytest.FixtureRequest) -> Family:
    return Family.of(request.param, request.getfixturevalue(request.param))


@pytest.fixture(scope="module")
def bank(family: Family) -> Iterator[str]:
    yield family.create("bank", TWO_TABLES)
    family.sql("DROP DATABASE bank")


async def test_standstill_when_held_then_nobody_writes_and_afterwards_they_may_again(family: Family, bank: str) -> None:
    source = family.connection(bank)
    async with session(source) as other, held(family, source) as still:
        assert still.how == "LOCK TABLES of 2 tables"
        writing = asyncio.create_task(other.ask("UPDATE one SET money = money WHERE id = 1"))
        assert (await asyncio.wait((writing,), timeout=0.3))[1], "somebody wrote"
        await still.end()
        await writing
    async with session(source) as other, held(family, source) as still:
        [(own,)] = await still._opened.ask("SELECT CONNECTION_ID()")
        await other.ask(f"KILL {own}")
        await other.ask("UPDATE one SET money = money WHERE id = 1")
        with pytest.raises(BackupError, match="broke off while the dump began") as caught:
            await still.end()
        assert caught.value.retryable


async def test_standstill_when_a_transaction_stays_open_then_the_whole_server_is_locked_or_it_is_given_up(
    family: Family, bank: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mysql_standstill, "LOCK_WAIT", 1)
    monkeypatch.setattr(mysql_standstill, "TRIES", 1)
    source = family.connection(bank)
    locker = family.account("locker", f"GRANT SELECT, LOCK TABLES ON {bank}.* TO 'locker'@'%'")
    async with session(source) as writer, session(source) as other:
        await writer.ask("START TRANSACTION")
        await writer.ask("UPDATE one SET money = money WHERE id = 1")
        async with held(family, source) as still:
            assert still.how == "FLUSH TABLES WITH READ LOCK"
        with pytest.raises(BackupError, match="somebody was writing") as caught:
            async with held(family, replace(source, **locker)):
                pass
        assert caught.value.retryable
        if not family.is_mariadb:
            sleeping = asyncio.create_task(other.ask("SELECT SLEEP(2)"))
            await asyncio.sleep(0.2)
            with pytest.raises(BackupError, match="somebody was writing"):
                async with held(family, source):
                    pass
            await sleeping
        # given up in the middle: the waiting session is ended, not left to get its lock some time
        monkeypatch.setattr(mysql_standstill, "LOCK_WAIT", 30)
        monkeypatch.setattr(mysql_standstill, "_DEADLINE", 0.3)
        with pytest.raises(BackupError, match="somebody was writing"):
            async with held(family, source):
                pass
        await eventually(lambda: "LOCK TABLES" not in family.sql("SHOW FULL PROCESSLIST"), "the end of the waiting")
        await writer.ask("ROLLBACK")


async def test_standstill_when_tables_stay_locked_or_are_gone_then_it_says_so(
    family: Family, bank: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mysql_standstill, "LOCK_WAIT", 1)
    monkeypatch.setattr(mysql_standstill, "TRIES", 1)
    source = family.connection(bank)
    async with session(source) as other:
        await other.ask("LOCK TABLES one WRITE")
        with pytest.raises(BackupError, match="somebody was writing"):
            async with held(family, source):
                pass
    with pytest.raises(BackupError, match="was dropped while the parallel dump began") as caught:
        async with held(family, source, "one", "no_such_table"):
            pass
    assert caught.value.retryable
    with pytest.raises(DatabaseError, match="could not be locked for the parallel dump"):
        async with held(family, source, "x" * 70):
            pass


async def test_standstill_when_cancelled_while_it_waits_then_the_waiting_session_is_ended(
    family: Family, bank: str
) -> None:
    source = family.connection(bank)

    async def hold() -> None:
        async with held(family, source):
            pass

    async with session(source) as writer:
        await writer.ask("LOCK TABLES one WRITE")
        waiting = asyncio.create_task(hold())
        await eventually(lambda: "LOCK TABLES" in family.sql("SHOW FULL PROCESSLIST"), "the wait for the lock")
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await eventually(lambda: "LOCK TABLES" not in family.sql("SHOW FULL PROCESSLIST"), "the end of the waiting")


async def test_standstill_when_the_process_that_holds_it_is_killed_then_the_lock_is_gone(
    family: Family, bank: str, tmp_path: Path
) -> None:
    source = family.connection(bank)
    program = tmp_path / "holds.py"
    program.write_text(HOLDS)
    facts = f"{source.host}\n{source.port}\n{source.username}\n{source.password.reveal()}\n"
    child = await asyncio.create_subprocess_exec(
        sys.executable, program, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(facts.encode())
    assert await child.stdout.readline() == b"held\n"
    async with session(source) as other:
        writing = asyncio.create_task(other.ask("UPDATE one SET money = money WHERE id = 1"))
        assert (await asyncio.wait((writing,), timeout=0.2))[1], "somebody wrote"
        child.kill()
        await writing
    await child.wait()
