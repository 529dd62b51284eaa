"""What a throwaway container for a trial restore is made of, and how it is known to be ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dbbackup.core.containers import Container, shares_network
from dbbackup.core.errors import ScratchContainerError
from dbbackup.core.secret import Secret

NAME_PREFIX = "dbbackup-verify-"
INSTANCE_LABEL = "dbbackup.scratch.instance"
RUN_LABEL = "dbbackup.scratch.run"
DEFAULT_NETWORK = "bridge"
_LOOPBACK = "127.0.0.1"
_MIB = 1 << 20
_SHARED_MEMORY = 256 * _MIB
"""PostgreSQL builds large indexes in parallel there; the engine's 64 MiB are too few."""
_PROCESSES = 512
# What the start of the vendors' images needs to give its folder to the server's user and to become that user.
_RIGHTS = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID")


@dataclass(frozen=True, slots=True)
class Server:
    """How an engine's image is told a password, and where its server listens then."""

    port: int
    username: str
    database: str
    """One that is always there."""
    password_variables: tuple[str, ...]
    port_variable: str


SERVERS: Mapping[str, Server] = {
    "postgresql": Server(5432, "postgres", "postgres", ("POSTGRES_PASSWORD",), "PGPORT"),
    "mysql": Server(3306, "root", "mysql", ("MYSQL_ROOT_PASSWORD",), "MYSQL_TCP_PORT"),
    "mariadb": Server(3306, "root", "mysql", ("MARIADB_ROOT_PASSWORD", "MYSQL_ROOT_PASSWORD"), "MYSQL_TCP_PORT"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """The network a container joins, and whether its port is published on loopback for a program on the host."""

    network: str
    published: bool


def name_of(run_id: str) -> str:
    """Return the name of a run's container: known before it is made."""
    return f"{NAME_PREFIX}{run_id}"


def is_scratch(container: Container) -> bool:
    """Tell whether a container is a throwaway one, of whatever instance."""
    return INSTANCE_LABEL in container.labels


def is_of_run(container: Container, instance_id: str, run_id: str) -> bool:
    """Tell whether a container is the one that this instance made for this run."""
    return container.labels.get(INSTANCE_LABEL) == instance_id and container.labels.get(RUN_LABEL) == run_id


def choose_place(source: Container, own: Container | None, remote: str | None, wanted: str) -> Place:
    """Return where to put the container so that we reach its server, and as few others as can be.

    `own` is the container we run in, `remote` the engine's machine when it is another one, `wanted` the network of
    the settings. Raises ScratchContainerError where there is no such place.
    """
    if own is None:
        if remote:
            raise ScratchContainerError(
                f"The Docker engine runs on {remote}: from here the container could be reached only by a port that is"
                " open to the network. Run this program in a container there, or restore on a server.",
                reason="remote-engine",
            )
        return Place(wanted or DEFAULT_NETWORK, published=True)
    if wanted:
        if wanted not in {attachment.network for attachment in own.networks}:
            raise ScratchContainerError(
                f"This program is not on the network {wanted} (verify.containerNetwork): put it there, or name one of"
                f" {', '.join(sorted(attachment.network for attachment in own.networks))}.",
                reason="no-network",
            )
        return Place(wanted, published=False)
    mine = {attachment.network_id for attachment in own.networks}
    if not shares_network(source, own):
        raise ScratchContainerError(
            f"This program shares no network with {source.name}: name one of its own in verify.containerNetwork.",
            reason="no-network",
        )
    return Place(next(a.network for a in source.networks if a.network_id in mine), published=False)


def specification(
    image_id: str, engine: str, password: Secret, place: Place, memory_mib: int, labels: Mapping[str, str]
) -> dict[str, Any]:
    """Return the body of the request that makes the container.

    Of the source only its image is taken: none of its volumes, none of its variables and not its command, which might
    archive to where the real one does. The password goes in the environment, as the images want it.
    """
    server = SERVERS[engine]
    port = f"{server.port}/tcp"
    told = {name: password.reveal() for name in server.password_variables} | {server.port_variable: str(server.port)}
    return {
        "Image": image_id,
        "Env": [f"{name}={value}" for name, value in told.items()],
        # An image that Compose built names its project: `down --remove-orphans` there is not about this one.
        "Labels": {"com.docker.compose.project": "", "com.docker.compose.service": "", **labels},
        "ExposedPorts": {port: {}},
        "Healthcheck": {"Test": ["NONE"]},
        "HostConfig": {
            "NetworkMode": place.network,
            "PortBindings": {port: [{"HostIp": _LOOPBACK, "HostPort": ""}]} if place.published else {},
            "Memory": memory_mib * _MIB,
            # The same as the memory: no swap.
            "MemorySwap": memory_mib * _MIB,
            "ShmSize": min(_SHARED_MEMORY, memory_mib * _MIB // 2),
            # Half the usual weight: whatever else wants the processor goes first.
            "CpuShares": 512,
            "PidsLimit": _PROCESSES,
            "CapDrop": ["ALL"],
            "CapAdd": list(_RIGHTS),
            "SecurityOpt": ["no-new-privileges"],
            "RestartPolicy": {"Name": "no"},
            # Not to where the engine sends the logs of all others.
            "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "1"}},
        },
    }
