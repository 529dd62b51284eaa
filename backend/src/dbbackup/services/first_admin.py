"""The way in at the first start: an administrator from the environment, or a token in the log."""

from __future__ import annotations

from loguru import logger

from dbbackup.core.access import SYSTEM, Role
from dbbackup.services import audit
from dbbackup.services.access_inputs import UserInput
from dbbackup.services.audit_entry import CURRENT, AuditEntry, Caller
from dbbackup.services.context import Context
from dbbackup.services.users import add_user, there_are_users

_log = logger.bind(category="application")


async def prepare_access(ctx: Context) -> None:
    """Say how the door is: open, locked, or waiting for the first administrator, whom ADMIN_USERNAME may name.

    Raises:
        ValidationError: the password in the environment is not good enough.
    """
    settings = ctx.settings
    if settings.auth_mode == "none":
        where = settings.socket_path or settings.host
        _log.warning("No sign-in (AUTH_MODE=none): whoever reaches {} can read, restore and delete everything", where)
        return
    async with ctx.catalogue.sessions() as session:
        if await there_are_users(session):
            return
    if settings.admin_username:
        await _add_admin(ctx, settings.admin_username, settings.admin_password.reveal())
        _log.info("The administrator {} was made from ADMIN_USERNAME and ADMIN_PASSWORD", settings.admin_username)
        return
    _log.warning(
        "Nobody can sign in yet. Open the page and make the first administrator. Setup token: {}",
        ctx.runtime.setup_token,
    )


async def _add_admin(ctx: Context, username: str, password: str) -> None:
    entry = AuditEntry("createUser", Caller(""), SYSTEM, details={"from": "environment"})
    mark = CURRENT.set(entry)
    try:
        async with ctx.catalogue.transaction() as session:
            await add_user(session, ctx, UserInput(username=username, password=password, role=Role.ADMIN))
            await audit.write_with(session, ctx)
    finally:
        CURRENT.reset(mark)
