"""The settings of a database (ALTER DATABASE SET, ALTER ROLE IN DATABASE SET) on a restore's target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg.sql import SQL, Identifier, Literal

from dbbackup.core.manifest import Manifest
from dbbackup.engines.postgresql_connect import Session, ask

# Their value is a list of names: as one literal it would become a list of one.
_LISTS = frozenset({"search_path", "temp_tablespaces", "local_preload_libraries", "session_preload_libraries"})


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting; `role` None means: for everybody."""

    role: str | None
    name: str
    value: str


async def split_settings(opened: Session, manifest: Manifest) -> tuple[list[Setting], list[tuple[Setting, str]]]:
    """Return the original's settings that the target takes, and the others with the reason why not."""
    [(superuser, me)] = await ask(opened, "SELECT rolsuper, rolname FROM pg_roles WHERE rolname = current_user")
    contexts = dict(await ask(opened, "SELECT name, context FROM pg_settings"))
    roles = {name for (name,) in await ask(opened, "SELECT rolname FROM pg_roles")}
    good: list[Setting] = []
    refused: list[tuple[Setting, str]] = []
    for entry in manifest.source.properties.get("settings", []):
        setting = Setting(**entry)
        # a name with a dot belongs to an extension or an application: any server takes it
        context = contexts.get(setting.name, "user" if "." in setting.name else None)
        if setting.role is not None and setting.role not in roles:
            refused.append((setting, f"there is no role {setting.role}"))
        elif context is None:
            refused.append((setting, "this version of PostgreSQL does not have it"))
        elif not superuser and (context.startswith("superuser") or setting.role not in (None, me)):
            refused.append((setting, "only a superuser may set it"))
        else:
            good.append(setting)
    return good, refused


async def apply_settings(opened: Session, database: str, settings: list[Setting]) -> None:
    """Give the database its settings; to be called in a transaction."""
    for setting in settings:
        subject = (
            SQL("DATABASE {}").format(Identifier(database))
            if setting.role is None
            else SQL("ROLE {} IN DATABASE {}").format(Identifier(setting.role), Identifier(database))
        )
        value: Any = SQL("TO {}").format(Literal(setting.value))
        if setting.name in _LISTS:
            await ask(opened, "SELECT pg_catalog.set_config(%s, %s, true)", setting.name, setting.value)
            value = SQL("FROM CURRENT")
        await opened.execute(SQL("ALTER {} SET {} {}").format(subject, Identifier(setting.name), value))
    await opened.execute("SET LOCAL search_path = pg_catalog")
