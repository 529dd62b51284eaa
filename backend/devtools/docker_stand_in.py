"""A stand-in for a Docker engine: a local HTTP server that gives the three GET answers the product asks for.

The answers are recorded ones (devtools/docker_answers.py), changed by the tests; the real engine is in tests/images.
"""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from devtools.docker_answers import answer


class DockerStandIn:
    """Holds containers by name; `status` other than 200 is the answer to everything, as a proxy would give it."""

    def __init__(self) -> None:
        self.containers: dict[str, dict[str, Any]] = {}
        self.status = 200
        self.asked: list[str] = []
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer = stand_in.reply(self._bare_path())
                stand_in.asked.append(self.path)
                self._send(*answer)

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
                name = parse_qs(urlsplit(self.path).query).get("name", [""])[0]
                self._send(*stand_in.change("POST", self._bare_path(), name, body))

            def do_DELETE(self) -> None:
                self._send(*stand_in.change("DELETE", self._bare_path(), "", None))

            def _bare_path(self) -> str:
                return re.sub(r"^/v1\.\d+", "", self.path.split("?")[0])

            def _send(self, status: int, body: Any) -> None:
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def host(self) -> str:
        return f"tcp://127.0.0.1:{self._server.server_address[1]}"

    def reply(self, path: str) -> tuple[int, Any]:
        if self.status != 200:
            return self.status, {"message": "no"}
        if path == "/version":
            return 200, {"Version": "26.1.5", "ApiVersion": "1.45", "MinAPIVersion": "1.24"}
        if path == "/containers/json":
            return 200, [{"Id": found["Id"]} for found in self.containers.values()]
        for found in self.containers.values():
            if path == f"/containers/{found['Id']}/json":
                return 200, found
        return 404, {"message": "No such container"}

    def change(self, method: str, path: str, name: str, body: Any) -> tuple[int, Any]:
        """Answer to what is no GET: as a proxy that lets nothing else pass."""
        return 403, {"message": "no"}

    def put(
        self,
        name: str,
        like: str = "shop-db-1",
        *,
        environment: dict[str, str] | None = None,
        labels: dict[str, str] | None = None,
        port: int | None = None,
        inner: int = 5432,
        identity: str | None = None,
        running: bool = True,
    ) -> str:
        """Have a container like a recorded one, published at `port` of this machine; return its id."""
        found = answer(like)
        found["Id"] = identity or f"{abs(hash(name)):064x}"[-64:]
        found["Image"] = "sha256:" + "1" * 64
        found["Name"], found["State"]["Running"] = f"/{name}", running
        found["Config"]["Labels"] = labels or {}
        found["Config"]["Env"] = [f"{key}={value}" for key, value in (environment or {}).items()]
        binding = [{"HostIp": "127.0.0.1", "HostPort": str(port)}] if port else None
        found["NetworkSettings"]["Ports"] = {f"{inner}/tcp": binding}
        self.containers[name] = found
        return str(found["Id"])

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
