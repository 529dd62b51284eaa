"""`dbbackup serve` on a Unix socket, as the containers run it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import unix_connect

from devtools import catalogue_server

BACKEND = Path(__file__).parents[3]
LIVE = "http://localhost/api/health/live"


def command(home: Path, **variables: str) -> subprocess.Popen[str]:
    # Not measured: that would double the time of every start.
    kept = {"PATH": os.environ["PATH"]}
    places = {
        "ENCRYPTION_KEY": "k" * 40,
        "BACKUP_STORAGE_PATH": str(home / "backups"),
        "DATABASE_PATH": str(home / "db" / "app.db"),
        **catalogue_server.environment(home / "db" / "app.db"),
        "SOCKET_PATH": str(home / "api.sock"),
        "AUTH_MODE": "none",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "dbbackup", "serve"],
        env={**kept, "PYTHONPATH": "src", **places, **variables},
        cwd=BACKEND,
        stderr=subprocess.PIPE,
        text=True,
    )


def ask(socket: Path, url: str = LIVE, **headers: str) -> httpx.Response:
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket)), timeout=30) as client:
        return client.get(url, headers=headers)


@contextmanager
def serving(home: Path, how: signal.Signals = signal.SIGTERM) -> Iterator[Path]:
    process, socket = command(home), home / "api.sock"
    deadline = time.monotonic() + 30
    try:
        while not socket.exists() or not _answers(socket):
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield socket
    finally:
        process.send_signal(how)
        process.communicate(timeout=30)


def _answers(socket: Path) -> bool:
    try:
        return ask(socket).is_success
    except httpx.TransportError:
        return False


def refusal(home: Path, **variables: str) -> str:
    process = command(home, **variables)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 1
    return said.splitlines()[-1]


def test_serve_when_on_a_socket_then_it_answers_there_to_known_names_only(tmp_path: Path) -> None:
    with serving(tmp_path) as socket:
        assert socket.stat().st_mode & 0o777 == 0o660
        assert ask(socket).json()["success"]
        assert ask(socket, "http://localhost/api/databases").status_code == 200
        assert ask(socket, "http://127.0.0.1:3000/api/databases").status_code == 200
        assert ask(socket, "http://rebound.example/api/databases").status_code == 403
        with unix_connect(str(socket), "ws://localhost/api/ws/events") as live:
            assert live.protocol.state.name == "OPEN"


def test_serve_when_a_killed_process_left_its_socket_then_it_is_replaced(tmp_path: Path) -> None:
    with serving(tmp_path, signal.SIGKILL) as socket:
        pass
    assert socket.is_socket()
    with pytest.raises(httpx.TransportError):
        ask(socket)
    with serving(tmp_path):
        assert ask(socket).is_success


def test_serve_when_another_process_listens_then_its_socket_is_left_to_it(tmp_path: Path) -> None:
    with serving(tmp_path) as socket:
        said = refusal(tmp_path / "other", SOCKET_PATH=str(socket))
        assert "Address already in use. Choose another SOCKET_PATH." in said
        assert ask(socket).is_success


def test_serve_when_the_path_is_no_socket_or_cannot_be_made_then_it_is_refused_and_left(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    assert "Cannot listen on" in refusal(tmp_path, SOCKET_PATH=str(tmp_path / "file"))
    assert (tmp_path / "file").read_text() == "mine"
    assert "No such file" in refusal(tmp_path, SOCKET_PATH=str(tmp_path / "none" / "s"))
