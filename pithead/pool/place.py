"""Where miners are sent."""

from dataclasses import dataclass

from pithead.stratum.pushes import LONGEST_HOST, LONGEST_WAIT_SECONDS, reconnect_line


@dataclass(frozen=True, slots=True)
class Place:
    """Where else miners shall connect. Raises ValueError for what is no place."""

    host: str
    port: int
    wait_seconds: int = 0
    """How long they shall wait before."""

    def __post_init__(self) -> None:
        is_name = self.host.isascii() and self.host.isprintable() and " " not in self.host
        if not is_name or not 0 < len(self.host) <= LONGEST_HOST:
            raise ValueError(f"{self.host[:40]!r} is no host")
        if not 0 < self.port < 65536 or not 0 <= self.wait_seconds <= LONGEST_WAIT_SECONDS:
            raise ValueError("a port is 1 to 65535, and nobody waits longer than an hour")

    @property
    def line(self) -> bytes:
        return reconnect_line(self.host, self.port, self.wait_seconds)
