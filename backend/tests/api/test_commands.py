"""The commands as processes of their own: beside a running program, and without one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from dbbackup.commands import client
from dbbackup.core.errors import ConflictError
from dbbackup.db.lock import is_taken, lock_catalogue
from dbbackup.settings import load
from devtools import catalogue_server
from devtools.servers import PostgresServer, client_dirs
from tests.api.running_app import KEY, RunningApp
from tests.api.signing_in import ADMIN, PASSWORD, locked_app, sign_in
from tests.api.support import add_database, make_database
from tests.catalogue import place_for
from tests.faults.waiting import until

BACKEND = Path(__file__).resolve().parents[2]


def environment(home: Path) -> dict[str, str]:
    """Return what a process needs to work on the data in `home`."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": "src",
        "ENCRYPTION_KEY": KEY,
        "AUTH_MODE": "local",
        "BACKUP_STORAGE_PATH": str(home / "backups"),
        "DATABASE_PATH": str(home / "db" / "app.db"),
        **catalogue_server.environment(home / "db" / "app.db"),
        "CLIENT_PATH": ":".join(map(str, client_dirs())),
    }


def command(home: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dbbackup", *arguments],
        env={**environment(home), **variables},
        cwd=BACKEND,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=100,
        check=False,
    )


def listening_tcp_sockets(pid: int) -> set[str]:
    """Return the inodes of the process' TCP sockets that take connections, as proc(5) lists them."""
    listening = {
        fields[9]
        for table in ("tcp", "tcp6")
        for fields in map(str.split, Path(f"/proc/{pid}/net/{table}").read_text().splitlines())
        if fields[3] == "0A"
    }
    opened = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):  # closed in between
            opened.add(entry.readlink().name)
    return {inode for inode in listening if f"socket:[{inode}]" in opened}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> Path:
    """Data with one database called `shop`, and no program running on it."""
    home = tmp_path_factory.mktemp("commands")
    with RunningApp.start(home) as app:
        add_database(app, postgres, make_database(postgres), name="shop")
    return home


def test_backup_and_restore_when_no_program_runs_then_one_is_started_for_each(
    home: Path, postgres: PostgresServer
) -> None:
    made = command(home, "backup", "shop", "--label", "by hand", "--json")
    assert made.returncode == 0, made.stderr
    backup = json.loads(made.stdout)
    assert (backup["status"], backup["label"]) == ("completed", "by hand")
    restored = command(home, "restore", backup["id"], "--into", "shop_by_command", "--yes")
    assert restored.returncode == 0, restored.stderr
    assert "completed in" in restored.stdout
    assert postgres.psql("SELECT count(*) FROM item", database="shop_by_command").strip() == "200"


def test_commands_when_two_begin_at_once_then_one_waits_for_the_other(home: Path) -> None:
    with ThreadPoolExecutor(2) as both:
        runs = list(both.map(lambda label: command(home, "backup", "shop", "--label", label), ("one", "other")))
    for done in runs:
        assert done.returncode == 0, done.stderr
        assert "completed" in done.stdout


def test_commands_when_who_has_the_catalogue_answers_nobody_then_told_what_to_do(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load({**environment(home), "PORT": "9"})
    monkeypatch.setattr(client, "_START_SECONDS", 0.5)
    with (
        lock_catalogue(settings.catalogue),
        pytest.raises(ConflictError, match=r"nobody answers at .*DBBACKUP_URL"),
        client.connected(lambda: settings),
    ):
        pytest.fail("it found a way in")


def test_commands_when_a_worker_runs_then_they_work_through_its_socket(home: Path) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-m", "dbbackup", "worker"],
        env=environment(home),
        cwd=BACKEND,
        stderr=subprocess.PIPE,
        text=True,
    )
    socket = home / "db" / "app.db.sock"
    try:
        until(socket.is_socket, "the worker's socket")
        # As soon as there is a way in: who finds no lock would start a program of its own.
        assert is_taken(place_for(home / "db" / "app.db"))
        assert socket.stat().st_mode & 0o777 == 0o660
        done = command(home, "backup", "shop", "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["status"] == "completed"
        assert command(home, "status").returncode == 0
        for other in ("worker", "serve"):
            refused = command(home, other, PORT="0")
            assert refused.returncode == 1
            assert "Another process is already running on this catalogue" in refused.stderr.splitlines()[-1]
        assert not listening_tcp_sockets(worker.pid)
    finally:
        worker.terminate()
        said = worker.communicate(timeout=60)[1]
    # Stopped in order, it ends by the signal it was sent: whoever started it sees why.
    assert worker.returncode == -signal.SIGTERM, said
    assert "Ready (instance" in said
    # The socket of a worker that is gone is no way in: a program is started for the command.
    assert command(home, "databases").returncode == 0


def test_commands_when_the_program_runs_then_they_work_through_it(home: Path, postgres: PostgresServer) -> None:
    with locked_app(home) as app:
        port = app.host.rpartition(":")[2]
        done = command(home, "backup", "shop", PORT=port)
        assert done.returncode == 0, done.stderr
        run = done.stdout.split()[0]
        assert sign_in(app).get(f"/backups/{run}")["status"] == "completed"
        listed = command(home, "list", "--database", "shop", PORT=port)
        assert run in listed.stdout
        assert "local" in listed.stdout
        token = sign_in(app).post("/auth/token", {"username": ADMIN, "password": PASSWORD})["accessToken"]
        proven = command(home, "verify", run, "--level", "1", DBBACKUP_URL=f"http://{app.host}", DBBACKUP_TOKEN=token)
        assert "completed" in proven.stdout, proven.stderr
        shown = command(home, "databases", PORT=port)
        assert "shop" in shown.stdout
        assert postgres.password not in shown.stdout + done.stdout
        assert json.loads(command(home, "status", "--json", PORT=port).stdout)["health"]["ok"] is True


def test_commands_when_something_is_wrong_then_words_and_an_exit_code(home: Path) -> None:
    with locked_app(home) as app:
        port = app.host.rpartition(":")[2]
        unknown = command(home, "backup", "shopp", PORT=port)
        assert (unknown.returncode, unknown.stdout) == (1, "")
        assert "There is no database 'shopp'. There is: shop." in unknown.stderr
        failed = command(home, "backup", "shop", "--no-local", PORT=port)
        assert failed.returncode == 1
        assert "at least one place" in failed.stderr
        unconfirmed = command(home, "restore", sign_in(app).get("/backups")[0]["id"], "--into", "x", PORT=port)
        assert unconfirmed.returncode == 1
        assert "--yes" in unconfirmed.stderr
    nobody = command(home, "list", DBBACKUP_URL="http://127.0.0.1:9")
    assert nobody.returncode == 1
    assert "DBBACKUP_URL" in nobody.stderr


def test_backup_when_the_run_fails_then_exit_code_4(home: Path) -> None:
    with locked_app(home) as app:
        database = sign_in(app).get("/databases")[0]
        sign_in(app).put(f"/databases/{database['id']}", {"password": "wrong", "username": "nobody_here"}, force=True)
        failed = command(home, "backup", "shop", PORT=app.host.rpartition(":")[2])
    assert failed.returncode == 4
    assert "failed" in failed.stderr
