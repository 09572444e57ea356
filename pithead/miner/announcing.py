"""Machines announce themselves by mDNS (RFC 6762, 6763), so that tools find them without a scan.

As real machines do: a web server, `_http._tcp`, of the subtype `_bos`.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from zeroconf import Error, InterfaceChoice
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

log = structlog.get_logger(__name__)

SERVICE = "_http._tcp.local."
SUBTYPE = f"_bos._sub.{SERVICE}"
LONGEST_LABEL = 63
"""Bytes of one part of a name (RFC 1035)."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """Where the REST API of one machine is."""

    hostname: Callable[[], str]
    """As the network configuration says at the time."""
    address: str
    port: int


class Announcer:
    """For all machines of a process; each comes and goes with its machine's power."""

    def __init__(
        self,
        machines: Sequence[Announcement],
        interfaces: Sequence[str] | InterfaceChoice = InterfaceChoice.All,
    ) -> None:
        self._machines = {machine.address: machine for machine in machines}
        self._interfaces = interfaces
        self._told: dict[str, tuple[AsyncServiceInfo, AsyncServiceInfo]] = {}
        self._changes: dict[str, asyncio.Task[None]] = {}
        self._plain: AsyncZeroconf | None = None
        self._with_subtype: AsyncZeroconf | None = None

    async def start(self) -> None:
        """Announce all. Raises OSError where the network has no multicast."""
        interfaces = self._interfaces
        # One responder holds one type for a name; who browses for the subtype asks the second.
        self._plain = AsyncZeroconf(interfaces=interfaces)
        self._with_subtype = AsyncZeroconf(interfaces=interfaces)
        await asyncio.gather(*(self._announce(address) for address in self._machines))

    async def stop(self) -> None:
        """Say goodbye."""
        await asyncio.gather(*self._changes.values(), return_exceptions=True)
        for responder in (self._plain, self._with_subtype):
            if responder is not None:
                await responder.async_unregister_all_services()
                await responder.async_close()
        self._plain = self._with_subtype = None

    def power(self, address: str, is_up: bool) -> None:
        """A machine went away, or came back, perhaps by another name."""
        if self._plain is None or address not in self._machines:
            return
        before = self._changes.get(address)
        self._changes[address] = asyncio.create_task(self._change(address, is_up, before))

    async def _change(self, address: str, is_up: bool, before: "asyncio.Task[None] | None") -> None:
        if before is not None:
            await asyncio.wait([before])
        await (self._announce(address) if is_up else self._withdraw(address))

    async def _announce(self, address: str) -> None:
        if self._plain is None or self._with_subtype is None or address in self._told:
            return
        machine = self._machines[address]
        hostname = machine.hostname()[:LONGEST_LABEL]
        plain, with_subtype = (
            AsyncServiceInfo(
                kind, f"{hostname}.{SERVICE}", parsed_addresses=[address],
                port=machine.port, properties={"path": "/"}, server=f"{hostname}.local.",
            )
            for kind in (SERVICE, SUBTYPE)
        )  # fmt: skip
        try:
            await (await self._plain.async_register_service(plain, allow_name_change=True))
            with_subtype.name = plain.name
            await (
                await self._with_subtype.async_register_service(
                    with_subtype, cooperating_responders=True
                )
            )
        except (Error, OSError) as error:
            log.warning("a machine could not be announced", hostname=hostname, error=str(error))
            return
        self._told[address] = plain, with_subtype

    async def _withdraw(self, address: str) -> None:
        told = self._told.pop(address, None)
        if told is None or self._plain is None or self._with_subtype is None:
            return
        plain, with_subtype = told
        await (await self._plain.async_unregister_service(plain))
        await (await self._with_subtype.async_unregister_service(with_subtype))
