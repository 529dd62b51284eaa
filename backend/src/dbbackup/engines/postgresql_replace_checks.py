"""The checks before a PostgreSQL database is replaced by the backup: who is in it, may it be renamed, what stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from dbbackup.core.errors import DatabaseError, DatabaseUnreachableError
from dbbackup.core.manifest import Manifest
from dbbackup.core.sizes import human_size
from dbbackup.engines.postgresql_connect import Session, ask, session
from dbbackup.engines.postgresql_findings import error, named, ok, warning
from dbbackup.engines.postgresql_settings import split_settings
from dbbackup.engines.postgresql_survey import database_properties
from dbbackup.engines.postgresql_swap import SESSIONS, UNTOUCHABLE, as_it_is
from dbbackup.engines.values import Connection, Finding

_LIVE = """
SELECT d.oid, d.datallowconn, d.datistemplate, pg_database_size(d.oid), pg_has_role(d.datdba, 'USAGE'),
    pg_get_userbyid(d.datdba),
    (SELECT count(*) FROM pg_prepared_xacts x WHERE x.database = d.datname),
    (SELECT coalesce(array_agg(slot_name::text), '{}') FROM pg_replication_slots s WHERE s.database = d.datname),
    (SELECT coalesce(array_agg(subname::text), '{}') FROM pg_subscription u WHERE u.subdbid = d.oid)
FROM pg_database d WHERE d.datname = %s
"""


@dataclass(frozen=True, slots=True)
class _Live:
    """The database that is to be replaced."""

    oid: int
    open: bool
    template: bool
    size: int
    mine: bool
    owner: str
    prepared: int
    slots: list[str]
    subscriptions: list[str]


async def check_replacing(target: Connection, manifest: Manifest, options: dict[str, Any]) -> list[Finding]:
    """Check that the restored database can take the place of the one that is there."""
    name = options["existingDatabase"]
    async with session(target) as opened:
        rows = await ask(opened, _LIVE, name)
        if not rows:
            text = f"There is no database {name}: it is made as the backup has it, and there is nothing to undo."
            return [warning("database-missing", text), *await skipped_settings(opened, manifest)]
        live = _Live(*rows[0])
        findings = list(_placed(live, name, manifest))
        findings += await sessions(opened, name, options)
    return findings + await _belongings(replace(target, database=name), manifest)


async def sessions(opened: Session, name: str, options: dict[str, Any]) -> list[Finding]:
    """Say who is in the database, and what becomes of them."""
    there = [text for (text,) in await ask(opened, SESSIONS, [name])]
    if not there:
        return [ok("sessions", f"Nobody is connected to {name}.")]
    count = f"{len(there)} connection{'' if len(there) == 1 else 's'} to {name} active: {named(there)}."
    if not options.get("stopConnections"):
        return [error("sessions", f"{count} End them, or let the restore end them (stopConnections).")]
    findings = [warning("sessions", f"{count} They are ended, and what they have not committed is lost.")]
    if others := [role for (role,) in await ask(opened, UNTOUCHABLE, name)]:
        text = f"Your role may not end the connections of {named(others)}: GRANT it pg_signal_backend (a superuser's "
        findings.append(error("sessions-untouchable", text + "connections can be ended by a superuser only)."))
    return findings


async def skipped_settings(opened: Session, manifest: Manifest) -> list[Finding]:
    """Name the settings of the database that the target does not take."""
    _, refused = await split_settings(opened, manifest)
    return [warning("setting-skipped", f"The setting {s.name} will be left out: {reason}.") for s, reason in refused]


def _placed(live: _Live, name: str, manifest: Manifest) -> Iterator[Finding]:
    yield ok(
        "replaced",
        f"{name} ({human_size(live.size)}) is replaced at the very end, by one rename. Until then it serves as "
        "before, and if anything fails it stays. It is kept under another name until you let it go.",
    )
    yield warning(
        "shadow-space",
        f"The server holds both databases meanwhile: about {human_size(manifest.source.size)} more are needed there. "
        "How much its disk has free cannot be asked.",
    )
    if not live.mine:
        yield error(
            "not-owner", f"Only its owner {live.owner}, a member of that role or a superuser may rename {name}."
        )
    if live.template:
        yield error("template", f"{name} is a template database: it is not replaced.")
    if live.prepared:
        yield error("prepared", f"{live.prepared} prepared transactions hold {name}: COMMIT or ROLLBACK PREPARED them.")
    if live.subscriptions:
        text = (
            f"Subscriptions in {name} go on writing into it: {named(live.subscriptions)}. Disable or drop them first."
        )
        yield error("subscriptions", text)
    if live.slots:
        text = (
            f"Replication slots stay with the old database, so their readers must be set up anew: {named(live.slots)}."
        )
        yield warning("slots", text)


async def _belongings(live: Connection, manifest: Manifest) -> list[Finding]:
    """Look at what the live database gives to its successor."""
    try:
        async with session(live) as opened:
            properties, _ = await database_properties(opened)
            return await skipped_settings(opened, as_it_is(manifest, properties))
    except DatabaseUnreachableError:
        raise
    except DatabaseError as e:
        return [error("database-refused", f"The database {live.database} cannot be looked into: {e.message}")]
