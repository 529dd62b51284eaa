"""What a database's container may be used for, as far as settings and the link say: Docker is not asked."""

from __future__ import annotations

from enum import StrEnum

from dbbackup.core.containers import GONE, Container
from dbbackup.core.errors import ContainerExecError, FieldError, ScratchContainerError
from dbbackup.db.models import DatabaseConfig
from dbbackup.services.context import Context
from dbbackup.services.surroundings import Surroundings


class Choice(StrEnum):
    """Whether something can be chosen for a database."""

    POSSIBLE = "possible"
    SWITCHED_OFF = "switchedOff"
    NOT_LINKED = "notLinked"


def scratch_choice(ctx: Context, config: DatabaseConfig) -> Choice:
    """Tell whether copies can be restored in throwaway containers of its image."""
    return _choice(ctx.live.allow_containers, config.container_id or config.container_name, config)


def dump_choice(ctx: Context, config: DatabaseConfig) -> Choice:
    """Tell whether it can be dumped in its own container."""
    return _choice(ctx.live.allow_exec, config.container_id or config.container_name, config)


def check_scratch(ctx: Context, config: DatabaseConfig) -> None:
    """Raise ScratchContainerError unless a throwaway container can be chosen for the database."""
    match scratch_choice(ctx, config):
        case Choice.SWITCHED_OFF:
            raise scratch_refused(
                "Throwaway containers are switched off: an administrator allows them by verify.allowContainers.",
                "switched-off",
            )
        case Choice.NOT_LINKED:
            raise scratch_refused(
                f"{config.name} is linked to no container, so there is no image to run. Add it by discovery, or fill in"
                " the name of its container; or restore on a server.",
                "not-linked",
            )
        case Choice.POSSIBLE:
            pass


def check_dump(ctx: Context, config: DatabaseConfig, container_name: str | None = None) -> None:
    """Raise ContainerExecError unless the database, with this name of its container, can be dumped in there."""
    match _choice(ctx.live.allow_exec, config.container_id or config.container_name or container_name, config):
        case Choice.SWITCHED_OFF:
            raise exec_refused(
                "Dumps in containers are switched off: an administrator allows them by backup.allowContainerExec.",
                "switched-off",
            )
        case Choice.NOT_LINKED:
            raise exec_refused(
                f"{config.name} is linked to no container that is there. Fill in the name of its container, or dump it"
                " over the network.",
                "not-linked",
            )
        case Choice.POSSIBLE:
            pass


def find_source(around: Surroundings, config: DatabaseConfig) -> Container | None:
    """Return the container that a database is linked to: by its id, else by its name."""
    by_id = {container.id: container for container in around.containers}
    by_name = {container.name: container for container in around.containers}
    return by_id.get(config.container_id or "") or by_name.get(config.container_name or "")


def scratch_refused(message: str, reason: str) -> ScratchContainerError:
    """Return the error with the field of a request that it is about."""
    return ScratchContainerError(message, details=[FieldError("targetKind", message)], reason=reason)


def exec_refused(message: str, reason: str) -> ContainerExecError:
    """Return the error with the field of a request that it is about."""
    return ContainerExecError(message, details=[FieldError("dumpVia", message)], reason=reason)


def _choice(allowed: bool, linked: str | None, config: DatabaseConfig) -> Choice:
    if not allowed:
        return Choice.SWITCHED_OFF
    return Choice.POSSIBLE if linked and config.container_state != GONE else Choice.NOT_LINKED
