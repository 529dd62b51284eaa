"""Connecting: each failure told apart, TLS, names and passwords of every kind, privileges."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dbbackup.core.errors import DatabaseError, DatabaseUnreachableError
from dbbackup.core.secret import Secret
from dbbackup.engines.mysql_connect import session
from dbbackup.engines.values import TlsMode
from devtools.servers import MariadbServer, MysqlServer
from devtools.servers.tls import make_server_tls
from tests.integration.engines.mysql_support import FLAVOURS, NASTY, Family
from tests.integration.engines.support import run, stderr_lines

KINDS = {"mysql": MysqlServer, "mariadb": MariadbServer}


@pytest.fixture(scope="module", params=FLAVOURS)
def safe(request: pytest.FixtureRequest) -> Iterator[Family]:
    """A server with a certificate."""
    with KINDS[request.param].start(ssl=True) as server:
        yield Family.of(request.param, server)


@pytest.fixture
def plain(mariadb: MariadbServer) -> Family:
    """A server without TLS: MySQL always offers it."""
    return Family.of("mariadb", mariadb)


async def failure(family: Family, **more: Any) -> DatabaseError:
    with pytest.raises(DatabaseError) as caught:
        await family.engine.probe(family.connection(**more))
    assert family.server.password not in caught.value.message
    return caught.value


@pytest.mark.parametrize(
    ("more", "field", "words"),
    [
        ({"host": "no-such-host.invalid"}, "host", "is not known"),
        ({"port": 1}, "port", "Nothing listens"),
        ({"password": Secret("wrong")}, "password", "refused user root"),
        ({"database": "gone"}, "database", "does not exist"),
    ],
)
async def test_each_wrong_field_is_named(family: Family, more: dict[str, object], field: str, words: str) -> None:
    error = await failure(family, **more)
    assert words in error.message
    assert [detail.field for detail in error.details] == [field]


async def test_databases_when_asked_then_those_of_the_users_are_listed(family: Family) -> None:
    family.create("listed")
    found = await family.engine.databases(family.connection("whatever"))
    assert "listed" in found
    assert not {"mysql", "sys", "information_schema"} & set(found)
    family.sql("DROP DATABASE listed")


async def test_an_unknown_database_is_told_with_those_that_are_there(family: Family, tmp_path: Path) -> None:
    family.create("shop")
    assert "There are: " in (await failure(family, database="gone")).message
    who = family.account("once", "GRANT ALL ON gone.* TO once@'%'; ALTER USER once@'%' WITH MAX_CONNECTIONS_PER_HOUR 1")
    assert "There are" not in (await failure(family, database="gone", **who)).message
    who = family.account("nobody", "")
    assert "There are" not in (await failure(family, database="gone", **who)).message
    source = family.connection("shop")
    command, _ = await family.dump_command(source, {}, tmp_path)
    family.sql("DROP DATABASE shop")
    done = run(command, tmp_path)
    error = family.engine.explain(command, done.returncode, stderr_lines(done))
    assert "The database shop does not exist" in error.message


async def test_the_tools_failures_are_told_apart_too(family: Family, tmp_path: Path) -> None:
    family.create("shop", "CREATE TABLE t (i INT)")
    tools = family.engine.choose_tools(family.server.version)
    options = family.engine.parse_dump_options({})
    for more, words in (
        ({"port": 1}, "Nothing listens"),
        ({"host": "no-such-host.invalid"}, "is not known"),
        ({"password": Secret("wr\"o'ng")}, "refused user root"),
    ):
        (part,) = family.engine.dump(family.connection("shop", **more), tools, options, tmp_path)
        done = run(part.command, tmp_path)
        assert done.returncode != 0
        error = family.engine.explain(part.command, done.returncode, stderr_lines(done))
        assert words in error.message
        assert 'wr"o' not in error.message


async def test_a_silent_server_and_one_that_is_not_mysql_are_told(family: Family) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    for behaviour, words in ((silent, "did not answer in time"), (web, "is not a MySQL or MariaDB server|broke")):
        async with await asyncio.start_server(behaviour, "127.0.0.1", 0) as listening:
            port = listening.sockets[0].getsockname()[1]
            error = await failure(family, port=port, connect_timeout=1)
            assert re.search(words, error.message)


@pytest.mark.parametrize("mode", list(TlsMode))
async def test_each_tls_mode_does_what_it_says(safe: Family, mode: TlsMode, tmp_path: Path) -> None:
    safe.sql("CREATE DATABASE IF NOT EXISTS shop")
    source = safe.connection("shop", tls_mode=mode, ca_pem=safe.server.ca_pem)
    probe = await safe.engine.probe(source)
    assert probe.tls is (mode is not TlsMode.DISABLE)
    assert (probe.tls_version or "TLS").startswith("TLS")
    command, _ = await safe.dump_command(source, {}, tmp_path)
    assert run(command, tmp_path).returncode == 0


async def test_a_certificate_of_another_authority_is_refused(safe: Family, tmp_path: Path) -> None:
    safe.sql("CREATE DATABASE IF NOT EXISTS shop")
    other = make_server_tls().ca_pem
    tools = safe.engine.choose_tools(safe.server.version)
    for mode in (TlsMode.REQUIRE, TlsMode.VERIFY_CA, TlsMode.VERIFY_FULL):
        more = {"tls_mode": mode, "ca_pem": other}
        error = await failure(safe, **more)
        assert "not signed by the given CA" in error.message
        assert [detail.field for detail in error.details] == ["tlsCa"]
        (part,) = safe.engine.dump(safe.connection("shop", **more), tools, safe.engine.parse_dump_options({}), tmp_path)
        done = run(part.command, tmp_path)
        assert done.returncode != 0
        assert "not signed by the given CA" in safe.engine.explain(part.command, 2, stderr_lines(done)).message
    assert "not signed by the given CA" in (await failure(safe, tls_mode=TlsMode.VERIFY_CA)).message
    assert "cannot be read" in (await failure(safe, tls_mode=TlsMode.VERIFY_CA, ca_pem="nonsense")).message


async def test_a_certificate_for_another_name_is_refused_by_verify_full_alone(safe: Family, tmp_path: Path) -> None:
    safe.sql("CREATE DATABASE IF NOT EXISTS shop")
    there = {"host": "127.1", "ca_pem": safe.server.ca_pem}  # a way to write an address that no certificate has
    assert (await safe.engine.probe(safe.connection("shop", tls_mode=TlsMode.VERIFY_CA, **there))).tls
    error = await failure(safe, tls_mode=TlsMode.VERIFY_FULL, **there)
    assert "is for another name" in error.message
    tools = safe.engine.choose_tools(safe.server.version)
    for mode, fails in ((TlsMode.VERIFY_CA, False), (TlsMode.VERIFY_FULL, True)):
        source = safe.connection("shop", tls_mode=mode, **there)
        (part,) = safe.engine.dump(source, tools, safe.engine.parse_dump_options({}), tmp_path)
        done = run(part.command, tmp_path)
        assert (done.returncode != 0) is fails
    told = safe.engine.explain(part.command, 2, stderr_lines(done)).message
    assert ("is for another name" if safe.is_mariadb else "the name must fit as well") in told


async def test_a_server_without_tls_serves_only_modes_that_do_without(plain: Family, tmp_path: Path) -> None:
    plain.sql("CREATE DATABASE IF NOT EXISTS shop")
    for mode in (TlsMode.DISABLE, TlsMode.PREFER):
        source = plain.connection("shop", tls_mode=mode)
        assert not (await plain.engine.probe(source)).tls
        command, _ = await plain.dump_command(source, {}, tmp_path)
        assert run(command, tmp_path).returncode == 0
    for mode in (TlsMode.REQUIRE, TlsMode.VERIFY_CA, TlsMode.VERIFY_FULL):
        error = await failure(plain, tls_mode=mode)
        assert "offers no TLS" in error.message
        assert [detail.field for detail in error.details] == ["tlsMode"]


async def test_a_server_that_demands_tls_says_so(safe: Family) -> None:
    safe.sql("SET GLOBAL require_secure_transport = ON")
    try:
        error = await failure(safe, tls_mode=TlsMode.DISABLE)
    finally:
        safe.sql("SET GLOBAL require_secure_transport = OFF")
    assert ("or demand TLS" if safe.is_mariadb else "accepts only connections with TLS") in error.message


async def test_no_free_connection_may_be_tried_again(family: Family) -> None:
    who = family.account("few", "ALTER USER few@'%' WITH MAX_USER_CONNECTIONS 2")
    async with session(family.connection(**who)), session(family.connection(**who)):
        error = await failure(family, **who)
    assert isinstance(error, DatabaseUnreachableError)
    assert "no free connection" in error.message


@pytest.mark.parametrize("secret", ["a#b;c\"d\\e f' \t[x]=ü☕$`%s", "'quoted'", "\\"])
async def test_passwords_of_every_kind_reach_server_and_tools(family: Family, secret: str, tmp_path: Path) -> None:
    name = NASTY
    family.create(name, "CREATE TABLE `-t` (i INT)")
    literal = secret.replace("\\", "\\\\").replace("'", "\\'")
    who = {**family.account("odd =#u", "GRANT ALL ON *.* TO 'odd =#u'@'%'", literal), "password": Secret(secret)}
    source = family.connection(name, **who)
    probe = await family.engine.probe(source)
    assert probe.flavour == ("MariaDB" if family.is_mariadb else "MySQL")
    command, backup = await family.dump_command(source, {"includeTables": ["-t"]}, tmp_path)
    assert secret not in " ".join(command.argv)
    assert secret not in repr(command)
    done = run(command, tmp_path)
    assert done.returncode == 0, done.stderr
    assert b"CREATE TABLE `-t`" in done.stdout
    assert [found.table for line in stderr_lines(done) if (found := family.engine.progress(line))] == ["-t"]
    options = family.options(name, "append")
    assert family.feed(b"SELECT 1;", backup, options, tmp_path, **who).returncode == 0


async def test_missing_privileges_are_named_one_by_one(family: Family, tmp_path: Path) -> None:
    family.create("sh_op", "CREATE TABLE t (i INT); CREATE TABLE m (i INT) ENGINE = MyISAM; CREATE VIEW v AS SELECT 1")
    who = family.account("low", "GRANT INSERT ON `sh\\_op`.* TO low@'%'; GRANT SELECT (i) ON sh_op.t TO low@'%'")
    source = family.connection("sh_op", **who)
    probe = await family.engine.probe(source)
    routine = "SELECT on mysql.proc" if family.is_mariadb else "SHOW_ROUTINE on *.*"
    named = [sentence.split(" is missing")[0] for sentence in probe.missing_privileges]
    on_all = [f"{privilege} on `sh\\_op`.*" for privilege in ("SELECT", "TRIGGER", "EVENT", "SHOW VIEW", "LOCK TABLES")]
    assert named == [*on_all, routine]
    assert not probe.can_dump
    # each sentence holds the statement that mends it
    for sentence in probe.missing_privileges:
        family.sql(sentence.partition(": ")[2])
    probe = await family.engine.probe(source)
    assert (probe.missing_privileges, probe.can_dump) == ([], True)
    command, _ = await family.dump_command(source, {}, tmp_path)
    assert run(command, tmp_path).returncode == 0


async def test_rights_on_the_database_alone_suffice_where_its_routines_are_its_own(
    family: Family, tmp_path: Path
) -> None:
    family.create("shop", "CREATE TABLE t (i INT)")
    who = family.account("owner", "GRANT ALL ON shop.* TO owner@'%'")
    source = family.connection("shop", **who)
    assert (await family.engine.probe(source)).missing_privileges == []
    family.sql("CREATE PROCEDURE foreign_one() SELECT 1", "shop")
    (sentence,) = (await family.engine.probe(source)).missing_privileges
    assert "procedures" in sentence
    command, _ = await family.dump_command(source, {}, tmp_path)
    done = run(command, tmp_path)
    assert done.returncode != 0
    assert "may not read every" in family.engine.explain(command, done.returncode, stderr_lines(done)).message


async def test_the_probe_tells_what_it_found(family: Family) -> None:
    family.create("shop", "CREATE TABLE t (i INT); INSERT INTO t VALUES (1)")
    probe = await family.engine.probe(family.connection("shop"))
    assert probe.server_version.startswith(family.server.version)
    assert probe.size > 0
    assert probe.latency_ms > 0
    assert probe.tool is not None
    assert probe.tool.exact
    assert probe.tool_error is None


async def test_sizes_are_not_those_of_yesterday(family: Family) -> None:
    family.create("grown", "CREATE TABLE t (i INT); INSERT INTO t VALUES (1)")
    family.sql("SELECT data_length FROM information_schema.tables WHERE table_schema = 'grown'")  # MySQL remembers it
    family.sql(
        "INSERT INTO t WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900) "
        "SELECT a.i FROM n a, n b LIMIT 200000",
        "grown",
    )
    async with asyncio.timeout(60):  # the server counts in the background
        while (await family.engine.probe(family.connection("grown"))).size < 1_000_000:
            await asyncio.sleep(0.5)
    assert (await family.engine.survey(family.connection("grown"))).size > 1_000_000


async def test_questions_have_an_end(family: Family) -> None:
    with pytest.raises(DatabaseUnreachableError, match=r"stopped answering \(waited 0.2 s\)"):
        async with session(family.connection(), limit=0.2) as opened:
            await opened.ask("SELECT SLEEP(20)")
