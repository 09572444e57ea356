"""What stands before Stratum on a connection, a balancer's header or a TLS handshake: bounded in
number and in time, for nobody has said yet who is there."""

import asyncio
import ssl
from dataclasses import dataclass

import structlog

from pithead.pool.tls import Certificate

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class GateSettings:
    most_waiting: int = 2_000
    """Connections whose header or handshake is not complete. More are refused."""
    patience_seconds: float = 10.0
    """Wall time for each of the two."""


class Waiting:
    """One connection that waits, until its `end` or its deadline."""

    __slots__ = ("_gate", "_timer")

    def __init__(self, gate: "Gate", timer: asyncio.TimerHandle) -> None:
        self._gate = gate
        self._timer = timer

    def end(self) -> None:
        self._timer.cancel()
        self._gate.waiting -= 1


class Gate:
    """Shared by the ports of a front end."""

    def __init__(
        self, certificate: Certificate | None = None, settings: GateSettings | None = None
    ) -> None:
        self._certificate = certificate
        self._settings = settings or GateSettings()
        self.waiting = 0

    def context(self, wall: float) -> ssl.SSLContext | None:
        """For a TLS connection that begins now; None where TLS is not spoken."""
        return None if self._certificate is None else self._certificate.context(wall)

    def wait(self, transport: asyncio.Transport, address: str, what: str) -> Waiting | None:
        """Give a connection its time for `what`; None, and it is dropped, where too many wait."""
        if self.waiting >= self._settings.most_waiting:
            log.warning("stratum connection refused: too many wait", address=address, what=what)
            transport.abort()
            return None
        self.waiting += 1

        def late() -> None:
            log.info("stratum connection closed", address=address, reason=f"{what} took too long")
            transport.abort()

        loop = asyncio.get_running_loop()
        return Waiting(self, loop.call_later(self._settings.patience_seconds, late))
