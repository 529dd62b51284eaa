"""The checks before rows go into a database that was there before, and what its backup notes for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import psycopg
import pytest

from dbbackup.core.errors import DatabaseUnreachableError
from dbbackup.core.manifest import Manifest
from dbbackup.engines import postgresql_fill_checks
from dbbackup.engines.values import Finding
from devtools.servers import PostgresServer
from tests.integration.engines.support import as_role, connection, engine, fill_options, levels, manifest

pytestmark = pytest.mark.usefixtures("creators")

SCHEMA = """
CREATE TABLE parent (id serial PRIMARY KEY, note text);
CREATE TABLE child (id int, parent int REFERENCES parent, late int REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE own (id int PRIMARY KEY, other int REFERENCES own);
SELECT nextval('parent_id_seq');
CREATE SEQUENCE not_drawn; CREATE UNLOGGED SEQUENCE forgetful; CREATE SEQUENCE hidden; SELECT nextval('hidden');
"""


@pytest.fixture(scope="module")
def databases(server15: PostgresServer) -> Iterator[PostgresServer]:
    """A source and a target alike."""
    for name in ("noted", "filled"):
        server15.psql(f"CREATE DATABASE {name}")
        server15.psql(SCHEMA, database=name)
    yield server15
    for name in ("noted", "filled"):
        server15.psql(f"DROP DATABASE {name} WITH (FORCE)")


async def noted(server: PostgresServer, **options: Any) -> Manifest:
    return manifest(await engine().survey(connection(server, "noted")), options=options)


async def check(
    server: PostgresServer, what: Manifest, mode: str = "append", who: str | None = None, **options: Any
) -> list[Finding]:
    target = as_role(server, who) if who else connection(server)
    return await engine().preflight(target, what, fill_options(mode, "filled", **options))


def message(findings: list[Finding], code: str) -> str:
    return next(finding.message for finding in findings if finding.code == code)


async def test_survey_notes_columns_keys_sequences_and_large_objects(databases: PostgresServer) -> None:
    survey = await engine().survey(connection(databases, "noted"))
    assert {table.name: table.columns for table in survey.tables} == {
        "parent": {"id": "integer", "note": "text"},
        "child": {"id": "integer", "parent": "integer", "late": "integer"},
        "own": {"id": "integer", "other": "integer"},
    }
    properties = survey.properties
    assert properties["foreignKeys"] == [{"table": ["public", "child"], "references": ["public", "parent"]}]
    assert properties["sequences"] == [
        {"schema": "public", "name": "hidden", "value": 1},
        {"schema": "public", "name": "parent_id_seq", "value": 1},
    ]
    assert properties["largeObjects"] is False


async def test_survey_does_not_wait_for_a_sequence_that_is_being_altered(databases: PostgresServer) -> None:
    with psycopg.connect(databases.dsn("noted")) as holder:
        holder.execute("ALTER SEQUENCE hidden CACHE 5")
        survey = await engine().survey(connection(databases, "noted"))
        holder.rollback()
    assert survey.properties["sequences"] == []


async def test_preflight_when_tables_are_alike_then_no_fault(databases: PostgresServer) -> None:
    for mode in ("dataOnly", "append"):
        findings = await check(databases, await noted(databases), mode)
        assert levels(findings, "error") | levels(findings, "warning") == set()


@pytest.mark.parametrize(
    ("change", "undo", "level", "code", "says"),
    [
        ("ALTER TABLE own RENAME TO gone", "ALTER TABLE gone RENAME TO own", "error", "tables-missing", "public.own"),
        (
            "ALTER TABLE parent ALTER note TYPE varchar(5)",
            "ALTER TABLE parent ALTER note TYPE text",
            "error",
            "columns-differ",
            "public.parent.note (text, here character varying(5))",
        ),
        (
            "ALTER TABLE parent DROP note",
            "ALTER TABLE parent ADD note text",
            "error",
            "columns-differ",
            "public.parent.note (text, here missing or generated)",
        ),
        (
            "ALTER TABLE own ADD must int NOT NULL",
            "ALTER TABLE own DROP must",
            "error",
            "columns-differ",
            "public.own.must (must have a value)",
        ),
        (
            "ALTER TABLE own ADD may int NOT NULL DEFAULT 3",
            "ALTER TABLE own DROP may",
            "warning",
            "columns-added",
            "public.own.may",
        ),
        ("INSERT INTO child VALUES (1)", "DELETE FROM child", "warning", "rows-twice", "public.child"),
        (
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
            "CREATE TRIGGER t AFTER INSERT ON own FOR EACH ROW EXECUTE FUNCTION f()",
            "DROP FUNCTION f CASCADE",
            "warning",
            "triggers-fire",
            "public.own",
        ),
        (
            "CREATE MATERIALIZED VIEW mine AS SELECT 1",
            "DROP MATERIALIZED VIEW mine",
            "warning",
            "materialized-views",
            "public.mine",
        ),
    ],
)
async def test_preflight_when_the_target_differs_then_it_says_where(
    databases: PostgresServer, change: str, undo: str, level: str, code: str, says: str
) -> None:
    what = await noted(databases)
    databases.psql(change, database="filled")
    try:
        findings = await check(databases, what)
    finally:
        databases.psql(undo, database="filled")
    assert levels(findings, "error") | levels(findings, "warning") == {code}
    assert levels(findings, level) == {code}
    assert says in message(findings, code)


async def test_preflight_when_tables_hold_rows_then_data_only_is_refused_and_append_is_not(
    databases: PostgresServer,
) -> None:
    what = await noted(databases)
    databases.psql("INSERT INTO parent VALUES (5)", database="filled")
    try:
        findings = await check(databases, what, "dataOnly")
        assert levels(findings, "error") == {"tables-not-empty"}
        assert "public.parent." in message(findings, "tables-not-empty")
        assert levels(await check(databases, what), "error") == set()
    finally:
        databases.psql("DELETE FROM parent", database="filled")


async def test_preflight_when_the_backup_is_of_chosen_tables_then_missing_ones_are_a_warning(
    databases: PostgresServer,
) -> None:
    what = await noted(databases, excludeTables=["own"])
    databases.psql("DROP TABLE own; ALTER TABLE parent DROP note", database="filled")
    try:
        findings = await check(databases, what)
    finally:
        databases.psql(
            "CREATE TABLE own (id int PRIMARY KEY, other int REFERENCES own); ALTER TABLE parent ADD note text",
            database="filled",
        )
    assert (levels(findings, "error"), levels(findings, "warning")) == (set(), {"tables-missing", "columns-differ"})


async def test_preflight_when_there_are_many_differences_then_it_names_ten_and_counts_the_rest(
    databases: PostgresServer,
) -> None:
    what = await noted(databases)
    many = [msgspec.structs.replace(what.source.tables[0], name=f"t{number:02}") for number in range(13)]
    what = msgspec.structs.replace(what, source=msgspec.structs.replace(what.source, tables=many))
    text = message(await check(databases, what), "tables-missing")
    assert "public.t09 and 3 more." in text
    assert "t10" not in text


async def test_preflight_when_there_are_very_many_tables_then_each_is_looked_into(
    databases: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_fill_checks, "_AT_ONCE", 2)
    databases.psql("INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1)", database="filled")
    try:
        text = message(await check(databases, await noted(databases), "dataOnly"), "tables-not-empty")
    finally:
        databases.psql("DELETE FROM child; DELETE FROM parent", database="filled")
    assert "public.child, public.parent." in text


async def test_preflight_when_the_role_may_little_then_it_names_what_it_lacks(databases: PostgresServer) -> None:
    what = await noted(databases)
    findings = await check(databases, what, who="plain_user")
    assert levels(findings, "error") == {"insert-denied", "sequence-denied"}
    assert "public.child, public.own, public.parent." in message(findings, "insert-denied")
    assert "public.hidden, public.parent_id_seq." in message(findings, "sequence-denied")
    grants = """GRANT SELECT ON ALL TABLES IN SCHEMA public TO plain_user; GRANT INSERT ON child, own TO plain_user;
        GRANT INSERT (id, note) ON parent TO plain_user; GRANT UPDATE, SELECT ON ALL SEQUENCES IN SCHEMA public
        TO plain_user; ALTER TABLE own ENABLE ROW LEVEL SECURITY"""
    databases.psql(grants, database="filled")
    try:
        assert levels(await check(databases, what, who="plain_user"), "error") == {"row-security"}
        findings = await check(databases, what, who="plain_user", disableTriggers=True)
        assert levels(findings, "error") == {"row-security", "disable-triggers"}
    finally:
        databases.psql("ALTER TABLE own DISABLE ROW LEVEL SECURITY; DROP OWNED BY plain_user", database="filled")


async def test_preflight_when_the_database_is_missing_or_closed_then_says_so(databases: PostgresServer) -> None:
    what = await noted(databases)
    pg, target = engine(), connection(databases)
    assert levels(await pg.preflight(target, what, fill_options("append", "no such")), "error") == {"database-missing"}
    databases.psql("ALTER DATABASE filled ALLOW_CONNECTIONS false")
    try:
        assert levels(await check(databases, what), "error") == {"database-refused"}
    finally:
        databases.psql("ALTER DATABASE filled ALLOW_CONNECTIONS true")
    databases.psql("ALTER DATABASE filled CONNECTION LIMIT 0")
    try:
        with pytest.raises(DatabaseUnreachableError):
            await check(databases, what, who="plain_user")
    finally:
        databases.psql("ALTER DATABASE filled CONNECTION LIMIT -1")


async def test_preflight_when_the_backup_has_no_rows_then_refused(databases: PostgresServer) -> None:
    assert levels(await check(databases, await noted(databases, schemaOnly=True)), "error") == {"schema-only"}
    assert levels(await check(databases, await noted(databases, dataOnly=True)), "error") == set()


async def test_preflight_when_the_backup_is_older_than_its_notes_then_a_warning(databases: PostgresServer) -> None:
    what = await noted(databases)
    tables = [msgspec.structs.replace(table, columns={}) for table in what.source.tables]
    source = msgspec.structs.replace(what.source, tables=tables, properties={})
    findings = await check(databases, msgspec.structs.replace(what, source=source))
    assert (levels(findings, "error"), levels(findings, "warning")) == (set(), {"not-compared"})


async def test_preflight_when_a_table_belongs_to_an_extension_then_its_rows_do_not_matter(
    databases: PostgresServer,
) -> None:
    for name in ("noted", "filled"):
        databases.psql("CREATE EXTENSION hstore; CREATE TABLE ext (id int); INSERT INTO ext VALUES (1)", database=name)
        databases.psql("ALTER EXTENSION hstore ADD TABLE ext", database=name)
    try:
        findings = await check(databases, await noted(databases), "dataOnly")
    finally:
        for name in ("noted", "filled"):
            databases.psql("DROP EXTENSION hstore", database=name)
    assert levels(findings, "error") == set()
