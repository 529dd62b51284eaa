"""What a container engine tells of its containers, as far as databases are concerned."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

RUNNING, STOPPED, GONE = "running", "stopped", "gone"
"""States of the container that a database is linked to."""
_OWN_FILES = ("/etc/hostname", "/etc/hosts", "/etc/resolv.conf")
_ID_IN_PATH = re.compile(r"/containers/([0-9a-f]{64})/")
_INTERIM_NAME = re.compile(r"[0-9a-f]{12}_(.+)")
_ANY_ADDRESS = ("", "0.0.0.0", "::")  # noqa: S104 - what the engine says of a port published everywhere
_HOST_NETWORK, _DEFAULT_BRIDGE = "host", "bridge"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A network a container is on; `address` is empty while it does not run."""

    network_id: str
    network: str
    address: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Container:
    """One container; `published` maps a port of the container to the host's address and port."""

    id: str
    name: str
    image: str
    running: bool
    labels: Mapping[str, str]
    environment: Mapping[str, str] = field(repr=False)
    """Holds passwords: never shown, never logged."""
    networks: tuple[Attachment, ...] = ()
    ports: frozenset[int] = frozenset()
    published: Mapping[int, tuple[str, int]] = field(default_factory=dict)
    hostname: str = ""
    image_id: str = ""
    """Of the very image it runs, whatever its name stands for by now."""
    exit_code: int = 0
    out_of_memory: bool = False
    """Whether the kernel ended it because it wanted more memory than it may have."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server in a container is reached from here."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def parse(answer: Mapping[str, Any]) -> Container:
    """Read the engine's answer to an inspection; what is missing counts as empty."""
    config, settings = answer.get("Config") or {}, answer.get("NetworkSettings") or {}
    state = answer.get("State") or {}
    variables = (text.partition("=") for text in config.get("Env") or [])
    ports = settings.get("Ports") or {}
    return Container(
        id=answer["Id"],
        name=str(answer.get("Name", "")).removeprefix("/"),
        image=str(config.get("Image", "")),
        running=bool(state.get("Running")),
        labels=dict(config.get("Labels") or {}),
        environment={name: value for name, _, value in variables},
        networks=tuple(_attachment(name, entry) for name, entry in (settings.get("Networks") or {}).items()),
        ports=frozenset(filter(None, (_tcp(p) for p in {**(config.get("ExposedPorts") or {}), **ports}))),
        published=_published(ports),
        hostname=str(config.get("Hostname", "")),
        image_id=str(answer.get("Image", "")),
        exit_code=int(state.get("ExitCode", 0)),
        out_of_memory=bool(state.get("OOMKilled")),
    )


def own_id(mountinfo: str) -> str | None:
    """Return the id of the container that a process with this /proc/self/mountinfo is in; None outside of one.

    The engine mounts files from a folder named for the container over these three; nobody else does.
    """
    for line in mountinfo.splitlines():
        fields = line.split(" ")
        if len(fields) > 4 and fields[4] in _OWN_FILES and (found := _ID_IN_PATH.search(fields[3])):
            return found[1]
    return None


def find_own(containers: Sequence[Container], mountinfo: str, hostname: str) -> Container | None:
    """Return the container we run in; None when it is not among these, or shares the host's network."""
    own = own_id(mountinfo)
    for container in containers:
        # By name only as a last resort and among the running ones: a host may be called like a container.
        by_name = own is None and container.running and hostname and container.id.startswith(hostname)
        if container.id == own or (by_name and len(hostname) >= 12):
            return None if any(n.network == _HOST_NETWORK for n in container.networks) else container
    return None


def shares_network(container: Container, own: Container) -> bool:
    """Tell whether the container is on a network that ours is on, too."""
    mine = {attachment.network_id for attachment in own.networks}
    return any(attachment.network_id in mine for attachment in container.networks)


def address_of(container: Container, port: int, own: Container | None, remote: str | None = None) -> Address | None:
    """Return where a port of the container is reached: by name on a shared network, else published, else by its IP.

    `remote` is the engine's host when that is another machine. None: it cannot be reached.
    """
    if own is not None:
        return _inside(container, port, own)
    if published := container.published.get(port):
        host, number = published
        return Address(remote or ("127.0.0.1" if host in _ANY_ADDRESS else host), number)
    if any(n.network == _HOST_NETWORK for n in container.networks):
        return Address(remote or "127.0.0.1", port)
    if remote:
        return None
    return next((Address(n.address, port) for n in container.networks if n.address), None)


def names_of(container: Container) -> set[str]:
    """Return every host name and address that stands for the container."""
    found = {container.name, container.hostname, container.id[:12]}
    for attachment in container.networks:
        found |= {attachment.address, *attachment.aliases}
    return {name.lower() for name in found if name}


def is_interim_name(name: str, known: str) -> bool:
    """Tell whether Compose only moved a container aside, or puts a new one up: `0123456789ab_shop-db-1`."""
    found = _INTERIM_NAME.fullmatch(name)
    return found is not None and found[1] == known


def _inside(container: Container, port: int, own: Container) -> Address | None:
    mine = {attachment.network_id for attachment in own.networks}
    for attachment in container.networks:
        if attachment.network_id in mine:
            # The default bridge has no names.
            host = attachment.address if attachment.network == _DEFAULT_BRIDGE else container.name
            if host:
                return Address(host, port)
    return None


def _attachment(name: str, entry: Mapping[str, Any]) -> Attachment:
    aliases = [*(entry.get("Aliases") or []), *(entry.get("DNSNames") or [])]
    return Attachment(
        network_id=str(entry.get("NetworkID") or name),
        network=name,
        address=str(entry.get("IPAddress") or entry.get("GlobalIPv6Address") or ""),
        aliases=tuple(dict.fromkeys(aliases)),
    )


def _tcp(port: str) -> int | None:
    number, _, protocol = port.partition("/")
    return int(number) if number.isdecimal() and protocol in ("", "tcp") else None


def _published(ports: Mapping[str, Any]) -> dict[int, tuple[str, int]]:
    found = {}
    for name, bindings in ports.items():
        inner = _tcp(name)
        if inner and bindings:
            found[inner] = (str(bindings[0].get("HostIp", "")), int(bindings[0]["HostPort"]))
    return found
