"""Runs short commands in containers: to ask for a tool's version, and to end what a crash left. Dumps use the relay.

All of it blocks: call it in a thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dbbackup.core.docker_access import DockerAccess
from dbbackup.core.errors import ContainerExecError
from dbbackup.net.docker_api import connected, status_of

if TYPE_CHECKING:
    from docker.errors import APIError

USER = "65534:65534"
"""Nobody: a dump signs in by its password and needs no right in the container."""
_PATIENCE = 20
_LONGEST = 2_000


def run_short(access: DockerAccess, container: str, argv: Sequence[str]) -> tuple[int, str]:
    """Run a command that ends by itself soon; return its exit code and what it said.

    Raises:
        ContainerExecError: it is forbidden, or the container does not run or is gone; DockerUnavailableError.
    """
    from docker.errors import APIError

    with connected(access, _PATIENCE) as client:
        try:
            made = client.exec_create(container, list(argv), user=USER)
            said: bytes = client.exec_start(made["Id"])
            code = client.exec_inspect(made["Id"])["ExitCode"]
        except APIError as error:
            raise _refused(access, error) from error
    return int(code or 0), said[:_LONGEST].decode("utf-8", "replace").strip()


def _refused(access: DockerAccess, error: APIError) -> ContainerExecError:
    status = status_of(error)
    if status in (401, 403, 405):
        return ContainerExecError(
            f"The proxy at {access.host} answers {status} when a command is to be run in a container. Use one that lets"
            " this program do that (docs/how-to/dump-in-the-container.md), or dump over the network.",
            reason="forbidden",
        )
    if status == 404:
        return ContainerExecError("The container is gone.", reason="not-linked")
    said = str(error.explanation or status).strip().rstrip(".")
    return ContainerExecError(f"No command can be run in the container: {said}.", reason="not-running")
