"""Connections to PostgreSQL: passwords, names, TLS, and faults told apart."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from dbbackup.core.errors import DatabaseError, DatabaseUnreachableError
from dbbackup.core.secret import Secret
from dbbackup.engines import postgresql_connect
from dbbackup.engines.postgresql_connect import ask, session
from dbbackup.engines.values import Connection, TlsMode
from devtools.servers import PostgresServer
from devtools.servers.tls import make_server_tls
from tests.integration.engines.support import NASTY, connection, engine, run, stderr_lines

ODD_PASSWORD = "a:b\\c'd\"e f%g=h#i$j`k{l}é@/?-"


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


async def refusal(bad: Connection) -> DatabaseError:
    with pytest.raises(DatabaseError) as caught:
        await engine().probe(bad)
    assert not bad.password or bad.password.reveal() not in str(caught.value)
    return caught.value


async def dump_refusal(bad: Connection, server: PostgresServer, work: Path) -> DatabaseError:
    """Let pg_dump meet the same fault as the probe: both must say the same."""
    pg = engine()
    command = pg.dump(bad, pg.choose_tools(str(server.major)), pg.parse_dump_options({}), work)[-1].command
    done = await asyncio.to_thread(run, command, work)
    assert done.returncode != 0
    error = pg.explain(command, done.returncode, stderr_lines(done))
    assert isinstance(error, DatabaseError), error
    return error


async def test_probe_with_odd_names_and_password_connects(server: PostgresServer, tmp_path: Path) -> None:
    password = ODD_PASSWORD.replace("'", "''")
    server.psql(f"DROP ROLE IF EXISTS {quoted(NASTY)}")
    server.psql(f"CREATE ROLE {quoted(NASTY)} LOGIN PASSWORD '{password}'")
    server.psql(f"CREATE DATABASE {quoted(NASTY)}")
    odd = connection(server, NASTY, username=NASTY, password=Secret(ODD_PASSWORD))
    pg = engine()
    probe = await pg.probe(odd)
    assert probe.server_version.startswith(f"{server.major}.")
    assert probe.flavour == "PostgreSQL"
    assert probe.size > 1_000_000
    assert probe.latency_ms > 0
    assert probe.can_dump and probe.missing_privileges == []
    assert probe.tool is not None and probe.tool.exact and probe.tool.note is None
    assert probe.tls is (server.major == 15)
    assert (probe.tls_version or "none") == ("TLSv1.3" if probe.tls else "none")
    for part in pg.dump(odd, probe.tool, pg.parse_dump_options({}), tmp_path):
        done = run(part.command, tmp_path)
        assert done.returncode == 0, done.stderr.decode()
        assert ODD_PASSWORD not in " ".join(part.command.argv)
    server.psql(f"DROP DATABASE {quoted(NASTY)}")
    server.psql(f"DROP ROLE {quoted(NASTY)}")


@pytest.fixture
def roles(server15: PostgresServer) -> PostgresServer:
    if not server15.psql("SELECT 1 FROM pg_roles WHERE rolname = 'rejected'"):
        server15.psql("""
            CREATE ROLE rejected LOGIN PASSWORD 'sEcReT-1';
            CREATE ROLE tls_only LOGIN PASSWORD 'sEcReT-1';
            CREATE ROLE no_login PASSWORD 'sEcReT-1';
            CREATE ROLE one_only LOGIN PASSWORD 'sEcReT-1' CONNECTION LIMIT 0;
            CREATE DATABASE closed ALLOW_CONNECTIONS false;
            CREATE DATABASE private;
            REVOKE CONNECT ON DATABASE private FROM PUBLIC;
        """)
    return server15


X = Secret("sEcReT-1")
FAULTS: list[tuple[dict[str, Any], type[DatabaseError], str]] = [
    ({"host": "no-such-host.invalid"}, DatabaseUnreachableError, "host name no-such-host.invalid is not known"),
    ({"port": 1}, DatabaseUnreachableError, "Nothing listens at 127.0.0.1:1"),
    ({"password": Secret("wrong-secret")}, DatabaseError, "refused the password of role postgres"),
    ({"password": Secret("")}, DatabaseError, "refused the password of role postgres"),
    ({"username": "rejected", "password": X}, DatabaseError, "pg_hba.conf has no entry that lets role rejected"),
    (
        {"username": "tls_only", "password": X, "tls_mode": TlsMode.DISABLE},
        DatabaseError,
        "without TLS: use TLS mode require",
    ),
    ({"username": "no_login", "password": X}, DatabaseError, "may not log in"),
    ({"username": "one_only", "password": X}, DatabaseUnreachableError, "has no free connection"),
    ({"database": "closed"}, DatabaseError, "accepts no connections"),
    (
        {"database": "private", "username": "tls_only", "password": X},
        DatabaseError,
        "GRANT CONNECT ON DATABASE",
    ),
    ({"database": "nowhere"}, DatabaseError, "The database nowhere does not exist"),
    (
        {"host": "/tmp", "port": 3},
        DatabaseUnreachableError,
        "Nothing listens at /tmp:3",
    ),
]


@pytest.mark.parametrize(("changes", "kind", "words"), FAULTS, ids=[words for _, _, words in FAULTS])
async def test_probe_and_dump_that_cannot_connect_say_what_to_do(
    changes: dict[str, Any], kind: type[DatabaseError], words: str, roles: PostgresServer, tmp_path: Path
) -> None:
    bad = connection(roles, **changes)
    for error in (await refusal(bad), await dump_refusal(bad, roles, tmp_path)):
        assert type(error) is kind
        assert words in error.message
        assert error.retryable is (kind is DatabaseUnreachableError)


async def test_probe_of_a_missing_database_names_the_existing_ones(roles: PostgresServer) -> None:
    assert "There are:" in (await refusal(connection(roles, "nowhere"))).message
    assert "postgres" in (await refusal(connection(roles, "nowhere"))).message


async def test_databases_when_asked_then_those_that_the_role_may_connect_to(roles: PostgresServer) -> None:
    known = connection(roles)
    found = await engine().databases(known)
    assert "postgres" in found
    assert not {"template0", "template1"} & set(found)
    assert await engine().databases(connection(roles, "nowhere")) == found
    with pytest.raises(DatabaseUnreachableError):
        await engine().databases(connection(roles, port=1))


async def test_probe_of_a_missing_database_when_it_cannot_look_says_only_that(server18: PostgresServer) -> None:
    server18.psql("""
        CREATE ROLE shut_out LOGIN PASSWORD 'sEcReT-1';
        REVOKE CONNECT ON DATABASE postgres FROM PUBLIC;
        REVOKE CONNECT ON DATABASE template1 FROM PUBLIC;
    """)
    error = await refusal(connection(server18, "nowhere", username="shut_out", password=X))
    assert error.message.endswith("does not exist on 127.0.0.1:" + str(server18.port) + ".")
    server18.psql("GRANT CONNECT ON DATABASE template1 TO PUBLIC; REVOKE CONNECT ON DATABASE template1 FROM shut_out")
    error = await refusal(connection(server18, "nowhere", username="shut_out", password=X))
    assert "There are" in error.message or error.message.endswith(".")
    server18.psql("GRANT CONNECT ON DATABASE postgres TO PUBLIC; DROP ROLE shut_out")


@pytest.mark.parametrize("mode", list(TlsMode))
async def test_probe_with_the_right_ca_works_in_every_tls_mode(
    mode: TlsMode, server15: PostgresServer, tmp_path: Path
) -> None:
    pg = engine()
    good = connection(server15, tls_mode=mode, ca_pem=server15.ca_pem)
    assert (await pg.probe(good)).tls is (mode is not TlsMode.DISABLE)
    command = pg.dump(good, pg.choose_tools("15"), pg.parse_dump_options({}), tmp_path)[0].command
    assert run(command, tmp_path).returncode == 0
    assert list(tmp_path.glob("*.pem")) == []


@pytest.mark.parametrize("mode", [TlsMode.REQUIRE, TlsMode.VERIFY_CA, TlsMode.VERIFY_FULL])
async def test_probe_with_a_wrong_ca_is_refused(mode: TlsMode, server15: PostgresServer, tmp_path: Path) -> None:
    wrong = connection(server15, tls_mode=mode, ca_pem=make_server_tls().ca_pem)
    for error in (await refusal(wrong), await dump_refusal(wrong, server15, tmp_path)):
        assert type(error) is DatabaseError
        assert "not signed by the given CA" in error.message


async def test_probe_verifying_without_a_ca_asks_the_system(server15: PostgresServer) -> None:
    error = await refusal(connection(server15, tls_mode=TlsMode.VERIFY_CA))
    assert "not signed by the given CA" in error.message


async def test_probe_verifying_without_any_ca_says_so(
    server15: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_connect, "_SYSTEM_BUNDLES", ())
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent")
    monkeypatch.setenv("HOME", "/nonexistent")
    error = await refusal(connection(server15, tls_mode=TlsMode.VERIFY_FULL))
    assert "CA bundle cannot be read" in error.message


async def test_probe_with_a_broken_ca_says_so(server15: PostgresServer) -> None:
    error = await refusal(connection(server15, tls_mode=TlsMode.VERIFY_CA, ca_pem="no certificate"))
    assert "CA bundle cannot be read" in error.message


async def test_probe_by_a_name_not_in_the_certificate_is_refused(server15: PostgresServer) -> None:
    name = socket.gethostname()
    other = connection(server15, host="127.0.0.2", tls_mode=TlsMode.VERIFY_FULL, ca_pem=server15.ca_pem)
    async with _forward("127.0.0.2", server15.port) as port:
        error = await refusal(Connection(**{**_fields(other), "port": port}))
    assert "connect by that name" in error.message, name


async def test_probe_that_requires_tls_of_a_server_without_is_refused(server18: PostgresServer, tmp_path: Path) -> None:
    bad = connection(server18, tls_mode=TlsMode.REQUIRE)
    for error in (await refusal(bad), await dump_refusal(bad, server18, tmp_path)):
        assert "offers no TLS" in error.message


async def test_probe_of_a_silent_server_times_out() -> None:
    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(5)
        writer.close()

    async with _serve(silent) as port:
        error = await refusal(Connection("127.0.0.1", port, "d", "u", Secret("pw"), connect_timeout=2))
    assert isinstance(error, DatabaseUnreachableError)
    assert "did not answer in time" in error.message


async def test_probe_of_another_kind_of_server_says_so() -> None:
    async def web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(8)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with _serve(web) as port:
        error = await refusal(Connection("127.0.0.1", port, "d", "u", Secret("pw")))
    assert "not a PostgreSQL server" in error.message


async def test_session_that_takes_too_long_ends_in_time(server15: PostgresServer) -> None:
    with pytest.raises(DatabaseUnreachableError, match="stopped answering"):
        async with session(connection(server15), limit=0.5) as opened:
            await ask(opened, "SELECT pg_sleep(30)")


async def test_statement_that_takes_too_long_is_a_passing_fault(server15: PostgresServer) -> None:
    with pytest.raises(DatabaseUnreachableError, match="statement timeout"):
        async with session(connection(server15), statement_timeout=1) as opened:
            await ask(opened, "SELECT pg_sleep(30)")


async def test_session_ended_by_an_administrator_is_a_passing_fault(server15: PostgresServer) -> None:
    with pytest.raises(DatabaseUnreachableError, match="ended the connection"):
        async with session(connection(server15)) as opened:
            await ask(opened, "SELECT pg_terminate_backend(pg_backend_pid())")


def _fields(basis: Connection) -> dict[str, Any]:
    return {name: getattr(basis, name) for name in Connection.__slots__}


@asynccontextmanager
async def _serve(handler: Any, host: str = "127.0.0.1") -> AsyncIterator[int]:
    server = await asyncio.start_server(handler, host, 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@asynccontextmanager
async def _forward(host: str, port: int) -> AsyncIterator[int]:
    """Make the server reachable by another address."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, upstream_writer), pump(upstream_reader, writer), return_exceptions=True)

    async with _serve(handle, host) as forwarded:
        yield forwarded
