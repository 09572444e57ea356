"""How many connections one address, and one network, may have at the same time."""

from collections import Counter
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address


@dataclass(frozen=True, slots=True)
class CrowdSettings:
    per_address: int = 2_000
    """A farm behind one router is one address."""
    per_subnet: int = 4_000
    """Of IPv4 a /24, of IPv6 a /48: what one customer usually has."""


class Crowd:
    """Counts of who is here. An address that cannot be read counts as one like any other."""

    def __init__(self, settings: CrowdSettings) -> None:
        self._settings = settings
        self._addresses: Counter[str] = Counter()
        self._subnets: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Count one more; False, and not counted, where there are enough already."""
        subnet = subnet_of(address)
        if (
            self._addresses[address] >= self._settings.per_address
            or self._subnets[subnet] >= self._settings.per_subnet
        ):
            return False
        self._addresses[address] += 1
        self._subnets[subnet] += 1
        return True

    def leave(self, address: str) -> None:
        """One that had entered is gone."""
        for counter, name in ((self._addresses, address), (self._subnets, subnet_of(address))):
            counter[name] -= 1
            if counter[name] <= 0:
                del counter[name]

    def __len__(self) -> int:
        """Addresses remembered: those that are here."""
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
