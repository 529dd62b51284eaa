"""Starts real PostgreSQL servers and checks what the helper promises about them."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from devtools.servers import PostgresServer, ServerStartError, client_dirs
from devtools.servers.accounts import server_account, temporary_directory


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer.start(15, ssl=True, settings={"work_mem": "7MB"}) as running:
        yield running


@pytest.mark.parametrize("major", [15, 18])
def test_start_on_each_major_gives_that_version_and_the_contrib_extensions(major: int) -> None:
    with PostgresServer.start(major) as running:
        running.psql("CREATE EXTENSION pgcrypto; CREATE EXTENSION hstore; CREATE EXTENSION citext;")
        assert running.psql("SHOW server_version").split(".")[0] == str(major)
        data_dir = running.data_dir
    assert not data_dir.exists()


def test_settings_when_given_are_in_force(server: PostgresServer) -> None:
    assert server.psql("SHOW work_mem; SHOW fsync") == "7MB\noff"


def test_psql_when_a_statement_fails_raises_with_its_message(server: PostgresServer) -> None:
    with pytest.raises(RuntimeError, match="nosuchtable"):
        server.psql("SELECT 1; SELECT * FROM nosuchtable; CREATE TABLE never ()")
    assert server.psql("SELECT to_regclass('never') IS NULL") == "t"


def test_connect_with_a_wrong_password_is_refused(server: PostgresServer) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(host=server.host, port=server.port, user=server.superuser, password="wrong")


def test_connect_with_the_exposed_ca_verifies_the_server(server: PostgresServer, tmp_path: Path) -> None:
    assert server.ca_pem is not None
    ca = tmp_path / "ca.pem"
    ca.write_text(server.ca_pem)
    with psycopg.connect(server.dsn(), sslmode="verify-full", sslrootcert=str(ca)) as connection:
        row = connection.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone()
    assert row == (True,)


def test_restart_after_kill_keeps_the_data_and_the_port() -> None:
    with PostgresServer.start(15) as running:
        port = running.port
        running.psql("CREATE TABLE kept AS SELECT 42 AS answer; CHECKPOINT")
        running.kill()
        with pytest.raises(RuntimeError, match="refused"):
            running.psql("SELECT 1")
        running.restart()
        assert running.psql("SELECT answer FROM kept") == "42"
        assert running.port == port


def test_start_with_a_broken_setting_raises_with_the_tail_of_the_log() -> None:
    with pytest.raises(ServerStartError, match="no_such_setting"):
        PostgresServer.start(15, settings={"no_such_setting": "1"})


def test_start_on_an_existing_directory_keeps_the_password() -> None:
    home = temporary_directory("dbbackup-test-", server_account())
    with PostgresServer.start(15, data_dir=home) as first:
        first.psql("CREATE DATABASE kept")
    with PostgresServer.start(15, data_dir=home) as second:
        assert second.password == first.password
        assert second.psql("SELECT 1", database="kept") == "1"
    assert home.exists()
    shutil.rmtree(home)


def test_client_dirs_name_directories_with_pg_dump() -> None:
    assert len([directory for directory in client_dirs() if (directory / "pg_dump").is_file()]) >= 2


def test_server_when_the_parent_is_killed_ends_as_well() -> None:
    script = (
        "import os, signal, threading\n"
        "from devtools.servers import PostgresServer\n"
        "def start():\n"
        "    server = PostgresServer.start(15)\n"
        "    print(server.pid, server.data_dir, flush=True)\n"
        "worker = threading.Thread(target=start); worker.start(); worker.join()\n"
        "input()\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdin is not None and parent.stdout is not None
    server_pid, data_dir = parent.stdout.readline().split()
    # The thread that asked for the server has ended, and that alone must not end the server.
    time.sleep(0.3)
    assert Path(f"/proc/{server_pid}").exists()
    parent.stdin.write("\n")
    parent.stdin.close()
    parent.wait()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{server_pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{server_pid}").exists()
    shutil.rmtree(data_dir)
