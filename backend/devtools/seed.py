"""`make seed`: gives the catalogue of `make dev` a history, so that lists and pages have something to show."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from dbbackup.core.naming import RUN_LENGTH, new_id, random_token
from dbbackup.db.migrate import migrate
from dbbackup.db.models import BackupCopy, BackupExecution, CopyState, DatabaseConfig, ExecutionLog, RunStatus
from dbbackup.db.session import Catalogue

_DEV = Path(__file__).resolve().parents[1] / ".cache" / "dev" / "db" / "app.db"
NAMES = ("Shop", "Accounting", "Wiki", "Metrics")


def main() -> int:
    """Write ROWS backups (default 1000) of four made-up databases into DATABASE_PATH or the dev catalogue.

    With LINES the newest backup gets a log of so many lines.
    """
    path, rows = Path(os.environ.get("DATABASE_PATH", _DEV)), int(os.environ.get("ROWS", "1000"))
    newest = asyncio.run(seed(path, rows, lines=int(os.environ.get("LINES", "0"))))
    print(
        f"{rows} backups of {len(NAMES)} databases written to {path}. Their files do not exist: look, do not restore."
    )
    print(f"The newest is {newest}.")
    return 0


async def seed(path: Path, rows: int, *, lines: int = 0) -> str:
    """Write the rows and return the newest backup's id; what is there already stays."""
    await migrate(path)
    catalogue = Catalogue(path)
    chance = random.Random(7)
    async with catalogue.transaction() as session:
        databases = [_database(name, random_token(4)) for name in NAMES]
        session.add_all(databases)
        await session.flush()
        backups = [_backup(chance, databases[n % len(databases)], n) for n in range(rows)]
        session.add_all(backups)
        if lines:
            await session.execute(insert(ExecutionLog), list(_log(backups[0], lines)))
    await catalogue.close()
    return backups[0].id


def _log(backup: BackupExecution, lines: int) -> Iterator[dict[str, Any]]:
    stages = {0: "Checking beforehand", 20: "Dumping", lines - 100: "Writing the manifest", lines - 10: "Completed"}
    started = backup.started_at or datetime.now(UTC)
    for number in range(lines):
        stage = stages.get(number)
        yield {
            "id": new_id(),
            "execution_id": backup.id,
            "kind": "backup",
            "seq": number + 1,
            "level": "warn" if number % 9973 == 9972 else "info",
            "message": stage or f'dumping contents of table "public.orders_{number}"',
            "details": {"stage": stage, "stageBytes": number * 20_000} if stage else None,
            "timestamp": started + timedelta(milliseconds=number * 0.6),
        }


def _database(name: str, token: str) -> DatabaseConfig:
    return DatabaseConfig(
        name=f"{name} {token}",
        slug=f"{name.lower()}_{token}",
        type="postgresql",
        host="db.invalid",
        port=5432,
        database_name=name.lower(),
        username="backup",
        reachable=False,
        size=1 << 30,
        server_version="16.4",
    )


def _backup(chance: random.Random, database: DatabaseConfig, number: int) -> BackupExecution:
    ended = datetime.now(UTC) - timedelta(hours=number)
    failed = chance.random() < 0.04
    size = chance.randint(100_000_000, 400_000_000)
    copy = BackupCopy(
        id=new_id(),
        position=0,
        key=f"{database.slug}/none.dump.gz",
        size=None if failed else size,
        state=CopyState.FAILED if failed else CopyState.COMPLETE,
    )
    return BackupExecution(
        id=new_id(),
        database_id=database.id,
        database_name=database.name,
        engine=database.type,
        run_token=random_token(RUN_LENGTH),
        type="daily",
        status=RunStatus.FAILED if failed else RunStatus.COMPLETED,
        created_at=ended - timedelta(minutes=1),
        started_at=ended - timedelta(minutes=1),
        completed_at=ended,
        duration=60.0 + chance.random() * 20,
        size=None if failed else size,
        compression="gzip",
        error_code="DATABASE_ERROR" if failed else None,
        error_message="The server did not answer." if failed else None,
        copies=[copy],
    )


if __name__ == "__main__":
    sys.exit(main())
