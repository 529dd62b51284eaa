"""Containers as a real engine describes them: addresses, our own one, what else stands for them."""

from __future__ import annotations

import pytest

from dbbackup.core.containers import (
    Address,
    address_of,
    find_own,
    is_interim_name,
    names_of,
    own_id,
    parse,
    shares_network,
)
from devtools.docker_answers import answer, container, everything

OWN = container("own")
_FOLDER = "/dbbackup-docker-aurrfc30/data/containers"
MOUNTINFO = (
    f"241 224 254:0 /usr /usr ro,relatime - ext4 /dev/vda rw\n"
    f"242 224 0:27 {_FOLDER}/{OWN.id}/resolv.conf /etc/resolv.conf rw,relatime - tmpfs tmpfs rw\n"
    f"243 224 0:27 {_FOLDER}/{OWN.id}/hostname /etc/hostname rw,relatime - tmpfs tmpfs rw\n"
)


def test_parse_when_a_container_runs_then_all_that_matters_is_there() -> None:
    found = container("blog-mariadb")
    assert (found.name, found.image, found.running) == ("blog-mariadb", "mariadb:10.11", True)
    assert found.environment["MARIADB_DATABASE"] == "blog"
    assert (set(found.ports), found.published[3306]) == ({3306}, ("127.0.0.1", 33061))
    assert found.networks[0].network == "shop_default"
    assert "MARIADB" not in repr(found)
    stopped = container("stopped-db")
    assert (stopped.running, set(stopped.ports), stopped.networks[0].address) == (False, {5432}, "")


def test_parse_when_little_is_told_then_it_counts_as_empty() -> None:
    bare = parse({"Id": "a" * 64})
    assert (bare.name, bare.running, bare.networks, bare.ports) == ("", False, (), frozenset())


def test_own_id_when_in_a_container_then_it_is_read_from_its_mounts() -> None:
    assert own_id(MOUNTINFO) == OWN.id
    assert own_id(MOUNTINFO.replace("/etc/", "/mnt/")) is None
    assert own_id("22 1 0:21 / /proc rw\nodd") is None


def test_find_own_when_there_is_no_telling_mount_then_the_host_name_tells() -> None:
    assert find_own(everything(), MOUNTINFO, "elsewhere") == OWN
    assert find_own(everything(), "", OWN.id[:12]) == OWN
    assert find_own(everything(), "", "shop") is None
    assert find_own(everything(), "", "") is None
    hosted = answer("own")
    hosted["NetworkSettings"]["Networks"] = {"host": {"NetworkID": "h"}}
    assert find_own([parse(hosted)], MOUNTINFO, "x") is None


def test_shares_network_when_on_another_one_then_not() -> None:
    assert shares_network(container("shop-db-1"), OWN)
    assert not shares_network(container("by-port"), OWN)


def test_address_of_when_on_our_network_then_it_is_the_name() -> None:
    assert str(address_of(container("shop-db-1"), 5432, OWN)) == "shop-db-1:5432"
    assert address_of(container("by-port"), 5432, OWN) is None
    inspected = answer("shop-db-1")
    [attachment] = inspected["NetworkSettings"]["Networks"].values()
    inspected["NetworkSettings"]["Networks"] = {"bridge": attachment}
    # Docker's default network has no names.
    assert address_of(parse(inspected), 5432, OWN) == Address(attachment["IPAddress"], 5432)


def test_address_of_when_we_are_outside_then_published_port_or_ip() -> None:
    assert str(address_of(container("blog-mariadb"), 3306, None)) == "127.0.0.1:33061"
    shop = container("shop-db-1")
    assert address_of(shop, 5432, None) == Address(shop.networks[0].address, 5432)
    assert address_of(container("stopped-db"), 5432, None) is None
    assert str(address_of(container("blog-mariadb"), 3306, None, "nas")) == "nas:33061"
    assert address_of(shop, 5432, None, "nas") is None
    hosted = answer("shop-db-1")
    hosted["NetworkSettings"]["Networks"] = {"host": {"NetworkID": "h"}}
    assert str(address_of(parse(hosted), 5432, None)) == "127.0.0.1:5432"


def test_names_of_when_asked_then_name_aliases_and_addresses() -> None:
    shop = container("shop-db-1")
    assert {"shop-db-1", "db", shop.networks[0].address, shop.id[:12]} <= names_of(shop)


@pytest.mark.parametrize(
    ("name", "interim"),
    [("0123456789ab_shop-db-1", True), ("shop-db-2", False), ("0123456789ab_other", False)],
)
def test_is_interim_name_when_compose_recreates_then_it_is_known(name: str, interim: bool) -> None:
    assert is_interim_name(name, "shop-db-1") is interim
