"""Scripts that try to reach the host, one by one, twice each: our own reading refuses the script before it is run, and
the real client, fed with it past that reading, does not do it either.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dbbackup.core.errors import RestoreError
from dbbackup.core.secret import Secret
from dbbackup.engines.values import Survey
from devtools.servers import PostgresServer
from tests.integration.engines.mysql_support import Family
from tests.integration.engines.support import connection, engine, manifest, part_facts, run

PSQL_TRICKS = {
    "shell": "\\! touch {file}\n",
    "shell within a statement": "SELECT 1 \\! touch {file}\n;",
    "copy program": "\\copy kept FROM PROGRAM 'touch {file}'\n",
    "copy to file": "\\copy kept TO '{file}'\n",
    "output to program": "\\o |touch {file}\nSELECT 1;\n",
    "output to file": "\\o {file}\nSELECT 1;\n",
    "g to program": "SELECT 1 \\g |touch {file}\n",
    "g to file": "SELECT 1 \\g {file}\n",
    "gx": "SELECT 1 \\gx {file}\n",
    "gexec": "SELECT 'SELECT 1' \\gexec\n\\! touch {file}\n",
    "include": "\\i {source}\n",
    "include relative": "\\ir {source}\n",
    "backquotes": "\\set x `touch {file}`\n",
    "write": "SELECT 1\n\\w {file}\n;",
    "write to program": "SELECT 1\n\\w |touch {file}\n;",
    "edit": "\\setenv PSQL_EDITOR 'touch {file}'\n\\e\n",
    "edit function": "\\ef\n",
    "setenv": "\\setenv PAGER 'touch {file}'\n\\pset pager always\nSELECT 1;\n",
    "large object in": "\\lo_import {source}\n",
    "large object out": "\\lo_export 1 {file}\n",
    "connect": "\\connect template1\n",
    "unrestrict": "\\unrestrict 0\n\\! touch {file}\n",
    "behind a comment": "/* /* nested */ */ \\! touch {file}\n",
    "behind a copy": "COPY kept FROM stdin; \\! touch {file}\n\\.\n",
    "behind rows": "COPY kept FROM stdin;\n1\n\\.\n\\! touch {file}\n",
    "behind a text": "SELECT E'\\''; \\! touch {file}\n",
    "log": "\\log {file}\n",
    "server program": "COPY kept FROM PROGRAM 'touch {file}';",
    "server file in": "COPY kept FROM '{source}';",
    "server file out": "COPY kept TO '{file}';",
    "server function": "SELECT pg_read_file('{source}');",
    "server import": "SELECT lo_import('{source}');",
    "server export": "SELECT lo_export(1, '{file}');",
    "server library": "LOAD '{file}';",
    "server language": "CREATE FUNCTION x() RETURNS int LANGUAGE c AS '{file}', 'x';",
    "server settings": "ALTER SYSTEM SET archive_command = 'touch {file}';",
}

MYSQL_TRICKS = {
    "shell": "\\! touch {file}\n",
    "system": "system touch {file}\n;",
    "source": "source {source}\n;",
    "source in short": "\\. {source}\n",
    "tee": "tee {file}\nSELECT 1;",
    "tee in short": "\\T {file}\nSELECT 1;",
    "pager": "pager touch {file}\nSELECT 1;",
    "edit": "edit\n;",
    "within a statement": "SELECT 1 \\! touch {file}\n;",
    "behind a delimiter": "DELIMITER //\nSELECT 1//\nsystem touch {file}//\n",
    "behind a text": "SELECT 'a\\'b'; \\! touch {file}\n",
    "local file": "LOAD DATA LOCAL INFILE '{source}' INTO TABLE kept;",
    "server file in": "LOAD DATA INFILE '{source}' INTO TABLE kept;",
    "server file out": "SELECT 1 INTO OUTFILE '{file}';",
    "dump file": "SELECT 1 INTO DUMPFILE '{file}';",
    "within a version comment": "SELECT 1 /*!50000 INTO OUTFILE '{file}' */;",
    "load_file": "SELECT LOAD_FILE('{source}');",
    "library": "CREATE FUNCTION x RETURNS INTEGER SONAME 'x.so';",
    "plugin": "INSTALL PLUGIN x SONAME 'x.so';",
    "settings": "SET GLOBAL general_log_file = '{file}';",
    "other database": "USE mysql;",
    "drop another": "DROP DATABASE mysql;",
    "accounts": "INSERT INTO mysql.user VALUES ();",
}

PASSWORD = "only-for-these-tests"
SURVEY = Survey(server_version="", size=0, tables=[], roles=[], extensions=[], properties={})
SCRIPT = manifest(SURVEY, parts=[part_facts(format_="script", tool="")])


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


@pytest.fixture(scope="module")
def owner(server15: PostgresServer) -> str:
    """A role that is no superuser, with a database of its name."""
    server15.psql(f"CREATE ROLE tricked LOGIN CREATEDB PASSWORD '{PASSWORD}'")
    server15.psql("CREATE DATABASE tricked OWNER tricked")
    server15.psql("CREATE TABLE kept AS SELECT 1 AS a; ALTER TABLE kept OWNER TO tricked", database="tricked")
    return "tricked"


@pytest.mark.parametrize("trick", PSQL_TRICKS)
def test_psql_when_a_script_tries_it_then_neither_our_reading_nor_the_client_lets_it(
    server15: PostgresServer, owner: str, bait: tuple[Path, Path], tmp_path: Path, trick: str
) -> None:
    made, source = bait
    script = PSQL_TRICKS[trick].format(file=made, source=source).encode()
    options = engine().parse_restore_options({"mode": "runScript", "existingDatabase": owner})
    reading = engine().restore_filter(SCRIPT, options)
    assert reading is not None
    with pytest.raises(RestoreError, match=r"^Line \d+ of the script"):
        _ = [*reading.update(script), *reading.finish()]
    target = connection(server15, owner, username=owner, password=Secret(PASSWORD))
    command = engine().restore(target, engine().choose_tools("15.0"), SCRIPT, options, None, tmp_path)
    done = run(command, tmp_path, b"\\restrict word\n" + script)
    assert done.returncode != 0, done.stderr
    assert not made.exists()
    assert server15.psql("SELECT (SELECT count(*) FROM kept), to_regclass('reached')", database=owner) == "1|"


def test_psql_when_it_is_not_restricted_then_the_tricks_work(
    server15: PostgresServer, owner: str, bait: tuple[Path, Path], tmp_path: Path
) -> None:
    made, _ = bait
    options = engine().parse_restore_options({"mode": "runScript", "existingDatabase": owner})
    target = connection(server15, owner, username=owner, password=Secret(PASSWORD))
    command = engine().restore(target, engine().choose_tools("15.0"), SCRIPT, options, None, tmp_path)
    assert run(command, tmp_path, PSQL_TRICKS["shell"].format(file=made, source="").encode()).returncode == 0
    assert made.exists()


@pytest.mark.parametrize("trick", MYSQL_TRICKS)
def test_mysql_when_a_script_tries_it_then_neither_our_reading_nor_the_client_lets_it(
    family: Family, bait: tuple[Path, Path], tmp_path: Path, trick: str
) -> None:
    made, source = bait
    user = "tricked"
    family.sql(
        f"CREATE DATABASE IF NOT EXISTS {user}; CREATE TABLE IF NOT EXISTS {user}.kept (a int);"
        f"CREATE USER IF NOT EXISTS '{user}'@'%' IDENTIFIED BY '{PASSWORD}'; GRANT ALL ON {user}.* TO '{user}'@'%'"
    )
    script = MYSQL_TRICKS[trick].format(file=made, source=source).encode()
    options = family.engine.parse_restore_options({"mode": "runScript", "existingDatabase": user})
    reading = family.engine.restore_filter(SCRIPT, options)
    assert reading is not None
    with pytest.raises(RestoreError, match=r"^(?:A statement of the script|The script)"):
        _ = [*reading.update(script), *reading.finish()]
    target = family.connection(user, username=user, password=Secret(PASSWORD))
    tools = family.engine.choose_tools(family.server.version)
    done = run(family.engine.restore(target, tools, SCRIPT, options, None, tmp_path), tmp_path, script)
    # LOAD_FILE of a file that may not be read is NULL, and no error
    assert done.returncode != 0 or done.stdout.split()[-1] == b"NULL", done.stdout
    assert not made.exists()
    assert family.sql("SHOW TABLES LIKE 'reached'", user) == ""
    assert family.sql("SELECT COUNT(*) FROM kept", user) == "0"
