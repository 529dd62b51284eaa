"""The roles a restore needs on its target, and making the missing ones."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from psycopg.sql import SQL, Identifier

from dbbackup.core.manifest import Manifest
from dbbackup.engines.postgresql_commands import without_owner
from dbbackup.engines.postgresql_connect import Session, ask


def owners(manifest: Manifest, options: dict[str, Any]) -> set[str]:
    """Return the roles the restore gives objects to."""
    return set() if without_owner(manifest, options) else _uses(manifest, "owners")


def needed_roles(manifest: Manifest, options: dict[str, Any]) -> set[str]:
    """Return the roles that must exist: owners and grantees as far as they are restored.

    Roles named in policies and user mappings are needed in any case: no option of pg_restore leaves those out.
    """
    grantees = set() if options["noPrivileges"] else _uses(manifest, "grantees")
    return owners(manifest, options) | grantees | _uses(manifest, "others")


async def missing_roles(opened: Session, names: Collection[str]) -> list[str]:
    """Return those of the names that are no role on the server, sorted."""
    query = "SELECT n FROM unnest(%s::text[]) n WHERE n NOT IN (SELECT rolname FROM pg_roles) ORDER BY n"
    return [name for (name,) in await ask(opened, query, sorted(names))]


async def create_roles(opened: Session, names: Collection[str]) -> None:
    """Create the missing ones of the roles, unable to log in; all or none."""
    async with opened.transaction():
        [(superuser,)] = await ask(opened, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        for name in await missing_roles(opened, names):
            await opened.execute(SQL("CREATE ROLE {} NOLOGIN").format(Identifier(name)))
            if not superuser:
                # since 16 whoever creates a role may administer it, but not give objects to it without this
                await opened.execute(SQL("GRANT {} TO CURRENT_USER").format(Identifier(name)))


def _uses(manifest: Manifest, kind: str) -> set[str]:
    return set(manifest.source.properties.get("roleUses", {}).get(kind, manifest.source.roles))
