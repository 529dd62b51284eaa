"""Rows as the services would have made them."""

from __future__ import annotations

from typing import Any

from dbbackup.core.events import Event, LogHint
from dbbackup.core.naming import new_id, random_token
from dbbackup.core.secret import Secret
from dbbackup.db.models import BackupCopy, BackupExecution, DatabaseConfig, RestoreExecution, RunStatus, S3Config
from dbbackup.engines.postgresql_options import parse_dump_options
from dbbackup.services.connections import seal_password
from dbbackup.services.context import Context
from devtools.servers import PostgresServer, SeaweedServer


class Heard:
    """Keeps what was published."""

    def __init__(self) -> None:
        self.messages: list[Event | LogHint] = []

    def publish(self, channel: str, message: Event | LogHint) -> None:
        self.messages.append(message)


async def save(ctx: Context, *rows: Any) -> None:
    async with ctx.catalogue.transaction() as session:
        session.add_all(rows)


def database(ctx: Context, server: PostgresServer | None = None, name: str = "postgres") -> DatabaseConfig:
    config_id, token = new_id(), random_token(8)
    return DatabaseConfig(
        id=config_id,
        name=token,
        slug=token,
        type="postgresql",
        host=server.host if server else "127.0.0.1",
        port=server.port if server else 1,
        database_name=name,
        username="postgres",
        password_sealed=seal_password(ctx, config_id, server.password if server else ""),
    )


def backup(config: DatabaseConfig | None, status: str = RunStatus.QUEUED, **changes: Any) -> BackupExecution:
    values: dict[str, Any] = {
        "id": new_id(),
        "database_id": config.id if config else None,
        "database_name": "d",
        "engine": "postgresql",
        "run_token": random_token(8),
        "type": "manual",
        "status": status,
        "compression": "gzip",
        "options": parse_dump_options({}),
        "copies": [BackupCopy(id=new_id(), position=0)],
    }
    return BackupExecution(**values | changes)


def restore(config: DatabaseConfig | None, status: str = RunStatus.QUEUED, **options: Any) -> RestoreExecution:
    return RestoreExecution(
        id=new_id(),
        database_id=config.id if config else None,
        database_name="d",
        target_database="t",
        source_type="local",
        source_key="k",
        manifest={"source": {"configName": "d"}},
        options=options,
        status=status,
        started_by="test",
        confirmed_by="test",
    )


def s3_config(ctx: Context, server: SeaweedServer, bucket: str, secret_key: str | None = None) -> S3Config:
    config_id = new_id()

    def seal(column: str, value: str) -> str:
        return ctx.sealer.seal(Secret(value), table="s3_config", row_id=config_id, column=column)

    return S3Config(
        id=config_id,
        name=random_token(8),
        bucket=bucket,
        endpoint=server.endpoint,
        path_style=True,
        allow_http=True,
        access_key_sealed=seal("access_key_sealed", server.access_key),
        secret_key_sealed=seal("secret_key_sealed", secret_key or server.secret_key),
    )
