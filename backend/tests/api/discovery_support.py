"""The running product beside a stand-in for a Docker engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dbbackup.worker.discovery import DiscoveryLoop
from devtools.docker_stand_in import DockerStandIn
from devtools.servers import PostgresServer
from tests.api.running_app import RunningApp
from tests.api.support import eventually


def postgres_environment(server: PostgresServer, **more: str) -> dict[str, str]:
    return {"POSTGRES_USER": server.superuser, "POSTGRES_PASSWORD": server.password, **more}


@contextmanager
def discovering_app(home: Path, docker: DockerStandIn, **changes: Any) -> Iterator[RunningApp]:
    """Start the product; at the end no answer may have held a secret.

    The first look of its own is at what is there now: what a test puts up later is seen when the test looks.
    """
    before = len(docker.asked)
    with RunningApp.start(home, docker_host=docker.host, **changes) as running:
        eventually(lambda: docker.status != 200 or any("/containers/json" in path for path in docker.asked[before:]))
        yield running
        for text in running.api.seen:
            assert not any(secret in text for secret in running.secrets)


def look(app: RunningApp) -> None:
    """Have the background loop's next look now."""
    app.run(DiscoveryLoop(app.ctx).look())


def found(app: RunningApp) -> dict[str, Any]:
    """Return the servers around by their containers' names."""
    return {server["containerName"]: server for server in app.api.get("/discovery")["servers"]}
