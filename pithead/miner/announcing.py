"""Machines announce themselves by mDNS (RFC 6762, 6763), so that tools find them without a scan.

As real machines do: a web server, `_http._tcp`, of the subtype `_bos`, named like the machine, with
its versions and model in the TXT record.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial

import structlog
from zeroconf import (
    DNSQuestionType,
    Error,
    InterfaceChoice,
    NonUniqueNameException,
    ServiceNameAlreadyRegistered,
)
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

log = structlog.get_logger(__name__)

SERVICE = "_http._tcp.local."
SUBTYPE = f"_bos._sub.{SERVICE}"
LONGEST_LABEL = 63
"""Bytes of one part of a name (RFC 1035)."""
TAKEN_MS = 2500
"""Within which who has a name already says so: at most once a second, and some time to arrive."""
LOOK_SECONDS = 2.0
"""Between two looks at whether a machine has got another name or version."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a machine says of itself."""

    hostname: str
    """As the network configuration says."""
    mac_address: str
    bos_version: str
    api_version: str
    model: str

    @property
    def names(self) -> tuple[str, str]:
        """To be announced by; the second where somebody else has the first."""
        label = self.hostname.replace(".", "-")
        tail = "-" + self.mac_address.replace(":", "")[-6:]
        return label[:LONGEST_LABEL], label[: LONGEST_LABEL - len(tail)] + tail

    @property
    def texts(self) -> dict[str, str]:
        return {
            "hostname": self.hostname,
            "bos_version": self.bos_version,
            "bos_api_version": self.api_version,
            "miner": self.model,
        }


@dataclass(frozen=True, slots=True)
class Announcement:
    """Where the REST API of one machine is."""

    facts: Callable[[], Facts]
    """As they are at the time."""
    address: str
    port: int


@dataclass(frozen=True, slots=True)
class _Told:
    facts: Facts
    plain: AsyncServiceInfo
    with_subtype: AsyncServiceInfo


class Announcer:
    """For all machines of a process; each comes and goes with its machine's power."""

    def __init__(
        self,
        machines: Sequence[Announcement],
        interfaces: Sequence[str] | InterfaceChoice = InterfaceChoice.All,
    ) -> None:
        self._machines = {machine.address: machine for machine in machines}
        self._interfaces = interfaces
        self._told: dict[str, _Told] = {}
        self._changes: dict[str, asyncio.Task[None]] = {}
        self._plain: AsyncZeroconf | None = None
        self._with_subtype: AsyncZeroconf | None = None
        self._looking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to announce all. Raises OSError where the network has no multicast."""
        interfaces = self._interfaces
        # One responder holds one type for a name; who browses for the subtype asks the second.
        self._plain = AsyncZeroconf(interfaces=interfaces)
        self._with_subtype = AsyncZeroconf(interfaces=interfaces)
        for address in self._machines:
            self.power(address, True)
        self._looking = asyncio.create_task(self._look())

    async def stop(self) -> None:
        """Say goodbye."""
        tasks = [*self._changes.values(), *([] if self._looking is None else [self._looking])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for responder in (self._plain, self._with_subtype):
            if responder is not None:
                await responder.async_unregister_all_services()
                await responder.async_close()
        self._plain = self._with_subtype = None

    def power(self, address: str, is_up: bool) -> None:
        """A machine went away, or came back, perhaps by another name."""
        if address in self._machines:
            self._then(address, partial(self._announce if is_up else self._withdraw, address))

    async def _look(self) -> None:
        """Announce anew what has changed while it was up."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for address, told in tuple(self._told.items()):
                if told.facts != self._machines[address].facts():
                    self._then(address, partial(self._renew, address))

    def _then(self, address: str, work: Callable[[], Coroutine[None, None, None]]) -> None:
        """One change of a machine after the other."""
        if self._plain is not None:
            before = self._changes.get(address)
            self._changes[address] = asyncio.create_task(_after(before, work))

    async def _renew(self, address: str) -> None:
        if address in self._told:
            await self._withdraw(address)
            await self._announce(address)

    async def _announce(self, address: str) -> None:
        if address in self._told:
            return
        machine = self._machines[address]
        facts = machine.facts()
        for name in facts.names:
            plain, with_subtype = (
                AsyncServiceInfo(
                    kind, f"{name}.{SERVICE}", parsed_addresses=[address], port=machine.port,
                    properties=facts.texts, server=f"{name}.local.",
                )
                for kind in (SERVICE, SUBTYPE)
            )  # fmt: skip
            try:
                if await self._is_taken(name, address):
                    raise NonUniqueNameException
                await self._register(plain, with_subtype)
            except (NonUniqueNameException, ServiceNameAlreadyRegistered):
                log.info("a name is taken on this network", hostname=name)
            except (Error, OSError) as error:
                log.warning("a machine could not be announced", hostname=name, error=str(error))
                return
            else:
                self._told[address] = _Told(facts, plain, with_subtype)
                return
        log.warning("a machine could not be announced", hostname=facts.hostname)

    async def _is_taken(self, name: str, address: str) -> bool:
        """Whether somebody at another address answers to it. The probes of the library are answered
        to one socket of a host alone, which may be another program's."""
        if self._plain is None:
            return False
        found = AsyncServiceInfo(SERVICE, f"{name}.{SERVICE}")
        is_there = await found.async_request(
            self._plain.zeroconf, TAKEN_MS, question_type=DNSQuestionType.QM
        )
        return is_there and found.parsed_addresses() != [address]

    async def _register(self, plain: AsyncServiceInfo, with_subtype: AsyncServiceInfo) -> None:
        """Raises Error, OSError."""
        if self._plain is not None and self._with_subtype is not None:
            await (await self._plain.async_register_service(plain))
            await (
                await self._with_subtype.async_register_service(
                    with_subtype, cooperating_responders=True
                )
            )

    async def _withdraw(self, address: str) -> None:
        told = self._told.pop(address, None)
        if told is None or self._plain is None or self._with_subtype is None:
            return
        await (await self._plain.async_unregister_service(told.plain))
        await (await self._with_subtype.async_unregister_service(told.with_subtype))


async def _after(
    before: asyncio.Task[None] | None, work: Callable[[], Coroutine[None, None, None]]
) -> None:
    if before is not None:
        await asyncio.wait([before])
    await work()
