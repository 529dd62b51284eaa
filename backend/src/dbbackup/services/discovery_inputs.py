"""What callers may send about found servers."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from dbbackup.services.inputs import Input, Text


class DiscoveredServerInput(Input):
    """Databases of one container to add.

    `username` and `password` are for a server whose container does not tell them; left out, its environment is read.
    """

    container_id: Annotated[str, Meta(min_length=12, max_length=64)]
    databases: Annotated[list[Text], Meta(min_length=1, max_length=200)]
    username: Text | None = None
    password: Annotated[str, Meta(max_length=1000)] = ""


class DiscoveryAddInput(Input):
    """Databases to add, of one server or several."""

    servers: Annotated[list[DiscoveredServerInput], Meta(min_length=1, max_length=50)]
