"""The compose file brought up under a name of its own, and what one wants to ask of it."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from devtools.docker_engine import DockerEngine
from devtools.servers.binaries import postgresql_bin_dir, weed
from devtools.servers.ports import free_port

ROOT = Path(__file__).parents[3]
BASE, API, WEB = "dbbackup-test/base", "dbbackup-test/api", "dbbackup-test/web"
_HERE = Path(__file__).parent
_POSTGRES = 15
_PATIENCE = 60.0


@dataclass(eq=False)
class Stack:
    """The services of one project; the page is at `url`. `password` is that of the demo's servers."""

    engine: DockerEngine
    key: Path
    port: int = field(default_factory=free_port)
    password: str = field(default_factory=lambda: secrets.token_urlsafe(18))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def compose(self, *arguments: str) -> str:
        """Run `docker compose` on the project."""
        files = ("--file", ROOT / "compose.yaml", "--file", _HERE / "demo.compose.yaml")
        environment = {
            "API_IMAGE": API,
            "WEB_IMAGE": WEB,
            "ENCRYPTION_KEY_FILE": str(self.key),
            "AUTH_MODE": "none",
            "PUBLISH": f"127.0.0.1:{self.port}",
            "DEMO_PASSWORD": self.password,
            "DOCKER_SOCKET": f"{self.engine.home}/docker.sock",
            "COMPOSE_PROFILES": "demo",
            "TEST_BASE": BASE,
            "TEST_HERE": str(_HERE),
            "TEST_POSTGRES": str(postgresql_bin_dir(_POSTGRES).parent),
            "TEST_WEED": str(weed()),
        }
        return self.engine.docker("compose", "--project-name=dbbackup", *files, *arguments, environment=environment)

    def run(self, service: str, *command: str) -> str:
        """Run a command in a service's container and return what it printed."""
        return self.compose("exec", "--no-TTY", service, *command)

    def inspect(self, service: str) -> dict[str, Any]:
        """Return what the engine knows about a service's container."""
        (container,) = self.compose("ps", "--all", "--quiet", service).split()
        (known,) = json.loads(self.engine.docker("inspect", container))
        return dict(known)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Call the API through the page's container and return `data`."""
        answer = httpx.request(method, f"{self.url}/api{path}", json=body, timeout=60, trust_env=False)
        content = answer.json()
        assert content["success"], content["error"]
        return content["data"]

    def finished(self, path: str) -> dict[str, Any]:
        """Wait for the end of a run and return it."""
        deadline = time.monotonic() + _PATIENCE
        while (run := self.call("GET", path))["status"] in ("queued", "running"):
            assert time.monotonic() < deadline, run
            time.sleep(0.1)
        return dict(run)
