"""Sign-in with the password of a directory: for names that are no local users'."""

from __future__ import annotations

from loguru import logger

from dbbackup.core.errors import ProviderError, UnauthorizedError
from dbbackup.core.role_mapping import RoleMapping
from dbbackup.core.secret import Secret
from dbbackup.db.models import User
from dbbackup.net import ldap
from dbbackup.net.ldap import Directory
from dbbackup.services.audit_entry import note
from dbbackup.services.context import Context
from dbbackup.services.external_users import Person, admit
from dbbackup.services.sign_in import Elsewhere

LDAP = "ldap"
_log = logger.bind(category="application")


def asking(ctx: Context) -> Elsewhere | None:
    """Return how the directory is asked; None: there is none."""
    if not ctx.live.ldap_url:
        return None

    async def ask(username: str, password: str) -> User | None:
        try:
            found = await ldap.vouch(_directory(ctx), username, Secret(password), ctx.private_net)
        except ProviderError as error:
            _log.error("Directory: {}", error.message)
            raise UnauthorizedError(
                "The username or the password is wrong, or the directory that knows them cannot be asked now: the"
                " program's log says why."
            ) from error
        if found is None:
            return None
        note(method=LDAP)
        live = ctx.live
        mapping = RoleMapping(
            live.ldap_admin_groups, live.ldap_operator_groups, live.ldap_viewer_groups, live.ldap_default_role
        )
        role = mapping.role_of(found.groups)
        return await admit(ctx, Person(LDAP, found.identity, found.username, found.display_name, role))

    return ask


def _directory(ctx: Context) -> Directory:
    live = ctx.live
    return Directory(
        url=live.ldap_url,
        start_tls=live.ldap_start_tls,
        ca_file=ctx.settings.ldap_ca_file,
        bind_dn=live.ldap_bind_dn,
        bind_password=ctx.settings.ldap_bind_password,
        user_base=live.ldap_user_base,
        user_filter=live.ldap_user_filter,
        username_attribute=live.ldap_username_attribute,
        group_base=live.ldap_group_base,
        group_filter=live.ldap_group_filter,
    )
