"""Where the Docker engine is asked, and how it is trusted."""

from __future__ import annotations

import ssl
from pathlib import Path
from urllib.parse import urlsplit

from dbbackup.core.docker_access import DockerTls
from dbbackup.settings.model import DEFAULT_DOCKER_HOST
from dbbackup.settings.reader import Reader


def docker_host(read: Reader) -> str:
    """Return the engine's address; SSH is none, as no client of it is started."""
    text = read.text("DOCKER_HOST", DEFAULT_DOCKER_HOST)
    parts = urlsplit(text)
    is_socket = parts.scheme == "unix" and parts.path.startswith("/") and not parts.netloc
    is_proxy = parts.scheme in ("tcp", "http") and parts.hostname and "@" not in parts.netloc
    if parts.scheme == "ssh":
        read.complain(
            "DOCKER_HOST",
            "DOCKER_HOST cannot be ssh://: this program starts no SSH client. Forward the socket by SSH yourself and"
            " name that, or use tcp:// with DOCKER_TLS_VERIFY and DOCKER_CERT_PATH.",
        )
    elif not is_socket and not is_proxy:
        read.complain(
            "DOCKER_HOST",
            "DOCKER_HOST must be unix:///path/to/docker.sock, or tcp://host:port of an engine or a socket proxy,"
            " without a password in it.",
        )
    return text


def docker_tls(read: Reader) -> DockerTls | None:
    """Docker's own two variables. Never without verification: whoever stands in between would be root on the host."""
    verify, folder = read.text("DOCKER_TLS_VERIFY"), read.text("DOCKER_CERT_PATH")
    if not verify and not folder:
        return None
    if not verify or verify.lower() in ("0", "false"):
        if folder:
            read.complain(
                "DOCKER_TLS_VERIFY",
                "DOCKER_TLS_VERIFY must be 1 where DOCKER_CERT_PATH is set: TLS is always verified.",
            )
        return None
    if not folder:
        read.complain(
            "DOCKER_CERT_PATH",
            "DOCKER_CERT_PATH is missing, while DOCKER_TLS_VERIFY is set: name the folder with ca.pem, cert.pem and"
            " key.pem.",
        )
        return None
    if urlsplit(read.text("DOCKER_HOST", DEFAULT_DOCKER_HOST)).scheme != "tcp":
        read.complain("DOCKER_HOST", "DOCKER_HOST must be tcp://host:port where DOCKER_TLS_VERIFY is set.")
    tls = DockerTls.below(Path(folder).absolute())
    if problem := _tls_problem(tls):
        read.complain("DOCKER_CERT_PATH", f"DOCKER_CERT_PATH cannot be used: {problem}.")
    return tls


def _tls_problem(tls: DockerTls) -> str | None:
    """Say what is wrong with the files of a client."""
    for path in (tls.ca, tls.certificate, tls.key):
        try:
            path.read_bytes()
        except OSError as error:
            return f"{path}: {error.strerror}"
    try:
        context = ssl.create_default_context(cafile=str(tls.ca))
    except (ssl.SSLError, ValueError):
        return f"{tls.ca} holds no certificate"
    try:
        # A key with a passphrase would be asked for at the terminal.
        context.load_cert_chain(tls.certificate, tls.key, password=lambda: "")
    except (ssl.SSLError, ValueError):
        return f"{tls.certificate} and {tls.key} are not a certificate and its key without a passphrase"
    return None
