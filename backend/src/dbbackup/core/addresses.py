"""Which addresses a request of ours may go to: the rules against server-side request forgery."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_METADATA = frozenset(
    ip_address(text)
    for text in (
        "169.254.169.254",  # AWS, Azure, Google, and most others
        "fd00:ec2::254",  # AWS over IPv6
        "fd20:ce::254",  # Google over IPv6
        "100.100.100.200",  # Alibaba
        "168.63.129.16",  # Azure's wire server
        "192.0.0.192",  # Oracle
    )
)
_NAT64 = ip_network("64:ff9b::/96")


def refusal(text: str, *, allow_private: bool) -> str | None:
    """Return why nothing may be sent to this address, None when it may.

    Link-local, metadata, multicast, unspecified and reserved addresses are never allowed; loopback and private
    ones only with `allow_private`. An IPv4 address inside an IPv6 one is judged like itself.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return "it is not an IP address"
    if isinstance(address, IPv6Address):
        address = _inner(address) or address
    if address in _METADATA:
        return "a cloud's metadata service answers there"
    if address.is_link_local:
        return "it is a link-local address, where cloud metadata services are"
    if address.is_multicast:
        return "it is a multicast address"
    if address.is_unspecified:
        return "it is the unspecified address"
    # Python counts ::1 among the reserved addresses.
    if address.is_reserved and not address.is_loopback:
        return "it is a reserved address"
    if not allow_private and not address.is_global:
        return "it is a private address, and the setting network.allowPrivateAddresses forbids those"
    return None


def _inner(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 one only wraps."""
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo:
        return address.teredo[1]
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
