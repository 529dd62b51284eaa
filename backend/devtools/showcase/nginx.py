"""nginx with the configuration of the web image, on this machine: other paths and ports, nothing else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from devtools.servers.children import spawn
from devtools.servers.ports import free_port

_DOCKER = Path(__file__).resolve().parents[3] / "docker"
_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
_PATIENCE = 15.0


def find_nginx() -> str | None:
    """Return the path of nginx (Debian's package `nginx-light` is enough), or None."""
    return shutil.which("nginx", path=_PATH)


@contextmanager
def serve_page(nginx: str, home: Path, dist: Path, api_port: int) -> Iterator[str]:
    """Serve the built page and pass /api on to the port; yield the address. The workers run as the caller."""
    home.mkdir()
    port = free_port()
    changes = {
        "listen 3000 default_server": f"listen 127.0.0.1:{port} default_server",
        "root /srv/page": f"root {dist}",
        "server unix:/run/dbbackup/api.sock": f"server 127.0.0.1:{api_port}",
        "/etc/nginx/nginx-headers.conf": str(_DOCKER / "nginx-headers.conf"),
        "pid /tmp/": f"pid {home}/",
        "_temp_path /tmp/": f"_temp_path {home}/",
    }
    text = (_DOCKER / "nginx.conf").read_text()
    for old, new in changes.items():
        if old not in text:
            raise LookupError(f"docker/nginx.conf no longer has {old!r}")
        text = text.replace(old, new)
    # As root it would change to a user who may not read the page.
    user = "user root;\n" if os.geteuid() == 0 else ""
    config = home / "nginx.conf"
    config.write_text(user + text)
    child = spawn([nginx, "-e", "stderr", "-c", config, "-p", home], log=home / "nginx.log", cwd=home)
    try:
        child.wait_until(lambda: _answers(port), _PATIENCE, "nginx")
        yield f"http://127.0.0.1:{port}"
    finally:
        child.kill()


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/", timeout=1.0, trust_env=False).is_success
    except httpx.TransportError:
        return False
