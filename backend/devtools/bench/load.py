"""Measures the API under load: a long history, five backups that run, and WebSocket clients that listen.

In two parts of one run: the five backups alone, then a small one again and again beside them, so that the history
changes every few seconds. Prints the 50th and 99th percentile of the main reads and writes of each, how long a log
line takes to who listens, and the memory from the start to the end, so that a long run (`SECONDS=3600`) shows a leak.
The liveness probe looks at nothing: its time is the lag of the event loop and of the machine. Nothing here passes or
fails.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
from websockets.asyncio.client import connect

from devtools.bench.figures import resident
from devtools.bench.long_history import fill
from devtools.bench.machine import describe
from devtools.product import Product
from devtools.servers import PostgresServer

ROWS = int(os.environ.get("ROWS", "100000"))
SECONDS = float(os.environ.get("SECONDS", "120"))
CLIENTS = int(os.environ.get("CLIENTS", "50"))
DATABASES, SCHEDULES, RUNNING = 100, 1000, 5
_PAUSE = 0.05
"""Between two requests: a page that is looked at, not a flood."""
_BETWEEN = 3.0
"""Seconds between two backups of the small database."""
RATE = int(os.environ.get("RATE", "1000"))
"""kB/s: so slowly do the five backups read that they run all the time. 0: as fast as they can, each again and again."""
_AT_FULL_SPEED = 500_000
"""Rows of about 1 kB that each of the five reads at full speed."""
_LOOKS = 12
"""At the memory."""
_SETTLING = 10
"""Seconds after the start before anything is measured."""
_WARMING = 5.0
"""Seconds in which five runs begin at once and each request is the first of its kind."""
_BULK = "CREATE TABLE bulk AS SELECT n, repeat(md5(n::text), 30) AS filling FROM generate_series(1, {rows}) n"


@dataclass
class Part:
    """What was measured while the same things ran, in seconds."""

    name: str
    requests: dict[str, list[float]] = field(default_factory=dict)
    lines: list[float] = field(default_factory=list)


@dataclass
class Seen:
    """What was measured."""

    beginning: Part = field(default_factory=lambda: Part(f"first {_WARMING:.0f} s: five runs begin, no cache is warm"))
    alone: Part = field(default_factory=lambda: Part("five backups run"))
    beside: Part = field(default_factory=lambda: Part("beside them a small one again and again"))
    events: int = 0
    memory: list[int] = field(default_factory=list)
    """MiB of the API process, at equal distances."""
    begun: float = field(default_factory=time.perf_counter)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts in their order."""
        return (self.beginning, self.alone, self.beside)

    @property
    def now(self) -> Part:
        """The part that is being measured: half of the time is the last one's."""
        since = time.perf_counter() - self.begun
        if since < _WARMING:
            return self.beginning
        return self.alone if since < SECONDS / 2 else self.beside


def main() -> int:
    """Run the bench and print what was seen; return 0."""
    with (
        tempfile.TemporaryDirectory(prefix="dbbackup-load-") as home,
        PostgresServer.start() as postgres,
        Product.start(Path(home) / "product", extra={"MAX_CONCURRENT_BACKUPS": str(RUNNING + 1)}) as product,
    ):
        print(describe())
        print(
            f"{ROWS:,} backups, {DATABASES} databases, {SCHEDULES:,} schedules, {RUNNING} backups running"
            f" {f'at {RATE:,} kB/s' if RATE else 'at full speed'}, for half"
            f" of {SECONDS:.0f} s a small one again and again beside them, {CLIENTS} WebSocket clients"
        )
        small, *ids = _prepare(product, postgres)
        old = _old_ones(product)
        runs = [product.call("POST", "/backups", {"databaseId": id_})["id"] for id_ in ids]
        seen = asyncio.run(_measure(product, runs, small, old))
        _report(product, seen, runs)
    return 0


def _prepare(product: Product, postgres: PostgresServer) -> list[str]:
    """Make the databases that are backed up, and the history; return their ids, the small one's first."""
    postgres.psql("CREATE DATABASE small")
    postgres.psql("CREATE TABLE one AS SELECT 1 AS n", database="small")
    model = _add(product, postgres, "small", "Model")
    run = product.call("POST", "/backups", {"databaseId": model})
    while product.call("GET", f"/backups/{run['id']}")["status"] != "completed":
        time.sleep(0.2)
    body = {"name": "Model", "databaseId": model, "type": "custom", "cronExpression": "0 3 1 1 *", "timezone": "UTC"}
    product.call("POST", "/schedules", body)
    postgres.psql("CREATE DATABASE bulk")
    # As many rows as the limit reads in the time of the bench, and some more.
    rows = int(RATE * (SECONDS + 60)) if RATE else _AT_FULL_SPEED
    postgres.psql(_BULK.format(rows=rows), database="bulk")
    ids = [_add(product, postgres, "bulk", f"Running {n}", limits={"readLimit": RATE}) for n in range(RUNNING)]
    product.stop()
    fill(product.home / "db" / "app.db", databases=DATABASES, schedules=SCHEDULES, backups=ROWS)
    product.restart()
    # At its start the program looks at every schedule.
    time.sleep(_SETTLING)
    return [model, *ids]


def _add(product: Product, postgres: PostgresServer, database: str, name: str, **more: Any) -> str:
    server = {"type": "postgresql", "host": postgres.host, "port": postgres.port, "database": database}
    login = {"username": postgres.superuser, "password": postgres.password}
    return str(product.call("POST", "/databases", {"name": name, **server, **login, **more})["id"])


async def _measure(product: Product, runs: list[str], small: str, old: list[str]) -> Seen:
    seen = Seen()
    address = f"ws://127.0.0.1:{product.port}/api/ws"
    listeners = [asyncio.create_task(_hear_events(seen, f"{address}/events")) for _ in range(CLIENTS - len(runs))]
    listeners += [asyncio.create_task(_hear_lines(seen, f"{address}/executions/{run}/logs")) for run in runs]
    listeners.append(asyncio.create_task(_watch_memory(seen, product.pid)))
    listeners.append(asyncio.create_task(_back_up_again_and_again(seen, product, small, old)))
    listeners += [asyncio.create_task(_keep_running(product, run)) for run in runs if not RATE]
    async with httpx.AsyncClient(base_url=f"{product.url}/api", trust_env=False, timeout=60) as client:
        calls = await _calls(client)
        while time.perf_counter() < seen.begun + SECONDS:
            for name, (method, path, body) in calls.items():
                part, started = seen.now, time.perf_counter()
                (await client.request(method, path, json=body)).raise_for_status()
                part.requests.setdefault(name, []).append(time.perf_counter() - started)
                await asyncio.sleep(_PAUSE)
    for listener in listeners:
        listener.cancel()
    for outcome in await asyncio.gather(*listeners, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome
    return seen


async def _calls(client: httpx.AsyncClient) -> dict[str, tuple[str, str, Any]]:
    """Return the requests by a name for people."""
    newest = (await client.get("/backups", params={"limit": 1, "status": "completed"})).json()["data"][0]
    database, backup, last = newest["databaseId"], newest["id"], max(1, ROWS // 50 - 1)
    reads = {
        "backups, first page": "/backups?limit=50",
        "backups, page in the middle": f"/backups?limit=50&page={max(1, last // 2)}",
        "backups, last page": f"/backups?limit=50&page={last}",
        "backups of one database": f"/backups?limit=50&databaseId={database}",
        "backups that failed": "/backups?limit=50&status=failed",
        "backups, largest first": "/backups?limit=50&sort=-size",
        "backups by S3 state": "/backups?limit=50&s3=none",
        "one backup": f"/backups/{backup}",
        "databases": "/databases?limit=100",
        "schedules": "/schedules?limit=50",
        "statistics of 365 days": "/system/stats?days=365",
        "status": "/system/status",
        "liveness": "/health/live",
        "metrics": "/metrics",
        "restores": "/restores?limit=50",
    }
    calls: dict[str, tuple[str, str, Any]] = {name: ("GET", path, None) for name, path in reads.items()}
    return calls | {
        "write: pin": ("POST", f"/backups/{backup}/pin", {"pinned": True}),
        "write: unpin": ("POST", f"/backups/{backup}/pin", {"pinned": False}),
    }


async def _hear_events(seen: Seen, address: str) -> None:
    async with connect(address) as socket:
        async for _ in socket:
            seen.events += 1


async def _hear_lines(seen: Seen, address: str) -> None:
    """Note how old each line is when it comes, until the run ends; what comes first is history."""
    async with connect(address) as socket:
        await socket.recv()
        async for message in socket:
            for line in msgspec.json.decode(message).get("lines", ()):
                said = datetime.fromisoformat(line["timestamp"])
                seen.now.lines.append((datetime.now(UTC) - said).total_seconds())


async def _back_up_again_and_again(seen: Seen, product: Product, database: str, old: list[str]) -> None:
    """Change the history every few seconds, at its end and long before it, and make log lines to listen to."""
    await asyncio.sleep(SECONDS / 2)
    async with httpx.AsyncClient(base_url=f"{product.url}/api", trust_env=False, timeout=60) as client:
        while True:
            run = (await client.post("/backups", json={"databaseId": database})).raise_for_status().json()["data"]["id"]
            lines = f"ws://127.0.0.1:{product.port}/api/ws/executions/{run}/logs"
            hearing = asyncio.create_task(_hear_lines(seen, lines))
            while (await client.get(f"/backups/{run}")).json()["data"]["status"] in ("queued", "running"):
                await asyncio.sleep(0.5)
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)
            # As retention does in the long run: one goes for each that comes.
            (await client.delete(f"/backups/{old.pop()}")).raise_for_status()
            await asyncio.sleep(_BETWEEN)


async def _keep_running(product: Product, run: str) -> None:
    """Begin a backup anew whenever it has ended."""
    async with httpx.AsyncClient(base_url=f"{product.url}/api", trust_env=False, timeout=60) as client:
        while True:
            backup = (await client.get(f"/backups/{run}")).raise_for_status().json()["data"]
            if backup["status"] not in ("queued", "running"):
                if backup["status"] != "completed":
                    raise RuntimeError(f"A backup ended as {backup['status']}: {backup['errorMessage']}")
                again = await client.post("/backups", json={"databaseId": backup["databaseId"]})
                run = again.raise_for_status().json()["data"]["id"]
            await asyncio.sleep(0.5)


def _old_ones(product: Product) -> list[str]:
    """Return backups of all ages that may be deleted, in any order."""
    found: list[str] = []
    for tenth in range(1, 10):
        page = tenth * max(1, ROWS // 200 // 10)
        found += [run["id"] for run in product.call("GET", f"/backups?status=completed&limit=200&page={page}")]
    random.Random(1).shuffle(found)
    return found


async def _watch_memory(seen: Seen, pid: int) -> None:
    while True:
        seen.memory.append(resident(pid))
        await asyncio.sleep(SECONDS / _LOOKS)


def _report(product: Product, seen: Seen, runs: list[str]) -> None:
    running = [product.call("GET", f"/backups/{run}")["status"] for run in runs]
    for part in seen.parts:
        print(f"\n{f'{part.name}, ms':<56} {'n':>5} {'p50':>8} {'p99':>8} {'max':>8}")
        # A dozen of each kind in the first seconds: too few for a line.
        for name, values in part.requests.items() if part is not seen.beginning else ():
            _print_line(name, values)
        _print_line("all requests", [value for values in part.requests.values() for value in values])
        _print_line("log line, said to received", part.lines)
    print(f"\n{seen.events} events received; the first five backups at the end: {', '.join(running)}")
    print(f"Memory (VmRSS) of the API process, MiB, from start to end: {', '.join(map(str, seen.memory))}")


def _print_line(name: str, values: list[float]) -> None:
    if len(values) < 2:
        print(f"{name:<56} {len(values):>5}")
        return
    cut = statistics.quantiles(values, n=100, method="inclusive")
    figures = (cut[49], cut[98], max(values))
    print(f"{name:<56} {len(values):>5} " + " ".join(f"{1000 * figure:>8.1f}" for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
