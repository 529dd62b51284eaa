"""Measures a parallel dump (two jobs) against one job and against `pg_dump -Fd -j2`, and the restores of both backups.

Four equal tables of `SIZE` megabytes together. Each round does everything once; ratios are of the same round.
Nothing here passes or fails.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from devtools.bench.__main__ import follow, print_machine, print_ratio, stage_seconds, timed
from devtools.product import Product
from devtools.servers import PostgresServer

PAIRS = int(os.environ.get("PAIRS", "10"))
RESTORES = int(os.environ.get("RESTORES", "3"))
MEGABYTES = int(os.environ.get("SIZE", "300"))
_ROW_BYTES = 1100
_FILL = """
CREATE TABLE note_{n} (id bigint PRIMARY KEY, author text, body text);
INSERT INTO note_{n} SELECT i, 'author ' || i % 1000,
    (SELECT string_agg(md5((i * 31 + k)::text) || ' lorem ipsum dolor sit amet ', '') FROM generate_series(1, 18) k)
    FROM generate_series(1, {rows}) i;
CREATE INDEX ON note_{n} (author);
"""


def main() -> int:
    """Run it and print the tables; return 0."""
    with (
        tempfile.TemporaryDirectory(prefix="dbbackup-bench-") as home,
        PostgresServer.start(settings={"shared_buffers": "512MB", "max_wal_size": "8GB"}) as postgres,
        Product.start(Path(home) / "product") as product,
    ):
        print_machine()
        print(f"Four tables of {MEGABYTES} MB together, PostgreSQL on the same machine, TCP, no TLS; gzip level 1")
        postgres.psql("CREATE DATABASE bench")
        for number in range(4):
            rows = MEGABYTES * 1024 * 1024 // _ROW_BYTES // 4
            postgres.psql(_FILL.format(n=number, rows=rows), database="bench")
        postgres.psql("VACUUM ANALYZE; CHECKPOINT", database="bench")
        server = {"host": postgres.host, "port": postgres.port, "database": "bench", "type": "postgresql"}
        login = {"username": postgres.superuser, "password": postgres.password}
        database = product.call("POST", "/databases", {"name": "bench"} | server | login)["id"]
        _backups(product, postgres, database, Path(home))
        _restores(product, database)
    return 0


def _backups(product: Product, postgres: PostgresServer, database: str, home: Path) -> None:
    names = ["one job", "two jobs", "pg_dump -Fd -j2", "pg_dump -Fd -j2 -Z1", "pg_dump -Fd -j2 -Z0"]
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(PAIRS):
        for jobs, name in ((1, names[0]), (2, names[1])):
            run = follow(product, "/backups", _asked(database, jobs))
            seconds[name].append(stage_seconds(product, run["id"], "Dumping", "Writing the manifest"))
            product.call("DELETE", f"/backups/{run['id']}")
        for name in names[2:]:
            target = home / "directory"
            argv = [str(postgres.bin_dir / "pg_dump"), *name.split()[1:], "-f", str(target)]
            connection = postgres.env("bench")
            seconds[name].append(timed(lambda a=argv, c=connection: subprocess.run(a, env=c, check=True)))  # type: ignore[misc]
            shutil.rmtree(target)
    _print(seconds, PAIRS)
    for name in names[1:]:
        print_ratio(f"{name} / one job", seconds[name], seconds[names[0]])


def _restores(product: Product, database: str) -> None:
    made = {jobs: follow(product, "/backups", _asked(database, jobs)) for jobs in (1, 2)}
    seconds: dict[str, list[float]] = {}
    for number in range(RESTORES):
        for dumped, run in made.items():
            for jobs in (1, 2):
                options = {"newDatabase": f"back_{number}_{dumped}_{jobs}", "jobs": jobs}
                body = {"databaseId": database, "backupId": run["id"], "options": options, "confirm": True}
                name = f"dumped by {dumped}, restored by {jobs}"
                seconds.setdefault(name, []).append(follow(product, "/restores", body)["duration"])
    _print(seconds, RESTORES)
    first, *others = seconds
    for name in others:
        print_ratio(f"{name} / {first}", seconds[name], seconds[first])


def _asked(database: str, jobs: int) -> dict[str, Any]:
    return {"databaseId": database, "uploadToS3": False, "options": {"jobs": jobs}}


def _print(seconds: dict[str, list[float]], rounds: int) -> None:
    print(f"\nseconds, {rounds} rounds{'':<36} {'min':>7} {'median':>7} {'max':>7}")
    for name, values in seconds.items():
        print(f"{name:<52} {min(values):>7.2f} {statistics.median(values):>7.2f} {max(values):>7.2f}")


if __name__ == "__main__":
    sys.exit(main())
