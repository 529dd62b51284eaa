"""Measures a backup against pg_dump alone, against a bare pump and against `pg_dump -Fc`, and its memory.

The pump does what no compressed, hashed backup can leave out, with nothing around it: what it takes more
than pg_dump alone is the price of the work itself on this machine, what the backup takes more is ours.

Prints medians with their spread, and ratios pair by pair, last; nothing here passes or fails.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from devtools.bench.pump import bare_pump
from devtools.product import Product
from devtools.servers import PostgresServer, SeaweedServer

PAIRS = int(os.environ.get("PAIRS", "10"))
BUCKET = "bench-backups"
_ROW_BYTES = 1100
_FILL = """
CREATE TABLE note (id bigint, at timestamptz, author text, body text);
INSERT INTO note SELECT n, timestamptz '2024-01-01 00:00+00' + n * interval '1 second', 'author ' || n % 1000,
    (SELECT string_agg(md5((n * 31 + k)::text) || ' lorem ipsum dolor sit amet ', '') FROM generate_series(1, 18) k)
    FROM generate_series(1, {rows}) n;
"""


def main() -> int:
    """Run the bench at the size given by SIZE (megabytes, or `small`); return 0."""
    size = os.environ.get("SIZE", "900")
    megabytes = 200 if size == "small" else int(size)
    with (
        tempfile.TemporaryDirectory(prefix="dbbackup-bench-") as home,
        PostgresServer.start(settings={"shared_buffers": "512MB", "max_wal_size": "8GB"}) as postgres,
        SeaweedServer.start() as storage,
        Product.start(Path(home) / "product") as product,
    ):
        print_machine()
        _print_table(megabytes)
        postgres.psql("CREATE DATABASE bench")
        postgres.psql(_FILL.format(rows=megabytes * 1024 * 1024 // _ROW_BYTES), database="bench")
        postgres.psql("VACUUM ANALYZE; CHECKPOINT", database="bench")
        storage.create_bucket(BUCKET)
        database_id = _register(product, postgres, storage)
        idle = _peak_memory(product)
        _print_ratios(_measure_pairs(product, postgres, database_id, Path(home)))
        print(f"\nPeak memory (VmHWM) of the API process: {idle} MiB before, {_peak_memory(product)} MiB after these")
        _print_round_trip(product, database_id)
    return 0


@dataclass(slots=True)
class Seconds:
    """Wall times of each thing measured, one entry a round, in the order of the rounds."""

    limit: list[float] = field(default_factory=list)
    pump: list[float] = field(default_factory=list)
    pipeline: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    custom: list[float] = field(default_factory=list)


def _measure_pairs(product: Product, postgres: PostgresServer, database_id: str, home: Path) -> Seconds:
    seconds = Seconds()
    connection = postgres.env("bench")
    pg_dump = str(postgres.bin_dir / "pg_dump")
    custom = [pg_dump, "-Fc", "-f", str(home / "peer.dump")]

    def alone() -> None:
        subprocess.run([pg_dump, "-Fc", "-Z0"], env=connection, check=True, stdout=subprocess.DEVNULL)

    alone()  # warms the cache
    for _ in range(PAIRS):
        seconds.limit.append(timed(alone))
        seconds.pump.append(timed(lambda: bare_pump([pg_dump, "-Fc", "-Z0"], connection, home / "pumped")))
        run = follow(product, "/backups", {"databaseId": database_id, "uploadToS3": False})
        seconds.whole.append(run["duration"])
        seconds.pipeline.append(stage_seconds(product, run["id"], "Dumping", "Writing the manifest"))
        product.call("DELETE", f"/backups/{run['id']}")
        seconds.custom.append(timed(lambda: subprocess.run(custom, env=connection, check=True)))
    return seconds


def _print_ratios(seconds: Seconds) -> None:
    rows = {
        "pg_dump -Fc -Z0 > /dev/null (the limit)": seconds.limit,
        "bare pump: read, gzip, SHA-256 twice, write, fsync": seconds.pump,
        "backup, from tool start to stored and confirmed": seconds.pipeline,
        "backup, whole run with its checks": seconds.whole,
        "pg_dump -Fc": seconds.custom,
    }
    print(f"\n{'seconds':<52} {'min':>7} {'median':>7} {'max':>7}")
    for name, values in rows.items():
        print(f"{name:<52} {min(values):>7.2f} {statistics.median(values):>7.2f} {max(values):>7.2f}")
    print(f"\nratios over {PAIRS} interleaved pairs{'':<22} {'min':>7} {'median':>7} {'max':>7}")
    print_ratio("bare pump / limit", seconds.pump, seconds.limit)
    print_ratio("backup / bare pump", seconds.pipeline, seconds.pump)
    print_ratio("backup / limit", seconds.pipeline, seconds.limit)
    print_ratio("whole run / limit", seconds.whole, seconds.limit)
    print_ratio("pg_dump -Fc / backup", seconds.custom, seconds.pipeline)


def print_ratio(name: str, above: list[float], below: list[float]) -> None:
    """Print how many times longer `above` took than `below`, round by round."""
    values = [a / b for a, b in zip(above, below, strict=True)]
    print(f"{name:<52} {min(values):>7.2f} {statistics.median(values):>7.2f} {max(values):>7.2f}")


def _print_round_trip(product: Product, database_id: str) -> None:
    run = follow(product, "/backups", {"databaseId": database_id, "uploadToS3": True})
    size = f"{run['plainSize'] / 1024**2:.0f} MiB dumped, {run['size'] / 1024**2:.0f} MiB stored"
    print(f"\nBackup to local disk and S3 at once: {run['duration']:.1f} s ({size})")
    for copy in run["copies"]:
        options = {"newDatabase": f"bench_{copy['storage']}"}
        body = {"databaseId": database_id, "backupId": run["id"], "copyId": copy["id"], "options": options}
        restore = follow(product, "/restores", {**body, "confirm": True})
        print(f"Restore from {copy['storage']}: {restore['duration']:.1f} s")
    print(f"Peak memory (VmHWM) of the API process over all of it: {_peak_memory(product)} MiB")


def _register(product: Product, postgres: PostgresServer, storage: SeaweedServer) -> str:
    keys = {"accessKey": storage.access_key, "secretKey": storage.secret_key}
    bucket = {"name": "bench", "bucket": BUCKET, "endpoint": storage.endpoint, "pathStyle": True, "allowHttp": True}
    product.call("POST", "/s3-configs", bucket | keys)
    server = {"host": postgres.host, "port": postgres.port, "database": "bench"}
    login = {"username": postgres.superuser, "password": postgres.password}
    database_id: str = product.call("POST", "/databases", {"name": "bench", "type": "postgresql"} | server | login)[
        "id"
    ]
    return database_id


def follow(product: Product, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Start a run and return it when it is completed."""
    run: dict[str, Any] = product.call("POST", path, body)
    while run["status"] in ("queued", "running"):
        time.sleep(1)  # asking more often would be part of what is measured
        run = product.call("GET", f"{path}/{run['id']}")
    if run["status"] != "completed":
        raise RuntimeError(f"{path} ended as {run['status']}: {run['errorMessage']}")
    return run


def stage_seconds(product: Product, run_id: str, first: str, last: str) -> float:
    """Return the time between two stages of a run's log."""
    lines = product.call("GET", f"/backups/{run_id}/logs", limit=10_000)
    at = {
        line["metadata"]["stage"]: datetime.fromisoformat(line["timestamp"])
        for line in lines
        if line["metadata"] and "stage" in line["metadata"]
    }
    return (at[last] - at[first]).total_seconds()


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds it takes."""
    started = time.monotonic()
    work()
    return time.monotonic() - started


def _peak_memory(product: Product) -> int:
    """Return VmHWM in MiB: the most memory the process ever had in core."""
    status = Path(f"/proc/{product.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) // 1024


def print_machine() -> None:
    """Print the date and what the machine is."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**3
    machine = f"{platform.machine()}, {os.cpu_count()} cores, {memory} GiB, Python {platform.python_version()}"
    print(f"{datetime.now(UTC):%Y-%m-%d}  {machine}")


def _print_table(megabytes: int) -> None:
    print(f"Table of about {megabytes} MB of text, PostgreSQL on the same machine, TCP, no TLS; gzip level 1")


if __name__ == "__main__":
    sys.exit(main())
