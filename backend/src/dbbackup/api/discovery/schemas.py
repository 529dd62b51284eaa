"""What the API shows of database servers found in containers."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from dbbackup.api.databases.schemas import DatabaseView
from dbbackup.api.envelope import Envelope, ErrorBody


class DiscoveredDatabase(Struct, kw_only=True, rename="camel"):
    """A database of a found server; `databaseId` is its configuration if it has one."""

    name: str
    database_id: str | None


class DiscoveredServer(Struct, kw_only=True, rename="camel"):
    """A container with a database server. Passwords are never shown, only whether one was found."""

    container_id: str
    container_name: str
    image: str
    type: str
    host: str | None
    port: int | None
    """How it is reached from here; null: not at all."""
    username: str | None
    has_password: bool
    state: Literal["new", "configured", "credentialsMissing", "unreachable"]
    message: str | None
    """What is in the way of adding it."""
    labelled: bool
    """Whether it has `db-backup.*` labels."""
    databases: list[DiscoveredDatabase]


class DiscoveryProblem(Struct, kw_only=True, rename="camel"):
    """Why the Docker engine cannot be asked: `no-socket`, `permission-denied`, `forbidden` (by a proxy), and so on."""

    reason: str
    message: str


class LabelProblem(Struct, kw_only=True, rename="camel"):
    """Something wrong with the labels of a container; `label` is empty where it is no single one."""

    container: str
    label: str
    message: str


class Discovery(Struct, kw_only=True, rename="camel"):
    """What is around this program."""

    docker_host: str
    problem: DiscoveryProblem | None
    container_name: str | None
    """The container this program runs in; null: in none that the engine knows, so that all its containers are shown."""
    reads_credentials: bool
    auto_discover: bool
    label_problems: list[LabelProblem]
    servers: list[DiscoveredServer]


class AddedDatabase(Struct, kw_only=True, rename="camel"):
    """What became of one chosen database: either it was added, or why not."""

    container_name: str
    name: str
    database: DatabaseView | None
    error: ErrorBody | None


class DiscoveryEnvelope(Envelope, kw_only=True, rename="camel"):
    """What is around this program."""

    data: Discovery


class AddedDatabasesEnvelope(Envelope, kw_only=True, rename="camel"):
    """What became of each chosen database."""

    data: list[AddedDatabase]
