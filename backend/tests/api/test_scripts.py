"""Scripts over the API on the real clients: what they may do, and that no trick reaches the host."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devtools.servers import MariadbServer, PostgresServer
from devtools.servers.mysql_family import MysqlFamilyServer
from tests.api.running_app import RunningApp
from tests.api.support import add_database, unique
from tests.api.test_restores import databases
from tests.api.uploading import findings, mysql_dump, pg_dump, plan, restore, send

PASSWORD = "only-for-these-tests"


@pytest.fixture(scope="module")
def plain(app: RunningApp, postgres: PostgresServer) -> Any:
    """A PostgreSQL server through a role that is no superuser."""
    role = unique("plain")
    postgres.psql(f"CREATE ROLE {role} LOGIN CREATEDB PASSWORD '{PASSWORD}'")
    return add_database(app, postgres, "postgres", username=role, password=PASSWORD)


@pytest.fixture(scope="module")
def superuser(app: RunningApp, postgres: PostgresServer) -> Any:
    return add_database(app, postgres, "postgres")


@pytest.fixture
def target(postgres: PostgresServer, plain: Any) -> Iterator[str]:
    """An existing database of the role's own."""
    name = unique("there")
    postgres.psql(f'CREATE DATABASE "{name}" OWNER "{plain["username"]}"')
    postgres.psql(f'CREATE TABLE kept AS SELECT 1 AS a; ALTER TABLE kept OWNER TO "{plain["username"]}"', database=name)
    yield name
    postgres.psql(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_script_when_it_is_good_then_it_makes_a_new_database(
    app: RunningApp, postgres: PostgresServer, plain: Any
) -> None:
    script = """
    -- a comment; with a semicolon
    CREATE TABLE item (id int, note text);
    CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END;
    CREATE FUNCTION g() RETURNS text LANGUAGE plpgsql AS $body$ BEGIN RETURN '\\! echo; '; END $body$;
    COPY item FROM stdin;
1\tone \\\\! two
2\t\\N
\\.
    INSERT INTO item VALUES (3, E'it\\'s; \\\\'), (4, 'a ''quoted'' \\! word');
    """
    name = unique("script")
    body = plan(plain, {"script": script}, newDatabase=name)
    found = app.api.post("/restores/preflight", body)
    assert found["ok"] is True, found
    assert {"script-read", "tool", "source-confined"} <= findings(found, "ok").keys()
    assert "source-unproved" in findings(found, "warning")
    done = restore(app, body)
    assert done["status"] == "completed", done["errorMessage"]
    rows = postgres.psql("SELECT id, note FROM item ORDER BY id; SELECT f(), g()", database=name)
    assert rows.splitlines() == ["1|one \\! two", "2|", "3|it's; \\", "4|a 'quoted' \\! word", "2|\\! echo; "]


def test_script_when_it_fails_then_a_new_database_goes_and_an_existing_one_stays_as_it_was(
    app: RunningApp, postgres: PostgresServer, plain: Any, target: str
) -> None:
    script = "DROP TABLE kept;\nCREATE TABLE more (a int);\n\nSELECT 1/0;\n"
    before = databases(postgres)
    done = restore(app, plan(plain, {"script": script.replace("DROP TABLE kept;", "")}, newDatabase=unique("gone")))
    assert (done["status"], done["errorCode"]) == ("failed", "RESTORE_ERROR")
    assert done["errorMessage"] == "Line 4 of the script failed: division by zero"
    assert databases(postgres) == before
    done = restore(app, plan(plain, {"script": script}, mode="runScript", existingDatabase=target))
    assert "division by zero" in done["errorMessage"]
    assert postgres.psql("SELECT a FROM kept", database=target) == "1"
    done = restore(
        app, plan(plain, {"script": script[: script.index("SELECT")]}, mode="runScript", existingDatabase=target)
    )
    assert done["status"] == "completed", done["errorMessage"]
    assert postgres.psql("SELECT to_regclass('kept'), to_regclass('more')", database=target) == "|more"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("SELECT 1", "does not end"),
        ("SELECT 'open;\n", "does not end"),
        ("CREATE TABLE t (a int);\nCOPY t FROM stdin;\n1\n2\n", "COPY that has no end"),
        ("BEGIN; DELETE FROM kept; COMMIT;", "begins or ends a transaction"),
        ("DELETE FROM kept; COMMIT;", "begins or ends a transaction"),
        ("DROP DATABASE postgres;", "creates or drops a database"),
        ("SET standard_conforming_strings = off;", "standard_conforming_strings"),
    ],
)
def test_script_when_it_is_cut_or_ends_its_transaction_then_nothing_is_run(
    app: RunningApp, postgres: PostgresServer, plain: Any, target: str, script: str, words: str
) -> None:
    body = plan(plain, {"script": script}, mode="runScript", existingDatabase=target)
    assert words in findings(app.api.post("/restores/preflight", body), "error")["script-refused"]
    done = restore(app, body)
    assert (done["status"], words in done["errorMessage"]) == ("failed", True)
    assert postgres.psql("SELECT a FROM kept", database=target) == "1"


@pytest.fixture
def bait() -> Iterator[tuple[Path, Path]]:
    """A file no trick may make, and one no trick may read (its SQL leaves a trace); the server's user may do both."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        source = folder / "source.sql"
        source.write_text("CREATE TABLE reached (a int);\n")
        source.chmod(0o644)
        yield folder / "made", source


@pytest.mark.parametrize("trick", ["\\! touch {file}\n", "COPY kept TO PROGRAM 'touch {file}';"])
def test_script_when_it_is_a_trick_then_the_host_is_not_reached(
    app: RunningApp, postgres: PostgresServer, plain: Any, target: str, bait: tuple[Path, Path], trick: str
) -> None:
    made, source = bait
    script = trick.format(file=made, source=source)
    body = plan(plain, {"script": script}, mode="runScript", existingDatabase=target)
    found = app.api.post("/restores/preflight", body)
    assert found["ok"] is False, found
    assert findings(found, "error").keys() == {"script-refused"}
    done = restore(app, body)
    assert done["status"] == "failed"
    assert not made.exists()
    assert postgres.psql("SELECT (SELECT count(*) FROM kept), to_regclass('reached')", database=target) == "1|"


def test_script_when_a_trick_gets_past_our_reading_then_the_server_refuses_it(
    app: RunningApp, postgres: PostgresServer, plain: Any, superuser: Any, target: str, bait: tuple[Path, Path]
) -> None:
    made, _ = bait
    script = f"DO $$ BEGIN EXECUTE 'COPY kept TO PROG' || 'RAM ''cat >{made}'''; END $$;"
    body = plan(plain, {"script": script}, mode="runScript", existingDatabase=target)
    assert app.api.post("/restores/preflight", body)["ok"] is True
    done = restore(app, body)
    assert "pg_execute_server_program" in done["errorMessage"]
    body = plan(superuser, {"script": script}, mode="runScript", existingDatabase=target)
    assert findings(app.api.post("/restores/preflight", body), "error").keys() == {"source-not-trusted"}
    assert restore(app, body)["status"] == "failed"
    assert not made.exists()
    # said to be trusted it is run with all rights: that is what the word means
    assert restore(app, {**body, "options": {**body["options"], "trusted": True}})["status"] == "completed"
    assert made.exists()


def test_script_when_it_is_a_plain_dump_then_its_own_restrict_lines_do_no_harm(
    app: RunningApp, postgres: PostgresServer, plain: Any
) -> None:
    name = unique("plain")
    postgres.psql(f'CREATE DATABASE "{name}"')
    postgres.psql("CREATE TABLE \"odd ; name\" AS SELECT g, 'a\\b' || g t FROM generate_series(1, 50) g", database=name)
    dump = pg_dump(postgres, name, "--no-owner", "--no-privileges")
    assert dump.count(b"restrict ") == 2
    upload = send(app, dump, "plain.sql")
    done = restore(app, plan(plain, {"uploadId": upload["id"]}, newDatabase=f"{name}_2"))
    assert done["status"] == "completed", done["errorMessage"]
    query = 'SELECT md5(string_agg(x::text, chr(10) ORDER BY g)) FROM "odd ; name" x'
    assert postgres.psql(query, database=name) == postgres.psql(query, database=f"{name}_2")
    inserts = send(app, pg_dump(postgres, name, "--no-owner", "--inserts"), "inserts.sql")
    done = restore(app, plan(plain, {"uploadId": inserts["id"]}, newDatabase=f"{name}_3"))
    assert postgres.psql(query, database=name) == postgres.psql(query, database=f"{name}_3")
    for options in ({"mode": "schemaOnly"}, {"jobs": 2}, {"selection": {"schemas": ["public"]}}):
        body = plan(plain, {"uploadId": upload["id"]}, newDatabase=unique("x"), **options)
        assert "script-whole" in findings(app.api.post("/restores/preflight", body), "error")
    contents = app.api.request("POST", "/restores/contents", {"source": {"uploadId": upload["id"]}})
    assert contents.status_code == 409


def test_script_when_it_is_too_long_or_no_text_then_it_is_refused(app: RunningApp, plain: Any) -> None:
    for script in ("SELECT 1; -- " + "x" * (1 << 20), "PGDMP", "\x00", "-- PostgreSQL database dump\nSELECT 1;\n"):
        answer = app.api.request("POST", "/restores/preflight", plan(plain, {"script": script}, newDatabase="x"))
        assert (answer.status_code, answer.json()["error"]["details"][0]["field"]) == (400, "source.script")


@pytest.fixture(scope="module", params=["mysql", "mariadb"])
def family(request: pytest.FixtureRequest) -> MysqlFamilyServer:
    server: MysqlFamilyServer = request.getfixturevalue(request.param)
    return server


def account(app: RunningApp, server: MysqlFamilyServer, *, powerful: bool = False) -> Any:
    """Add a database of the server through an account with or without FILE and SUPER."""
    name = unique("db")
    server.sql(f"CREATE DATABASE {name}; CREATE TABLE {name}.kept (a int); INSERT INTO {name}.kept VALUES (1)")
    user, password = server.superuser, server.password
    if not powerful:
        user, password = unique("u"), PASSWORD
        server.sql(
            f"CREATE USER '{user}'@'%' IDENTIFIED BY '{password}'; GRANT CREATE, DROP, ALTER, INDEX, INSERT, SELECT, "
            f"DELETE, UPDATE, REFERENCES, CREATE VIEW, SHOW VIEW, TRIGGER, CREATE ROUTINE, ALTER ROUTINE, EVENT ON *.* "
            f"TO '{user}'@'%'"
        )
    kind = "mariadb" if isinstance(server, MariadbServer) else "mysql"
    form = {"name": unique("D"), "type": kind, "host": server.host, "port": server.port, "database": name}
    app.secrets.add(server.password)
    return app.api.post("/databases", {**form, "username": user, "password": password})


@pytest.fixture(scope="module")
def weak(app: RunningApp, family: MysqlFamilyServer) -> Any:
    return account(app, family)


def test_mysql_script_when_it_is_good_then_it_runs_in_new_and_existing_databases(
    app: RunningApp, family: MysqlFamilyServer, weak: Any
) -> None:
    script = (
        "-- x; y\nCREATE TABLE item (id int, note text);\n# another\nINSERT INTO item\nVALUES (1, 'it\\'s; \\\\! no'),"
        " (2, \"b;\");\nDELIMITER //\nCREATE PROCEDURE p() BEGIN INSERT INTO item VALUES (3, ';'); END//\nDELIMITER ;\n"
        "CALL p();"
    )
    script = script.replace("\nCALL p();", "")
    name = unique("script")
    body = plan(weak, {"script": script}, newDatabase=name)
    found = app.api.post("/restores/preflight", body)
    assert found["ok"] is True, found
    assert restore(app, body)["status"] == "completed"
    assert family.sql("SELECT id, note FROM item ORDER BY id", database=name) == "1\tit's; \\! no\n2\tb;"
    body = plan(weak, {"script": "UPDATE kept SET a = 2;"}, mode="runScript", existingDatabase=weak["database"])
    assert "script-acts" in findings(app.api.post("/restores/preflight", body), "warning")
    assert restore(app, body)["status"] == "completed"
    assert family.sql("SELECT a FROM kept", database=weak["database"]) == "2"
    failing = {"script": "UPDATE kept SET a = 3; SELECT nothing;"}
    done = restore(app, plan(weak, failing, mode="runScript", existingDatabase=weak["database"]))
    assert done["status"] == "failed"
    assert any("before it failed stays" in line["message"] for line in done["logTail"])
    gone = restore(app, plan(weak, {"script": "CREATE TABLE t (a int); SELECT nothing;"}, newDatabase=unique("gone")))
    assert any("was dropped" in line["message"] for line in gone["logTail"])


@pytest.mark.parametrize("trick", ["system touch {file}\n;", "SELECT 1 INTO OUTFILE '{file}';"])
def test_mysql_script_when_it_is_a_trick_then_the_host_is_not_reached(
    app: RunningApp, family: MysqlFamilyServer, weak: Any, bait: tuple[Path, Path], trick: str
) -> None:
    made, source = bait
    script = trick.format(file=made, source=source)
    body = plan(weak, {"script": script}, mode="runScript", existingDatabase=weak["database"])
    found = app.api.post("/restores/preflight", body)
    assert findings(found, "error").keys() == {"script-refused"}, found
    assert restore(app, body)["status"] == "failed"
    assert not made.exists()
    assert family.sql("SHOW TABLES LIKE 'reached'", database=weak["database"]) == ""


def test_mysql_script_when_the_account_reaches_files_then_it_must_be_trusted(
    app: RunningApp, family: MysqlFamilyServer, bait: tuple[Path, Path]
) -> None:
    powerful = account(app, family, powerful=True)
    body = plan(powerful, {"script": "SELECT 1;"}, mode="runScript", existingDatabase=powerful["database"])
    assert "source-not-trusted" in findings(app.api.post("/restores/preflight", body), "error")
    body["options"]["trusted"] = True
    assert "source-trusted" in findings(app.api.post("/restores/preflight", body), "warning")
    # what the client itself could do stays forbidden, whoever is trusted
    made, _ = bait
    for script in (f"\\! touch {made}\n", f"system touch {made}\n;", f"tee {made}\nSELECT 1;"):
        assert restore(app, {**body, "source": {"script": script}})["status"] == "failed"
    assert not made.exists()


def test_mysql_dump_when_it_was_uploaded_then_it_is_known_and_restored(
    app: RunningApp, family: MysqlFamilyServer, weak: Any
) -> None:
    name = unique("src")
    family.sql(
        f"CREATE DATABASE {name}; USE {name}; CREATE TABLE item (id int PRIMARY KEY, n text); "
        "INSERT INTO item VALUES (1, 'a;b'), (2, 'c'); CREATE TABLE other (a int); "
        "CREATE VIEW seen AS SELECT id FROM item"
    )
    dump = mysql_dump(family, name)
    upload = send(app, dump, "d.sql")
    kind = "mariadb" if isinstance(family, MariadbServer) else "mysql"
    assert (upload["state"], upload["format"], upload["engine"]) == ("ready", "sql", kind), upload
    assert (upload["database"], upload["tables"]) == (name, 2)
    # the strict filter lets only a dump tool's statements through: no trust is asked for
    powerful = account(app, family, powerful=True)
    into = unique("up")
    body = plan(powerful, {"uploadId": upload["id"]}, newDatabase=into)
    found = app.api.post("/restores/preflight", body)
    assert found["ok"] is True, found
    done = restore(app, body)
    assert done["status"] == "completed", done["errorMessage"]
    assert family.sql("SELECT * FROM item; SELECT * FROM seen", database=into) == "1\ta;b\n2\tc\n1\n2"
    contents = app.api.post("/restores/contents", {"source": {"uploadId": upload["id"]}})
    named = {(o["kind"], o["name"]) for o in contents["objects"]}
    assert named == {
        ("table", "item"),
        ("table", "other"),
        ("view", "seen"),
    }
    filling = plan(powerful, {"uploadId": upload["id"]}, mode="append", existingDatabase=into)
    assert "columns-unknown" in findings(app.api.post("/restores/preflight", filling), "error")
    assert "its last line" in send(app, dump[: dump.index(b"CREATE TABLE `other`")])["errorMessage"]
    evil = dump.replace(b"\n-- Dump completed", b"\nGRANT ALL ON *.* TO x;\n-- Dump completed")
    assert "not of one database's dump" in send(app, evil)["errorMessage"]
