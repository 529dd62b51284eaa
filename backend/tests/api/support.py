"""What the tests of the API do again and again: databases, buckets, backups, locks."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from dbbackup.pipeline.process import OWNER_VARIABLE
from devtools.servers import PostgresServer, SeaweedServer
from tests.api.running_app import RunningApp

_TABLES = """
CREATE TABLE item (id integer PRIMARY KEY, note text);
INSERT INTO item SELECT n, 'note ' || n FROM generate_series(1, 200) n;
CREATE TABLE other (id integer);
"""


def unique(prefix: str = "t") -> str:
    """Return a name nobody else uses."""
    return f"{prefix}_{secrets.token_hex(4)}"


def form(server: PostgresServer, database: str = "postgres", **changes: Any) -> dict[str, Any]:
    """Return the form that adds a database of the server."""
    return {
        "name": unique("Database"),
        "type": "postgresql",
        "host": server.host,
        "port": server.port,
        "database": database,
        "username": server.superuser,
        "password": server.password,
        **changes,
    }


def make_database(server: PostgresServer, *, megabytes: int = 0) -> str:
    """Create a database with two small tables, and one that dumps into so many megabytes; return its name."""
    name = unique()
    server.psql(f'CREATE DATABASE "{name}"')
    server.psql(_TABLES, database=name)
    if megabytes:
        server.psql(
            "CREATE TABLE large AS SELECT n, (SELECT string_agg(md5(n::text || m), '') FROM generate_series(1, 3000) m)"
            f" AS body FROM generate_series(1, {megabytes * 11}) n",
            database=name,
        )
    return name


def add_database(app: RunningApp, server: PostgresServer, database: str | None = None, **changes: Any) -> Any:
    """Add a database of its own to the product; return what the API shows of it."""
    app.secrets.add(server.password)
    return app.api.post("/databases", form(server, database or make_database(server), **changes))


def s3_form(seaweed: SeaweedServer, bucket: str | None = None, **changes: Any) -> dict[str, Any]:
    """Return the form that adds a bucket, by default a new one."""
    return {
        "name": unique("Bucket"),
        "bucket": bucket or new_bucket(seaweed),
        "endpoint": seaweed.endpoint,
        "accessKey": seaweed.access_key,
        "secretKey": seaweed.secret_key,
        "pathStyle": True,
        "allowHttp": True,
        **changes,
    }


def new_bucket(seaweed: SeaweedServer) -> str:
    return seaweed.create_bucket(f"b{secrets.token_hex(6)}")


def add_bucket(app: RunningApp, seaweed: SeaweedServer, **changes: Any) -> Any:
    """Add a bucket to the product; return what the API shows of it."""
    app.secrets.add(seaweed.secret_key)
    return app.api.post("/s3-configs", s3_form(seaweed, **changes))


def back_up(app: RunningApp, database: Any, **changes: Any) -> Any:
    """Make a backup, by default to local disk only, and return it when it has ended."""
    body = {"databaseId": database["id"], "uploadToS3": False, **changes}
    return app.api.wait(f"/backups/{app.api.post('/backups', body)['id']}")


def objects(seaweed: SeaweedServer, bucket: str) -> list[str]:
    """Return the keys in a bucket."""
    return [entry["Key"] for entry in seaweed.client().list_objects_v2(Bucket=bucket).get("Contents", [])]


def open_uploads(seaweed: SeaweedServer, bucket: str) -> list[str]:
    """Return the keys of the open multipart uploads."""
    return [entry["Key"] for entry in seaweed.client().list_multipart_uploads(Bucket=bucket).get("Uploads", [])]


def files(folder: Path) -> list[str]:
    """Return the files below a folder, relative to it; the program may be removing folders meanwhile."""
    found = (Path(where, name) for where, _, names in os.walk(folder) for name in names)
    return sorted(str(path.relative_to(folder)) for path in found)


def processes(app: RunningApp) -> list[int]:
    """Return the tools that run for this app."""
    mark, found = f"{OWNER_VARIABLE}={app.ctx.instance_id}:".encode(), []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (entry / "environ").read_bytes() and int(entry.name) != os.getpid():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def eventually(condition: Callable[[], Any], patience: float = 60.0) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


def wait_until_left(server: PostgresServer, database: str) -> None:
    """Wait until nobody is connected to the database: the server ends a session some time after its client went."""
    others = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}'"
    eventually(lambda: server.psql(others).strip() == "0")


@contextmanager
def locked(server: PostgresServer, database: str, table: str = "item") -> Iterator[None]:
    """Hold a table so that pg_dump has to wait for it."""
    with psycopg.connect(server.dsn(database)) as connection:
        connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield
        connection.rollback()
