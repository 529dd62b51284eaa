"""Says what is wrong when a Docker engine cannot be asked, and what to do about it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from dbbackup.core.docker_access import DockerAccess
from dbbackup.core.errors import DockerUnavailableError

if TYPE_CHECKING:
    from docker.errors import APIError

_TLS = re.compile(r"SSL|TLS|certificate|Connection reset|Connection aborted", re.IGNORECASE)
# What OpenSSL says, and what it means for who set the variables. The first that fits is told.
_TLS_FAULTS = (
    (r"hostname mismatch|doesn't match|IP address mismatch", "its certificate is for another name than this address"),
    (r"certificate has expired", "its certificate has expired"),
    (r"CERTIFICATE_VERIFY_FAILED", "its certificate is not from the authority in ca.pem"),
    (
        r"certificate[ _]required|bad[ _]certificate|unknown[ _]ca|alert[ _]certificate|ALERT_HANDSHAKE",
        "it does not accept the certificate in cert.pem",
    ),
    (r"WRONG_VERSION_NUMBER|record layer", "it does not speak TLS there"),
    # With TLS 1.3 the engine refuses after the handshake: its alert may come, or only the end of the connection.
    (r"EOF occurred|reset|aborted", "it does not accept the certificate in cert.pem"),
)


def no_socket(host: str) -> DockerUnavailableError | None:
    """Return the error for an engine whose socket is not there, None for all others."""
    path = host.removeprefix("unix://")
    if path == host:
        return None
    try:
        Path(path).stat()
    except FileNotFoundError:
        pass
    except OSError:
        return None  # connecting tells why
    else:
        return None
    return DockerUnavailableError(
        f"There is no Docker socket at {path}. Give this program a socket proxy and name it in DOCKER_HOST, or"
        " mount the socket read-only: docs/how-to/discover-databases.md.",
        reason="no-socket",
    )


def translate(access: DockerAccess, error: Exception, timeout: int) -> DockerUnavailableError:
    """Say what to do. The library wraps the system's error in several of its own: their words are looked at."""
    from docker.errors import APIError

    host = access.host
    if isinstance(error, APIError):
        return _refused(host, error)
    text, path = str(error), host.removeprefix("unix://")
    if "Permission denied" in text or "PermissionError" in text:
        return DockerUnavailableError(
            f"This program's user may not open {path}. Put a socket proxy before it and name that in DOCKER_HOST"
            " (docs/how-to/discover-databases.md), or give this container the group of the socket (group_add).",
            reason="permission-denied",
        )
    if missing := no_socket(host):
        return missing
    if "timed out" in text.lower():
        return DockerUnavailableError(
            f"The Docker engine at {host} did not answer within {timeout} s. Look whether it, or the proxy before it,"
            " is well.",
            reason="timeout",
        )
    if access.tls and _TLS.search(text):
        why = next((words for pattern, words in _TLS_FAULTS if re.search(pattern, text, re.IGNORECASE)), "TLS fails")
        return DockerUnavailableError(
            f"The Docker engine at {host} cannot be trusted, or does not trust us: {why}. Check ca.pem, cert.pem and"
            " key.pem in DOCKER_CERT_PATH.",
            reason="tls",
        )
    return DockerUnavailableError(
        f"No Docker engine answers at {host}. Check DOCKER_HOST, and that the engine or the proxy runs.",
        reason="unreachable",
    )


def _refused(host: str, error: APIError) -> DockerUnavailableError:
    status = error.response.status_code if error.response is not None else 0
    if status in (401, 403):
        return DockerUnavailableError(
            f"The proxy at {host} answers {status} to a question about containers. Let it pass GET /version,"
            " GET /containers/json and GET /containers/<id>/json; nothing else is asked.",
            reason="forbidden",
        )
    if status == 400 and "HTTPS server" in str(error):
        return DockerUnavailableError(
            f"The Docker engine at {host} wants TLS: set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to the folder with"
            " ca.pem, cert.pem and key.pem.",
            reason="tls",
        )
    return DockerUnavailableError(f"The Docker engine at {host} answers with an error ({status}).", reason="error")
