"""Which addresses may be connected to."""

from __future__ import annotations

import pytest

from dbbackup.core.addresses import refusal

NEVER = {
    "169.254.169.254": "metadata",
    "169.254.1.1": "link-local",
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local",
    "fd00:ec2::254": "metadata",
    "100.100.100.200": "metadata",
    "168.63.129.16": "metadata",
    "224.0.0.1": "multicast",
    "ff02::1": "multicast",
    "0.0.0.0": "unspecified",
    "::": "unspecified",
    "255.255.255.255": "reserved",
    "240.0.0.1": "reserved",
    # IPv4 inside IPv6: mapped, 6to4, NAT64, Teredo
    "::ffff:169.254.169.254": "metadata",
    "2002:a9fe:a9fe::1": "metadata",
    "64:ff9b::a9fe:a9fe": "metadata",
    "2001:0:4136:e378:8000:63bf:5601:5601": "metadata",
    # What a resolver never gives, and what only some programs read as an address
    "2852039166": "not an IP address",
    "0xa9fea9fe": "not an IP address",
    "127.1": "not an IP address",
    "": "not an IP address",
}
PRIVATE = ("127.0.0.1", "::1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd12::1", "::ffff:10.0.0.1")
PUBLIC = ("93.184.215.14", "2606:4700::1111", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e")


@pytest.mark.parametrize("address", NEVER)
def test_refusal_when_the_address_is_dangerous_then_it_is_refused_in_any_case(address: str) -> None:
    for allow_private in (True, False):
        reason = refusal(address, allow_private=allow_private)
        assert reason is not None
        assert NEVER[address] in reason


@pytest.mark.parametrize("address", PRIVATE)
def test_refusal_when_the_address_is_private_then_the_setting_decides(address: str) -> None:
    assert refusal(address, allow_private=True) is None
    assert "private" in (refusal(address, allow_private=False) or "")


@pytest.mark.parametrize("address", PUBLIC)
def test_refusal_when_the_address_is_public_then_it_is_allowed(address: str) -> None:
    assert refusal(address, allow_private=False) is None
