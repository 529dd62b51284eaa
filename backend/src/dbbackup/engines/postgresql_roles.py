"""The roles a restore needs on its target, and making the missing ones."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from dbbackup.core.manifest import Manifest
from dbbackup.engines.postgresql_commands import without_owner
from dbbackup.engines.postgresql_connect import Session, ask
from dbbackup.engines.postgresql_marks import made


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


async def create_roles(opened: Session, names: Collection[str], marker: str) -> None:
    """Create the missing ones of the roles, unable to log in and marked; all or none."""
    async with opened.transaction():
        [(superuser,)] = await ask(opened, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        for name in await missing_roles(opened, names):
            await opened.execute(SQL("CREATE ROLE {} NOLOGIN").format(Identifier(name)))
            await _comment(opened, name, made(marker))
            if not superuser:
                # since 16 whoever creates a role may administer it, but not give objects to it without this
                await opened.execute(SQL("GRANT {} TO CURRENT_USER").format(Identifier(name)))


async def keep_roles(opened: Session, marker: str) -> None:
    """Take the mark away from the roles a restore made: they belong to the user now."""
    for name in await _marked(opened, marker):
        await _comment(opened, name, None)


async def drop_roles(opened: Session, marker: str) -> None:
    """Drop the roles a restore made; one that owns something by now is kept and loses its mark."""
    for name in await _marked(opened, marker):
        try:
            await opened.execute(SQL("DROP ROLE {}").format(Identifier(name)))
        except psycopg.errors.DependentObjectsStillExist:
            await _comment(opened, name, None)


async def _marked(opened: Session, marker: str) -> list[str]:
    query = "SELECT rolname FROM pg_roles WHERE shobj_description(oid, 'pg_authid') = %s ORDER BY 1"
    return [name for (name,) in await ask(opened, query, made(marker))]


async def _comment(opened: Session, name: str, comment: str | None) -> None:
    await opened.execute(SQL("COMMENT ON ROLE {} IS {}").format(Identifier(name), Literal(comment)))


def _uses(manifest: Manifest, kind: str) -> set[str]:
    return set(manifest.source.properties.get("roleUses", {}).get(kind, manifest.source.roles))
