"""How an engine puts a restored database in the place of one that is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from dbbackup.core.manifest import Manifest
from dbbackup.engines.values import Connection


@dataclass(frozen=True, slots=True)
class Swap:
    """Two databases of one server that change places.

    `incoming` takes the name `live`, and what had it is called `kept`. `marker` is the restore's, by which
    the kept one is known to be ours to drop; `new` tells that there is nothing called `live` yet.
    """

    live: str
    incoming: str
    kept: str
    marker: str
    new: bool = False


class Swapping(Protocol):
    """Replaces by renaming, all at once: a failure at any point leaves the database as it was."""

    async def exists(self, target: Connection, name: str) -> bool:
        """Tell whether the server has a database of that name. Raises DatabaseError."""
        ...

    async def prepare(self, target: Connection, manifest: Manifest, shadow: str, live: str) -> None:
        """ANALYZE the filled shadow, then give it what belongs to the live database itself.

        That is owner, privileges, settings, comment; where there is no live one they come from the manifest. The
        mark stays. Raises DatabaseError.
        """
        ...

    async def swap(self, target: Connection, swap: Swap, *, stop_connections: bool) -> None:
        """Let the databases change places in one transaction; the kept one gets the mark, the live one loses it.

        Raises:
            ConflictError: sessions are in one of them, and they are not to be ended, or do not end.
            DatabaseError: the server refused. In all cases everything is as it was.
        """
        ...

    async def swapped(self, target: Connection, swap: Swap) -> bool:
        """Tell whether that swap has happened. Raises DatabaseError when the server cannot be asked."""
        ...

    async def end_connections(self, target: Connection, name: str) -> None:
        """End the sessions in the database, as far as the role may. Raises DatabaseError."""
        ...

    async def drop_kept(self, target: Connection, name: str, marker: str) -> bool:
        """Drop a database that a swap put aside; tell whether it was there. Raises ConflictError without its mark."""
        ...


class InPlace(Protocol):
    """Replaces by dropping first: the way back is a backup made before."""

    async def make_room(self, target: Connection, name: str) -> None:
        """End the sessions in the database and drop it, whoever made it. Nothing to do when it is not there.

        Only for a restore that was told to replace it. Raises DatabaseError.
        """
        ...

    async def end_connections(self, target: Connection, name: str) -> None:
        """End the sessions in the database, as far as the account may. Raises DatabaseError."""
        ...
