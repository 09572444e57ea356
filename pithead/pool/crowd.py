"""How many connections one address, and one network, may have, how often it may come and how much
it may say.

What an address used up is remembered when it leaves: coming again does not begin anew.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address

from pithead.pool.allowance import Allowance


@dataclass(frozen=True, slots=True)
class CrowdSettings:
    per_address: int = 2_000
    """A farm behind one router is one address."""
    per_subnet: int = 4_000
    """Of IPv4 a /24, of IPv6 a /48: what one customer usually has."""
    bytes_per_connection: int = 256 * 1024
    """Bytes a second, a line counting for some more; see `allowance`."""
    bytes_per_address: int = 4 * 1024 * 1024
    bytes_per_subnet: int = 8 * 1024 * 1024
    come_again_seconds: float = 60.0
    """In this time an address may come as often as it may be there at once, and at first twice as
    often: after a fault of the network a whole farm comes at the same moment."""


class Place:
    """An address or a network: who is there and what it has left."""

    __slots__ = ("_come_again_seconds", "_looked_at", "_most", "allowance", "arrivals", "present")

    def __init__(
        self, most: int, bytes_per_second: int, come_again_seconds: float, wall: float
    ) -> None:
        self._most = most
        self._come_again_seconds = come_again_seconds
        self._looked_at = wall
        self.present = 0
        self.arrivals = 2.0 * most
        self.allowance = Allowance(bytes_per_second, wall)

    def has_room(self, wall: float) -> bool:
        self._look(wall)
        return self.present < self._most and self.arrivals >= 1.0

    def is_as_new(self, wall: float) -> bool:
        """Nothing is left of what was used up."""
        self._look(wall)
        self.allowance.refill(wall)
        return self.arrivals >= 2.0 * self._most and self.allowance.is_full

    def _look(self, wall: float) -> None:
        back = max(0.0, wall - self._looked_at) * self._most / self._come_again_seconds
        self._looked_at = wall
        self.arrivals = min(2.0 * self._most, self.arrivals + back)


class Places:
    """Addresses, or networks, by name: where somebody is, or something was used up."""

    def __init__(self, most: int, bytes_per_second: int, come_again_seconds: float) -> None:
        self._terms = most, bytes_per_second, come_again_seconds
        self._places: dict[str, Place] = {}
        self._deserted: set[str] = set()

    def find(self, name: str, wall: float) -> Place:
        """One that is remembered, or a new one that is not yet."""
        return self._places.get(name) or Place(*self._terms, wall)

    def enter(self, name: str, place: Place) -> None:
        """One more is there."""
        self._places[name] = place
        self._deserted.discard(name)
        place.present += 1
        place.arrivals -= 1.0

    def leave(self, name: str) -> None:
        place = self._places[name]
        place.present -= 1
        if not place.present:
            self._deserted.add(name)

    def forget(self, wall: float) -> None:
        """Those where nobody is and a new one would be the same."""
        for name in list(self._deserted):
            if self._places[name].is_as_new(wall):
                del self._places[name]
                self._deserted.remove(name)

    def __len__(self) -> int:
        return len(self._places)


class Crowd:
    """Who is here, by address and network. An address that cannot be read is one like any other."""

    def __init__(self, settings: CrowdSettings) -> None:
        self._bytes_per_connection = settings.bytes_per_connection
        seconds = settings.come_again_seconds
        self._addresses = Places(settings.per_address, settings.bytes_per_address, seconds)
        self._subnets = Places(settings.per_subnet, settings.bytes_per_subnet, seconds)

    def enter(self, address: str, wall: float) -> tuple[Allowance, ...] | None:
        """Count one more, and give what it may say; None, and not counted, where it may not."""
        subnet = subnet_of(address)
        place, network = self._addresses.find(address, wall), self._subnets.find(subnet, wall)
        if not (place.has_room(wall) and network.has_room(wall)):
            return None
        self._addresses.enter(address, place)
        self._subnets.enter(subnet, network)
        own = Allowance(self._bytes_per_connection, wall)
        return own, place.allowance, network.allowance

    def leave(self, address: str) -> None:
        """One that had entered is gone."""
        self._addresses.leave(address)
        self._subnets.leave(subnet_of(address))

    def forget(self, wall: float) -> None:
        """Who has all of it again and is not here; to be called from time to time."""
        self._addresses.forget(wall)
        self._subnets.forget(wall)

    def __len__(self) -> int:
        """Addresses remembered: those that are here, or used something up."""
        return len(self._addresses)


def subnet_of(address: str) -> str:
    """The network an address is counted with."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv4Address):
        return ".".join(address.split(".")[:3])
    return parsed.exploded[:14]
