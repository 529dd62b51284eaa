"""Looks at the containers around us again and again: follows links, and keeps in step with labels."""

from __future__ import annotations

import asyncio

from loguru import logger

from dbbackup.core.errors import DockerUnavailableError
from dbbackup.services.container_links import follow_links, has_links, test_again
from dbbackup.services.context import Context
from dbbackup.services.label_sync import sync_labels
from dbbackup.services.surroundings import look_around

_TRIES = 8
"""Tests of a database whose container has just come up: a server takes a while to start."""
_log = logger.bind(category="discovery")


class DiscoveryLoop:
    """One per process."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._to_test: dict[str, int] = {}
        self._silent = False

    async def step(self) -> None:
        """Look once, then wait. Raises DockerUnavailableError where labels are wanted and nobody can be asked."""
        try:
            await self.look()
        except DockerUnavailableError as error:
            await asyncio.sleep(self._ctx.live.discovery_seconds)
            if self._ctx.live.auto_discover:
                raise
            if not self._silent:
                _log.warning("Links to containers are not followed: {}", error.message)
            self._silent = True
            return
        self._silent = False
        await asyncio.sleep(self._ctx.live.discovery_seconds)

    async def look(self) -> None:
        """Do the work of one step; without links and labels nobody is asked."""
        async with self._ctx.catalogue.sessions() as session:
            linked = await has_links(session)
        if not linked and not self._ctx.live.auto_discover:
            self._ctx.runtime.label_notices = []
            return
        around = await look_around(self._ctx)
        self._to_test |= dict.fromkeys(await follow_links(self._ctx, around), _TRIES)
        for config_id, tries in list(self._to_test.items()):
            if await test_again(self._ctx, config_id) or tries <= 1:
                del self._to_test[config_id]
            else:
                self._to_test[config_id] = tries - 1
        if self._ctx.live.auto_discover:
            await sync_labels(self._ctx, around)
        else:
            self._ctx.runtime.label_notices = []
