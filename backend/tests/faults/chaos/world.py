"""Servers, wires, databases and the product of one run of random faults."""

from __future__ import annotations

import hashlib
import random
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devtools.product import Product
from devtools.servers import FaultProxy, MariadbServer, PostgresServer, SeaweedServer
from devtools.servers.http_faults import HttpFaultProxy
from tests.faults import catalogue
from tests.faults.waiting import until

BUCKET = "backups"
COMMAND = (sys.executable, "-m", "tests.faults.chaos.product", "serve")
EXISTING = "lines_target"
"""A database that restores put rows into: it holds one row of its own, which no failure may touch."""
_LINES = "CREATE TABLE line (n integer, body text NOT NULL);"
_SOURCES = {
    "lines": _LINES + "INSERT INTO line SELECT n, repeat(md5(n::text), 3) FROM generate_series(1, 12000) n;",
    "large": """
        CREATE TABLE bulk (id serial PRIMARY KEY, filling text NOT NULL);
        INSERT INTO bulk (filling) SELECT repeat(md5(n::text), 8) FROM generate_series(1, 40000) n;
        CREATE TABLE part (id integer REFERENCES bulk, note text);
        INSERT INTO part SELECT n, 'part ' || n FROM generate_series(1, 500) n;
    """,
}
_MARIA = """
    CREATE TABLE line (id INT AUTO_INCREMENT PRIMARY KEY, body TEXT NOT NULL);
    INSERT INTO line (body) SELECT REPEAT(MD5(seq), 4) FROM seq_1_to_8000;
    CREATE TABLE note (id INT, body VARCHAR(50));
    INSERT INTO note VALUES (1, 'one'), (2, 'two');
"""
_ROWS = {
    "lines": "SELECT count(*), sum(hashtext(t::text)::bigint) FROM line t",
    "large": "SELECT (SELECT (count(*), sum(hashtext(t::text)::bigint)) FROM bulk t),"
    " (SELECT (count(*), sum(hashtext(t::text)::bigint)) FROM part t)",
    "maria": "SELECT COUNT(*), SUM(CRC32(CONCAT_WS('#', id, body))) FROM line"
    " UNION ALL SELECT COUNT(*), SUM(CRC32(CONCAT_WS('#', id, body))) FROM note",
}
SOURCES = tuple(_ROWS)


@dataclass(eq=False)
class World:
    """Everything operations, faults and invariants work with."""

    product: Product
    postgres: PostgresServer
    maria: MariadbServer
    seaweed: SeaweedServer
    s3: Any
    s3_wire: FaultProxy
    s3_http: HttpFaultProxy
    database_wire: FaultProxy
    random: random.Random
    s3_id: str = ""
    database_ids: dict[str, str] = field(default_factory=dict)
    expected: dict[str, str] = field(default_factory=dict)
    """What `rows` returned in the beginning, by source and for EXISTING."""
    spoilt: set[str] = field(default_factory=set)
    """Copies that were altered on purpose, by id."""

    @property
    def home(self) -> Path:
        """The product's data."""
        return self.product.home

    def call(self, method: str, path: str, body: Any = None, **params: Any) -> Any:
        """Call the product's API."""
        return self.product.call(method, path, body, **params)

    def query(self, statement: str, *arguments: Any) -> list[Any]:
        """Ask the catalogue itself, which answers while the product is dead."""
        return catalogue.rows(self.home, statement, *arguments)

    def rows(self, source: str, database: str | None = None) -> str:
        """Return counts and sums over every row of a source, or of another database with its tables."""
        if source == "maria":
            return self.maria.sql(_ROWS[source], database=database or source)
        return self.postgres.psql(_ROWS[source], database=database or source)

    def databases(self) -> set[str]:
        """Return the names of all databases on both servers."""
        found = set(self.postgres.psql("SELECT datname FROM pg_database").splitlines())
        return found | set(self.maria.sql("SHOW DATABASES").splitlines())

    def half_filled(self) -> list[str]:
        """Return the databases on MariaDB that bear the mark of a restore; raises RuntimeError while it is down."""
        return self.maria.sql(
            "SELECT table_schema FROM information_schema.tables WHERE table_comment LIKE 'dbbackup:%'"
        ).splitlines()

    def drop(self, source: str, database: str) -> None:
        """Drop a database on the server of the source."""
        if source == "maria":
            self.maria.sql(f"DROP DATABASE `{database}`")
        else:
            self.postgres.psql(f'DROP DATABASE "{database}"')

    def stored(self, storage: str, key: str) -> bytes | None:
        """Return a stored file, past any fault; None when it is not there."""
        if storage == "local":
            path = self.home / "backups" / key
            return path.read_bytes() if path.exists() else None
        try:
            body: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        except self.s3.exceptions.NoSuchKey:
            return None
        return body

    def recover(self) -> None:
        """Take all faults back and start what is dead."""
        self.s3_wire.heal()
        self.s3_http.heal()
        self.database_wire.heal()
        for filler in self.home.glob("*/filler"):
            filler.unlink()
        for server in (self.postgres, self.maria):
            if not Path(f"/proc/{server.pid}").exists():
                server.restart()
        if not self.product.running:
            self.product.restart(command=COMMAND)

    def wait_ready(self) -> None:
        """Wait until the database servers answer again."""
        until(self._answer, "the database servers to answer", 30)

    def _answer(self) -> bool:
        try:
            return bool(self.postgres.psql("SELECT 1") and self.maria.sql("SELECT 1"))
        except RuntimeError:
            return False


def sha256(data: bytes) -> str:
    """Return the hash as manifests hold it."""
    return hashlib.sha256(data).hexdigest()


@contextmanager
def started(home: Path, seed: int, extra: dict[str, str]) -> Iterator[World]:
    """Start everything on free ports, with the databases filled; end it all at the end."""
    with ExitStack() as stack:
        postgres = stack.enter_context(PostgresServer.start(15))
        maria = stack.enter_context(MariadbServer.start())
        seaweed = stack.enter_context(SeaweedServer.start())
        seaweed.create_bucket(BUCKET)
        s3_http = stack.enter_context(HttpFaultProxy.start("127.0.0.1", seaweed.port))
        s3_wire = stack.enter_context(FaultProxy.start("127.0.0.1", s3_http.port))
        database_wire = stack.enter_context(FaultProxy.start("127.0.0.1", postgres.port))
        product = stack.enter_context(Product.start(home, extra=extra, command=COMMAND))
        world = World(
            product, postgres, maria, seaweed, seaweed.client(), s3_wire, s3_http, database_wire, random.Random(seed)
        )
        _fill(world)
        _configure(world)
        yield world


def _fill(world: World) -> None:
    for name, statements in _SOURCES.items():
        world.postgres.psql(f"CREATE DATABASE {name}")
        world.postgres.psql(statements, database=name)
    world.maria.sql("CREATE DATABASE maria")
    world.maria.sql(_MARIA, database="maria")
    world.postgres.psql(f"CREATE DATABASE {EXISTING}")
    world.postgres.psql(_LINES + "INSERT INTO line VALUES (0, 'ours')", database=EXISTING)
    world.expected = {source: world.rows(source) for source in SOURCES}
    world.expected[EXISTING] = world.rows("lines", EXISTING)


def _configure(world: World) -> None:
    wire = world.s3_wire
    form = {
        "name": "Bucket",
        "bucket": BUCKET,
        "endpoint": f"http://{wire.host}:{wire.port}",
        "accessKey": world.seaweed.access_key,
        "secretKey": world.seaweed.secret_key,
        "pathStyle": True,
        "allowHttp": True,
    }
    world.s3_id = world.call("POST", "/s3-configs", form)["id"]
    for name in SOURCES:
        server = world.maria if name == "maria" else world.postgres
        at: Any = world.maria if name == "maria" else world.database_wire
        database = {
            "name": name,
            "type": "mariadb" if name == "maria" else "postgresql",
            "host": at.host,
            "port": at.port,
            "database": name,
            "username": server.superuser,
            "password": server.password,
        }
        world.database_ids[name] = world.call("POST", "/databases", database)["id"]
