"""Measures backups and restores against the dump tool alone, a bare pump, and what users would run instead.

The pump does what no compressed, hashed backup can leave out, with nothing around it: what it takes more
than the tool alone is the price of the work itself on this machine, what the backup takes more is ours.

Every round measures each thing once, one after the other, so that a ratio compares neighbours. Ratios come last;
with BASELINE the run fails when one of them is clearly worse than in that file.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from devtools.bench.figures import Figures
from devtools.bench.machine import describe
from devtools.bench.ours import MAIN, WAYS, Ours, prepare
from devtools.bench.peers import BUCKET, Source, peers, restoring_peers
from devtools.bench.pump import bare_pump
from devtools.bench.ratios import Rounds, print_ratios, regressions, write
from devtools.bench.shapes import SHAPES, Server, fill
from devtools.product import Product
from devtools.servers import MariadbServer, MysqlServer, PostgresServer, SeaweedServer
from devtools.sources import title_of

_SETTING = os.environ.get
SIZE = _SETTING("SIZE") or "900"
MEGABYTES = 200 if SIZE == "small" else int(SIZE)
PAIRS = int(_SETTING("PAIRS") or "10")
PEERS = _SETTING("PEERS") != "0"
RESTORES = int(_SETTING("RESTORES") or "3")
ENGINES = (_SETTING("ENGINES") or "postgresql,mysql,mariadb").split(",")
CHOSEN = (_SETTING("SHAPES") or ("wide" if SIZE == "small" else ",".join(SHAPES))).split(",")
ONLY = _SETTING("WAYS", "").split(",") if _SETTING("WAYS") else list(WAYS)
_CACHE = Path(__file__).parents[2] / ".cache" / "bench"
JSON = Path(_SETTING("JSON") or _CACHE / f"{time.strftime('%Y%m%d-%H%M%S')}.json")
LIMIT, PUMP = "the dump tool alone, to /dev/null (the limit)", "bare pump: read, gzip, SHA-256 twice, write, fsync"

_BIG = {"innodb_buffer_pool_size": "512M"}
STARTS: dict[str, Callable[[], Server]] = {
    "postgresql": lambda: PostgresServer.start(settings={"shared_buffers": "512MB", "max_wal_size": "8GB"}),
    "mysql": lambda: MysqlServer.start(settings=_BIG),
    "mariadb": lambda: MariadbServer.start(settings=_BIG),
}


def main() -> int:
    """Run what SIZE, ENGINES, SHAPES, PAIRS and RESTORES ask for; return 1 for a regression against BASELINE."""
    machine, ratios = describe(), dict[str, list[float]]()
    print(f"{machine}\n{MEGABYTES} MB, {PAIRS} rounds; servers on the same machine, TCP without TLS; gzip level 1")
    for engine in ENGINES:
        for shape in CHOSEN:
            ratios |= _measure(engine, shape)
    print_ratios(ratios)
    write(JSON, machine, ratios)
    print(f"\nThe ratios as JSON: {JSON}")
    return _compare(ratios)


def _measure(engine: str, shape: str) -> dict[str, list[float]]:
    with (
        tempfile.TemporaryDirectory(prefix="dbbackup-bench-") as home,
        STARTS[engine]() as server,
        SeaweedServer.start() as storage,
        Product.start(Path(home) / "product") as product,
    ):
        fill(server, "bench", shape, MEGABYTES)
        storage.create_bucket(BUCKET)
        prepare(product, storage)
        source, ours = Source(server, "bench", Path(home), storage), Ours(product, server, "bench")
        rounds = Rounds(f"{title_of(server)}, {shape}: {SHAPES[shape]}")
        backups = _backups(rounds, source, ours)
        restores = _restores(rounds, source, ours)
        rounds.print_figures()
        pairs = backups + restores
        return {f"{engine}, {shape}: {above} / {below}": rounds.ratio(above, below) for above, below in pairs}


def _backups(rounds: Rounds, source: Source, ours: Ours) -> list[tuple[str, str]]:
    others = {LIMIT: source.limit, PUMP: lambda: _pumped(source), **(peers(source) if PEERS else {})}
    source.limit()  # warms the caches of the server
    for _ in range(PAIRS):
        for name, recipe in others.items():
            rounds.add(name, recipe())
        for way in ONLY:
            rounds.add(way, ours.back_up(way)[0])
    main_way = MAIN if MAIN in ONLY else ONLY[0]
    return [(main_way, other) for other in others] + [(PUMP, LIMIT)] + [(way, LIMIT) for way in ONLY if way != main_way]


def _restores(rounds: Rounds, source: Source, ours: Ours) -> list[tuple[str, str]]:
    if RESTORES == 0:
        return []
    count = itertools.count()
    both = ours.back_up("gzip to disk and S3", keep=True)[1]
    sealed = ours.back_up("gzip and age to disk", keep=True)[1]
    mine: dict[str, Callable[[str], Figures]] = {
        "restore from disk": lambda name: ours.restore(both, "local", name),
        "restore from S3": lambda name: ours.restore(both, "s3", name),
        "restore from disk, gzip and age": lambda name: ours.restore(sealed, "local", name),
    }
    others = restoring_peers(source)
    for _ in range(RESTORES):
        for label, restore in (others | mine).items():
            name = f"restored_{next(count)}"
            rounds.add(label, restore(name))
            _drop(source.server, name)
    return [(label, other) for label in mine for other in others]


def _pumped(source: Source) -> Figures:
    began, cpu = time.monotonic(), _cpu()
    bare_pump(source.dump, source.env, source.home / "pumped")
    return Figures(time.monotonic() - began, _cpu() - cpu, 0)


def _cpu() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _drop(server: Server, name: str) -> None:
    if isinstance(server, PostgresServer):
        server.psql(f'DROP DATABASE "{name}"')
    else:
        server.sql(f"DROP DATABASE `{name}`")


def _compare(ratios: Mapping[str, list[float]]) -> int:
    baseline = _SETTING("BASELINE")
    if not baseline:
        return 0
    worse = regressions(ratios, json.loads(Path(baseline).read_text())["ratios"])
    for line in worse:
        print(f"Worse than in {baseline}: {line}")
    if not worse:
        print(f"No ratio is clearly worse than in {baseline}")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
