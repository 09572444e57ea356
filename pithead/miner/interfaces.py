"""What the operating system says of its network interfaces. Linux; elsewhere only the address."""

import contextlib
import socket
import struct
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path

from pithead.miner.network import Interface

_SIOCGIFADDR = 0x8915
_SIOCGIFNETMASK = 0x891B
"""linux/sockios.h"""

ROUTES = Path("/proc/net/route")
RESOLVER = Path("/etc/resolv.conf")


def interface_of(address: str) -> Interface:
    """The interface whose network an address of this computer is in."""
    wanted = IPv4Address(address)
    for _, name in socket.if_nameindex():
        found = _network_of(name)
        if found is not None and wanted in found.network:
            return Interface(
                name, address, str(found.netmask), _gateway_of(name), _name_servers(RESOLVER)
            )
    return Interface("", address, "255.255.255.255", None, _name_servers(RESOLVER))


def _network_of(name: str) -> IPv4Interface | None:
    try:
        import fcntl
    except ImportError:
        return None
    request = struct.pack("256s", name.encode()[:15])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            address, netmask = (
                IPv4Address(fcntl.ioctl(asking.fileno(), code, request)[20:24])
                for code in (_SIOCGIFADDR, _SIOCGIFNETMASK)
            )
        except OSError:
            return None
    return IPv4Interface(f"{address}/{netmask}")


def _gateway_of(name: str) -> str | None:
    """Of the default route: the kernel writes addresses as native-endian hexadecimal numbers."""
    with contextlib.suppress(OSError, ValueError):
        for line in ROUTES.read_text().splitlines()[1:]:
            fields = line.split()
            if len(fields) > 2 and fields[0] == name and fields[1] == "00000000":
                return str(IPv4Address(struct.pack("=I", int(fields[2], 16))))
    return None


def _name_servers(file: Path) -> tuple[str, ...]:
    servers: list[str] = []
    with contextlib.suppress(OSError, UnicodeDecodeError):
        for line in file.read_text().splitlines():
            words = line.split()
            if len(words) > 1 and words[0] == "nameserver":
                with contextlib.suppress(ValueError):
                    servers.append(str(IPv4Address(words[1])))
    return tuple(servers)
