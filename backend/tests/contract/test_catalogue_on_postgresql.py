"""The catalogue on PostgreSQL: the same schema, one instance at a time, and a server that goes away meanwhile."""

from __future__ import annotations

import asyncio
import gzip
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from dbbackup.core.catalogue_url import CatalogueUrl
from dbbackup.core.errors import ConflictError, InternalError, ValidationError
from dbbackup.core.naming import new_id
from dbbackup.core.secret import Secret
from dbbackup.db import server, server_lock
from dbbackup.db.lock import is_taken, lock_catalogue
from dbbackup.db.migrate import alembic_config, migrate_database, migrate_file
from dbbackup.db.models import Base, RunJournal, SystemSetting
from dbbackup.db.models.base import utc_now
from dbbackup.db.server_lock import ServerLock
from dbbackup.db.session import Catalogue
from devtools import catalogue_server
from devtools.compare import compare
from devtools.servers import PostgresServer
from tests.api.running_app import KEY, RunningApp
from tests.api.support import add_database, back_up, locked, make_database, unique

BACKEND = Path(__file__).resolve().parents[2]


@pytest.fixture
def empty() -> CatalogueUrl:
    return catalogue_server.make_database(f"empty_{new_id()[-8:]}", migrated=False)


@pytest.fixture(scope="module")
def migrated() -> CatalogueUrl:
    return catalogue_server.make_database(f"migrated_{new_id()[-8:]}")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    url = catalogue_server.make_database(f"app_{new_id()[-8:]}")
    with RunningApp.start(tmp_path_factory.mktemp("app"), database_url=url) as running:
        yield running


def differences(place: Path | CatalogueUrl) -> list[Any]:
    """Return what the models and the schema that migrations made do not have in common."""
    engine = alembic_config(place).attributes["engine"]
    with engine.connect() as connection:
        # SQLite has one kind of floating-point number, and calls it by the name it was given.
        options = {"compare_type": isinstance(place, CatalogueUrl)}
        found = compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)
    engine.dispose()
    return list(found)


def test_migrate_when_from_nothing_then_models_and_schema_are_the_same_on_both(
    empty: CatalogueUrl, tmp_path: Path
) -> None:
    migrate_database(empty)
    migrate_database(empty)
    migrate_file(tmp_path / "app.db")
    assert differences(tmp_path / "app.db") == []
    assert differences(empty) == []


def test_migrate_when_restores_are_older_than_the_names_of_their_sources_then_manifests_tell_them(
    empty: CatalogueUrl,
) -> None:
    config = alembic_config(empty)
    command.upgrade(config, "0021")
    engine = config.attributes["engine"]
    row = {
        "id": "r", "database_name": "d", "target_database": "t", "source_type": "local", "source_key": "k",
        "manifest": '{"source": {"configName": "shop"}}', "options": "{}", "status": "completed", "started_by": "s",
        "confirmed_by": "s", "cancel_requested": False, "result": "{}", "attempt": 1,
        "created_at": utc_now(), "updated_at": utc_now(),
    }  # fmt: skip
    with engine.begin() as connection:
        names = ", ".join(row)
        connection.execute(
            text(f"INSERT INTO restore_execution ({names}) VALUES ({', '.join(f':{name}' for name in row)})"), row
        )
    engine.dispose()
    migrate_database(empty)
    with alembic_config(empty).attributes["engine"].connect() as connection:
        assert connection.scalar(text("SELECT source_name FROM restore_execution")) == "shop"


def test_migrate_when_the_database_is_newer_or_another_programs_then_refused(empty: CatalogueUrl) -> None:
    with psycopg.connect(empty.dsn.reveal(), autocommit=True) as connection:
        connection.execute("CREATE TABLE invoice (id integer)")
        with pytest.raises(ValidationError, match=r"DATABASE_URL: .* tables of another program"):
            migrate_database(empty)
        connection.execute("DROP TABLE invoice")
        migrate_database(empty)
        connection.execute("UPDATE alembic_version SET version_num = 'from_the_future'")
    with pytest.raises(InternalError, match="newer version of this program"):
        migrate_database(empty)


def test_lock_when_an_instance_runs_then_a_second_one_is_refused(migrated: CatalogueUrl) -> None:
    with lock_catalogue(migrated):
        assert is_taken(migrated)
        with pytest.raises(ConflictError, match="already running on this catalogue"), lock_catalogue(migrated):
            pass
    assert not is_taken(migrated)


async def test_lock_when_another_instance_took_over_then_the_first_one_changes_nothing_more(
    migrated: CatalogueUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_lock, "_LOOK_SECONDS", 0.1)
    with ServerLock(migrated) as first:
        ended = asyncio.Event()
        keeping = asyncio.create_task(first.keep(ended.set))
        old = Catalogue(migrated, first.holder)
        async with old.sessions() as session:
            await session.scalar(select(func.count()).select_from(SystemSetting))
            # As after a cut of the network: the server let go of the lock, the other connections are left.
            assert first._connection is not None
            first._connection.close()
            with ServerLock(migrated):
                with pytest.raises(DBAPIError):
                    await session.scalar(select(func.count()).select_from(SystemSetting))
                with pytest.raises(DBAPIError, match="Another instance has taken over"):
                    async with old.transaction() as writing:
                        writing.add(SystemSetting(key="late", value=""))
                async with asyncio.timeout(60):
                    await ended.wait()
        await keeping
        await old.close()


@pytest.fixture
async def catalogue(migrated: CatalogueUrl) -> AsyncIterator[Catalogue]:
    opened = Catalogue(migrated)
    yield opened
    await opened.close()


async def test_transactions_when_two_count_and_then_write_then_one_after_another(catalogue: Catalogue) -> None:
    """On SQLite who writes first is alone until the end; so it must be here, or both count the same."""

    async def add() -> None:
        async with catalogue.transaction() as session:
            session.add(SystemSetting(key=new_id(), value="counter", description="x"))
            await session.flush()
            query = select(func.count()).select_from(SystemSetting).where(SystemSetting.value.like("counter%"))
            count = await session.scalar(query)
            await asyncio.sleep(0.02)
            session.add(SystemSetting(key=f"number {count}", value="other"))

    await asyncio.gather(*(add() for _ in range(6)))
    async with catalogue.sessions() as session:
        numbers = await session.scalars(select(SystemSetting.key).where(SystemSetting.key.startswith("number ")))
        assert sorted(numbers) == [f"number {n}" for n in range(1, 7)]


async def test_text_when_it_holds_a_zero_byte_or_is_too_long_then_the_row_is_kept(catalogue: Catalogue) -> None:
    async with catalogue.transaction() as session:
        session.add(SystemSetting(key="z" * 500, value="a\0b"))
    async with catalogue.sessions() as session:
        assert await session.scalar(select(SystemSetting.value).where(SystemSetting.key == "z" * 500)) == "a\ufffdb"


@pytest.mark.parametrize(
    ("value", "kept"),
    [("a\0\0b", "a\ufffd\ufffdb"), (r"a\u0000b", r"a\u0000b"), ("\\\0", "\\\ufffd"), ("\ufffd", "\ufffd")],
)
async def test_json_when_it_holds_a_zero_byte_then_it_can_still_be_looked_into(
    catalogue: Catalogue, value: str, kept: str
) -> None:
    run = new_id()
    async with catalogue.transaction() as session:
        session.add(RunJournal(execution_id=run, kind="test", facts={"storageId": "here", "text": value}))
    async with catalogue.sessions() as session:
        here = RunJournal.facts["storageId"].as_string() == "here"
        [facts] = await session.scalars(select(RunJournal.facts).where(RunJournal.execution_id == run, here))
    assert facts["text"] == kept


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"port": 1}, "refused"),
        ({"name": "nowhere"}, 'database "nowhere" does not exist'),
        ({"password": Secret("Wrong-Password-9c1")}, "password authentication failed"),
    ],
)
def test_lock_when_the_url_is_wrong_then_the_variable_is_named_and_no_password(
    migrated: CatalogueUrl, changes: dict[str, Any], says: str
) -> None:
    url = replace(migrated, **changes)
    with pytest.raises(ValidationError, match="DATABASE_URL") as raised, lock_catalogue(url):
        pass
    assert says in raised.value.message
    assert url.password.reveal() not in raised.value.message
    assert raised.value.details[0].field == "DATABASE_URL"


def test_serve_when_the_password_is_wrong_then_it_ends_with_a_word_and_code_1(
    migrated: CatalogueUrl, tmp_path: Path
) -> None:
    file = tmp_path / "url"
    file.write_text(f"{replace(migrated, password=Secret('Wrong-Password-9c1')).dsn.reveal()}\n")
    done = subprocess.run(
        [sys.executable, "-m", "dbbackup", "serve"],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": "src",
            "ENCRYPTION_KEY": KEY,
            "AUTH_MODE": "none",
            "PORT": "0",
            "BACKUP_STORAGE_PATH": str(tmp_path / "backups"),
            "DATABASE_URL_FILE": str(file),
        },
        cwd=BACKEND,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "dbbackup: DATABASE_URL cannot be used" in done.stderr
    assert "Wrong-Password" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_server_when_too_old_then_refused(migrated: CatalogueUrl, monkeypatch: pytest.MonkeyPatch) -> None:
    """No server that old can be had here, so the bound is raised instead."""
    monkeypatch.setattr(server, "MIN_MAJOR", 99)
    with pytest.raises(ValidationError, match="the catalogue needs 99 or newer"), lock_catalogue(migrated):
        pass


def test_backup_and_restore_when_the_catalogue_is_on_postgresql_then_as_on_sqlite(
    app: RunningApp, postgres: PostgresServer
) -> None:
    database = add_database(app, postgres)
    made = back_up(app, database)
    assert made["status"] == "completed"
    name = unique("restored")
    body = {"databaseId": database["id"], "backupId": made["id"], "confirm": True, "options": {"newDatabase": name}}
    restore = app.api.post("/restores", body)
    assert app.api.wait(f"/restores/{restore['id']}")["status"] == "completed"
    assert compare(postgres, database["database"], name).equal
    assert app.api.get("/system/stats")["backups"] == 1


def test_copy_when_restored_into_another_database_then_the_program_starts_from_it(
    app: RunningApp, tmp_path: Path
) -> None:
    app.api.post("/system/maintenance", {"task": "copy"})
    [copy] = app.settings.storage_path.glob("catalogue/*/*.dump.gz")
    name = f"again_{new_id()[-8:]}"
    url = catalogue_server.make_database(name, migrated=False)
    held = catalogue_server.server()
    subprocess.run(
        [held.bin_dir / "pg_restore", "--no-owner", "--exit-on-error", "-d", name],
        input=gzip.decompress(copy.read_bytes()),
        env=held.env(name),
        check=True,
    )
    with RunningApp.start(tmp_path, database_url=url) as other:
        assert len(other.api.get("/databases")) == len(app.api.get("/databases"))


def test_move_when_done_as_documented_then_databases_and_backups_are_there_and_restore(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    """Export on SQLite, import on PostgreSQL, find the backups: docs/how-to/put-the-catalogue-on-postgresql.md."""
    phrase = {"passphrase": "a passphrase of the export"}
    with RunningApp.start(tmp_path, database_url=None) as before:
        database = add_database(before, postgres)
        made = back_up(before, database)
        file = before.api.request("POST", "/config/export", phrase).json()
    url = catalogue_server.make_database(f"moved_{new_id()[-8:]}")
    with RunningApp.start(tmp_path, database_url=url) as after:
        after.api.post("/config/import", {"file": file, **phrase})
        assert after.api.post("/system/catalogue/rebuild", {})["backupsAdded"] == 1
        assert after.api.get(f"/backups/{made['id']}")["databaseId"] == database["id"]
        name = unique("restored")
        body = {"databaseId": database["id"], "backupId": made["id"], "confirm": True, "options": {"newDatabase": name}}
        restore = after.api.post("/restores", body)
        assert after.api.wait(f"/restores/{restore['id']}")["status"] == "completed"
        assert compare(postgres, database["database"], name).equal


def test_run_when_the_catalogues_server_restarts_meanwhile_then_it_is_completed_once(
    app: RunningApp, postgres: PostgresServer
) -> None:
    name = make_database(postgres)
    database = add_database(app, postgres, name)
    held = catalogue_server.server()
    with locked(postgres, name):
        path = f"/backups/{app.api.post('/backups', {'databaseId': database['id']})['id']}"
        app.api.until(path, lambda b: bool(b["progress"] and b["progress"]["stage"].startswith("Dump")))
        held.kill()
        with ThreadPoolExecutor(2) as pool:
            health, databases = pool.map(lambda path: app.api.request("GET", path), ("/health/ready", "/databases"))
        assert (health.status_code, databases.status_code) == (503, 503)
        assert "The catalogue does not answer" in health.text
        assert "does not answer. Try again later." in databases.text
    held.restart()
    found = app.api.wait(path)
    assert (found["status"], found["errorMessage"]) == ("completed", None)
    assert app.rows("SELECT status, interruptions FROM backup_execution WHERE id = ?", found["id"]) == [
        ("completed", 0)
    ]
    assert len(app.api.get("/backups", databaseId=database["id"])) == 1
    app.api.until("/system/status", lambda s: s["health"]["ok"])
