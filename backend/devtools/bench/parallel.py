"""Measures a parallel dump (two jobs) against one job and another tool, and the restores of both backups.

ENGINE says of what: postgresql (the default; beside `pg_dump -Fd -j2`), mysql or mariadb (beside mydumper).

Four equal tables of `SIZE` megabytes together. Each round does everything once; ratios are of the same round.
Nothing here passes or fails.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from devtools.bench import parallel_family
from devtools.bench.figures import Figures, run_tools
from devtools.bench.machine import describe
from devtools.bench.ours import MAIN, Ours
from devtools.bench.peers import size_of
from devtools.bench.ratios import Rounds, print_ratios
from devtools.bench.shapes import Server
from devtools.product import Product
from devtools.servers import PostgresServer

ENGINE = os.environ.get("ENGINE") or "postgresql"
PAIRS = int(os.environ.get("PAIRS") or "10")
RESTORES = int(os.environ.get("RESTORES") or "3")
MEGABYTES = int(os.environ.get("SIZE") or "900")
ONE, TWO = "one job", "two jobs"
PEERS = {f"pg_dump -Fd -j2{level}": level.split() for level in ("", " -Z1", " -Z0")}
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
    with tempfile.TemporaryDirectory(prefix="dbbackup-bench-") as home:
        if ENGINE == "postgresql":
            settings = {"shared_buffers": "512MB", "max_wal_size": "8GB"}
            with PostgresServer.start(settings=settings) as postgres:
                _fill(postgres)
                peers: dict[str, Callable[[], Figures]] = {
                    name: partial(_directory, postgres, flags, Path(home)) for name, flags in PEERS.items()
                }
                _measure(postgres, peers, Path(home), partial(postgres.psql, "DROP DATABASE back"))
            return 0
        with parallel_family.started(ENGINE, MEGABYTES) as server:
            peers = parallel_family.peers(server, Path(home))
            _measure(server, peers, Path(home), partial(server.sql, "DROP DATABASE back"))
    return 0


def _measure(
    server: Server, peers: Mapping[str, Callable[[], Figures]], home: Path, drop: Callable[[], object]
) -> None:
    with Product.start(home / "product") as product:
        print(f"{describe()}\n{MEGABYTES} MB in four tables, {ENGINE} on the same machine, no TLS; gzip level 1")
        ours, rounds = Ours(product, server, "bench"), Rounds(f"{PAIRS} rounds of backups, {RESTORES} of restores")
        for _ in range(PAIRS):
            rounds.add(ONE, ours.back_up(MAIN)[0])
            rounds.add(TWO, ours.back_up(MAIN, jobs=2)[0])
            for name, measured in peers.items():
                rounds.add(name, measured())
        first, *others = _restores(drop, ours, rounds)
        rounds.print_figures()
        pairs = [(name, ONE) for name in (TWO, *peers)] + [(name, first) for name in others]
        print_ratios({f"{above} / {below}": rounds.ratio(above, below) for above, below in pairs})


def _fill(postgres: PostgresServer) -> None:
    postgres.psql("CREATE DATABASE bench")
    for number in range(4):
        rows = MEGABYTES * 1024 * 1024 // _ROW_BYTES // 4
        postgres.psql(_FILL.format(n=number, rows=rows), database="bench")
    postgres.psql("VACUUM ANALYZE; CHECKPOINT", database="bench")


def _directory(postgres: PostgresServer, flags: list[str], home: Path) -> Figures:
    target = home / "directory"
    command = [str(postgres.bin_dir / "pg_dump"), "-Fd", "-j2", *flags, "-f", str(target)]
    try:
        return run_tools([command], postgres.env("bench"), written=lambda: size_of(target))
    finally:
        shutil.rmtree(target, ignore_errors=True)


def _restores(drop: Callable[[], object], ours: Ours, rounds: Rounds) -> list[str]:
    """Measure them and return their names, the plainest first."""
    made = {jobs: ours.back_up(MAIN, keep=True, jobs=jobs)[1] for jobs in (1, 2)}
    for _ in range(RESTORES):
        for dumped, run in made.items():
            for jobs in (1, 2):
                rounds.add(f"dumped by {dumped}, restored by {jobs}", ours.restore(run, "local", "back", jobs))
                drop()
    return [name for name in rounds.figures if name.startswith("dumped by")]


if __name__ == "__main__":
    sys.exit(main())
