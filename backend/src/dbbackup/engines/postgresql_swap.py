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
from dbbackup.engines.postgresql_connect import Session, ask, session
from dbbackup.engines.postgresql_findings import named
from dbbackup.engines.postgresql_finish import give_belongings
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

SESSIONS = """
SELECT coalesce(usename, backend_type) || coalesce(' from ' || client_addr::text, '')
    || coalesce(' (' || nullif(application_name, '') || ')', '')
FROM pg_stat_activity
WHERE datname = ANY(%s) AND backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY 1
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
        async with session(replace(target, database=shadow), statement_timeout=0, limit=None) as opened:
            await opened.execute("ANALYZE")
        if await self.exists(target, live):
            async with session(replace(target, database=live)) as opened:
                manifest = as_it_is(manifest, (await database_properties(opened))[0])
        comment = own_comment(manifest.source.properties.get("comment"))
        async with session(target) as opened, opened.transaction():
            _, text = await comment_of(opened, shadow)
            mark = (text or "").partition("\n")[0]
            await give_belongings(opened, shadow, manifest, comment=marked(mark, comment), acl=True, owner=True)

    async def swap(self, target: Connection, swap: Swap, *, stop_connections: bool) -> None:
        """See `Swapping.swap`."""
        elsewhere = await _elsewhere(target)
        async with session(elsewhere, statement_timeout=CREATE_TIMEOUT, limit=CREATE_TIMEOUT) as opened:
            for _ in range(_TRIES if stop_connections else 1):
                try:
                    async with _ending(elsewhere, swap) if stop_connections else contextlib.nullcontext():
                        await self._swap(opened, swap)
                except psycopg.errors.ObjectInUse as e:
                    why = e.diag.message_detail or str(e)
                else:
                    return
            there = [text for (text,) in await ask(opened, SESSIONS, [swap.live, swap.incoming])]
        who = f" They are of {named(there)}." if there else ""
        how = "They did not end." if stop_connections else "End them, or let the restore do it (stopConnections)."
        raise ConflictError(f"{swap.live} is in use: {why}{who} {how} Nothing was changed.")

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

    async def _swap(self, opened: Session, swap: Swap) -> None:
        async with opened.transaction():
            there, comment = await comment_of(opened, swap.live)
            if there is swap.new:
                raise ConflictError(f"{swap.live} was made or dropped meanwhile. Nothing was changed.")
            _, waiting = await comment_of(opened, swap.incoming)
            if own_comment(waiting) == waiting:
                raise ConflictError(f"The database {swap.incoming} bears no mark of ours. Nothing was changed.")
            if there:
                await _rename(opened, swap.live, swap.kept)
            await _rename(opened, swap.incoming, swap.live)
            if there:
                await set_comment(opened, swap.kept, marked(kept(swap.marker), own_comment(comment)))
            await set_comment(opened, swap.live, own_comment(waiting))
            await keep_roles(opened, swap.marker)


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
        # by number: the names change meanwhile
        ending = asyncio.create_task(_keep_ending(opened, await _oids(opened, [swap.live, swap.incoming])))
        try:
            yield
        finally:
            ending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ending


async def _keep_ending(opened: Session, databases: list[int]) -> None:
    while True:
        await _end_sessions(opened, databases)
        await asyncio.sleep(_END_EVERY)


async def _end_sessions(opened: Session, databases: list[int]) -> None:
    query = "SELECT pid FROM pg_stat_activity WHERE datid = ANY(%s) AND pid <> pg_backend_pid()"
    for (pid,) in await ask(opened, query, databases):
        # one we may not end is named by the swap, which then fails
        with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
            await ask(opened, "SELECT pg_terminate_backend(%s)", pid)


async def _oids(opened: Session, names: list[str]) -> list[int]:
    return [oid for (oid,) in await ask(opened, "SELECT oid FROM pg_database WHERE datname = ANY(%s)", names)]
