"""Asks a Docker engine for its containers, with GET alone, so that a socket proxy may forbid everything else.

Three paths are asked: /version, /containers/json and /containers/<id>/json.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import docker
from docker.errors import APIError, DockerException, NotFound

from dbbackup.core.containers import Container, parse
from dbbackup.core.errors import DockerUnavailableError

TIMEOUT = 5
"""Seconds that one answer may take."""
_OLDEST = "1.24"
"""What the library is told until the engine has named its own version."""


async def list_containers(host: str) -> list[Container]:
    """Return all containers of the engine, those that do not run too.

    Raises:
        DockerUnavailableError: the engine cannot be asked; `reason` and message say why and what to do.
    """
    # The library is synchronous; each of its requests has an end, and so the thread has one.
    return await asyncio.to_thread(_list, host)


def engine_host(host: str) -> str | None:
    """Return the machine an engine runs on when that is another one: where its published ports are."""
    parts = urlsplit(host)
    name = parts.hostname if parts.scheme != "unix" else None
    return None if name in (None, "localhost", "127.0.0.1", "::1") else name


def _list(host: str) -> list[Container]:
    try:
        with closing(_client(host, _OLDEST)) as first:
            version = first.version(api_version=False)["ApiVersion"]
        with closing(_client(host, version)) as client:
            return _inspect(client, client.containers(all=True))
    except (DockerException, OSError, ValueError, KeyError, TypeError) as error:
        raise _translate(host, error) from error


def _client(host: str, version: str) -> Any:
    client = docker.APIClient(base_url=host, version=version, timeout=TIMEOUT)
    # What HTTP_PROXY names is not on the way to a socket, nor to a service of the stack.
    client.trust_env = False
    return client


def _inspect(client: Any, listed: Sequence[dict[str, Any]]) -> list[Container]:
    found = []
    for entry in listed:
        try:
            found.append(parse(client.inspect_container(entry["Id"])))
        except NotFound:
            continue  # removed since it was listed
    return found


def _translate(host: str, error: Exception) -> DockerUnavailableError:
    """Say what to do. The library wraps the system's error in several of its own: their words are looked at."""
    if isinstance(error, APIError):
        status = error.response.status_code if error.response is not None else 0
        if status in (401, 403):
            return DockerUnavailableError(
                f"The proxy at {host} answers {status} to a question about containers. Let it pass GET /version,"
                " GET /containers/json and GET /containers/<id>/json; nothing else is asked.",
                reason="forbidden",
            )
        return DockerUnavailableError(f"The Docker engine at {host} answers with an error ({status}).", reason="error")
    text, path = str(error), host.removeprefix("unix://")
    if "Permission denied" in text or "PermissionError" in text:
        return DockerUnavailableError(
            f"This program's user may not open {path}. Put a socket proxy before it and name that in DOCKER_HOST"
            " (docs/how-to/discover-databases.md), or give this container the group of the socket (group_add).",
            reason="permission-denied",
        )
    if host.startswith("unix://") and ("No such file" in text or "FileNotFoundError" in text):
        return DockerUnavailableError(
            f"There is no Docker socket at {path}. Give this program a socket proxy and name it in DOCKER_HOST, or"
            " mount the socket read-only: docs/how-to/discover-databases.md.",
            reason="no-socket",
        )
    if "timed out" in text.lower():
        return DockerUnavailableError(
            f"The Docker engine at {host} did not answer within {TIMEOUT} s. Look whether it, or the proxy before it,"
            " is well.",
            reason="timeout",
        )
    return DockerUnavailableError(
        f"No Docker engine answers at {host}. Check DOCKER_HOST, and that the engine or the proxy runs.",
        reason="unreachable",
    )
