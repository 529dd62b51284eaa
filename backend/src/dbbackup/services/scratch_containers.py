"""Throwaway containers for trial restores: whether one may be had for a database, and what it will be made of."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum

from dbbackup.core.container_servers import engine_types
from dbbackup.core.errors import FieldError, ScratchContainerError
from dbbackup.core.scratch_container import Place, choose_place
from dbbackup.db.models import DatabaseConfig
from dbbackup.net import docker_scratch
from dbbackup.services.container_links import GONE
from dbbackup.services.context import Context
from dbbackup.services.surroundings import Surroundings, look_around

_FIELD = "targetKind"


class Choice(StrEnum):
    """Whether a throwaway container can be chosen for a database, as far as is known without asking Docker."""

    POSSIBLE = "possible"
    SWITCHED_OFF = "switchedOff"
    NOT_LINKED = "notLinked"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a container will be made of; `source` names the database's own one."""

    source: str
    image: str
    image_id: str
    place: Place
    around: Surroundings


def choice(ctx: Context, config: DatabaseConfig) -> Choice:
    """Return what the settings and the link of a database say."""
    if not ctx.live.allow_containers:
        return Choice.SWITCHED_OFF
    linked = config.container_id or config.container_name
    return Choice.POSSIBLE if linked and config.container_state != GONE else Choice.NOT_LINKED


def check_choice(ctx: Context, config: DatabaseConfig) -> None:
    """Raise ScratchContainerError unless a container can be chosen for the database."""
    match choice(ctx, config):
        case Choice.SWITCHED_OFF:
            raise _refused(
                "Throwaway containers are switched off: an administrator allows them by verify.allowContainers.",
                "switched-off",
            )
        case Choice.NOT_LINKED:
            raise _refused(
                f"{config.name} is linked to no container, so there is no image to run. Add it by discovery, or fill in"
                " the name of its container; or restore on a server.",
                "not-linked",
            )
        case Choice.POSSIBLE:
            pass


async def plan(ctx: Context, config: DatabaseConfig) -> Plan:
    """Look whether Docker lets us make the container, and say what it will be. Makes nothing.

    Raises:
        ScratchContainerError: it is not allowed, here or by Docker, or the database's container runs something else.
        DockerUnavailableError: no Docker engine can be asked.
    """
    check_choice(ctx, config)
    around = await look_around(ctx)
    by_id = {container.id: container for container in around.containers}
    by_name = {container.name: container for container in around.containers}
    source = by_id.get(config.container_id or "") or by_name.get(config.container_name or "")
    if source is None:
        raise _refused(f"The container {config.container_name} is gone: there is no image to run.", "not-linked")
    if config.type not in engine_types(source) or not source.image_id:
        raise _refused(f"{source.name} runs {source.image}, which is no image of {config.type}.", "wrong-image")
    try:
        place = choose_place(source, around.own, around.remote, ctx.live.container_network)
        await asyncio.to_thread(docker_scratch.check_may_create, ctx.settings.docker)
    except ScratchContainerError as error:
        raise _refused(error.message, error.reason) from error
    return Plan(source.name, source.image, source.image_id, place, around)


def _refused(message: str, reason: str) -> ScratchContainerError:
    return ScratchContainerError(message, details=[FieldError(_FIELD, message)], reason=reason)
