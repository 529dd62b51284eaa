"""Asks a Docker engine for its containers, with GET alone, so that a socket proxy may forbid everything else.

Three paths are asked: /version, /containers/json and /containers/<id>/json. What changes something is in
`docker_scratch` and asked only by who was allowed to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dbbackup.core.containers import Container, parse
from dbbackup.core.docker_access import DockerAccess
from dbbackup.core.errors import DockerUnavailableError
from dbbackup.net.docker_faults import no_socket, translate

# The library is loaded with its first use: 5 MiB that a program without an engine has no use for.
if TYPE_CHECKING:
    from docker.errors import APIError

TIMEOUT = 5
"""Seconds that one answer may take."""
_OLDEST = "1.24"
"""What the library is told until the engine has named its own version."""


async def list_containers(access: DockerAccess) -> list[Container]:
    """Return all containers of the engine, those that do not run too.

    Raises:
        DockerUnavailableError: the engine cannot be asked; `reason` and message say why and what to do.
    """
    # The library is synchronous; each of its requests has an end, and so the thread has one.
    return await asyncio.to_thread(_list, access)


def engine_host(host: str) -> str | None:
    """Return the machine an engine runs on when that is another one: where its published ports are."""
    parts = urlsplit(host)
    name = parts.hostname if parts.scheme != "unix" else None
    return None if name in (None, "localhost", "127.0.0.1", "::1") else name


@contextmanager
def connected(access: DockerAccess, timeout: int | None = None) -> Iterator[Any]:
    """Connect with the engine's own version of the API; errors inside become DockerUnavailableError."""
    try:
        with closing(_client(access, _OLDEST, TIMEOUT)) as first:
            version = first.version(api_version=False)["ApiVersion"]
        with closing(_client(access, version, timeout or TIMEOUT)) as client:
            yield client
    except DockerUnavailableError:
        raise
    except Exception as error:
        from docker.errors import DockerException

        if not isinstance(error, DockerException | OSError | ValueError | KeyError | TypeError):
            raise
        raise translate(access, error, TIMEOUT) from error


def status_of(error: APIError) -> int:
    """Return the status the engine, or a proxy before it, answered with."""
    return int(error.response.status_code) if error.response is not None else 0


def _list(access: DockerAccess) -> list[Container]:
    with connected(access) as client:
        return _inspect(client, client.containers(all=True))


def _client(access: DockerAccess, version: str, timeout: int) -> Any:
    if missing := no_socket(access.host):
        raise missing
    import docker
    from docker.tls import TLSConfig

    tls = access.tls and TLSConfig(
        client_cert=(str(access.tls.certificate), str(access.tls.key)), ca_cert=str(access.tls.ca), verify=True
    )
    client = docker.APIClient(base_url=access.host, version=version, timeout=timeout, tls=tls or False)
    # What HTTP_PROXY names is not on the way to a socket, nor to a service of the stack.
    client.trust_env = False
    return client


def _inspect(client: Any, listed: Sequence[dict[str, Any]]) -> list[Container]:
    from docker.errors import NotFound

    found = []
    for entry in listed:
        try:
            found.append(parse(client.inspect_container(entry["Id"])))
        except NotFound:
            continue  # removed since it was listed
    return found
