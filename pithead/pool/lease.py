"""One process of several holds a lease: by an entry of a JetStream bucket that all of them know.

`tenure` decides; here it is asked for and renewed. That the lease is held is a belief: what must
not be done by two is refused by the store, by the token (`fence`).
"""

import asyncio
import random
import secrets
import time
from contextlib import suppress

import structlog

from pithead.pool.exchange import ExchangeAway
from pithead.pool.natsentry import NatsEntry
from pithead.pool.natslink import NatsLink
from pithead.pool.tenure import Tenure, Watch

log = structlog.get_logger(__name__)

TTL_SECONDS = 30.0
"""After its last sign of life, when another takes over from a holder. Where a server dies the rest
may take nine seconds to choose who leads, and a lease is to outlive that."""


class Lease:
    """One process's view of one lease."""

    def __init__(self, link: NatsLink, name: str, ttl: float = TTL_SECONDS) -> None:
        self._entry = NatsEntry(link, name, ttl / 6)
        self._name = name
        self._ttl = ttl
        self._me = secrets.token_hex(8)
        self._tenure: Tenure | None = None
        self._renewing: asyncio.Task[None] | None = None
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the lease is not held any more, before another can have it."""

    @property
    def is_held(self) -> bool:
        return self._tenure is not None and self._tenure.holds(time.monotonic())

    async def acquire(self) -> int:
        """Wait until it is this process's; its token."""
        watch = Watch(self._me, self._ttl)
        while True:
            with suppress(ExchangeAway):
                tenure = await self._take(watch)
                if tenure is not None and tenure.holds(time.monotonic()):
                    break
            await asyncio.sleep(random.uniform(0.5, 1) * self._ttl / 10)
        if self.lost.done():
            self.lost = asyncio.get_running_loop().create_future()
        self._tenure = tenure
        self._renewing = asyncio.get_running_loop().create_task(self._keep_renewing(tenure))
        log.info("the lease is taken", lease=self._name, token=tenure.token)
        return tenure.token

    async def release(self) -> None:
        """Give it back, so that another need not wait."""
        tenure = self._tenure
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)
        if tenure is not None:
            with suppress(ExchangeAway):
                await self._entry.write("", tenure.revision)

    async def _take(self, watch: Watch) -> Tenure | None:
        seen = await self._entry.read()
        if seen is not None and not watch.may_take(seen, time.monotonic()):
            return None
        asked = time.monotonic()
        revision = await self._entry.write(self._me, 0 if seen is None else seen.revision)
        return Tenure(revision, self._ttl, asked)

    async def _keep_renewing(self, tenure: Tenure) -> None:
        wait = self._ttl / 3
        try:
            while tenure.holds(time.monotonic()):
                await asyncio.sleep(min(wait, max(0.0, tenure.until - time.monotonic())))
                with suppress(ExchangeAway, TimeoutError):
                    async with asyncio.timeout(max(0.0, tenure.until - time.monotonic())):
                        wait = await self._renew(tenure)
        except _Taken:
            pass
        finally:
            self._tenure = None
            if not self.lost.done():
                self.lost.set_result(None)
            log.info("the lease is not held any more", lease=self._name, token=tenure.token)

    async def _renew(self, tenure: Tenure) -> float:
        """How long to wait for the next time. Raises _Taken where another has it."""
        asked = time.monotonic()
        try:
            tenure.renewed(asked, await self._entry.write(self._me, tenure.revision))
            return self._ttl / 3
        except ExchangeAway:  # it may have been written all the same
            seen = await self._entry.read()
            if seen is None or seen.holder != self._me:
                raise _Taken from None
            tenure.revision = seen.revision
            return self._ttl / 20


class _Taken(Exception):
    """Another holds the lease."""
