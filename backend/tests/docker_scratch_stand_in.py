"""The stand-in for a Docker engine that also makes containers: each is a real PostgreSQL server of this machine.

What the engine itself does with them is tested on a real one, in tests/images.
"""

from __future__ import annotations

import struct
from typing import Any

from devtools.docker_stand_in import DockerStandIn
from devtools.servers import PostgresServer


class ScratchStandIn(DockerStandIn):
    """`forbids` lets nothing but GET pass; `refuses` is what making is answered with; `dies` how the container ends."""

    def __init__(self) -> None:
        self.made: list[dict[str, Any]] = []
        """Bodies of the requests that made one."""
        self.removed: list[str] = []
        self.forbids = False
        self.refuses: tuple[int, str] | None = None
        self.dies: dict[str, Any] | None = None
        self.says = ""
        self._servers: dict[str, PostgresServer] = {}
        super().__init__()

    def reset(self) -> None:
        self.containers.clear()
        self.made, self.removed = [], []
        self.status, self.forbids, self.refuses, self.dies = 200, False, None, None

    def reply(self, path: str) -> tuple[int, Any]:
        name = path.split("/")[2] if path.startswith("/containers/dbbackup-") else ""
        if name and self.status == 200 and name in self.containers:
            return (200, self._log()) if path.endswith("/logs") else (200, self.containers[name])
        return super().reply(path)

    def change(self, method: str, path: str, name: str, body: Any) -> tuple[int, Any]:
        if self.forbids or self.status != 200:
            return super().change(method, path, name, body)
        if path == "/containers/create":
            return self._make(name, body)
        named = path.split("/")[2]
        if method == "POST" and path.endswith("/start"):
            self._start(named)
            return 204, b""
        self.removed.append(named)
        del self.containers[named]
        if server := self._servers.pop(named, None):
            server.stop()
        return 204, b""

    def stop(self) -> None:
        for server in self._servers.values():
            server.stop()
        super().stop()

    def _make(self, name: str, body: dict[str, Any]) -> tuple[int, Any]:
        if not body:
            return 400, {"message": "config cannot be empty in order to create a container"}
        if self.refuses:
            return self.refuses[0], {"message": self.refuses[1]}
        self.made.append(body)
        environment = dict(entry.split("=", 1) for entry in body["Env"])
        self.put(name, environment=environment, labels=body["Labels"], running=False)
        self.containers[name]["Config"]["Tty"] = False
        return 201, {"Id": self.containers[name]["Id"], "Warnings": []}

    def _start(self, name: str) -> None:
        found = self.containers[name]
        if self.dies is not None:
            found["State"] |= self.dies
            return
        password = next(e.partition("=")[2] for e in found["Config"]["Env"] if e.startswith("POSTGRES_PASSWORD="))
        server = self._servers[name] = PostgresServer.start(15, password=password)
        binding = [{"HostIp": "127.0.0.1", "HostPort": str(server.port)}]
        found["State"]["Running"], found["NetworkSettings"]["Ports"] = True, {"5432/tcp": binding}

    def _log(self) -> bytes:
        """Return the log as the engine frames it: stream, length, bytes."""
        said = self.says.encode()
        return struct.pack(">BxxxL", 1, len(said)) + said
