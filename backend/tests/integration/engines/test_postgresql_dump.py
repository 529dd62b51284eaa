"""Dumps with options, and failures of real tools explained."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dbbackup.core.errors import (
    AppError,
    BackupError,
    DatabaseError,
    DatabaseUnreachableError,
    DumpIncompleteError,
    IntegrityError,
    RestoreError,
    ToolFailedError,
)
from dbbackup.engines import postgresql_commands
from dbbackup.engines.values import ReaderCheck
from devtools.servers import PostgresServer
from tests.integration.engines.support import (
    connection,
    dump,
    engine,
    manifest,
    restore,
    restore_options,
    run,
    sql,
    stderr_lines,
)


@pytest.fixture(scope="module")
def shop(server15: PostgresServer) -> PostgresServer:
    server15.psql("CREATE DATABASE shop")
    sql(
        server15,
        """
        CREATE SCHEMA extra; CREATE TABLE orders (i int); CREATE TABLE "-odd =x" (i int); CREATE TABLE extra.e (i int);
        INSERT INTO orders SELECT generate_series(1, 1000);
        """,
        "shop",
    )
    return server15


def contents(server: PostgresServer, archive: bytes) -> str:
    done = subprocess.run([server.bin_dir / "pg_restore", "--list"], input=archive, capture_output=True, check=True)
    return done.stdout.decode()


OPTIONS: list[tuple[dict[str, Any], set[str], set[str]]] = [
    ({"schemaOnly": True}, {"TABLE public orders"}, {"TABLE DATA"}),
    ({"dataOnly": True}, {"TABLE DATA public orders"}, {"TABLE public orders"}),
    ({"includeTables": ['"-odd =x"']}, {"TABLE public -odd =x"}, {"orders", "extra"}),
    ({"excludeTables": ["public.o*"]}, {"TABLE extra e"}, {"orders"}),
    ({"includeSchemas": ["extra"]}, {"TABLE extra e"}, {"orders"}),
    ({"excludeSchemas": ["extra"], "noOwner": True, "noPrivileges": True}, {"orders"}, {"extra"}),
]


@pytest.mark.parametrize(("options", "there", "absent"), OPTIONS, ids=[next(iter(o)) for o, _, _ in OPTIONS])
async def test_dump_holds_what_the_options_say(
    options: dict[str, Any], there: set[str], absent: set[str], shop: PostgresServer, tmp_path: Path
) -> None:
    _, outputs = await dump(connection(shop, "shop"), {**options, "globals": "none"}, tmp_path)
    assert list(outputs) == ["database"]
    listing = contents(shop, outputs["database"])
    assert all(words in listing for words in there), listing
    assert not any(words in listing for words in absent), listing


@pytest.mark.parametrize(("choice", "found"), [("roles", False), ("roles-with-passwords", True)])
async def test_globals_hold_password_hashes_only_when_asked(
    choice: str, found: bool, shop: PostgresServer, tmp_path: Path
) -> None:
    _, outputs = await dump(connection(shop, "shop"), {"globals": choice}, tmp_path)
    assert b"CREATE ROLE postgres" in outputs["globals"]
    assert (b"SCRAM-SHA-256$" in outputs["globals"]) is found


async def failure(server: PostgresServer, work: Path, raw: dict[str, Any]) -> AppError:
    pg = engine()
    command = pg.dump(connection(server, "shop"), pg.choose_tools("15"), pg.parse_dump_options(raw), work)[-1].command
    done = await asyncio.to_thread(run, command, work)
    assert done.returncode != 0
    return pg.explain(command, done.returncode, stderr_lines(done))


@pytest.mark.parametrize("raw", [{"includeTables": ["orders", "nothing*"]}, {"includeSchemas": ["nothing"]}])
async def test_pattern_that_matches_nothing_is_an_error(
    raw: dict[str, Any], shop: PostgresServer, tmp_path: Path
) -> None:
    error = await failure(shop, tmp_path, raw)
    assert type(error) is BackupError
    assert "nothing" in error.message


async def test_pattern_with_too_many_parts_is_explained(shop: PostgresServer, tmp_path: Path) -> None:
    assert "too many parts" in (await failure(shop, tmp_path, {"includeTables": ["a.b.c.d"]})).message


async def test_locked_table_ends_the_dump_in_time_and_survey_does_without_it(
    shop: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_commands, "LOCK_WAIT", 1)
    with psycopg.connect(shop.dsn("shop")) as holder:
        holder.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        error = await failure(shop, tmp_path, {})
        survey = await engine().survey(connection(shop, "shop"))
    assert type(error) is ToolFailedError
    assert error.retryable
    assert "stayed locked" in error.message
    assert {table.name for table in survey.tables} == {"orders", "-odd =x", "e"}


async def test_dump_ended_by_an_administrator_is_a_passing_fault(shop: PostgresServer, tmp_path: Path) -> None:
    with psycopg.connect(shop.dsn("shop")) as holder, psycopg.connect(shop.dsn(), autocommit=True) as admin:
        holder.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        dumping = asyncio.create_task(failure(shop, tmp_path, {}))
        query = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name = 'dbbackup' AND wait_event_type = 'Lock'"""
        while not admin.execute(query).fetchall():
            await asyncio.sleep(0.05)
        error = await dumping
    assert type(error) is DatabaseUnreachableError


async def test_progress_names_every_table(shop: PostgresServer, tmp_path: Path) -> None:
    pg = engine()
    parts = pg.dump(connection(shop, "shop"), pg.choose_tools("15"), pg.parse_dump_options({}), tmp_path)
    done = run(parts[-1].command, tmp_path)
    assert {p.table for line in stderr_lines(done) if (p := pg.progress(line))} == {
        "public.orders",
        "public.-odd =x",
        "extra.e",
    }


async def test_archive_that_is_cut_off_is_noticed_by_the_trailer_check(shop: PostgresServer, tmp_path: Path) -> None:
    pg = engine()
    part = pg.dump(connection(shop, "shop"), pg.choose_tools("15"), pg.parse_dump_options({}), tmp_path)[-1]
    whole = run(part.command, tmp_path).stdout
    assert isinstance(part.trailer, ReaderCheck)
    check = part.trailer.command
    assert run(check, tmp_path, whole).returncode == 0
    for cut in (0, 3, len(whole) // 2, len(whole) - 1):
        done = run(check, tmp_path, whole[:cut])
        assert done.returncode != 0, cut
        assert type(pg.explain(check, done.returncode, stderr_lines(done))) is DumpIncompleteError, done.stderr


async def restore_failure(server: PostgresServer, archive: bytes, work: Path, name: str, **options: Any) -> AppError:
    pg = engine()
    backup = manifest(await pg.survey(connection(server)), "shop")
    chosen = restore_options(name, **options)
    target = connection(server)
    done = await restore(target, backup, archive, chosen, work)
    assert done.returncode != 0
    assert await pg.drop_database(target, name, chosen["marker"])
    command = pg.restore(target, pg.choose_tools(str(server.major)), backup, chosen, None, work)
    return pg.explain(command, done.returncode, stderr_lines(done))


async def test_restore_of_a_damaged_archive_is_an_integrity_error(shop: PostgresServer, tmp_path: Path) -> None:
    _, outputs = await dump(connection(shop, "shop"), {"globals": "none"}, tmp_path)
    archive = outputs["database"]
    assert type(await restore_failure(shop, archive[: len(archive) // 2], tmp_path, "cut")) is IntegrityError


async def test_restore_of_a_newer_archive_is_explained(
    shop: PostgresServer, server18: PostgresServer, tmp_path: Path
) -> None:
    _, outputs = await dump(connection(server18), {"globals": "none"}, tmp_path)
    error = await restore_failure(shop, outputs["database"], tmp_path, "newer")
    assert type(error) is RestoreError
    assert "written by a newer pg_dump" in error.message


async def test_restore_without_a_role_is_explained(
    shop: PostgresServer, server18: PostgresServer, tmp_path: Path
) -> None:
    shop.psql("CREATE ROLE absent_there; CREATE DATABASE owned")
    sql(shop, "CREATE TABLE t (); ALTER TABLE t OWNER TO absent_there", "owned")
    _, outputs = await dump(connection(shop, "owned"), {"globals": "none"}, tmp_path)
    error = await restore_failure(server18, outputs["database"], tmp_path, "owned_copy")
    assert type(error) is RestoreError
    assert "The role absent_there does not exist on the target" in error.message
    for more in ({"noOwner": True}, {"role": "postgres", "mode": "schemaOnly", "noTablespaces": True}):
        options = restore_options("owned_copy", noPrivileges=True, **more)
        backup = manifest(await engine().survey(connection(server18)), "owned")
        done = await restore(connection(server18), backup, outputs["database"], options, tmp_path)
        assert done.returncode == 0, done.stderr
        assert sql(server18, "SELECT tableowner FROM pg_tables WHERE tablename = 't'", "owned_copy") == "postgres"
        server18.psql("DROP DATABASE owned_copy")


async def test_restore_with_a_mapped_user_password_never_shows_it(shop: PostgresServer, tmp_path: Path) -> None:
    shop.psql("CREATE ROLE mapped; CREATE DATABASE mapping")
    sql(
        shop,
        """CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
        CREATE USER MAPPING FOR mapped SERVER s OPTIONS (password 'hush-hush')""",
        "mapping",
    )
    _, outputs = await dump(connection(shop, "mapping"), {"globals": "none"}, tmp_path)
    shop.psql("DROP DATABASE mapping; DROP ROLE mapped")
    error = await restore_failure(shop, outputs["database"], tmp_path, "mapped_copy")
    assert isinstance(error, RestoreError | DatabaseError)
    assert "hush-hush" not in error.message
