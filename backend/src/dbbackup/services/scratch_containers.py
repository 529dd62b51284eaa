"""Throwaway containers for trial restores: whether Docker lets one be had, and what it will be made of."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from dbbackup.core.container_servers import engine_types
from dbbackup.core.errors import ScratchContainerError
from dbbackup.core.scratch_container import Place, choose_place
from dbbackup.db.models import DatabaseConfig
from dbbackup.net import docker_scratch
from dbbackup.services.container_choice import check_scratch, find_source, scratch_refused
from dbbackup.services.context import Context
from dbbackup.services.surroundings import Surroundings, look_around


@dataclass(frozen=True, slots=True)
class Plan:
    """What a container will be made of; `source` names the database's own one."""

    source: str
    image: str
    image_id: str
    place: Place
    around: Surroundings


async def plan(ctx: Context, config: DatabaseConfig) -> Plan:
    """Look whether Docker lets us make the container, and say what it will be. Makes nothing.

    Raises:
        ScratchContainerError: it is not allowed, here or by Docker, or the database's container runs something else.
        DockerUnavailableError: no Docker engine can be asked.
    """
    check_scratch(ctx, config)
    around = await look_around(ctx)
    source = find_source(around, config)
    if source is None:
        text = f"The container {config.container_name} is gone: there is no image to run."
        raise scratch_refused(text, "not-linked")
    if config.type not in engine_types(source) or not source.image_id:
        text = f"{source.name} runs {source.image}, which is no image of {config.type}."
        raise scratch_refused(text, "wrong-image")
    try:
        place = choose_place(source, around.own, around.remote, ctx.live.container_network)
        await asyncio.to_thread(docker_scratch.check_may_create, ctx.settings.docker)
    except ScratchContainerError as error:
        raise scratch_refused(error.message, error.reason) from error
    return Plan(source.name, source.image, source.image_id, place, around)
