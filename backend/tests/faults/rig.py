"""The product, a PostgreSQL and an S3 server, all real, with wires between them that a test can cut."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from devtools.product import Product
from devtools.sample import create_shop
from devtools.servers import FaultProxy, PostgresServer, SeaweedServer, client_dirs
from tests.faults import catalogue, leftovers, secrets_seen
from tests.faults.client_tools import ClientTools
from tests.faults.waiting import PATIENCE, until

BUCKET = "backups"
MB = 1_000_000
SLOW = 3 * MB
"""Bytes per second: a backup of LARGE takes long enough to be met in the middle."""
LARGE, SHOP = "large", "shop"
_LARGE_SQL = """
CREATE TABLE bulk (id integer PRIMARY KEY, filling text NOT NULL);
INSERT INTO bulk SELECT n, repeat(md5(n::text), 60) FROM generate_series(1, 75000) n;
"""
DATABASE_PASSWORD = "Marked-Database-Password-71c0"
S3_SECRET_KEY = "MarkedS3SecretKey5be8a2f7d9c1"


class Run(NamedTuple):
    """A backup or a restore, as the API addresses it."""

    path: str
    id: str


@dataclass(eq=False)
class Rig:
    """Everything a test needs, and the words to use it with."""

    product: Product
    postgres: PostgresServer
    seaweed: SeaweedServer
    tools: ClientTools
    s3_wire: FaultProxy
    postgres_wire: FaultProxy
    s3: Any
    s3_id: str = ""
    database_ids: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """The product's data."""
        return self.product.home

    @property
    def encryption_key(self) -> str:
        """The product's ENCRYPTION_KEY."""
        return self.product.environment["ENCRYPTION_KEY"]

    def reset(self) -> None:
        """Take all faults back and have the real program running."""
        self.tools.behave()
        for wire in (self.s3_wire, self.postgres_wire):
            wire.heal()
        if not self.product.running:
            self.product.restart()

    def add_s3_config(self, name: str, **changed: Any) -> str:
        """Save a configuration of the bucket, reached through the wire unless changed; return its id."""
        form = {
            "name": name,
            "bucket": BUCKET,
            "endpoint": f"http://{self.s3_wire.host}:{self.s3_wire.port}",
            "accessKey": self.seaweed.access_key,
            "secretKey": self.seaweed.secret_key,
            "pathStyle": True,
            "allowHttp": True,
        }
        answer = self.product.call("POST", "/s3-configs", {**form, **changed})
        return str(answer["id"])

    def add_database(self, database: str, /, *, force: bool = False, **changed: Any) -> str:
        """Save a database, reached through the wire unless changed; return its id."""
        form = {
            "name": database,
            "type": "postgresql",
            "host": self.postgres_wire.host,
            "port": self.postgres_wire.port,
            "database": database,
            "username": self.postgres.superuser,
            "password": self.postgres.password,
        }
        parameters = {"force": "true"} if force else {}
        answer = self.product.call("POST", "/databases", {**form, **changed}, **parameters)
        return str(answer["id"])

    def back_up(self, database_id: str, **changed: Any) -> Run:
        """Queue a backup to local disk and S3, uncompressed unless changed."""
        body = {"databaseId": database_id, "s3ConfigIds": [self.s3_id], "compression": "none", **changed}
        return Run("/backups", self.product.call("POST", "/backups", body)["id"])

    def restore(self, backup: dict[str, Any], storage: str, into: str, **options: Any) -> Run:
        """Queue a restore from the backup's copy of that kind (local or s3) into a new database."""
        [copy] = [copy for copy in backup["copies"] if copy["storage"] == storage]
        body = {
            "databaseId": backup["databaseId"],
            "backupId": backup["id"],
            "copyId": copy["id"],
            "options": {"newDatabase": into, **options},
            "confirm": True,
        }
        return Run("/restores", self.product.call("POST", "/restores", body)["id"])

    def get(self, run: Run) -> dict[str, Any]:
        """Return the run as the API shows it."""
        answer: dict[str, Any] = self.product.call("GET", f"{run.path}/{run.id}")
        return answer

    def wait_for(
        self, run: Run, condition: Callable[[dict[str, Any]], Any], what: str, patience: float = PATIENCE
    ) -> dict[str, Any]:
        """Return the run as soon as the condition holds; AssertionError when it ends without."""

        def look() -> dict[str, Any] | None:
            seen = self.get(run)
            if condition(seen):
                return seen
            ended = seen["status"] not in ("queued", "running")
            assert not ended, f"{run.path} ended as {seen['status']} before {what}: {seen['errorMessage']}"
            return None

        found = until(look, f"{run.path} {run.id}: {what}", patience)
        assert found is not None
        return found

    def ended(self, run: Run, status: str, patience: float = PATIENCE) -> dict[str, Any]:
        """Wait for the end of the run; AssertionError unless it ended like that."""
        seen = self.wait_for(run, lambda seen: seen["status"] not in ("queued", "running"), "the end", patience)
        print(f"\nOBSERVED {run.path} {seen['status']}: {seen['errorMessage']}")
        for copy in seen.get("copies", ()):
            print(f"OBSERVED   copy {copy['storage']} {copy['state']}: {copy['error']}")
        assert seen["status"] == status, seen["errorMessage"]
        return seen

    def in_the_middle(self, run: Run) -> dict[str, Any]:
        """Wait until bytes have flowed and, where S3 is a destination, its upload is open."""
        progress = self.wait_for(run, lambda seen: _bytes(seen) > 12 * MB, "its middle")
        if any(copy["storage"] == "s3" for copy in progress.get("copies", ())):
            until(lambda: leftovers.open_uploads(self.s3, BUCKET), "an open upload")
        return progress

    def wait_for_copy(self, run: Run, storage: str, state: str) -> dict[str, Any]:
        """Wait until the run's copy of that kind (local or s3) is in that state."""

        def look() -> dict[str, Any] | None:
            seen = self.get(run)
            return seen if any((c["storage"], c["state"]) == (storage, state) for c in seen["copies"]) else None

        found = until(look, f"the copy in {storage} to be {state}")
        assert found is not None
        return found

    def processes(self) -> dict[int, str]:
        """Return the product's child processes with their command lines."""
        return leftovers.processes(catalogue.instance_id(self.home))

    def leftovers(self) -> list[str]:
        """Return what should not be there now."""
        return leftovers.leftovers(self.home, self.s3, BUCKET, self.postgres)

    def assert_nothing_left(self, patience: float = 15.0) -> None:
        """The run's row is closed just before its folder is removed: so a moment is granted."""
        until(lambda: not self.leftovers(), f"nothing left, but there is {self.leftovers()}", patience)

    def assert_backs_up(self, database: str) -> dict[str, Any]:
        """Nothing is stuck: another backup of the same database works."""
        return self.ended(self.back_up(self.database_ids[database]), "completed")

    def journal(self) -> list[str]:
        """Return what the product still means to clean up."""
        return catalogue.journal(self.home)

    def assert_journal_cleared(self) -> None:
        """Wait until nothing is left to be cleaned up: it is done after the ends of runs were written.

        Not for long: every half minute the product looks again for what it left, which must not be needed here.
        """
        until(lambda: not self.journal(), "an empty journal", 15.0)

    def secrets_seen(self) -> list[str]:
        """Return where a secret can be read that must not be."""
        return secrets_seen.search(self)


def _bytes(seen: dict[str, Any]) -> int:
    return int(seen["progress"]["bytesRead"]) if seen["progress"] else 0


@cache
def shared_rig() -> Rig:
    """Return the rig of this test process, made at the first call and ended with the process."""
    home = Path(tempfile.mkdtemp(prefix="dbbackup-rig-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    postgres = PostgresServer.start(15, password=DATABASE_PASSWORD)
    seaweed = SeaweedServer.start(secret_key=S3_SECRET_KEY)
    seaweed.create_bucket(BUCKET)
    postgres.psql(f"CREATE DATABASE {LARGE}")
    postgres.psql(_LARGE_SQL, database=LARGE)
    create_shop(postgres, SHOP, orders=2000)
    tools = ClientTools(home / "tools", postgres.bin_dir, "15.19")
    path = ":".join(str(folder) for folder in (tools.folder, *client_dirs()))
    rig = Rig(
        product=Product.start(home / "product", extra={"CLIENT_PATH": path}),
        postgres=postgres,
        seaweed=seaweed,
        tools=tools,
        s3_wire=FaultProxy.start("127.0.0.1", seaweed.port),
        postgres_wire=FaultProxy.start("127.0.0.1", postgres.port),
        s3=seaweed.client(),
    )
    rig.s3_id = rig.add_s3_config("Bucket")
    rig.database_ids = {name: rig.add_database(name) for name in (LARGE, SHOP)}
    return rig
