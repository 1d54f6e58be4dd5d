"""Where webhooks may go: the internet, and what the user has allowed besides. Values and plain functions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from actionbus_plugins.webhook.settings import Network

Address = IPv4Address | IPv6Address

_PRIVATE = "is a private address"
_SPECIAL = "is kept for a special purpose"
_LINK = "is of the local link, where clouds keep their secrets"
_BENCHMARK = "is kept for benchmarks"
_EXAMPLES = "is kept for examples in documents"
_CARRIES = "carries an IPv4 address, and might lead anywhere"

_NO_INTERNET = {
    # IANA's registries of special-purpose addresses, and what is no longer in them but still in use
    "0.0.0.0/8": "is the machine itself",
    "10.0.0.0/8": _PRIVATE,
    "100.64.0.0/10": "is of a provider's own network",
    "127.0.0.0/8": "is the machine itself",
    "168.63.129.16/32": "is Azure's own, for what runs there",
    "169.254.0.0/16": _LINK,
    "172.16.0.0/12": _PRIVATE,
    "192.0.0.0/24": _SPECIAL,
    "192.0.2.0/24": _EXAMPLES,
    "192.31.196.0/24": _SPECIAL,
    "192.52.193.0/24": _SPECIAL,
    "192.88.99.0/24": _SPECIAL,
    "192.168.0.0/16": _PRIVATE,
    "192.175.48.0/24": _SPECIAL,
    "198.18.0.0/15": _BENCHMARK,
    "198.51.100.0/24": _EXAMPLES,
    "203.0.113.0/24": _EXAMPLES,
    "224.0.0.0/4": "is a multicast address",
    "255.255.255.255/32": "is the broadcast address",
    "240.0.0.0/4": "is reserved",
    "::/128": "is the machine itself",
    "::1/128": "is the machine itself",
    "::/96": _CARRIES,
    "::ffff:0:0/96": _CARRIES,
    "::ffff:0:0:0/96": _CARRIES,
    "64:ff9b::/96": _CARRIES,
    "64:ff9b:1::/48": _CARRIES,
    "100::/8": _SPECIAL,
    "2001:2::/48": _BENCHMARK,
    "2001:db8::/32": _EXAMPLES,
    "2001::/32": _CARRIES,
    "2001::/23": _SPECIAL,
    "2002::/16": _CARRIES,
    "2620:4f:8000::/48": _SPECIAL,
    "3fff::/20": _EXAMPLES,
    "fc00::/7": _PRIVATE,
    "fe80::/10": _LINK,
    "fec0::/10": _PRIVATE,
    "ff00::/8": "is a multicast address",
}
_TABLE = tuple((ip_network(network), what) for network, what in _NO_INTERNET.items())
_INTERNET = (ip_network("0.0.0.0/0"), ip_network("2000::/3"))
_ISATAP = 0x0000_5EFE  # bits 32 to 63 from the right, where the one that says "universal" may be set: RFC 5214
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII | re.IGNORECASE)
_LOOPBACK = ip_address("127.0.0.1")


def wrong_address(address: Address, networks: Iterable[Network] = ()) -> str | None:
    """Say why nothing may be sent to an address; ``networks`` are allowed, whatever is in them.

    They are asked for the address as it stands, never for another one that it carries.
    """
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return "has a zone"
    if any(address in network for network in networks):
        return None
    for network, what in _TABLE:
        if address in network:
            return what
    if isinstance(address, IPv6Address) and (int(address) >> 32) & 0xFDFF_FFFF == _ISATAP:
        return _CARRIES
    if not address.is_global or not any(address in network for network in _INTERNET):
        return "is no address of the internet"
    return None


def literal(host: str) -> Address | None:
    """Read a host that is an address, without brackets; None for a name.

    Raises ValueError for what some resolvers take for an address, and others for a name: ``127.1``, ``0x7f000001``.
    """
    try:
        return ip_address(host)
    except ValueError:
        if ":" in host or _NUMBER.fullmatch(host.removesuffix(".").rpartition(".")[2]):
            raise ValueError("looks like an IP address and is none") from None
    return None


def wrong_host(url: str, networks: Iterable[Network] = ()) -> str | None:
    """Say why nothing may be sent to a web address, as far as can be told without asking for its name's address."""
    host = urlsplit(url).hostname or ""
    networks = tuple(networks)
    try:
        address = literal(host)
    except ValueError as error:
        return f"should have a host: what stands there {error}"
    if address is None and f".{host.removesuffix('.')}".endswith(".localhost"):
        address = _LOOPBACK  # RFC 6761
    if address is None or (said := wrong_address(address, networks)) is None:
        return None
    hint = f' (where it is meant: allow_networks = ["{address}/{address.max_prefixlen}"])' if "%" not in host else ""
    return f"should lead to the internet, and {host} {said}{hint}"
