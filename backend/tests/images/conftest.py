"""Both images, built as they are shipped, and the compose file with its demo, run by a private Docker engine."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from devtools.docker_engine import DockerEngine, unsuitable
from tests.images.host import Host, started_host
from tests.images.stack import API, BASE, ROOT, WEB, Stack


@pytest.fixture(scope="session")
def engine() -> Iterator[DockerEngine]:
    """A Docker engine with the base image."""
    if reason := unsuitable():
        pytest.skip(reason)
    with DockerEngine.start() as running:
        running.import_base(BASE)
        yield running


@pytest.fixture(scope="session")
def host(engine: DockerEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """The product on the host, beside three databases in containers."""
    with started_host(engine, tmp_path_factory.mktemp("host")) as running:
        yield running


@pytest.fixture(scope="session")
def images(engine: DockerEngine) -> DockerEngine:
    """The engine that has both images; Debian's client tools stand in for the vendors', who cannot be asked here."""
    with ThreadPoolExecutor() as threads:
        api = threads.submit(
            engine.build, ROOT / "docker/api.Dockerfile", ROOT, API, BASE_IMAGE=BASE, CLIENT_TOOLS="debian"
        )
        web = threads.submit(engine.build, ROOT / "docker/web.Dockerfile", ROOT, WEB, BASE_IMAGE=BASE, NODE_IMAGE=BASE)
        api.result()
        web.result()
    return engine


@pytest.fixture(scope="session")
def stack(images: DockerEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack of compose.yaml with the demo's PostgreSQL and S3 server, up and healthy."""
    key = tmp_path_factory.mktemp("secrets") / "encryption_key"
    key.write_text(secrets.token_urlsafe(32))
    key.chmod(0o444)
    stack = Stack(images, key)
    try:
        stack.compose("up", "--detach", "--no-build", "--wait", "api", "web", "demo-postgres", "demo-s3")
        yield stack
    finally:
        print(stack.compose("logs", "--no-color", "--tail=100"))
        stack.compose("down", "--volumes", "--timeout=20")
