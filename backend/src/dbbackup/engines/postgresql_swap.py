"""A restored database takes the place of the live one: two renames in one transaction."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import psycopg
from msgspec import structs
from psycopg.sql import SQL, Identifier

from dbbackup.core.errors import ConflictError, DatabaseError
from dbbackup.core.manifest import Manifest
from dbbackup.engines.postgresql_connect import Session, ask, lasting, session
from dbbackup.engines.postgresql_findings import named
from dbbackup.engines.postgresql_finish import analyze, give_belongings
from dbbackup.engines.postgresql_marks import (
    bears,
    comment_of,
    drop_marked,
    kept,
    marked,
    own_comment,
    set_comment,
)
from dbbackup.engines.postgresql_roles import keep_roles
from dbbackup.engines.postgresql_survey import database_properties
from dbbackup.engines.postgresql_target import CREATE_TIMEOUT
from dbbackup.engines.replacing import Swap
from dbbackup.engines.values import Connection

_ELSEWHERE = ("postgres", "template1")
_OF_DATABASE = ("owner", "acl", "comment", "connectionLimit", "settings")
_TRIES = 3
"""PostgreSQL waits 5 s for sessions to leave; a large rollback may take longer."""
_END_EVERY = 0.2
_NOTHING = "Nothing was changed."

# Of the sessions of others a role without pg_read_all_stats sees no type.
SESSIONS = """
SELECT coalesce(usename, backend_type) || coalesce(' from ' || client_addr::text, '')
    || coalesce(' (' || nullif(application_name, '') || ')', '')
FROM pg_stat_activity
WHERE datname = ANY(%s) AND coalesce(backend_type, 'client backend') = 'client backend' AND usesysid IS NOT NULL
  AND pid <> pg_backend_pid()
ORDER BY 1
"""


# Only their own role, a member of pg_signal_backend, or for a superuser's session a superuser, may end sessions.
UNTOUCHABLE = """
SELECT DISTINCT a.usename FROM pg_stat_activity a JOIN pg_roles r ON r.oid = a.usesysid, pg_roles me
WHERE a.datname = %s AND coalesce(a.backend_type, 'client backend') = 'client backend' AND a.pid <> pg_backend_pid()
  AND me.rolname = current_user AND NOT me.rolsuper
  AND (r.rolsuper OR NOT (pg_has_role(r.oid, 'USAGE') OR pg_has_role('pg_signal_backend', 'USAGE')))
ORDER BY 1
"""


class PostgresqlSwapping:
    """Keeps the contract of `engines.replacing.Swapping`.

    ALTER DATABASE ... RENAME runs in a transaction block. It locks the database against new sessions first, then
    waits for those that are there to leave: so nobody comes in while they are ended from another connection.
    """

    async def exists(self, target: Connection, name: str) -> bool:
        """See `Swapping.exists`."""
        async with session(target) as opened:
            return (await comment_of(opened, name))[0]

    async def prepare(self, target: Connection, manifest: Manifest, shadow: str, live: str) -> None:
        """See `Swapping.prepare`. Encoding and locale belong to the data and came from the backup."""
        await analyze(replace(target, database=shadow))
        if await self.exists(target, live):
            async with session(replace(target, database=live)) as opened:
                manifest = as_it_is(manifest, (await database_properties(opened))[0])
        comment = own_comment(manifest.source.properties.get("comment"))
        async with session(target) as opened, lasting(opened):
            _, text = await comment_of(opened, shadow)
            mark = (text or "").partition("\n")[0]
            await give_belongings(opened, shadow, manifest, comment=marked(mark, comment), acl=True, owner=True)

    async def swap(self, target: Connection, swap: Swap, *, stop_connections: bool) -> None:
        """See `Swapping.swap`."""
        elsewhere = await _elsewhere(target)
        async with session(elsewhere, statement_timeout=CREATE_TIMEOUT, limit=CREATE_TIMEOUT) as opened:
            # asked first: while a rename waits for somebody nobody else comes in
            if not stop_connections:
                await _refuse_sessions(opened, swap, "End them, or let the restore do it (stopConnections).")
            tries = _TRIES if stop_connections else 1
            while True:
                in_use = await self._try(opened, elsewhere, swap, stop_connections)
                if in_use is None:
                    return
                tries -= 1
                if not tries:
                    await _refuse_sessions(opened, swap, "They did not end, or come back at once.")
                    raise ConflictError(f"{swap.live} is in use: {in_use.diag.message_detail} {_NOTHING}") from in_use

    async def swapped(self, target: Connection, swap: Swap) -> bool:
        """See `Swapping.swapped`. Where nothing was put aside, the restored one has lost its mark and old name."""
        async with session(await _elsewhere(target)) as opened:
            if not swap.new:
                return await bears(opened, swap.kept, kept(swap.marker))
            there, _ = await comment_of(opened, swap.live)
            waiting, _ = await comment_of(opened, swap.incoming)
            return there and not waiting

    async def end_connections(self, target: Connection, name: str) -> None:
        """See `Swapping.end_connections`."""
        async with session(await _elsewhere(target)) as opened:
            await _end_sessions(opened, await _oids(opened, [name]))

    async def drop_kept(self, target: Connection, name: str, marker: str) -> bool:
        """See `Swapping.drop_kept`."""
        elsewhere = await _elsewhere(target)
        async with session(elsewhere, statement_timeout=CREATE_TIMEOUT, limit=2 * CREATE_TIMEOUT) as opened:
            return await drop_marked(opened, name, kept(marker))

    async def _try(
        self, opened: Session, elsewhere: Connection, swap: Swap, stop_connections: bool
    ) -> psycopg.errors.ObjectInUse | None:
        async with _ending(elsewhere, swap) if stop_connections else contextlib.nullcontext():
            return await self._swap(opened, swap)

    async def _swap(self, opened: Session, swap: Swap) -> psycopg.errors.ObjectInUse | None:
        """Do it in one transaction; return the error when somebody was in there for too long."""
        try:
            async with lasting(opened):
                there, comment = await comment_of(opened, swap.live)
                if there is swap.new:
                    raise ConflictError(f"{swap.live} was made or dropped meanwhile. {_NOTHING}")
                _, waiting = await comment_of(opened, swap.incoming)
                if own_comment(waiting) == waiting:
                    raise ConflictError(f"The database {swap.incoming} bears no mark of ours. {_NOTHING}")
                if there:
                    await _rename(opened, swap.live, swap.kept)
                await _rename(opened, swap.incoming, swap.live)
                if there:
                    await set_comment(opened, swap.kept, marked(kept(swap.marker), own_comment(comment)))
                await set_comment(opened, swap.live, own_comment(waiting))
                await keep_roles(opened, swap.marker)
        except psycopg.errors.ObjectInUse as error:
            return error
        return None


async def _refuse_sessions(opened: Session, swap: Swap, what_to_do: str) -> None:
    if there := [text for (text,) in await ask(opened, SESSIONS, [swap.live, swap.incoming])]:
        raise ConflictError(f"{swap.live} is in use by {named(there)}. {what_to_do} {_NOTHING}")


def as_it_is(manifest: Manifest, properties: dict[str, Any]) -> Manifest:
    """Return the manifest with what belongs to a database itself taken from the one that is there."""
    own = {name: properties[name] for name in _OF_DATABASE}
    source = structs.replace(manifest.source, properties={**manifest.source.properties, **own})
    return structs.replace(manifest, source=source)


async def _rename(opened: Session, name: str, new: str) -> None:
    await opened.execute(SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(name), Identifier(new)))


async def _elsewhere(target: Connection) -> Connection:
    """Return a connection to a database that is no part of it: one cannot rename or drop the one it is in."""
    refused: DatabaseError | None = None
    for name in _ELSEWHERE:
        other = replace(target, database=name)
        try:
            async with session(other):
                return other
        except DatabaseError as e:
            refused = e
    raise DatabaseError(
        f"Neither of the databases {' and '.join(_ELSEWHERE)} can be connected to, and a database cannot be renamed "
        f"from inside itself: {refused}"
    ) from refused


@contextlib.asynccontextmanager
async def _ending(elsewhere: Connection, swap: Swap) -> AsyncIterator[None]:
    """End the sessions in both databases, again and again, as long as the block lasts."""
    async with session(elsewhere, limit=None) as opened:
        await _refuse_untouchable(opened, swap)
        # by number: the names change meanwhile
        databases, over = await _oids(opened, [swap.live, swap.incoming]), asyncio.Event()
        ending = asyncio.create_task(_keep_ending(opened, databases, over))
        try:
            yield
        finally:
            over.set()
            await ending


async def _refuse_untouchable(opened: Session, swap: Swap) -> None:
    """Say at once that a session cannot be ended, instead of waiting for it. Raises ConflictError."""
    for name in (swap.live, swap.incoming):
        if others := [role for (role,) in await ask(opened, UNTOUCHABLE, name)]:
            raise ConflictError(f"Your role may not end the sessions of {named(others)} in {name}. {_NOTHING}")


async def _keep_ending(opened: Session, databases: list[int], over: asyncio.Event) -> None:
    while not over.is_set():
        await _end_sessions(opened, databases)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_END_EVERY):
                await over.wait()


async def _end_sessions(opened: Session, databases: list[int]) -> None:
    query = "SELECT pid FROM pg_stat_activity WHERE datid = ANY(%s) AND pid <> pg_backend_pid()"
    for (pid,) in await ask(opened, query, databases):
        # who came since, and may not be ended, is what the rename waits for in vain
        with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
            await ask(opened, "SELECT pg_terminate_backend(%s)", pid)


async def _oids(opened: Session, names: list[str]) -> list[int]:
    return [oid for (oid,) in await ask(opened, "SELECT oid FROM pg_database WHERE datname = ANY(%s)", names)]
