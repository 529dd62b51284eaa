"""Each way in which a Docker engine cannot be asked, told apart; the engine is a stand-in, its sockets are real."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from dbbackup.core.docker_access import DockerAccess, DockerTls
from dbbackup.core.errors import DockerUnavailableError
from dbbackup.net import docker_api
from dbbackup.net.docker_api import engine_host, list_containers
from dbbackup.net.docker_faults import translate
from devtools.docker_stand_in import DockerStandIn
from devtools.servers.ports import free_port


@pytest.fixture
def docker() -> Iterator[DockerStandIn]:
    with DockerStandIn() as stand_in:
        yield stand_in


async def refusal(host: str) -> DockerUnavailableError:
    with pytest.raises(DockerUnavailableError) as caught:
        await list_containers(DockerAccess(host))
    return caught.value


async def test_list_when_the_engine_answers_then_containers_by_get_alone(docker: DockerStandIn) -> None:
    identity = docker.put("shop")
    docker.put("asleep", "stopped-db", running=False)
    found = await list_containers(DockerAccess(docker.host))
    assert {(container.name, container.running) for container in found} == {("shop", True), ("asleep", False)}
    assert docker.asked[:2] == ["/version", "/v1.45/containers/json?limit=-1&all=1&size=0&trunc_cmd=0"]
    assert f"/v1.45/containers/{identity}/json" in docker.asked


async def test_list_when_a_container_goes_meanwhile_then_the_others_are_told(
    docker: DockerStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker.put("stays")
    real = docker.reply

    def reply(path: str) -> tuple[int, object]:
        if path == "/containers/json":
            return 200, [{"Id": "0" * 64}, *real(path)[1]]
        return real(path)

    monkeypatch.setattr(docker, "reply", reply)
    assert [container.name for container in await list_containers(DockerAccess(docker.host))] == ["stays"]


@pytest.mark.parametrize(("status", "reason"), [(403, "forbidden"), (401, "forbidden"), (500, "error")])
async def test_list_when_a_proxy_refuses_then_it_says_what_to_let_pass(
    docker: DockerStandIn, status: int, reason: str
) -> None:
    docker.status = status
    assert (await refusal(docker.host)).reason == reason


async def test_list_when_there_is_no_engine_then_it_says_where_it_looked(tmp_path: Path) -> None:
    missing = await refusal(f"unix://{tmp_path}/docker.sock")
    assert (missing.reason, str(tmp_path) in missing.message) == ("no-socket", True)
    assert (await refusal(f"tcp://127.0.0.1:{free_port()}")).reason == "unreachable"
    (tmp_path / "file").touch()
    assert (await refusal(f"unix://{tmp_path}/file")).reason == "unreachable"


async def test_list_when_the_engine_is_silent_then_it_waits_no_longer_than_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(docker_api, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert (await refusal(f"tcp://127.0.0.1:{silent.getsockname()[1]}")).reason == "timeout"


async def test_list_when_what_answers_is_no_engine_then_it_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(1000)
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")

        threading.Thread(target=answer, daemon=True).start()
        assert (await refusal(f"tcp://127.0.0.1:{server.getsockname()[1]}")).reason == "unreachable"


async def test_list_when_the_socket_may_not_be_opened_then_proxy_or_group_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Tests may run as root, whom no permission stops: the system's words stand in for its refusal.
    def refuse(*_: object) -> None:
        raise ConnectionError("('Connection aborted.', PermissionError(13, 'Permission denied'))")

    monkeypatch.setattr(docker_api, "_client", refuse)
    error = await refusal("unix:///var/run/docker.sock")
    assert (error.reason, "group_add" in error.message) == ("permission-denied", True)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("certificate verify failed: Hostname mismatch, certificate is not valid for 'nas'.", "for another name"),
        ("CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired", "has expired"),
        ("[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required", "in cert.pem"),
        ("('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))", "in cert.pem"),
        ("[SSL] something else", "TLS fails"),
    ],
)
def test_translate_when_tls_fails_then_it_says_which_certificate(tmp_path: Path, said: str, why: str) -> None:
    # The words are OpenSSL's; the faults that can be made quickly are made in tests/images, with a real engine.
    error = translate(DockerAccess("tcp://nas:2376", DockerTls.below(tmp_path)), OSError(said), 5)
    assert (error.reason, why in error.message) == ("tls", True)


@pytest.mark.parametrize(
    ("host", "remote"),
    [("unix:///var/run/docker.sock", None), ("tcp://localhost:2375", None), ("tcp://nas:2375", "nas")],
)
def test_engine_host_when_the_engine_is_elsewhere_then_that_machine(host: str, remote: str | None) -> None:
    assert engine_host(host) == remote
