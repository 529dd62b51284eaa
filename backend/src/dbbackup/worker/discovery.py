"""Looks at the containers around us again and again: links, labels, and databases that nobody added."""

from __future__ import annotations

import asyncio
from pathlib import Path

from loguru import logger

from dbbackup.core.containers import Container
from dbbackup.core.errors import DockerUnavailableError
from dbbackup.core.events import EVENTS_CHANNEL, ChangeEvent
from dbbackup.services.container_links import find_unprotected, follow_links, has_links, test_again
from dbbackup.services.context import Context
from dbbackup.services.label_sync import sync_labels
from dbbackup.services.surroundings import Surroundings, look_around
from dbbackup.settings import DEFAULT_DOCKER_HOST
from dbbackup.worker.unprotected import UnprotectedWatch

_TRIES = 8
"""Tests of a database whose container has just come up: a server takes a while to start."""
_log = logger.bind(category="discovery")


class DiscoveryLoop:
    """One per process."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._to_test: dict[str, int] = {}
        self._unprotected = UnprotectedWatch()
        self._silent = False

    async def step(self) -> None:
        """Look once, then wait. Raises DockerUnavailableError where labels are wanted and nobody can be asked."""
        try:
            await self.look()
        except DockerUnavailableError as error:
            self._ctx.runtime.unprotected = []
            if not self._silent:
                _log.warning("The containers around are not seen: {}", error.message)
            self._silent = True
            await asyncio.sleep(self._ctx.live.discovery_seconds)
            if self._ctx.live.auto_discover:
                raise
            return
        self._silent = False
        await asyncio.sleep(self._ctx.live.discovery_seconds)

    async def look(self) -> None:
        """Do the work of one step. Raises DockerUnavailableError."""
        if not await self._is_wanted():
            self._ctx.runtime.label_notices, self._ctx.runtime.unprotected = [], []
            return
        around = await look_around(self._ctx)
        await self._follow(around)
        if self._ctx.live.auto_discover:
            await sync_labels(self._ctx, around)
        else:
            self._ctx.runtime.label_notices = []
        unprotected = await find_unprotected(self._ctx, around)
        self._show(unprotected)
        await self._unprotected.look(self._ctx, around, unprotected)

    def _show(self, unprotected: list[Container]) -> None:
        known = {container.id for container in self._ctx.runtime.unprotected}
        self._ctx.runtime.unprotected = unprotected
        if known != {container.id for container in unprotected}:
            event = ChangeEvent(resource="discovery", id="containers", action="updated")
            self._ctx.events.publish(EVENTS_CHANNEL, event)

    async def _is_wanted(self) -> bool:
        """Without links, labels and any sign of an engine nobody is asked."""
        host = self._ctx.settings.docker_host
        if self._ctx.live.auto_discover or host != DEFAULT_DOCKER_HOST:
            return True
        if await asyncio.to_thread(Path(host.removeprefix("unix://")).exists):
            return True
        async with self._ctx.catalogue.sessions() as session:
            return await has_links(session)

    async def _follow(self, around: Surroundings) -> None:
        self._to_test |= dict.fromkeys(await follow_links(self._ctx, around), _TRIES)
        for config_id, tries in list(self._to_test.items()):
            if await test_again(self._ctx, config_id) or tries <= 1:
                del self._to_test[config_id]
            else:
                self._to_test[config_id] = tries - 1
