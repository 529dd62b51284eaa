"""The `docker run` commands of docs/how-to/deploy-with-docker.md, as they stand there."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from devtools.docker_engine import DockerEngine
from devtools.servers.ports import free_port
from tests.images.stack import API, ROOT, WEB

pytestmark = pytest.mark.timeout(900)
_GUIDE = ROOT / "docs" / "how-to" / "deploy-with-docker.md"


def test_quick_start_when_its_commands_are_run_then_the_page_and_the_api_answer(
    images: DockerEngine, tmp_path: Path
) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```", _GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    key = next(block for block in blocks if "openssl rand" in block).replace("cp .env.example .env\n", "")
    run = next(block for block in blocks if "docker run" in block)
    port = free_port()
    script = [
        key[: key.index("docker compose")],
        *(f"docker tag {image} {name}" for image, name in ((API, "dbbackup-api"), (WEB, "dbbackup-web"))),
        "docker network create mystack_default",
        # The page's container needs a network to be published on; this engine has no default one.
        run[run.index("docker run") :]
        .replace("127.0.0.1:3000:", f"127.0.0.1:{port}:")
        .replace("--publish", "--network mystack_default --publish"),
    ]
    done = subprocess.run(
        ["bash", "-euc", "\n".join(script)], env=images.environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    try:
        assert _is_ready(f"http://127.0.0.1:{port}"), images.docker("logs", "dbbackup-api")
    finally:
        images.docker("rm", "--force", "dbbackup-api", "dbbackup-web")
        images.docker("network", "rm", "mystack_default")
        images.docker("volume", "rm", "backup_data", "dbbackup_run")


def _is_ready(url: str) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            ready = httpx.get(f"{url}/api/health/ready", timeout=5, trust_env=False)
            if ready.is_success:
                return httpx.get(url, timeout=5, trust_env=False).is_success
        except httpx.TransportError:
            pass  # nginx is not up yet
        time.sleep(0.2)
    return False
