"""What tests of uploads do again and again: dump with the real tools, send in pieces, wait for the check, restore."""

from __future__ import annotations

import os
import subprocess
from typing import Any

from devtools.servers import MariadbServer, PostgresServer
from devtools.servers.mysql_family import MysqlFamilyServer
from tests.api.running_app import RunningApp
from tests.api.support import eventually

PIECE = 100_000


def pg_dump(server: PostgresServer, database: str, *flags: str) -> bytes:
    """Return what pg_dump of the server's own version writes."""
    env = {**server.env(database), "PATH": os.environ["PATH"]}
    return subprocess.run([server.bin_dir / "pg_dump", *flags], env=env, capture_output=True, check=True).stdout


def mysql_dump(server: MysqlFamilyServer, database: str, *flags: str) -> bytes:
    """Return what the dump tool of a server of the MySQL family writes."""
    is_mariadb = isinstance(server, MariadbServer)
    tool = server.bin_dir / ("mariadb-dump" if is_mariadb else "mysqldump")
    flags = flags if is_mariadb else ("--set-gtid-purged=OFF", *flags)
    command = [str(tool), f"--defaults-file={server.client_file}", *flags, database]
    return subprocess.run(command, capture_output=True, check=True).stdout


def send(app: RunningApp, data: bytes, name: str = "a.dump", **more: Any) -> Any:
    """Upload in pieces and return the upload once it was checked."""
    upload = app.api.post("/restores/uploads", {"name": name, "size": len(data), **more})
    for offset in range(0, len(data), PIECE):
        upload = patch(app, upload["id"], offset, data[offset : offset + PIECE]).json()["data"]
    return checked(app, upload["id"])


def patch(app: RunningApp, upload_id: str, offset: int, data: bytes) -> Any:
    headers = {"upload-offset": str(offset), "content-type": "application/octet-stream"}
    return app.api.request("PATCH", f"/restores/uploads/{upload_id}", content=data, headers=headers)


def checked(app: RunningApp, upload_id: str) -> Any:
    path = f"/restores/uploads/{upload_id}"
    eventually(lambda: app.api.get(path)["state"] in ("ready", "refused"), 60)
    return app.api.get(path)


def plan(database: Any, source: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {"databaseId": database["id"], "source": source, "options": options}


def restore(app: RunningApp, body: dict[str, Any]) -> Any:
    started = app.api.post("/restores", {**body, "confirm": True})
    return app.api.wait(f"/restores/{started['id']}")


def findings(answer: Any, level: str) -> dict[str, str]:
    return {f["code"]: f["message"] for f in answer["findings"] if f["level"] == level}
