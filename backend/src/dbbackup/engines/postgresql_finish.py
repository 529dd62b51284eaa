"""The last step of a restore: what belongs to the database itself, put in place when its data is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, LiteralString

from psycopg.sql import SQL, Composed, Identifier, Literal

from dbbackup.core.manifest import Manifest
from dbbackup.engines.modes import restore_mode, target_database
from dbbackup.engines.postgresql_commands import without_owner
from dbbackup.engines.postgresql_connect import Session, ask, lasting, session
from dbbackup.engines.postgresql_marks import set_comment
from dbbackup.engines.postgresql_roles import keep_roles
from dbbackup.engines.postgresql_sequences import raise_sequences
from dbbackup.engines.postgresql_settings import apply_settings, split_settings
from dbbackup.engines.values import Connection

_PRIVILEGES: dict[str, LiteralString] = {"CREATE": "CREATE", "TEMPORARY": "TEMPORARY", "CONNECT": "CONNECT"}


async def finish_database(target: Connection, manifest: Manifest, options: dict[str, Any]) -> None:
    """Set settings, ACL, comment, owner, and ANALYZE; see `Engine.finish_database`.

    The settings come after the data: default_transaction_read_only, set at the start, would have broken
    the restore. ANALYZE comes before them and before the connection limit, for the same reason. The rest is
    one transaction, in which the comment replaces the mark: a database without the mark is finished.

    In a database that was there before nothing of that: sequences that are behind are raised, and ANALYZE.
    """
    name, mode = target_database(options), restore_mode(options)
    if mode.adds_rows:
        async with session(replace(target, database=name), statement_timeout=0, limit=None) as opened:
            await raise_sequences(opened, manifest)
    await analyze(replace(target, database=name))
    if not mode.creates_database:
        return
    async with session(target) as opened, lasting(opened):
        await keep_roles(opened, options.get("marker", ""))
        await give_belongings(
            opened,
            name,
            manifest,
            comment=manifest.source.properties.get("comment"),
            acl=not options["noPrivileges"],
            owner=not without_owner(manifest, options),
        )


async def analyze(target: Connection) -> None:
    """Gather what the planner wants to know of all tables; a crash in the next second may take some of it, no row."""
    async with session(target, statement_timeout=0, limit=None, durable=False) as opened:
        await opened.execute("ANALYZE")


async def give_belongings(
    opened: Session, name: str, manifest: Manifest, *, comment: str | None, acl: bool, owner: bool
) -> None:
    """Give a database what belongs to itself, not to an object in it; to be called in a transaction."""
    properties = manifest.source.properties
    settings, _ = await split_settings(opened, manifest)
    await apply_settings(opened, name, settings)
    if acl and properties.get("acl") is not None:
        await _set_acl(opened, name, properties["owner"], properties["acl"])
    await opened.execute(
        SQL("ALTER DATABASE {} CONNECTION LIMIT {}").format(
            Identifier(name), Literal(properties.get("connectionLimit", -1))
        )
    )
    await set_comment(opened, name, comment)
    if owner:
        # last: who is no superuser may do nothing more to it afterwards
        await opened.execute(
            SQL("ALTER DATABASE {} OWNER TO {}").format(Identifier(name), Identifier(properties["owner"]))
        )


async def _set_acl(opened: Session, name: str, owner: str, acl: list[dict[str, Any]]) -> None:
    """Repeat the original's grants. The owner's stand for the present owner: ALTER OWNER passes them on."""
    [(present,)] = await ask(opened, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", name)
    for subject in (SQL("PUBLIC"), Identifier(present)):
        await opened.execute(SQL("REVOKE ALL ON DATABASE {} FROM {}").format(Identifier(name), subject))
    # who passed a privilege on must hold it before: the owner's own grants come first
    for entry in sorted(acl, key=lambda entry: entry["grantor"] != owner):
        grantor = entry["grantor"]
        foreign = grantor != owner and await _may_act_as(opened, grantor)
        if foreign:
            await opened.execute(SQL("SET LOCAL ROLE {}").format(Identifier(grantor)))
        await opened.execute(_grant(name, entry, owner, present))
        if foreign:
            await opened.execute("RESET ROLE")


def _grant(name: str, entry: dict[str, Any], owner: str, present: str) -> Composed:
    def parts() -> Iterator[Composed]:
        yield SQL("GRANT {} ON DATABASE {}").format(SQL(_PRIVILEGES[entry["privilege"]]), Identifier(name))
        grantee = entry["grantee"]
        if grantee is None:
            yield SQL("TO PUBLIC").format()
        else:
            yield SQL("TO {}").format(Identifier(present if grantee == owner else grantee))
        if entry["grantable"]:
            yield SQL("WITH GRANT OPTION").format()

    return SQL(" ").join(parts())


async def _may_act_as(opened: Session, role: str) -> bool:
    """Tell whether a grant can be repeated in its grantor's name; else it is made in the owner's."""
    rows = await ask(opened, "SELECT pg_has_role(oid, 'MEMBER') FROM pg_roles WHERE rolname = %s", role)
    return bool(rows and rows[0][0])
