"""Measures a parallel dump (two jobs) against one job and against `pg_dump -Fd -j2`, and the restores of both backups.

Four equal tables of `SIZE` megabytes together. Each round does everything once; ratios are of the same round.
Nothing here passes or fails.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from devtools.bench.figures import Figures, run_tools
from devtools.bench.machine import describe
from devtools.bench.ours import MAIN, Ours
from devtools.bench.peers import size_of
from devtools.bench.ratios import Rounds, print_ratios
from devtools.product import Product
from devtools.servers import PostgresServer

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
    with (
        tempfile.TemporaryDirectory(prefix="dbbackup-bench-") as home,
        PostgresServer.start(settings={"shared_buffers": "512MB", "max_wal_size": "8GB"}) as postgres,
        Product.start(Path(home) / "product") as product,
    ):
        print(f"{describe()}\n{MEGABYTES} MB in four tables, PostgreSQL on the same machine, no TLS; gzip level 1")
        _fill(postgres)
        ours, rounds = Ours(product, postgres, "bench"), Rounds(f"{PAIRS} rounds of backups, {RESTORES} of restores")
        for _ in range(PAIRS):
            rounds.add(ONE, ours.back_up(MAIN)[0])
            rounds.add(TWO, ours.back_up(MAIN, jobs=2)[0])
            for name, flags in PEERS.items():
                rounds.add(name, _directory(postgres, flags, Path(home) / "directory"))
        first, *others = _restores(postgres, ours, rounds)
        rounds.print_figures()
        pairs = [(name, ONE) for name in (TWO, *PEERS)] + [(name, first) for name in others]
        print_ratios({f"{above} / {below}": rounds.ratio(above, below) for above, below in pairs})
    return 0


def _fill(postgres: PostgresServer) -> None:
    postgres.psql("CREATE DATABASE bench")
    for number in range(4):
        rows = MEGABYTES * 1024 * 1024 // _ROW_BYTES // 4
        postgres.psql(_FILL.format(n=number, rows=rows), database="bench")
    postgres.psql("VACUUM ANALYZE; CHECKPOINT", database="bench")


def _directory(postgres: PostgresServer, flags: list[str], target: Path) -> Figures:
    command = [str(postgres.bin_dir / "pg_dump"), "-Fd", "-j2", *flags, "-f", str(target)]
    try:
        return run_tools([command], postgres.env("bench"), written=lambda: size_of(target))
    finally:
        shutil.rmtree(target, ignore_errors=True)


def _restores(postgres: PostgresServer, ours: Ours, rounds: Rounds) -> list[str]:
    """Measure them and return their names, the plainest first."""
    made = {jobs: ours.back_up(MAIN, keep=True, jobs=jobs)[1] for jobs in (1, 2)}
    for _ in range(RESTORES):
        for dumped, run in made.items():
            for jobs in (1, 2):
                rounds.add(f"dumped by {dumped}, restored by {jobs}", ours.restore(run, "local", "back", jobs))
                postgres.psql("DROP DATABASE back")
    return [name for name in rounds.figures if name.startswith("dumped by")]


if __name__ == "__main__":
    sys.exit(main())
