"""`make matrix`: every kind and major of server as source and as target, through the product, as a table."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from devtools import sample_mysql
from devtools.product import ApiError, Product
from devtools.servers import MariadbServer, MysqlFamilyServer, MysqlServer, PostgresServer
from devtools.servers.binaries import install_postgresql
from devtools.sources import Server, compare_copy, engine_of, fill, follow, register, title_of

MAJORS = (14, 15, 16, 17, 18)
SHOP, PORTABLE = "shop", "portable"
_ORDERS = 2000
# Another major words the same objects differently and has more columns: between majors the data is compared.
_SAME_MAJOR_ONLY = ("text of a second dump", "database")


@dataclass(frozen=True, slots=True)
class Source:
    """A backed up database and the line of the table it stands in."""

    title: str
    server: Server
    database: str
    backup_id: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one restore: `equal`, `refused`, `FAILED` or `DIFFERS`, why, and whether it should."""

    word: str
    reason: str
    expected: str

    @property
    def right(self) -> bool:
        """Tell whether the restore ended as it should."""
        return self.word == self.expected


Results = dict[tuple[str, str], Outcome]
"""The outcomes by the source's and the target's title."""


def main() -> int:
    """Print the table; return 0 when every pair did what it should."""
    for major in MAJORS:
        install_postgresql(major)
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dbbackup-matrix-")))
        servers: list[Server] = [stack.enter_context(PostgresServer.start(major)) for major in MAJORS]
        servers.append(stack.enter_context(MysqlServer.start()))
        servers.append(stack.enter_context(MariadbServer.start()))
        results = run(stack.enter_context(Product.start(home / "product")), servers)
    _print_table(results)
    return 0 if all(outcome.right for outcome in results.values()) else 1


def run(product: Product, servers: Sequence[Server]) -> Results:
    """Back up a shop on each server and restore it into each; the databases stay on the servers."""
    ids = {title_of(server): _add(product, server, SHOP) for server in servers}
    sources = [_back_up(product, server, SHOP, ids[title_of(server)]) for server in servers]
    for server in servers:
        if isinstance(server, MysqlFamilyServer):
            sources.append(_back_up(product, server, PORTABLE, _add(product, server, PORTABLE)))
    return {
        (source.title, title_of(target)): _restore(product, source, target, ids[title_of(target)])
        for source in sources
        for target in servers
        if _is_worth_trying(source, target)
    }


def _is_worth_trying(source: Source, target: Server) -> bool:
    """A portable shop is for the other kind of the same family: its own takes the whole one."""
    return source.database == SHOP or (source.server is not target and isinstance(target, MysqlFamilyServer))


def _add(product: Product, server: Server, database: str) -> str:
    if isinstance(server, MysqlFamilyServer) and database == PORTABLE:
        sample_mysql.create_shop(server, database, orders=_ORDERS, portable=True)
    else:
        fill(server, database, orders=_ORDERS)
    return register(product, server, database, f"{title_of(server)} {database}")


def _back_up(product: Product, server: Server, database: str, database_id: str) -> Source:
    backup = follow(product, "/backups", {"databaseId": database_id})
    if backup["status"] != "completed":
        raise RuntimeError(f"the backup of {title_of(server)} ended as {backup['status']}: {backup['errorMessage']}")
    title = title_of(server) if database == SHOP else f"{title_of(server)}, tables"
    return Source(title, server, database, backup["id"])


def _restore(product: Product, source: Source, target: Server, target_id: str) -> Outcome:
    expected = "equal" if _should_work(source, target) else "refused"
    name = f"{source.database}_from_{engine_of(source.server)}_{title_of(source.server).split()[1].replace('.', '_')}"
    body = {"databaseId": target_id, "backupId": source.backup_id, "options": {"newDatabase": name}}
    try:
        plan = product.call("POST", "/restores/preflight", body)
    except ApiError as refusal:
        return Outcome("refused", f"{refusal.code}: {refusal.message}", expected)
    if not plan["ok"]:
        reasons = [f"{found['code']}: {found['message']}" for found in plan["findings"] if found["level"] == "error"]
        return Outcome("refused", " ".join(reasons), expected)
    restore = follow(product, "/restores", {**body, "confirm": True})
    if restore["status"] != "completed":
        return Outcome("FAILED", restore["errorMessage"], expected)
    found = compare_copy(source.server, source.database, name, target).differences
    same_major = title_of(source.server) == title_of(target)
    kept = [
        f"{difference.what}: {difference.source!r} became {difference.copy!r}"
        for difference in found
        if same_major or difference.what not in _SAME_MAJOR_ONLY
    ]
    return Outcome("DIFFERS" if kept else "equal", "; ".join(kept), expected)


def _should_work(source: Source, target: Server) -> bool:
    if isinstance(source.server, PostgresServer) and isinstance(target, PostgresServer):
        return source.server.major <= target.major
    if isinstance(source.server, MysqlFamilyServer) and isinstance(target, MysqlFamilyServer):
        return source.database == PORTABLE or source.server.engine == target.engine
    return False


def _print_table(results: Results) -> None:
    rows, columns = (list(dict.fromkeys(pair[side] for pair in results)) for side in (0, 1))
    print(f"{'source / target':<24}" + "".join(f"{column:>15}" for column in columns))
    for row in rows:
        words = (results[row, column].word if (row, column) in results else "" for column in columns)
        print(f"{row:<24}" + "".join(f"{word:>15}" for word in words))
    print()
    for line in _remarks(results):
        print(line)


def _remarks(results: Results) -> Iterator[str]:
    """Say why MySQL and MariaDB refuse each other, and all that went wrong."""
    for (source, target), outcome in results.items():
        if not outcome.right:
            yield f"WRONG: {source} into {target} should be {outcome.expected}: {outcome.word}: {outcome.reason}"
        elif outcome.reason and not source.startswith("Postgre") and not target.startswith("Postgre"):
            yield f"{source} into {target}: {outcome.word}: {outcome.reason}"


if __name__ == "__main__":
    sys.exit(main())
