"""Tells of database containers that nobody backs up: each once, some time after it was seen, until that is over."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from sqlalchemy import select

from dbbackup.core.containers import Container
from dbbackup.core.notifications import EventType
from dbbackup.db.models import NotificationCondition
from dbbackup.services.context import Context
from dbbackup.services.notifications import NotificationEvent, notify
from dbbackup.services.surroundings import Surroundings

GRACE_SECONDS = 600.0
"""Whoever starts a database adds it in that time; and a container that is made anew is gone for less."""
AGAIN_SECONDS = 3600.0
"""A channel that was chosen later hears of it within this time; who was told is not told again."""
_CONDITION = "unprotected:"


class UnprotectedWatch:
    """What was seen when, by the names of containers: a container that is made anew keeps its name."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}
        self._told: dict[str, float] = {}
        self._missing: dict[str, float] = {}

    async def look(self, ctx: Context, around: Surroundings, unprotected: Sequence[Container]) -> None:
        """Tell what is new or over since the last look."""
        now = time.monotonic()
        found = {container.name: container for container in unprotected}
        self._seen = {name: self._seen.get(name, now) for name in found}
        self._told = {name: at for name, at in self._told.items() if name in found}
        due = [
            container
            for name, container in found.items()
            if now - self._seen[name] >= GRACE_SECONDS and now - self._told.get(name, -AGAIN_SECONDS) >= AGAIN_SECONDS
        ]
        over = self._over(await _alarmed(ctx), found.keys(), around, now)
        if not due and not over:
            return
        async with ctx.catalogue.transaction() as session:
            for container in due:
                await notify(session, ctx, _alarm(container))
            for name, reason in over.items():
                await notify(session, ctx, _end(name, reason))
        self._told |= {container.name: now for container in due}

    def _over(self, alarmed: set[str], found: Iterable[str], around: Surroundings, now: float) -> dict[str, str]:
        """Return the alarms that are over, each with the reason. A container that only stands still ends none."""
        running = {container.name: container.running for container in around.containers}
        settled = alarmed - set(found)
        self._missing = {name: self._missing.get(name, now) for name in settled if name not in running}
        over = dict.fromkeys(
            (name for name, since in self._missing.items() if now - since >= GRACE_SECONDS), "Its container is gone."
        )
        return over | dict.fromkeys(
            (name for name in settled if running.get(name)),
            "A database of it was added, or its label says that it is left out on purpose.",
        )


async def _alarmed(ctx: Context) -> set[str]:
    keys = select(NotificationCondition.key).where(NotificationCondition.key.startswith(_CONDITION)).distinct()
    async with ctx.catalogue.sessions() as session:
        return {key.removeprefix(_CONDITION) for key in await session.scalars(keys)}


def _alarm(container: Container) -> NotificationEvent:
    return NotificationEvent(
        type=EventType.DATABASE_UNPROTECTED,
        subject=container.name,
        title=f"Nobody backs up the database container {container.name}",
        text=f"{container.name} ({container.image}) runs a database server of which no database is added here.",
        advice="Add its databases under Databases, Discover; or set its label db-backup.enable to false.",
        path="/databases/discover",
    )


def _end(name: str, reason: str) -> NotificationEvent:
    return NotificationEvent(
        type=EventType.DATABASE_PROTECTED,
        subject=name,
        title=f"The database container {name} is no longer unprotected",
        text=reason,
        path="/databases",
    )
