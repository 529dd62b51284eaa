"""What is in the images, and what is not."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from dbbackup import __version__
from devtools.docker_engine import DockerEngine
from tests.images.stack import API, WEB

pytestmark = pytest.mark.timeout(900)  # the first test that asks for the images waits for their build


def known(engine: DockerEngine, image: str) -> dict[str, Any]:
    (content,) = json.loads(engine.docker("image", "inspect", image))
    return dict(content)


def shell(engine: DockerEngine, image: str, script: str) -> str:
    return engine.docker("run", "--rm", "--network=none", "--entrypoint=/bin/sh", image, "-c", script).strip()


@pytest.mark.parametrize("image", [API, WEB])
def test_image_when_inspected_then_unprivileged_healthy_and_labelled(images: DockerEngine, image: str) -> None:
    config = known(images, image)["Config"]
    assert config["User"] == "1001:1001"
    assert config["Healthcheck"]["Test"][0] == "CMD"
    assert config["Labels"]["org.opencontainers.image.version"] == __version__
    assert config["Labels"]["org.opencontainers.image.licenses"] == "MIT"


@pytest.mark.parametrize("image", [API, WEB])
def test_image_when_looked_through_then_no_lists_of_packages_and_nothing_to_write_but_data(
    images: DockerEngine, image: str
) -> None:
    assert shell(images, image, "ls /var/lib/apt/lists") == ""
    mine = shell(images, image, "find / -xdev -uid 1001 -not -path '/proc/*' 2>/dev/null; true")
    assert set(mine.split()) <= {"/app", "/app/data", "/run/dbbackup"}


def test_api_image_when_looked_through_then_clients_and_program_but_no_tools_of_development(
    images: DockerEngine,
) -> None:
    said = shell(
        images, API, "/usr/lib/postgresql/15/bin/pg_dump --version && mariadb-dump --version && tini --version"
    )
    assert "pg_dump (PostgreSQL) 15." in said
    assert "mariadb-dump" in said
    assert shell(images, API, "dbbackup --version") == __version__
    modules = shell(images, API, "ls /opt/dbbackup/lib/python3*/site-packages").split()
    assert "litestar" in modules
    assert not {"pytest", "mypy", "ruff", "uv"} & set(modules)
    assert shell(images, API, "ls /opt/uv /build 2>/dev/null | cat") == ""
    assert known(images, API)["Config"]["Volumes"] == {"/app/data": {}}


def test_web_image_when_there_is_no_api_then_the_page_is_served_and_the_api_said_to_be_away(
    images: DockerEngine,
) -> None:
    alone = images.docker("run", "--detach", "--network=none", "--read-only", "--tmpfs=/tmp", WEB).strip()
    deadline = time.monotonic() + 60
    while '"healthy"' not in images.docker("inspect", "--format={{json .State.Health.Status}}", alone):
        assert time.monotonic() < deadline, images.docker("logs", alone)
        time.sleep(0.2)
    ask = "exec 3<>/dev/tcp/127.0.0.1/3000; printf 'GET /api/databases HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3"
    head, _, body = images.docker("exec", alone, "bash", "-c", ask).replace("\r", "").partition("\n\n")
    assert head.startswith("HTTP/1.1 503 ")
    assert json.loads(body)["error"]["message"].startswith("The API does not answer.")
    images.docker("rm", "--force", alone)
