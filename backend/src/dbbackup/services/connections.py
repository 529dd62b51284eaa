"""How saved databases and forms become connections."""

from __future__ import annotations

from dbbackup.core.errors import AddressRefusedError, ValidationError
from dbbackup.core.secret import Secret
from dbbackup.db.models import DatabaseConfig
from dbbackup.engines.values import Connection, TlsMode
from dbbackup.net.resolve import refuse_forbidden
from dbbackup.services.context import Context
from dbbackup.services.inputs import DatabaseInput


def connection_from(data: DatabaseInput) -> Connection:
    """Return the connection a complete form describes."""
    return Connection(
        host=data.host,
        port=data.port,
        database=data.database,
        username=data.username,
        password=Secret(data.password),
        tls_mode=data.tls_mode,
        ca_pem=data.tls_ca,
    )


def saved_connection(ctx: Context, config: DatabaseConfig) -> Connection:
    """Return the connection of a saved database with its password opened."""
    password = Secret("")
    if config.password_sealed:
        password = ctx.sealer.open(
            config.password_sealed, table="database_config", row_id=config.id, column="password_sealed"
        )
    return Connection(
        host=config.host,
        port=config.port,
        database=config.database_name,
        username=config.username,
        password=password,
        tls_mode=TlsMode(config.tls_mode),
        ca_pem=config.tls_ca,
    )


async def reachable(ctx: Context, connection: Connection) -> Connection:
    """Return the connection if its host may be connected to; call it right before connecting.

    Client tools resolve the name again, so this is no pinning; but what it keeps away from speaks HTTP, not theirs.

    Raises:
        ValidationError: the host is, or stands for, an address that is never connected to.
    """
    # libpq takes several hosts, and a folder with a socket.
    for host in connection.host.split(","):
        if not host.startswith("/"):
            try:
                await refuse_forbidden(host.strip(), connection.port, ctx.private_net)
            except AddressRefusedError as error:
                raise ValidationError.of("host", error.message) from error
    return connection


def seal_password(ctx: Context, config_id: str, password: str) -> str | None:
    """Return the sealed password, None for an empty one."""
    if not password:
        return None
    return ctx.sealer.seal(Secret(password), table="database_config", row_id=config_id, column="password_sealed")
