"""Rows put into a database that was there before: all of them or none, and nothing else of it changed."""

from __future__ import annotations

import subprocess
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from dbbackup.core.errors import RestoreError
from dbbackup.core.manifest import Manifest
from devtools.servers import PostgresServer
from tests.integration.engines.support import connection, dump, engine, fill_options, levels, run, stderr_lines

SCHEMA = """
CREATE TYPE mood AS ENUM ('glad', 'sad');
CREATE TABLE a_order (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int, sum numeric(9, 2),
    twice numeric GENERATED ALWAYS AS (sum * 2) STORED);
CREATE TABLE customer (id serial PRIMARY KEY, "full Name" varchar(50) NOT NULL, feels mood,
    boss int REFERENCES customer);
ALTER TABLE a_order ADD FOREIGN KEY (customer) REFERENCES customer;
CREATE SEQUENCE ticket; CREATE SEQUENCE downwards INCREMENT -1;
CREATE TABLE "Ünusual -- name" (id bigint DEFAULT nextval('ticket') UNIQUE, down int DEFAULT nextval('downwards'));
CREATE TABLE part (id int, region text NOT NULL) PARTITION BY LIST (region);
CREATE TABLE part_n PARTITION OF part FOR VALUES IN ('n');
CREATE TABLE part_s PARTITION OF part FOR VALUES IN ('s');
CREATE MATERIALIZED VIEW totals AS SELECT customer, sum(sum) FROM a_order GROUP BY 1;
"""
ROWS = """
INSERT INTO customer ("full Name", feels, boss)
    SELECT 'Kündin ' || i, 'glad', greatest(1, i - 1) FROM generate_series(1, 50) i;
INSERT INTO a_order (customer, sum) SELECT i % 50 + 1, i FROM generate_series(1, 300) i;
INSERT INTO "Ünusual -- name" SELECT FROM generate_series(1, 20);
INSERT INTO part SELECT i, CASE WHEN i % 2 = 0 THEN 'n' ELSE 's' END FROM generate_series(1, 40) i;
REFRESH MATERIALIZED VIEW totals;
"""
STATE = """
SELECT (SELECT array_agg(c ORDER BY id)::text FROM customer c),
    (SELECT array_agg(o ORDER BY id)::text FROM a_order o),
    (SELECT array_agg(u ORDER BY id)::text FROM "Ünusual -- name" u),
    (SELECT array_agg(p ORDER BY id)::text FROM part p),
    (SELECT array_agg(t ORDER BY customer)::text FROM totals t),
    (SELECT array_agg((s.sequencename, s.last_value) ORDER BY s.sequencename)::text FROM pg_sequences s),
    (SELECT array_agg((t.tgname, t.tgenabled) ORDER BY t.oid)::text FROM pg_trigger t)
"""
INSERTS = """
INSERT INTO customer ("full Name") VALUES ('new');
INSERT INTO a_order (customer, sum) VALUES (1, 1);
INSERT INTO "Ünusual -- name" DEFAULT VALUES;
"""


@dataclass
class Case:
    """A backup of a source, and a target with the same tables."""

    server: PostgresServer
    manifest: Manifest
    archive: bytes
    work: Path

    @property
    def archive_file(self) -> Path:
        path = self.work / "archive.dump"
        path.write_bytes(self.archive)
        return path

    def state(self) -> str:
        return self.ask(STATE)

    def ask(self, statement: str, database: str = "target") -> str:
        return self.server.psql(statement, database=database)

    async def check(self, mode: str, **more: Any) -> Any:
        options = fill_options(mode, "target", **more)
        return await engine().preflight(connection(self.server), self.manifest, options)

    async def fill(self, mode: str, **more: Any) -> subprocess.CompletedProcess[bytes]:
        """Run the restore as the pipeline does; the tool's failure is returned, not raised."""
        pg, target, options = engine(), connection(self.server), fill_options(mode, "target", **more)
        tools = pg.choose_tools((await pg.probe(target)).server_version)
        archive = self.archive_file
        listing = pg.list_contents(tools, options, archive)
        assert pg.wants_file(options) and listing is not None
        contents = run(listing, self.work).stdout.decode()
        done = run(pg.restore(target, tools, self.manifest, options, archive, self.work, contents), self.work)
        if done.returncode == 0:
            await pg.finish_database(target, self.manifest, options)
        return done


@pytest.fixture
async def case(server: PostgresServer, tmp_path: Path) -> AsyncIterator[Case]:
    """A backup of `origin`, and `target` with the same definitions and no rows."""
    for name in ("origin", "target"):
        server.psql(f"CREATE DATABASE {name}")
        server.psql(SCHEMA, database=name)
    server.psql(ROWS, database="origin")
    manifest, outputs = await dump(connection(server, "origin"), {"globals": "none"}, tmp_path)
    yield Case(server, manifest, outputs["database"], tmp_path)
    for name in ("origin", "target"):
        server.psql(f"DROP DATABASE {name} WITH (FORCE)")


def rows_of(case: Case, database: str) -> str:
    return case.ask(STATE.partition("(SELECT array_agg(t ")[0].rstrip(" ,\n"), database)


async def test_data_only_gives_empty_tables_the_rows_and_sequences_that_go_on(case: Case) -> None:
    findings = await case.check("dataOnly")
    assert levels(findings, "error") == set()
    assert levels(findings, "warning") == {"materialized-views"}
    assert {"tables-empty", "database-there"} <= levels(findings, "ok")
    done = await case.fill("dataOnly")
    assert done.returncode == 0, done.stderr.decode()
    assert rows_of(case, "target") == rows_of(case, "origin")
    assert case.ask("SELECT array_agg(last_value ORDER BY sequencename) FROM pg_sequences") == "{300,50,-20,20}"
    assert case.ask("SELECT count(*) FROM totals") == "0", "materialized views are left alone"
    case.ask(INSERTS)
    assert case.ask('SELECT max(id), min(down) FROM "Ünusual -- name"') == "21|-21"
    assert int(case.ask("SELECT max(reltuples) FROM pg_class WHERE relname = 'a_order'")) >= 300


async def test_append_keeps_what_is_there_and_sets_no_sequence_back(case: Case) -> None:
    case.ask(
        "SELECT setval('customer_id_seq', 999); INSERT INTO customer (\"full Name\") VALUES ('mine');"
        "SELECT setval('ticket', 7); INSERT INTO part VALUES (1, 'n')"
    )
    findings = await case.check("append")
    assert levels(findings, "error") == set()
    assert levels(findings, "warning") == {"materialized-views", "rows-twice"}
    assert next(f.message for f in findings if f.code == "rows-twice").endswith("public.part_n.")
    done = await case.fill("append")
    assert done.returncode == 0, done.stderr.decode()
    assert case.ask("SELECT count(*), max(id) FROM customer WHERE \"full Name\" = 'mine' OR id <= 50") == "51|1000"
    assert case.ask("SELECT count(*) FROM part") == "41"
    assert case.ask("SELECT array_agg(last_value ORDER BY sequencename) FROM pg_sequences") == "{300,1000,-20,20}"
    case.ask(INSERTS)
    assert case.ask("SELECT max(id) FROM customer") == "1001"


async def test_fill_that_fails_at_the_last_row_leaves_every_row_and_sequence_as_it_was(case: Case) -> None:
    """The key of an order that exists collides when all the other tables are done."""
    case.ask("INSERT INTO customer (id, \"full Name\") VALUES (9999, 'mine')")
    case.ask("INSERT INTO a_order (id, customer, sum) OVERRIDING SYSTEM VALUE VALUES (300, 9999, 1)")
    before = case.state()
    done = await case.fill("append")
    assert done.returncode != 0
    assert "a_order_pkey" in done.stderr.decode()
    assert case.state() == before
    options = fill_options("append", "target")
    command = engine().restore(
        connection(case.server),
        engine().choose_tools(case.manifest.source.server_version),
        case.manifest,
        options,
        None,
        case.work,
        "",
    )
    error = engine().explain(command, done.returncode, stderr_lines(done))
    assert isinstance(error, RestoreError)


async def test_fill_whose_tool_is_killed_leaves_every_row_and_sequence_as_it_was(case: Case) -> None:
    before = case.state()
    pg, target, options = engine(), connection(case.server), fill_options("dataOnly", "target")
    tools = pg.choose_tools(case.manifest.source.server_version)
    archive = case.archive_file
    listing = pg.list_contents(tools, options, archive)
    assert listing is not None
    command = pg.restore(
        target, tools, case.manifest, options, archive, case.work, run(listing, case.work).stdout.decode()
    )
    for path, content in command.files.items():
        path.write_bytes(content)
    # the table that comes last is held, so that the tool stands with all the others done and nothing committed
    with psycopg.connect(case.server.dsn("target")) as holder:
        holder.execute("LOCK TABLE a_order IN ACCESS EXCLUSIVE MODE")
        tool = subprocess.Popen(command.argv, env={**command.env}, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'target' AND wait_event_type = 'Lock'"
        while case.ask(waiting, "postgres") != "1":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        tool.kill()
        assert tool.wait(10) == -9
        holder.rollback()
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'target' AND application_name = 'dbbackup'"
    while case.ask(others, "postgres") != "0":
        assert time.monotonic() < deadline + 20
        time.sleep(0.05)
    assert case.state() == before


async def test_fill_with_triggers_switched_off_takes_circles_and_leaves_triggers_as_they_were(
    server: PostgresServer, tmp_path: Path
) -> None:
    schema = """
        CREATE TABLE hen (id int PRIMARY KEY, egg int); CREATE TABLE egg (id int PRIMARY KEY, hen int REFERENCES hen);
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''fired''; END';
        CREATE TRIGGER guard BEFORE INSERT ON egg EXECUTE FUNCTION refuse();
    """
    circle = "ALTER TABLE hen ADD FOREIGN KEY (egg) REFERENCES egg"
    for name in ("origin", "target"):
        server.psql(f"CREATE DATABASE {name}")
        server.psql(schema, database=name)
        server.psql(circle, database=name)
    server.psql(
        "SET session_replication_role = replica; INSERT INTO hen VALUES (1, 1); INSERT INTO egg VALUES (1, 1)",
        database="origin",
    )
    manifest, outputs = await dump(connection(server, "origin"), {"globals": "none"}, tmp_path)
    case = Case(server, manifest, outputs["database"], tmp_path)
    triggers = "SELECT array_agg((tgname, tgenabled) ORDER BY oid) FROM pg_trigger"
    before = case.ask(triggers)
    try:
        assert levels(await case.check("dataOnly"), "warning") == {"foreign-key-circle", "triggers-fire"}
        assert (await case.fill("dataOnly")).returncode != 0
        assert case.ask("SELECT count(*) FROM hen") == "0"
        assert "triggers-fire" not in levels(await case.check("dataOnly", disableTriggers=True), "warning")
        done = await case.fill("dataOnly", disableTriggers=True)
        assert done.returncode == 0, done.stderr.decode()
        assert case.ask("SELECT (SELECT count(*) FROM hen), (SELECT count(*) FROM egg)") == "1|1"
        assert case.ask(triggers) == before
    finally:
        for name in ("origin", "target"):
            server.psql(f"DROP DATABASE {name} WITH (FORCE)")


async def test_large_objects_are_refused_by_the_preflight_and_by_the_list_of_an_older_backup(
    server15: PostgresServer, tmp_path: Path
) -> None:
    for name in ("origin", "target"):
        server15.psql(f"CREATE DATABASE {name}")
        server15.psql("CREATE TABLE holder (id int, picture oid)", database=name)
    server15.psql("INSERT INTO holder VALUES (1, lo_from_bytea(0, 'x'))", database="origin")
    manifest, outputs = await dump(connection(server15, "origin"), {"globals": "none"}, tmp_path)
    case = Case(server15, manifest, outputs["database"], tmp_path)
    try:
        assert levels(await case.check("append"), "error") == {"large-objects"}
        source = msgspec.structs.replace(manifest.source, properties={})
        case.manifest = msgspec.structs.replace(manifest, source=source)
        assert levels(await case.check("append"), "warning") == {"not-compared"}
        with pytest.raises(RestoreError, match="large objects"):
            await case.fill("append")
        chosen, outputs = await dump(connection(server15, "origin"), {"includeTables": ["holder"]}, tmp_path)
        case.manifest, case.archive = chosen, outputs["database"]
        assert levels(await case.check("append"), "error") == set()
        assert (await case.fill("append")).returncode == 0
        assert case.ask("SELECT count(*) FROM holder") == "1"
    finally:
        for name in ("origin", "target"):
            server15.psql(f"DROP DATABASE {name} WITH (FORCE)")
