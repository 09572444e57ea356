"""The network of a machine: what its operator configured, checked, and what it really has. Pure."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface

from pithead.miner.refusals import BadSetting
from pithead.miner.system_settings import StaticAddress

MOST_NAME_SERVERS = 3
"""A resolver looks at no more."""
LONGEST_HOSTNAME = 253
_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)", re.ASCII)
"""RFC 1123, section 2.1."""


@dataclass(frozen=True, slots=True)
class Interface:
    """What the operating system says of the interface that the machine answers on."""

    name: str
    address: str
    netmask: str
    gateway: str | None = None
    dns_servers: tuple[str, ...] = ()


LOOPBACK = Interface("lo", "127.0.0.1", "255.0.0.0")


def checked_hostname(name: str) -> str:
    """Raises BadSetting."""
    if len(name) > LONGEST_HOSTNAME or not all(map(_LABEL.fullmatch, name.split("."))):
        raise BadSetting(
            f"hostname {name[:80]!r} is none: letters, digits and hyphens, at most 63 between dots"
        )
    return name


def checked_address(wanted: StaticAddress) -> StaticAddress:
    """Raises BadSetting."""
    address = _address("address", wanted.address)
    netmask = _netmask(wanted.netmask)
    gateway = _address("gateway", wanted.gateway)
    network = IPv4Interface(f"{address}/{netmask}").network
    if network.prefixlen < 31 and address in (network.network_address, network.broadcast_address):
        raise BadSetting(f"address {address} is that of the network or its broadcast")
    if address.is_multicast or address.is_unspecified:
        raise BadSetting(f"address {address} is not one of a machine")
    if gateway not in network:
        raise BadSetting(f"gateway {gateway} is outside the network {network}")
    if gateway == address:
        raise BadSetting(f"gateway {gateway} is the address of the machine itself")
    if len(wanted.dns_servers) > MOST_NAME_SERVERS:
        raise BadSetting(f"more than {MOST_NAME_SERVERS} dns_servers")
    servers = tuple(str(_address("dns_servers", each)) for each in wanted.dns_servers)
    return StaticAddress(str(address), str(netmask), str(gateway), servers)


def _address(name: str, text: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except ValueError as error:
        raise BadSetting(f"{name} {text[:80]!r} is not an IPv4 address") from error


def _netmask(text: str) -> IPv4Address:
    mask = _address("netmask", text)
    hosts = int(mask) ^ 0xFFFFFFFF
    if hosts & (hosts + 1) or hosts == 0xFFFFFFFF:
        raise BadSetting(f"netmask {mask} is not ones followed by zeros")
    return mask
