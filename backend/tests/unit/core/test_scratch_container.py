"""Where a throwaway container is put, and what it is made of."""

from __future__ import annotations

import pytest

from dbbackup.core.containers import Container
from dbbackup.core.errors import ScratchContainerError
from dbbackup.core.scratch_container import Place, choose_place, specification
from dbbackup.core.secret import Secret
from devtools.docker_answers import container

OWN, SHOP, ELSEWHERE = container("own"), container("shop-db-1"), container("by-port")


@pytest.mark.parametrize(
    ("source", "own", "wanted", "place"),
    [
        (SHOP, None, "", Place("bridge", published=True)),
        (SHOP, None, "proofs", Place("proofs", published=True)),
        (SHOP, OWN, "", Place("shop_default", published=False)),
        (ELSEWHERE, OWN, "shop_default", Place("shop_default", published=False)),
    ],
)
def test_place_when_there_is_one_then_we_reach_it_and_nobody_from_outside(
    source: Container, own: Container | None, wanted: str, place: Place
) -> None:
    assert choose_place(source, own, None, wanted) == place


@pytest.mark.parametrize(
    ("own", "remote", "wanted", "reason"),
    [
        (None, "nas", "", "remote-engine"),
        (OWN, None, "proofs", "no-network"),
        (OWN, "socket-proxy", "", "no-network"),
    ],
)
def test_place_when_there_is_none_then_it_says_why(
    own: Container | None, remote: str | None, wanted: str, reason: str
) -> None:
    with pytest.raises(ScratchContainerError) as caught:
        choose_place(ELSEWHERE, own, remote, wanted)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("engine", "told"),
    [
        ("postgresql", ["POSTGRES_PASSWORD=word", "PGPORT=5432"]),
        ("mysql", ["MYSQL_ROOT_PASSWORD=word", "MYSQL_TCP_PORT=3306"]),
        ("mariadb", ["MARIADB_ROOT_PASSWORD=word", "MYSQL_ROOT_PASSWORD=word", "MYSQL_TCP_PORT=3306"]),
    ],
)
def test_specification_when_made_then_only_the_image_is_the_sources(engine: str, told: list[str]) -> None:
    body = specification("sha256:1", engine, Secret("word"), Place("net", published=False), 300, {"a": "b"})
    assert (body["Image"], body["Env"]) == ("sha256:1", told)
    assert body.keys().isdisjoint({"Cmd", "Entrypoint", "Volumes", "User"})
    host = body["HostConfig"]
    assert (host["PortBindings"], host["NetworkMode"]) == ({}, "net")
    assert (host["Memory"], host["ShmSize"]) == (300 << 20, 150 << 20)
    assert host.keys().isdisjoint({"Binds", "Mounts", "Privileged", "Devices", "PidMode"})
