"""Makes, starts, looks at and removes throwaway containers: the only place that changes anything at a Docker engine.

Every request names a container of our own prefix, so that a proxy may forbid the same of all others: POST
/containers/create?name=dbbackup-verify-…, POST /containers/dbbackup-verify-…/start, GET …/json and …/logs, DELETE.
Nothing is ever pulled: the engine's API does not, unlike its command line. All of it blocks: call it in a thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dbbackup.core.containers import Container, parse
from dbbackup.core.docker_access import DockerAccess
from dbbackup.core.errors import ScratchContainerError
from dbbackup.core.scratch_container import NAME_PREFIX, is_of_run
from dbbackup.net.docker_api import connected, status_of

if TYPE_CHECKING:
    from docker.errors import APIError

_PATIENCE = 60
"""Seconds that the engine may take to make, start or remove a container."""
_LAST_LINES = 15
_FORBIDDEN = (401, 403, 405)


def check_may_create(access: DockerAccess) -> None:
    """Ask for a container that cannot be made, since the request names no image: what forbids it shows by its answer.

    Raises:
        ScratchContainerError: a proxy, or the engine, forbids making containers.
        DockerUnavailableError: nobody answers.
    """
    from docker.errors import APIError

    with connected(access) as client:
        try:
            client.create_container_from_config({}, name=f"{NAME_PREFIX}probe")
        except APIError as error:
            if status_of(error) in _FORBIDDEN:
                raise _forbidden(access, error) from error


def create(access: DockerAccess, name: str, specification: dict[str, Any]) -> None:
    """Make and start the container. What was made and does not start is left for `remove`.

    Raises:
        ScratchContainerError: it is forbidden, its image is gone, or the engine cannot make or start it.
        DockerUnavailableError: nobody answers.
    """
    from docker.errors import APIError

    with connected(access, _PATIENCE) as client:
        try:
            client.create_container_from_config(specification, name=name)
            client.start(name)
        except APIError as error:
            raise _refused(access, error) from error


def look(access: DockerAccess, name: str) -> Container | None:
    """Return the container as it is now; None when there is none. Raises DockerUnavailableError."""
    from docker.errors import NotFound

    with connected(access) as client:
        try:
            return parse(client.inspect_container(name))
        except NotFound:
            return None


def last_words(access: DockerAccess, name: str) -> str:
    """Return the end of what the container printed, if it can be read. Raises DockerUnavailableError."""
    from docker.errors import APIError

    with connected(access) as client:
        try:
            said: bytes = client.logs(name, tail=_LAST_LINES)
        except APIError:
            return ""
    return said.decode("utf-8", "replace").strip()


def remove(access: DockerAccess, name: str, instance_id: str, run_id: str) -> bool:
    """End and remove the container with its volumes if this run made it; tell whether it was there.

    Raises:
        ScratchContainerError: it may not be removed; DockerUnavailableError: nobody answers.
    """
    from docker.errors import APIError, NotFound

    with connected(access, _PATIENCE) as client:
        try:
            # By its labels: a name may stand for something else by now.
            if not is_of_run(parse(client.inspect_container(name)), instance_id, run_id):
                return False
            client.remove_container(name, v=True, force=True)
        except NotFound:
            return False
        except APIError as error:
            raise _refused(access, error) from error
    return True


def _refused(access: DockerAccess, error: APIError) -> ScratchContainerError:
    status = status_of(error)
    if status in _FORBIDDEN:
        return _forbidden(access, error)
    said = str(error.explanation or "").strip().rstrip(".")
    if status == 404 and "image" in said.lower():
        return ScratchContainerError(
            "The image of the database's container is no longer at the Docker engine, and nothing is pulled. Start the"
            " database anew from an image that is there, or restore on a server.",
            reason="image-missing",
        )
    return ScratchContainerError(f"The Docker engine cannot run a throwaway container: {said or status}.")


def _forbidden(access: DockerAccess, error: APIError) -> ScratchContainerError:
    return ScratchContainerError(
        f"The proxy at {access.host} answers {status_of(error)} when a container is to be made. Use one that lets this"
        " program make containers (docs/how-to/verify-a-backup.md), or restore on a server.",
        reason="forbidden",
    )
