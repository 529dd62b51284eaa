"""A Docker engine that is asked by TLS with certificates of both sides: the real one, started with --tlsverify."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dbbackup.core.docker_access import DockerAccess, DockerTls
from dbbackup.core.errors import DockerUnavailableError
from dbbackup.net.docker_api import list_containers
from dbbackup.settings import load
from devtools.docker_engine import DockerEngine, write_certificates
from devtools.docker_stand_in import DockerStandIn

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates of an authority that the engine knows nothing of."""
    folder = tmp_path_factory.mktemp("certificates") / "strangers"
    write_certificates(folder)
    return folder


async def refusal(host: str, folder: Path | None) -> DockerUnavailableError:
    with pytest.raises(DockerUnavailableError) as caught:
        await list_containers(DockerAccess(host, DockerTls.below(folder) if folder else None))
    return caught.value


async def test_list_when_the_variables_name_certificates_then_the_engine_answers(engine: DockerEngine) -> None:
    settings = load(
        {
            "ENCRYPTION_KEY": "0123456789abcdef0123456789abcdef",
            "DOCKER_HOST": f"tcp://127.0.0.1:{engine.port}",
            "DOCKER_TLS_VERIFY": "1",
            "DOCKER_CERT_PATH": str(engine.certificates),
        }
    )
    here = set(engine.docker("ps", "--all", "--quiet", "--no-trunc").split())
    assert {container.id for container in await list_containers(settings.docker)} == here


async def test_list_when_certificates_do_not_fit_then_it_says_which(
    engine: DockerEngine, strangers: Path, tmp_path: Path
) -> None:
    host = f"tcp://127.0.0.1:{engine.port}"
    false_engine = await refusal(host, strangers)
    assert (false_engine.reason, "not from the authority in ca.pem" in false_engine.message) == ("tls", True)
    shutil.copytree(strangers, tmp_path / "mixed")
    shutil.copy(engine.certificates / "ca.pem", tmp_path / "mixed")
    false_client = await refusal(host, tmp_path / "mixed")
    assert (false_client.reason, "does not accept the certificate in cert.pem" in false_client.message) == ("tls", True)
    in_the_clear = await refusal(host, None)
    assert (in_the_clear.reason, "set DOCKER_TLS_VERIFY=1" in in_the_clear.message) == ("tls", True)
    with DockerStandIn() as plain:
        no_tls = await refusal(plain.host, engine.certificates)
    assert (no_tls.reason, "does not speak TLS there" in no_tls.message) == ("tls", True)
