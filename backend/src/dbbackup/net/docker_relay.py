"""Runs one command in a container and passes its output on: the process that stands for a tool that runs in there.

`python -m dbbackup.net.docker_relay FILE`, FILE being JSON of a `Task`. It ends as the command ended: with its exit
code, or by the signal that ended it. Asked to end (SIGTERM) it ends the command first. When it is killed, the command
stands still, since nobody takes its output; the next start finds it by its mark.

NOTHING THAT RUNS IN THERE MAY HAVE A CHILD. Where the server is the container's first process, orphans become its
children, and PostgreSQL takes the end of a child by a signal for the crash of one of its own: it restarts all of them.
What the engine itself started is no child of the server's. So no shell stays around a tool, and none forks.

Nothing but the standard library: it starts for each dump, and within the run's limit of memory.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import struct
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

LOST = 97
"""The exit code when the end of the command could not be learned."""
_PIECE = 65_536
_ANSWER_SECONDS = 30
_END_SECONDS = 5.0
_STOP_SECONDS = 2.5
"""Shorter than the grace of who ends this process."""
_HEADER = struct.Struct(">BxxxL")
_STDERR = 2

# The option file comes by the environment, is no variable any more when the tool starts, and reaches it by a pipe: it
# is in no file and no argument. The shell becomes the tool.
_WITH_OPTIONS = """
options=$DBBACKUP_OPTIONS
unset DBBACKUP_OPTIONS
exec 4<<END
$options
END
exec "$@"
"""
END_MARKED = """
for p in /proc/[0-9]*; do
    found=
    while IFS= read -r text || [ -n "$text" ]; do
        case $text in *"$1"*) found=yes ;; esac
    done <"$p/environ"
    [ -z "$found" ] || kill -KILL "${p#/proc/}"
done 2>/dev/null
exit 0
"""
"""Ends what bears a mark in its environment, as our own orphans do; the mark is an argument here, no variable."""
OPTIONS_PATH = "/dev/fd/4"
"""Where the command finds its option file."""
OPTIONS_VARIABLE = "DBBACKUP_OPTIONS"

Task = dict[str, Any]
"""`host`, `tls` (ca, certificate, key; or null), `container`, `user`, `argv`, `env`, `mark` (a `NAME=value` of it)."""


class _Stopped(Exception):  # noqa: N818 - a request, no fault
    """Somebody asked this process to end."""


class _Lost(Exception):  # noqa: N818 - its words are told, and the exit code
    """The engine refused, or the connection broke."""


def main(path: str) -> int:
    """Run the task in the file and return its exit code."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        task: Task = json.loads(Path(path).read_bytes())
        return _run(task)
    except _Stopped:
        return 128 + signal.SIGTERM
    except (_Lost, OSError, http.client.HTTPException, ValueError) as error:
        print(f"dbbackup: the command in the container cannot be followed: {error}", file=sys.stderr)
        return LOST


def _run(task: Task) -> int:
    shell = ["/bin/sh", "-c", _WITH_OPTIONS, "dbbackup"] if OPTIONS_VARIABLE in task["env"] else []
    try:
        exec_id = _create(task, [*shell, *task["argv"]], task["env"])
        with _connect(task) as connection:
            _copy(_start(connection, exec_id))
    except _Stopped:
        _end_command(task)
        raise
    return _exit_code(task, exec_id)


def _create(task: Task, argv: list[str], environment: dict[str, str]) -> str:
    body = {
        "AttachStdout": True,
        "AttachStderr": True,
        "Tty": False,
        "Cmd": argv,
        "Env": [f"{name}={value}" for name, value in environment.items()],
        "User": task["user"],
    }
    return str(_ask(task, "POST", f"/containers/{task['container']}/exec", body)["Id"])


def _start(connection: socket.socket, exec_id: str) -> BinaryIO:
    """Take the connection over for the command's streams; both go on after the answer's headers."""
    body = b'{"Detach":false,"Tty":false}'
    connection.sendall(
        f"POST /exec/{exec_id}/start HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    stream = connection.makefile("rb")
    status = stream.readline(_PIECE).split()
    while stream.readline(_PIECE) not in (b"\r\n", b""):
        pass
    if len(status) < 2 or status[1] not in (b"101", b"200"):
        raise _Lost(f"the engine answered {status[1].decode() if len(status) > 1 else 'nothing'}")
    connection.settimeout(None)
    return stream


def _copy(stream: BinaryIO) -> None:
    """Write each frame to where it belongs, a piece at a time, until the command's streams end."""
    while header := stream.read(_HEADER.size):
        if len(header) < _HEADER.size:
            raise _Lost("the connection broke")
        kind, left = _HEADER.unpack(header)
        while left:
            piece = stream.read1(min(left, _PIECE))  # type: ignore[attr-defined]  # a buffered reader has it
            if not piece:
                raise _Lost("the connection broke")
            left -= len(piece)
            _write(2 if kind == _STDERR else 1, piece)


def _write(descriptor: int, piece: bytes) -> None:
    view = memoryview(piece)
    while view:
        view = view[os.write(descriptor, view) :]


def _end_command(task: Task) -> None:
    """End the command, however long it would say nothing, and wait for that."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        exec_id = _create(task, ["/bin/sh", "-c", END_MARKED, "dbbackup", task["mark"]], {})
        with _connect(task) as connection:
            stream = _start(connection, exec_id)
            connection.settimeout(_STOP_SECONDS)
            while stream.read(_PIECE):
                pass
    except (_Lost, OSError, http.client.HTTPException):
        pass  # its output closes with this process, and the next start looks for its mark


def _exit_code(task: Task, exec_id: str) -> int:
    deadline = time.monotonic() + _END_SECONDS
    while (state := _ask(task, "GET", f"/exec/{exec_id}/json"))["Running"]:
        if time.monotonic() > deadline:
            raise _Lost("its streams ended, but it did not")
        time.sleep(0.05)
    if state["ExitCode"] is None:
        raise _Lost("the engine does not say how it ended")
    return int(state["ExitCode"])


def _ask(task: Task, method: str, path: str, body: Any = None) -> Any:
    client = http.client.HTTPConnection("docker", timeout=_ANSWER_SECONDS)
    client.sock = _connect(task)
    try:
        content = None if body is None else json.dumps(body)
        client.request(method, path, content, {"Content-Type": "application/json"} if content else {})
        answer = client.getresponse()
        text = answer.read(1 << 20)
    finally:
        client.close()
    if answer.status >= 300:
        raise _Lost(f"the engine answered {answer.status} ({_message(text)})")
    return json.loads(text)


def _message(text: bytes) -> str:
    try:
        return str(json.loads(text)["message"]).strip()
    except (ValueError, KeyError, TypeError):
        return text[:200].decode("utf-8", "replace").strip()


def _connect(task: Task) -> socket.socket:
    parts = urlsplit(task["host"])
    if parts.scheme == "unix":
        plain = socket.socket(socket.AF_UNIX)
        plain.settimeout(_ANSWER_SECONDS)
        plain.connect(parts.path)
        return plain
    plain = socket.create_connection((parts.hostname or "", parts.port or 2375), timeout=_ANSWER_SECONDS)
    # A dump may say nothing for a long time: who is between must not take that for the end.
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if task["tls"] is None:
        return plain
    context = ssl.create_default_context(cafile=task["tls"]["ca"])
    context.load_cert_chain(task["tls"]["certificate"], task["tls"]["key"])
    return context.wrap_socket(plain, server_hostname=parts.hostname)


def _stop(*_: object) -> None:
    raise _Stopped


if __name__ == "__main__":
    code = main(sys.argv[1])
    if code in (128 + signal.SIGKILL, 128 + signal.SIGTERM):
        # As it ended there: who started this process sees the signal.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), code - 128)
    sys.exit(code)
