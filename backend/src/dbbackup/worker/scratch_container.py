"""The throwaway container of one verification: made, waited for, explained when it fails, and removed."""

from __future__ import annotations

import asyncio
import secrets
import time
from contextlib import suppress

from dbbackup.core.containers import Container, address_of
from dbbackup.core.errors import AppError, DatabaseError, DockerUnavailableError, ScratchContainerError
from dbbackup.core.journal import JournalKind
from dbbackup.core.masking import Masker
from dbbackup.core.scratch_container import (
    INSTANCE_LABEL,
    RUN_LABEL,
    SERVERS,
    name_of,
    specification,
)
from dbbackup.core.secret import Secret
from dbbackup.db.models import DatabaseConfig
from dbbackup.engines.values import Connection
from dbbackup.net import docker_scratch
from dbbackup.services.connections import reachable
from dbbackup.services.context import Context
from dbbackup.services.scratch_containers import Plan, plan
from dbbackup.storages.offload import finish
from dbbackup.worker.run import RunTools

_START_PATIENCE = 180.0
"""Seconds until its server must answer: MySQL makes its system tables first, on a busy disk for a minute."""
_LOOK_SECONDS = 0.5
_CONNECT_SECONDS = 4
_WORDS = 1_000


class ScratchContainer:
    """Made for one run, by whose id it is named; nothing else knows its password."""

    def __init__(self, ctx: Context, run_id: str) -> None:
        self._ctx = ctx
        self._run_id = run_id
        self._name = name_of(run_id)
        self._noted = False
        self.password = Secret(secrets.token_urlsafe(24))

    async def start(self, config: DatabaseConfig, tools: RunTools) -> Connection:
        """Make the container of a database's image and return how its server is reached, once it answers.

        Raises:
            ScratchContainerError: it is not allowed, cannot be made, or its server does not come up.
            DockerUnavailableError: no Docker engine can be asked.
        """
        tools.report.stage("Starting a container")
        found, started = await plan(self._ctx, config), time.monotonic()
        docker = self._ctx.settings.docker
        labels = {INSTANCE_LABEL: self._ctx.instance_id, RUN_LABEL: self._run_id}
        memory = self._ctx.live.container_memory
        body = specification(found.image_id, config.type, self.password, found.place, memory, labels)
        await tools.journal.note(JournalKind.SCRATCH_CONTAINER, name=self._name, host=docker.host)
        self._noted = True
        # Waited for even when cancelled: what is being made could not be removed before it is there.
        await finish(asyncio.to_thread(docker_scratch.create, docker, self._name, body))
        tools.log.say("info", f"Started the container {self._name} of {found.image}, the image of {found.source}")
        connection = await self._ready(config, found)
        tools.log.say("info", f"Its server answers after {time.monotonic() - started:.1f} s.")
        return connection

    async def explained(self, error: BaseException) -> BaseException:
        """Return the error with what the container's end adds to it; the same one while it lives."""
        if not self._noted or not isinstance(error, AppError) or isinstance(error, ScratchContainerError):
            return error
        try:
            container = await asyncio.to_thread(docker_scratch.look, self._ctx.settings.docker, self._name)
            if container is None or container.running:
                return error
            return ScratchContainerError(f"{await self._ending(container)} {error.message}", reason="died")
        except (DockerUnavailableError, asyncio.CancelledError):
            return error  # the run ends in any case: this would only say more about it

    async def remove(self, tools: RunTools) -> bool:
        """End and remove it with its data; tell whether nothing is left."""
        if not self._noted:
            return True
        try:
            gone = await remove_container(self._ctx, self._name, self._run_id)
        except AppError as error:
            text = f"The container {self._name} could not be removed ({error.message}). It will be tried again."
            tools.log.say("error", text)
            return False
        except asyncio.CancelledError:
            return False  # the run has its end to write; the journal keeps the question
        if gone:
            tools.log.say("info", f"The container {self._name} was removed, with its data.")
        return True

    async def _ready(self, config: DatabaseConfig, found: Plan) -> Connection:
        engine, deadline = self._ctx.engines[config.type], time.monotonic() + _START_PATIENCE
        while True:
            connection = await self._connection(config, found)
            try:
                return await engine.maintenance(await reachable(self._ctx, connection))
            except DatabaseError as error:
                if time.monotonic() > deadline:
                    raise ScratchContainerError(
                        f"The server in the container of {found.image} did not answer within {_START_PATIENCE:.0f} s"
                        f" ({error.message})",
                        reason="not-ready",
                    ) from error
            await asyncio.sleep(_LOOK_SECONDS)

    async def _connection(self, config: DatabaseConfig, found: Plan) -> Connection:
        """Return how the server is reached now. Raises ScratchContainerError when its container has ended."""
        container = await asyncio.to_thread(docker_scratch.look, self._ctx.settings.docker, self._name)
        if container is None:
            raise ScratchContainerError(f"Somebody removed the container {self._name}.", reason="died")
        if not container.running:
            raise ScratchContainerError(await self._ending(container), reason="died")
        server = SERVERS[config.type]
        address = address_of(container, server.port, found.around.own, found.around.remote)
        if address is None:
            raise ScratchContainerError(
                f"The container has no address on the network {found.place.network} from here.", reason="no-network"
            )
        return Connection(
            host=address.host,
            port=address.port,
            database=server.database,
            username=server.username,
            password=self.password,
            connect_timeout=_CONNECT_SECONDS,
        )

    async def _ending(self, container: Container) -> str:
        if container.out_of_memory:
            limit = self._ctx.live.container_memory
            return f"The container wanted more memory than its {limit} MiB: raise verify.containerMemoryMib."
        said = ""
        with suppress(DockerUnavailableError):
            said = await asyncio.to_thread(docker_scratch.last_words, self._ctx.settings.docker, self._name)
        words = Masker([self.password]).mask(said)[-_WORDS:]
        text = f"The container of the database's image ended by itself, with exit code {container.exit_code}."
        return f"{text} Its last words: {words}" if words else text


async def remove_container(ctx: Context, name: str, run_id: str) -> bool:
    """Remove the container that a run made, even when cancelled; tell whether it was there. Raises AppError."""
    removing = asyncio.to_thread(docker_scratch.remove, ctx.settings.docker, name, ctx.instance_id, run_id)
    return await finish(removing)
