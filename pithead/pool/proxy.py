"""The PROXY protocol, versions 1 and 2: a trusted balancer says whose connection it hands on.

Source: HAProxy's `proxy-protocol.txt`. Only trusted peers are asked for it; from anybody else its
first bytes are no Stratum and end the connection.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
LONGEST_TEXT = 107
"""Of version 1, its line end included."""
LONGEST_BODY = 1024
"""Of version 2: its addresses take 36 bytes at most here, the rest are extensions."""

_WORDS = {"TCP4": IPv4Address, "TCP6": IPv6Address}


class NotProxied(Exception):
    """A trusted peer sent something else."""


@dataclass(frozen=True, slots=True)
class Handed:
    address: str | None
    """Of the miner; None where the balancer speaks for itself, as in a health check."""
    rest: bytes
    """What came behind the header."""


def read_header(data: bytes) -> Handed | None:
    """The header at the beginning of `data`; None while it is not complete. Raises NotProxied."""
    if data.startswith(SIGNATURE[: len(data)]):
        return _read_binary(data)
    if data.startswith(b"PROXY "[: len(data)]):
        return _read_text(data)
    raise NotProxied("no PROXY header")


def _read_text(data: bytes) -> Handed | None:
    line, end, rest = data[:LONGEST_TEXT].partition(b"\r\n")
    if not end:
        if len(data) >= LONGEST_TEXT:
            raise NotProxied("a PROXY line without an end")
        return None
    rest = data[len(line) + 2 :]
    words = line.decode("ascii", "replace").split(" ")
    if words[1:2] == ["UNKNOWN"]:
        return Handed(None, rest)
    if len(words) != 6 or words[1] not in _WORDS:
        raise NotProxied("a PROXY line out of form")
    try:
        return Handed(str(_WORDS[words[1]](words[2])), rest)
    except ValueError as error:
        raise NotProxied(str(error)) from error


def _read_binary(data: bytes) -> Handed | None:
    if len(data) < 16:
        return None
    command, family = data[12], data[13]
    length = int.from_bytes(data[14:16], "big")
    if command >> 4 != 2 or length > LONGEST_BODY:
        raise NotProxied("a PROXY header of another version, or too long")
    if len(data) < 16 + length:
        return None
    body, rest = data[16 : 16 + length], data[16 + length :]
    if command & 0xF == 0:
        return Handed(None, rest)
    size = {0x11: 4, 0x21: 16}.get(family)
    if command & 0xF != 1 or size is None or length < 2 * size + 4:
        raise NotProxied("a PROXY header of no TCP connection")
    return Handed(str(ip_address(body[:size])), rest)
