"""The relay of commands in containers: frames, ends and refusals. Its work on a real engine is in tests/images."""

from __future__ import annotations

import io
import json
import signal
import socket
import struct
import threading
from pathlib import Path

import pytest

from dbbackup.net import docker_relay
from devtools.docker_stand_in import DockerStandIn
from devtools.servers.ports import free_port


def frame(kind: int, content: bytes) -> bytes:
    return struct.pack(">BxxxL", kind, len(content)) + content


def task(folder: Path, host: str) -> str:
    path = folder / "task.json"
    known = {"host": host, "tls": None, "container": "c", "user": "1", "argv": ["x"], "env": {"M": "1"}, "mark": "M=1"}
    path.write_text(json.dumps(known))
    return str(path)


def test_copy_when_frames_come_then_each_goes_where_it_belongs(capfd: pytest.CaptureFixture[str]) -> None:
    stream = io.BufferedReader(io.BytesIO(frame(1, b"rows") + frame(2, b"words\n") + frame(1, b"") + frame(1, b"more")))
    docker_relay._copy(stream)
    assert capfd.readouterr() == ("rowsmore", "words\n")


@pytest.mark.parametrize("content", [b"\x01\x00\x00", frame(1, b"whole")[:-2]])
def test_copy_when_the_connection_breaks_then_that_is_no_end(content: bytes) -> None:
    with pytest.raises(docker_relay._Lost, match="the connection broke"):
        docker_relay._copy(io.BufferedReader(io.BytesIO(content)))


def test_main_when_the_engine_refuses_or_is_not_there_then_it_says_so(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    # SIGTERM's handler is the process's own: only the main thread may set it, and not the one of the tests.
    codes: list[int] = []
    with DockerStandIn() as docker, pytest.MonkeyPatch.context() as patch:
        patch.setattr(signal, "signal", lambda *_: None)
        for host in (docker.host, f"unix://{tmp_path}/none", f"tcp://127.0.0.1:{free_port()}"):
            codes.append(docker_relay.main(task(tmp_path, host)))
    assert codes == [docker_relay.LOST] * 3
    said = capfd.readouterr().err
    assert "the engine answered 403 (no)" in said
    assert "No such file" in said
    assert "refused" in said


def test_start_when_the_engine_gives_no_stream_then_it_is_lost() -> None:
    ours, theirs = socket.socketpair()

    def answer() -> None:
        theirs.recv(65_536)
        theirs.sendall(b"HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n")

    threading.Thread(target=answer, daemon=True).start()
    with ours, pytest.raises(docker_relay._Lost, match="the engine answered 409"):
        docker_relay._start(ours, "e")
