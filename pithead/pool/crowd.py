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

    __slots__ = ("_come_again_seconds", "_most", "allowance", "arrivals", "present")

    def __init__(self, most: int, bytes_per_second: int, come_again_seconds: float) -> None:
        self._most = most
        self._come_again_seconds = come_again_seconds
        self.present = 0
        self.arrivals = 2.0 * most
        self.allowance = Allowance(bytes_per_second)

    @property
    def has_room(self) -> bool:
        return self.present < self._most and self.arrivals >= 1.0

    def refill(self, seconds: float) -> None:
        self.allowance.refill(seconds)
        back = max(0.0, seconds) * self._most / self._come_again_seconds
        self.arrivals = min(2.0 * self._most, self.arrivals + back)

    @property
    def is_forgettable(self) -> bool:
        """Nobody is there, and a new one would be the same."""
        return not self.present and self.arrivals >= 2.0 * self._most and self.allowance.is_full


class Crowd:
    """Who is here, by address and network. An address that cannot be read is one like any other."""

    def __init__(self, settings: CrowdSettings) -> None:
        self._settings = settings
        self._addresses: dict[str, Place] = {}
        self._subnets: dict[str, Place] = {}

    def enter(self, address: str) -> tuple[Allowance, ...] | None:
        """Count one more, and give what it may say; None, and not counted, where it may not."""
        settings, subnet = self._settings, subnet_of(address)
        place = self._addresses.get(address) or Place(
            settings.per_address, settings.bytes_per_address, settings.come_again_seconds
        )
        network = self._subnets.get(subnet) or Place(
            settings.per_subnet, settings.bytes_per_subnet, settings.come_again_seconds
        )
        if not (place.has_room and network.has_room):
            return None
        self._addresses[address], self._subnets[subnet] = place, network
        for each in (place, network):
            each.present += 1
            each.arrivals -= 1.0
        own = Allowance(settings.bytes_per_connection)
        return own, place.allowance, network.allowance

    def leave(self, address: str) -> None:
        """One that had entered is gone."""
        for places, name in ((self._addresses, address), (self._subnets, subnet_of(address))):
            places[name].present -= 1

    def refill(self, seconds: float) -> None:
        """Wall time has passed: what was used up comes back, who has all of it is forgotten."""
        for places in (self._addresses, self._subnets):
            for name, place in list(places.items()):
                place.refill(seconds)
                if place.is_forgettable:
                    del places[name]

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
