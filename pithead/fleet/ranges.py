"""Which machines somebody means: ranges of addresses, and names, as they are typed.

10.0.0.0/24                 a network, without its first and last address
10.0.0.5-10.0.0.60          from, to
10.0.0.5-60                 the same, with the last number alone
10.0.0.7  miner-3.lan  [fd00::7]
127.0.1.1:8081              on another port than 80; also behind a network or a range
10.0.0.0/24,10.0.9.7        several, with commas or spaces between them
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address

HTTP_PORT = 80
MOST_PLACES = 65_536
"""In all: a /16."""
MOST_CHARACTERS = 100_000

_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_DIGITS = re.compile(r"[0-9]{1,5}")
_FROM_TO = re.compile(r"([0-9.]+)-([0-9.]+)")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where the REST API of one machine may be."""

    host: str
    """An address or a name, without brackets."""
    port: int = HTTP_PORT

    def __str__(self) -> str:
        """As it is typed: the usual port is left out."""
        return self._netloc if self.port == HTTP_PORT else f"{self._netloc}:{self.port}"

    @property
    def url(self) -> str:
        """`http://host:port`, without a path."""
        return f"http://{self._netloc}:{self.port}"

    @property
    def _netloc(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host


def places_in(text: str, port: int = HTTP_PORT) -> tuple[Place, ...]:
    """Every place that is meant, once, in the order of the text; `port` where none is said.

    Raises ValueError with a sentence that names what is wrong.
    """
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"more than {MOST_CHARACTERS} characters of addresses")
    parts = re.split(r"[,\s]+", text.strip(", \t\r\n"))
    if parts == [""]:
        raise ValueError("no address: expected one such as 10.0.0.7, 10.0.0.5-60 or 10.0.0.0/24")
    found: dict[Place, None] = {}
    for part in parts:
        for place in _places_of(part, port):
            found[place] = None
            if len(found) > MOST_PLACES:
                raise ValueError(f"more than {MOST_PLACES} addresses, with {part!r}")
    return tuple(found)


def place_of(text: str) -> Place:
    """The one place of `http://host:port`, `host:port` or `host`. Raises ValueError."""
    places = places_in(text.removeprefix("http://").rstrip("/"))
    if len(places) != 1:
        raise ValueError(f"{text!r} is {len(places)} places, one is expected")
    return places[0]


def written(places: Iterable[Place]) -> str:
    """What `places_in` reads again."""
    return ",".join(map(str, places))


def _places_of(part: str, port: int) -> Iterator[Place]:
    text, port = _with_port(part, port)
    return (Place(host, port) for host in _hosts(text, part))


def _with_port(part: str, port: int) -> tuple[str, int]:
    """The part without its port, and the port."""
    if part.count(":") > 1 and not part.startswith("["):
        raise ValueError(f"{part!r}: an IPv6 address stands in brackets, such as [fd00::7]")
    if part.startswith("["):
        text, closed, rest = part.partition("]")
        if not closed or (rest and not rest.startswith(":")):
            raise ValueError(f"{part!r}: expected [address] or [address]:port")
        text, colon, said = text + closed, rest[:1], rest[1:]
    else:
        text, colon, said = part.partition(":")
    if not colon:
        return text, port
    if not _DIGITS.fullmatch(said) or not 1 <= int(said) <= 65_535:
        raise ValueError(f"{part!r}: the port is {said!r}, a number from 1 to 65535 is expected")
    return text, int(said)


def _hosts(text: str, part: str) -> Iterator[str]:
    if text.startswith("["):
        return iter((_ipv6(text[1:-1], part),))
    if "/" in text:
        return _network(text, part)
    span = _FROM_TO.fullmatch(text)
    if span is not None:
        return _span(span[1], span[2], part)
    return iter((_host(text, part),))


def _ipv6(text: str, part: str) -> str:
    try:
        return str(IPv6Address(text))
    except AddressValueError as error:
        raise ValueError(f"{part!r}: {text!r} is no IPv6 address") from error


def _network(text: str, part: str) -> Iterator[str]:
    try:
        network = IPv4Network(text, strict=False)
    except ValueError as error:
        raise ValueError(f"{part!r} is no IPv4 network such as 10.0.0.0/24") from error
    if network.num_addresses > MOST_PLACES:
        raise ValueError(f"{part!r} has {network.num_addresses} addresses, {MOST_PLACES} at most")
    return map(str, network.hosts())


def _span(first: str, last: str, part: str) -> Iterator[str]:
    begin = _ipv4(first, part)
    if "." not in last:
        last = f"{first.rpartition('.')[0]}.{last}"
    end = _ipv4(last, part)
    count = int(end) - int(begin) + 1
    if count < 1:
        raise ValueError(f"{part!r} ends before it begins")
    if count > MOST_PLACES:
        raise ValueError(f"{part!r} has {count} addresses, {MOST_PLACES} at most")
    return (str(begin + step) for step in range(count))


def _ipv4(text: str, part: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except AddressValueError as error:
        raise ValueError(f"{part!r}: {text!r} is no IPv4 address") from error


def _host(text: str, part: str) -> str:
    """A name whose last label is a number would be taken for an address."""
    labels = text.removesuffix(".").split(".")
    if labels[-1].isdigit():
        return str(_ipv4(text, part))
    if len(text) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError(
            f"{part!r} is no address, name, range such as 10.0.0.5-60, or network such as "
            "10.0.0.0/24"
        )
    return text.lower()
