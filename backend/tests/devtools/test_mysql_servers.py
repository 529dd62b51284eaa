"""Starts real MySQL and MariaDB servers and checks what the helpers promise about them."""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools.servers import (
    MariadbServer,
    MissingBinaryError,
    MysqlFamilyServer,
    MysqlServer,
    ServerStartError,
    client_dirs,
    mysql_binaries,
    mysql_home,
)
from devtools.servers.__main__ import main
from devtools.servers.accounts import server_account, temporary_directory

KINDS: tuple[type[MysqlFamilyServer], ...] = (MysqlServer, MariadbServer)
both = pytest.mark.parametrize("kind", KINDS, ids=[kind.engine for kind in KINDS])


@pytest.fixture(scope="module", params=KINDS, ids=[kind.engine for kind in KINDS])
def server(request: pytest.FixtureRequest) -> Iterator[MysqlFamilyServer]:
    kind: type[MysqlFamilyServer] = request.param
    with kind.start(ssl=True, settings={"max_connections": "77"}) as running:
        yield running


@both
def test_start_gives_a_server_of_that_flavour_without_a_binary_log(kind: type[MysqlFamilyServer]) -> None:
    with kind.start() as running:
        version, binlog = running.sql("SELECT VERSION(), @@log_bin").split("\t")
        assert version.startswith(running.version)
        assert ("MariaDB" in version) == (kind is MariadbServer)
        assert binlog == "0"
        data_dir = running.data_dir
    assert not data_dir.exists()


@both
def test_start_with_a_binary_log_writes_one(kind: type[MysqlFamilyServer]) -> None:
    with kind.start(settings={"log_bin": "log", "server_id": "1"}) as running:
        assert running.sql("SELECT @@log_bin") == "1"
        assert "log.000001" in running.sql("SHOW BINARY LOGS")


def test_settings_when_given_are_in_force(server: MysqlFamilyServer) -> None:
    assert server.sql("SELECT @@max_connections, @@innodb_flush_log_at_trx_commit") == "77\t0"


def test_sql_when_a_statement_fails_raises_with_its_message(server: MysqlFamilyServer) -> None:
    server.sql("CREATE DATABASE `-n =x`")
    with pytest.raises(RuntimeError, match="nosuchtable"):
        server.sql("SELECT 1; SELECT * FROM nosuchtable; CREATE TABLE never (i INT)", database="-n =x")
    assert server.sql("SHOW TABLES", database="-n =x") == ""


def test_sql_keeps_any_text_and_shows_other_bytes_escaped(server: MysqlFamilyServer) -> None:
    assert server.sql("SELECT 'ü ☕', NULL, 0xFF41") == "ü ☕\tNULL\t\\xffA"


def test_connect_with_a_wrong_password_or_none_is_refused(server: MysqlFamilyServer, tmp_path: Path) -> None:
    for user, password in (("root", "wrong"), ("root", ""), ("", "")):
        answer = sign_in(server, tmp_path, user, password)
        assert answer.returncode != 0
        assert b"Access denied" in answer.stderr


def test_connect_with_the_exposed_ca_verifies_the_server(server: MysqlFamilyServer, tmp_path: Path) -> None:
    assert server.ca_pem is not None
    ca = tmp_path / "ca.pem"
    ca.write_text(server.ca_pem)
    strict = "--ssl-mode=VERIFY_CA" if isinstance(server, MysqlServer) else "--ssl-verify-server-cert"
    answer = sign_in(server, tmp_path, "root", server.password, f"--ssl-ca={ca}", strict)
    assert answer.returncode == 0, answer.stderr
    assert b"TLS" in answer.stdout


@both
def test_restart_after_kill_keeps_the_data_and_the_port(kind: type[MysqlFamilyServer]) -> None:
    with kind.start() as running:
        port = running.port
        running.sql("CREATE DATABASE kept; CREATE TABLE kept.a AS SELECT 42 AS answer")
        time.sleep(1.2)  # the log of what was committed is written once a second
        running.kill()
        with pytest.raises(RuntimeError, match="Can't connect"):
            running.sql("SELECT 1")
        running.restart()
        assert running.sql("SELECT answer FROM kept.a") == "42"
        assert running.port == port


@both
def test_start_with_a_broken_setting_raises_with_the_tail_of_the_log(kind: type[MysqlFamilyServer]) -> None:
    with pytest.raises(ServerStartError, match="no_such_setting"):
        kind.start(settings={"no_such_setting": "1"})


@both
def test_start_on_an_existing_directory_keeps_the_data_and_the_password(kind: type[MysqlFamilyServer]) -> None:
    home = temporary_directory("dbbackup-test-", server_account())
    odd = 'it\'s a "password" \\ # with = signs'
    with kind.start(data_dir=home, password=odd) as first:
        first.sql("CREATE DATABASE kept")
    with kind.start(data_dir=home) as second:
        assert second.password == odd
        assert second.sql("SELECT 1", database="kept") == "1"
    assert home.exists()
    shutil.rmtree(home)


@both
def test_client_tools_run_by_themselves_and_hold_their_version(kind: type[MysqlFamilyServer]) -> None:
    with kind.start() as running:
        for tool in (kind.client, kind.dump_tool):
            file = running.bin_dir / tool
            printed = subprocess.run([file, "--version"], capture_output=True, text=True, check=True).stdout
            found = re.search(r"\d+\.\d+\.\d+", printed)
            assert found is not None
            assert found[0].encode() in file.read_bytes()


def test_client_dirs_name_the_directory_with_mysqldump() -> None:
    assert [directory for directory in client_dirs() if (directory / "mysqldump").is_file()]


def test_install_where_nothing_can_be_fetched_says_what_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(mysql_binaries, "_HOME", tmp_path / "mysql")
    monkeypatch.setattr(mysql_binaries, "_SYSTEM", tmp_path)
    with pytest.raises(MissingBinaryError, match=r"run `uv run python -m devtools\.servers mysql`"):
        mysql_binaries.mysql_root()
    monkeypatch.setattr(mysql_binaries, "_archive", lambda: "http://127.0.0.1:1/debian")
    with pytest.raises(MissingBinaryError, match=r"(?s)cannot be had from http://127\.0\.0\.1:1/.*make setup"):
        mysql_binaries.install_mysql()
    monkeypatch.setattr(mysql_binaries, "_KEYRING", tmp_path / "none")
    with pytest.raises(MissingBinaryError, match="apt-get install mysql-server"):
        mysql_binaries.install_mysql()
    assert list((tmp_path / "mysql").iterdir()) == []


def test_command_when_a_word_is_unknown_lists_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mysql", "oracle"]) == 2
    assert "14, 15, 16, 17, 18, mysql" in capsys.readouterr().err


@both
def test_server_when_the_parent_is_killed_ends_as_well(kind: type[MysqlFamilyServer]) -> None:
    script = (
        "import os, signal\n"
        f"from devtools.servers import {kind.__name__}\n"
        f"server = {kind.__name__}.start()\n"
        "print(server.pid, server.data_dir, flush=True)\n"
        "input()\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdin is not None and parent.stdout is not None
    server_pid, data_dir = parent.stdout.readline().split()
    assert Path(f"/proc/{server_pid}").exists()
    parent.stdin.write("\n")
    parent.stdin.close()
    parent.wait()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{server_pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{server_pid}").exists()
    shutil.rmtree(data_dir)


def sign_in(
    server: MysqlFamilyServer, tmp_path: Path, user: str, password: str, *options: str
) -> subprocess.CompletedProcess[bytes]:
    file = tmp_path / "client.cnf"
    file.touch(mode=0o600)
    file.write_text(f'[client]\nuser="{user}"\npassword="{password}"\n')
    command: list[str | Path] = [server.bin_dir / server.client, f"--defaults-file={file}", "--protocol=tcp"]
    command += [f"--host={server.host}", f"--port={server.port}", *options, "--execute=SHOW STATUS LIKE 'Ssl_cipher'"]
    return subprocess.run(command, capture_output=True, check=False)


def test_fill_initialises_with_a_directory_for_temporary_tables_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In a shared one, several that initialise at once delete each other's tables, and some of them fail.
    monkeypatch.setattr(mysql_home, "CACHE", tmp_path / "cache")
    script = 'data=${1#--datadir=}; mkdir "$data"; printf %s "$TMPDIR" >"$data/where"'
    programs = mysql_home.Programs(
        version="1.2.3", bin_dir=tmp_path, server=(), options=(), initialise=("/bin/sh", "-c", script, "sh")
    )
    home = tmp_path / "home"
    home.mkdir()
    mysql_home.fill(home, "mariadb", programs, "secret", None)
    where = Path((home / "data/where").read_text())
    assert where.is_relative_to(tmp_path / "cache")
    assert not where.exists()
